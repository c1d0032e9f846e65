package sqlite

import (
	"regexp"
	"sync"

	"github.com/socle-hq/socle/internal/pattern"
	"github.com/socle-hq/socle/internal/value"
)

// cacheSize bounds what is remembered of each kind; a full cache starts anew.
const cacheSize = 512

// cache remembers what was made of a text, for functions called once per row.
type cache[T any] struct {
	mu    sync.RWMutex
	known map[string]T
}

var (
	pathCache  cache[[]value.Step]
	regexCache cache[*regexp.Regexp]
)

func (c *cache[T]) get(text string, parse func(string) (T, error)) (T, error) {
	c.mu.RLock()
	out, ok := c.known[text]
	c.mu.RUnlock()
	if ok {
		return out, nil
	}
	out, err := parse(text)
	if err != nil {
		return out, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= cacheSize {
		c.known = make(map[string]T, cacheSize)
	}
	c.known[text] = out
	return out, nil
}

// compilePattern compiles a pattern that has its fold flag before it.
func compilePattern(text string) (*regexp.Regexp, error) {
	return pattern.Compile(text[1:], text[0] == '1')
}
