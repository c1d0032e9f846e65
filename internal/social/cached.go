package social

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

const (
	freshFor = time.Hour        // until what was fetched is fetched again
	staleFor = 24 * time.Hour   // how long it serves where that fails
	retryIn  = 5 * time.Second  // after a failure
	renewIn  = 60 * time.Second // between fetches that somebody's token causes
)

// cached is something of the network that is kept. One fetches, the others wait for it; a failure is told for a while without
// asking again, and what was had before serves meanwhile.
type cached[T any] struct {
	clock clock.Clock
	fetch func(context.Context) (T, error)
	turn  chan struct{} // holds a token while nobody fetches
	have  atomic.Pointer[fetched[T]]
}

// fetched is the outcome of the last attempt, with the value of the last that succeeded.
type fetched[T any] struct {
	value T
	at    time.Time // of the value; zero where there is none
	tried time.Time
	err   error
}

func newCached[T any](c clock.Clock, fetch func(context.Context) (T, error)) *cached[T] {
	turn := make(chan struct{}, 1)
	turn <- struct{}{}
	return &cached[T]{clock: c, fetch: fetch, turn: turn}
}

// get is the value, fetched where it must be.
func (c *cached[T]) get(ctx context.Context) (T, error) {
	have, now := c.have.Load(), c.clock.Now()
	switch {
	case have == nil:
	case !have.at.IsZero() && now.Sub(have.at) < freshFor, now.Sub(have.tried) < retryIn:
		return have.serve(now)
	}
	return c.again(ctx, have)
}

// renew fetches again because the value lacks what it should have; at most once per interval.
func (c *cached[T]) renew(ctx context.Context) (T, error) {
	have, now := c.have.Load(), c.clock.Now()
	if have != nil && now.Sub(have.tried) < renewIn {
		return have.serve(now)
	}
	return c.again(ctx, have)
}

// again fetches, unless somebody else has since seen.
func (c *cached[T]) again(ctx context.Context, seen *fetched[T]) (T, error) {
	select {
	case <-c.turn:
		defer func() { c.turn <- struct{}{} }()
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	now := c.clock.Now()
	if have := c.have.Load(); have != seen {
		return have.serve(now)
	}
	next := fetched[T]{tried: now}
	value, err := c.fetch(ctx)
	switch {
	case err == nil:
		next.value, next.at = value, now
	case ctx.Err() != nil: // the caller is gone, which says nothing of the provider
		var none T
		return none, err
	default:
		if next.err = err; seen != nil {
			next.value, next.at = seen.value, seen.at
		}
	}
	c.have.Store(&next)
	return next.serve(now)
}

// serve is the value while it is not too old, otherwise why there is none.
func (f *fetched[T]) serve(now time.Time) (T, error) {
	if f.err != nil && (f.at.IsZero() || now.Sub(f.at) >= staleFor) {
		var none T
		return none, f.err
	}
	return f.value, nil
}
