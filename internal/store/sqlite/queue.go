package sqlite

import (
	"context"
	"slices"
	"sync"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// request is one Write that waits for its turn.
type request struct {
	ctx  context.Context
	f    func(store.Tx) error
	err  error         // the outcome; it may change until done is closed
	done chan struct{} // closed when the outcome is on disk
}

func newRequest(ctx context.Context, f func(store.Tx) error) *request {
	return &request{ctx: ctx, f: f, done: make(chan struct{})}
}

// queue holds the requests that wait for the writer, in the order of their coming.
type queue struct {
	limit int
	ready chan struct{} // holds a token where something may wait; closed with the queue

	mu      sync.Mutex
	waiting []*request
	closed  bool
}

func newQueue(limit int) *queue { return &queue{limit: limit, ready: make(chan struct{}, 1)} }

// push adds a request, unless the queue is full or closed.
func (q *queue) push(r *request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return closed()
	case len(q.waiting) >= q.limit:
		return fault.New(fault.Unavailable, "too many writes are waiting: the limit is %d", q.limit).WithHint("try again in a moment")
	}
	q.waiting = append(q.waiting, r)
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return nil
}

// next takes out the request that has waited longest; nil where none does.
func (q *queue) next() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil
	}
	r := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	return r
}

// remove takes out a request that still waits; false where it no longer does.
func (q *queue) remove(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, r)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) == 0
}

// close refuses what comes and what waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.closed = true
	close(q.ready)
	for _, r := range q.waiting {
		r.err = closed()
		close(r.done)
	}
	q.waiting = nil
}
