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
	bounds gatherBounds

	mu      sync.Mutex
	waiting []*waiter[T]
	flying  int // trips under way
	apart   int // so many of those that come go apart
	penalty int // … after the next trip that fails
}

// gatherBounds are those of a queue.
type gatherBounds struct {
	flying int           // while so many trips are under way, others gather
	guests int           // so many share one
	weight int           // and so much of what guests weigh
	wait   time.Duration // nobody waits longer for the end of those under way
}

// guest is one that waits.
type waiter[T any] struct {
	is     T
	weight int
	told   chan told // holds one
}

func newWaiter[T any](is T, weight int) *waiter[T] { return &waiter[T]{is, weight, make(chan told, 1)} }

// gathers reports whether anything goes together at this moment.
func (g *queue[T]) gathers() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.apart > 0 {
		g.apart--
		return false
	}
	return true
}

// limit says how many trips may be under way.
func (g *queue[T]) limit(trips int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bounds.flying = trips
}

// turn waits until it is a guest's turn to lead, or another has taken it along.
func (g *queue[T]) turn(ctx context.Context, one *waiter[T]) told {
	if g.enter(one) {
		return told{leads: true}
	}
	late := time.NewTimer(g.bounds.wait)
	defer late.Stop()
	select {
	case t := <-one.told:
		return t
	case <-ctx.Done():
		if g.remove(one, 0) {
			return told{err: ctx.Err()}
		}
	case <-late.C:
		if g.remove(one, 1) {
			return told{leads: true}
		}
	}
	return <-one.told
}

// enter reports whether a guest may go at once; it waits otherwise.
func (g *queue[T]) enter(one *waiter[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flying < g.bounds.flying {
		g.flying++
		return true
	}
	g.waiting = append(g.waiting, one)
	return false
}

// remove takes out a guest that still waits, and lets it begin so many trips.
func (g *queue[T]) remove(one *waiter[T], begins int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, one)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.flying += begins
	return true
}

// take gives those who go with a guest.
func (g *queue[T]) take(leads *waiter[T]) []*waiter[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, weight := 0, leads.weight
	for n < len(g.waiting) && n+1 < g.bounds.guests && weight+g.waiting[n].weight <= g.bounds.weight {
		weight += g.waiting[n].weight
		n++
	}
	with := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return with
}

// pass ends a trip: it is the turn of who has waited longest.
func (g *queue[T]) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 || g.flying > g.bounds.flying {
		g.flying--
		return
	}
	g.waiting[0].told <- told{leads: true}
	g.waiting = slices.Delete(g.waiting, 0, 1)
}

// went notes how a trip of several went.
func (g *queue[T]) went(well bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if well {
		g.penalty /= 2
		return
	}
	g.penalty = min(max(2*g.penalty, fewestApart), mostApart)
	g.apart = g.penalty
}
