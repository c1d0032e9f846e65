package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

// maxAge is how long a reading connection lives: its statements and its memory are renewed then.
const maxAge = 15 * time.Minute

// pool lends reading connections; the last one given back goes out first, so that idle ones grow old.
type pool struct {
	open  func() (*conn, error)
	clock clock.Clock
	slots chan struct{}

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

func newPool(o Options, open func() (*conn, error)) *pool {
	return &pool{open: open, clock: o.Clock, slots: make(chan struct{}, o.Readers)}
}

// Width is how many reads may run at once.
func (s *Store) Width() int { return cap(s.readers.slots) }

func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	default:
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	c, err := p.reuse()
	if c == nil && err == nil {
		c, err = p.open()
	}
	if err != nil {
		<-p.slots
	}
	return c, err
}

func (p *pool) reuse() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, closed()
	}
	if len(p.idle) == 0 {
		return nil, nil
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	if p.clock.Now().Sub(c.born) > maxAge {
		c.close()
		return nil, nil
	}
	return c, nil
}

func (p *pool) give(c *conn, broken bool) {
	p.mu.Lock()
	if broken || p.closed {
		c.close()
	} else {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	<-p.slots
}

// close waits until every connection has come back.
func (p *pool) close() {
	p.mu.Lock()
	was := p.closed
	p.closed = true
	p.mu.Unlock()
	if was {
		return
	}
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	for _, c := range p.idle {
		c.close()
	}
	for range cap(p.slots) {
		<-p.slots
	}
}
