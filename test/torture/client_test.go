package torture

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// client is many that write at once, and all that they know.
type client struct {
	ask    func(*http.Request) (*http.Response, error)
	secret string
	heard  func(id int64) // told of every acknowledgement, nil: nobody is

	mu      sync.Mutex
	known   log
	answers map[int64]string // of acknowledged requests with a key
	open    map[int64]bool   // requests with a key that were never answered
}

func newClient() *client {
	return &client{known: log{}, answers: map[int64]string{}, open: map[int64]bool{}}
}

// inside asks a handler in this process.
func inside(h http.Handler) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

// errCut is the error of a request that has no answer: what became of it is unknown.
var errCut = errors.New("no answer")

// do asks for a number; replayed says that the answer is an earlier one.
func (c *client) do(id int64) (answer string, replayed bool, err error) {
	r := requestOf(id)
	req, err := http.NewRequest(r.method, "http://socle"+r.path, strings.NewReader(r.body))
	if err != nil {
		return "", false, err
	}
	req.Header.Set("apikey", c.secret)
	req.Header.Set("Content-Type", "application/json")
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
		req.Header.Set("Prefer", "return=representation")
	}
	res, err := c.ask(req)
	if err != nil {
		return "", false, errCut
	}
	raw, err := io.ReadAll(res.Body)
	res.Body.Close()
	switch {
	case err != nil:
		return "", false, errCut
	case res.StatusCode != r.status:
		return "", false, fmt.Errorf("write %d: %d %s", id, res.StatusCode, raw)
	}
	return string(raw), res.Header.Get("Idempotency-Replayed") == "true", nil
}

// write asks for a number for the first time.
func (c *client) write(id int64) error {
	withKey := kindOf(id).hasKey()
	if withKey {
		c.mu.Lock()
		c.open[id] = true
		c.mu.Unlock()
	}
	answer, _, err := c.do(id)
	if err != nil || kindOf(id) == refusedByRule {
		return err
	}
	c.acknowledge(id, answer)
	return nil
}

func (c *client) acknowledge(id int64, answer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[id] = true
	if kindOf(id).hasKey() {
		c.answers[id] = answer
		delete(c.open, id)
	}
	if c.heard != nil {
		c.heard(id)
	}
}

// load writes with all writers, each so many numbers of a round or until there is no answer, which is no error.
func (c *client) load(round int64, each int64) error {
	var all sync.WaitGroup
	errs := make([]error, writers)
	for w := range int64(writers) {
		all.Go(func() {
			for i := range each {
				if err := c.write(round*perRound + w*perWriter + i); err != nil {
					errs[w] = err
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, errCut) })...)
}

// repeated is how many answered requests are asked for again.
const repeated = 8

// repeat asks again: of what was answered the last, which must get the same answer; and all that never was, which is answered now.
// It gives what is wrong.
func (c *client) repeat() []string {
	var wrong []string
	answered := slices.Sorted(maps.Keys(c.answers))
	for _, id := range answered[max(0, len(answered)-repeated):] {
		switch answer, replayed, err := c.do(id); {
		case err != nil:
			wrong = append(wrong, err.Error())
		case !replayed || answer != c.answers[id]:
			wrong = append(wrong, fmt.Sprintf("write %d was answered %s, and when it is repeated (%v) %s", id, c.answers[id], replayed, answer))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.open)) {
		answer, _, err := c.do(id)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		c.acknowledge(id, answer)
	}
	return wrong
}
