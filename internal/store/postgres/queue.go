package postgres

import (
	"context"
	"slices"
	"sync"
	"time"
)

// queue has what comes while enough is under way wait, and then go together: several share a trip to the server. What comes while
// little is under way goes at once. Whoever has waited longest leads the others on a connection of its own.
type queue[T any] struct {
	bounds queueBounds

	mu      sync.Mutex
	waiting []*guest[T]
	flying  int // trips under way
	boards  int // of them, so many that may still take others along
	apart   int // so many of those that come go apart
	penalty int // … after the next trip that fails
}

// What was under way and failed goes apart, and so does what comes next.
const (
	fewestApart = 16
	mostApart   = 1024
)

// queueBounds are those of a queue.
type queueBounds struct {
	flying int           // while so many trips are under way, others gather
	guests int           // so many share one
	weight int           // and so much of what guests weigh
	wait   time.Duration // nobody waits longer for the end of those under way
	leave  bool          // who was taken along may go away before the end
}

// turnTime is the longest wait that a queue is meant to have.
const turnTime = 50 * time.Millisecond

// guest is one that waits.
type guest[T any] struct {
	is     T
	weight int
	told   chan told // holds one
	gone   bool      // it leads a trip that takes nobody along any more
}

func newGuest[T any](is T, weight int) *guest[T] {
	return &guest[T]{is: is, weight: weight, told: make(chan told, 1)}
}

// told is what a guest is told.
type told struct {
	leads bool  // it is its turn to go, and to take others with it
	apart bool  // nothing came of it: it goes alone
	again bool  // nothing came of it, because of who led: it waits again
	err   error // else how it went
}

// gathers reports whether anything goes together at this moment.
func (q *queue[T]) gathers() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.apart > 0 {
		q.apart--
		return false
	}
	return true
}

// limit says how many trips may be under way.
func (q *queue[T]) limit(trips int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bounds.flying = trips
}

// turn waits until it is a guest's turn to lead, or another has taken it along.
func (q *queue[T]) turn(ctx context.Context, one *guest[T]) told {
	if q.enter(one) {
		return told{leads: true}
	}
	late := time.NewTimer(q.bounds.wait)
	defer late.Stop()
	for {
		select {
		case t := <-one.told:
			return t
		case <-ctx.Done():
			return q.away(ctx, one)
		case <-late.C:
			if q.late(one) {
				return told{leads: true}
			}
			late.Reset(q.bounds.wait)
		}
	}
}

// enter reports whether a guest may go at once; it waits otherwise.
func (q *queue[T]) enter(one *guest[T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.flying < q.bounds.flying {
		q.flying++
		q.boards++
		return true
	}
	q.waiting = append(q.waiting, one)
	return false
}

// away takes out a guest whose time is up. One that was taken along is told how it went, unless it need not wait for that.
func (q *queue[T]) away(ctx context.Context, one *guest[T]) told {
	if q.remove(one) {
		return told{err: ctx.Err()}
	}
	if q.bounds.leave {
		select {
		case t := <-one.told: // it may be its turn to lead
			return t
		default:
			return told{err: ctx.Err()}
		}
	}
	return <-one.told
}

// remove takes out a guest that still waits.
func (q *queue[T]) remove(one *guest[T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.removed(one)
}

func (q *queue[T]) removed(one *guest[T]) bool {
	i := slices.Index(q.waiting, one)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	return i >= 0
}

// late lets a guest lead that has waited for long, unless another may still take it along.
func (q *queue[T]) late(one *guest[T]) (leads bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.boards > 0 || !q.removed(one) {
		return false
	}
	q.flying++
	q.boards++
	return true
}

// take gives those who go with a guest.
func (q *queue[T]) take(leads *guest[T]) []*guest[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.boards--
	leads.gone = true
	n, weight := 0, leads.weight
	for n < len(q.waiting) && n+1 < q.bounds.guests && weight+q.waiting[n].weight <= q.bounds.weight {
		weight += q.waiting[n].weight
		n++
	}
	with := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	return with
}

// pass ends the trip that a guest has led: it is the turn of who has waited longest.
func (q *queue[T]) pass(led *guest[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !led.gone {
		q.boards--
	}
	if len(q.waiting) == 0 || q.flying > q.bounds.flying {
		q.flying--
		return
	}
	q.boards++
	q.waiting[0].told <- told{leads: true}
	q.waiting = slices.Delete(q.waiting, 0, 1)
}

// went notes how a trip of several went.
func (q *queue[T]) went(well bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if well {
		q.penalty /= 2
		return
	}
	q.penalty = min(max(2*q.penalty, fewestApart), mostApart)
	q.apart = q.penalty
}
