package postgres

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// Writes that are left at the same time share a transaction: one BEGIN, one mark, one COMMIT, one round trip. A write that comes while
// few are under way goes at once; those that come meanwhile wait until one of them ends, and go together. Whoever has waited
// longest sends them all on a connection of its own. Where anything in a group is refused nothing of it is kept, and each goes apart:
// what one is told never comes from another. So it is where a row that they change is held by somebody else for longer than a commit
// takes.

const (
	groupsFlying = 2                     // while so many transactions are under way, others gather
	groupWrites  = 64                    // so many share one
	groupBytes   = 256 << 10             // so much is sent with one
	groupTime    = 50 * time.Millisecond // nobody waits longer for the end of those under way
	mostApart    = 1024                  // so many writes go apart, at the most, after a group that failed
	fewestApart  = 16
)

// gathered is what a transaction of several begins with: who waits for a row, or takes long, keeps the others up no longer than this,
// and has its own time apart. No server looks for a deadlock as early.
var gathered = opening("BEGIN", []setting{{"statement_timeout", "250"}, {"lock_timeout", "50"}}, lacking)

// crowd is the writes of a store that are left.
type crowd struct {
	most time.Duration // that one waits before it goes on its own

	mu      sync.Mutex
	waiting []*guest
	flying  int // transactions under way
	apart   int // so many of those that come go apart
	penalty int // … after the next group that fails
}

// guest is a write that waits to be sent.
type guest struct {
	*writing
	told chan told // holds one
}

// told is what a guest is told.
type told struct {
	leads bool  // it is its turn to send
	apart bool  // nothing is kept: it goes alone
	err   error // else how it went

	unread error // all is kept, and nobody knows whether there was the row that one is about
}

// join sends what a transaction has left, alone or with others, and returns when its outcome is known.
func (c *crowd) join(ctx context.Context, w *writing) error {
	if w.size > groupBytes/4 || !c.gathers() {
		return w.apart(ctx)
	}
	g := &guest{w, make(chan told, 1)}
	t := c.turn(ctx, g)
	if t.leads {
		t = c.lead(ctx, g)
	}
	if t.apart {
		return w.apart(ctx)
	}
	return t.err
}

// gathers reports whether writes share transactions at this moment.
func (c *crowd) gathers() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.apart > 0 {
		c.apart--
		return false
	}
	return true
}

// turn waits until it is a guest's turn to send, or another has sent what it left.
func (c *crowd) turn(ctx context.Context, g *guest) told {
	if c.enter(g) {
		return told{leads: true}
	}
	late := time.NewTimer(c.most)
	defer late.Stop()
	select {
	case t := <-g.told:
		return t
	case <-ctx.Done():
		if c.remove(g, 0) {
			return told{err: ctx.Err()}
		}
	case <-late.C:
		if c.remove(g, 1) {
			return told{leads: true}
		}
	}
	return <-g.told
}

// enter reports whether a guest may send at once; it waits otherwise.
func (c *crowd) enter(g *guest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flying < groupsFlying {
		c.flying++
		return true
	}
	c.waiting = append(c.waiting, g)
	return false
}

// remove takes out a guest that still waits, and lets it begin so many transactions.
func (c *crowd) remove(g *guest, begins int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, g)
	if i < 0 {
		return false
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	c.flying += begins
	return true
}

// take gives those who go with a guest.
func (c *crowd) take(g *guest) []*guest {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, size := 0, g.size
	for n < len(c.waiting) && n+1 < groupWrites && size+c.waiting[n].size <= groupBytes {
		size += c.waiting[n].size
		n++
	}
	with := slices.Clone(c.waiting[:n])
	c.waiting = slices.Delete(c.waiting, 0, n)
	return with
}

// pass ends a transaction: it is the turn of who has waited longest.
func (c *crowd) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 || c.flying > groupsFlying {
		c.flying--
		return
	}
	c.waiting[0].told <- told{leads: true}
	c.waiting = slices.Delete(c.waiting, 0, 1)
}

// went notes how a group went.
func (c *crowd) went(well bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if well {
		c.penalty /= 2
		return
	}
	c.penalty = min(max(2*c.penalty, fewestApart), mostApart)
	c.apart = c.penalty
}

// lead sends what a guest has left, and with it what others have who wait when there is a connection.
func (c *crowd) lead(ctx context.Context, g *guest) told {
	defer c.pass()
	if err := g.reach(ctx); err != nil {
		return told{err: err}
	}
	if err := ctx.Err(); err != nil {
		return told{err: err}
	}
	with := c.take(g)
	if len(with) == 0 {
		return told{err: g.writing.apart(ctx)}
	}
	lost := told{err: fault.New(fault.Internal, "Internal error")}
	defer func() { tell(with, lost) }()
	t := g.together(ctx, with)
	c.went(!t.apart)
	tell(with, t)
	with = nil
	return t.of(g)
}

// tell says to others how it went.
func tell(others []*guest, t told) {
	for _, o := range others {
		if !t.apart {
			o.mark = "" // that of the group is for who sent it to take away
		}
		o.told <- t.of(o)
	}
}

// of is what one guest is told.
func (t told) of(g *guest) told {
	switch {
	case t.err != nil || t.apart:
	case t.unread != nil && g.row != "":
		t.err = t.unread
	default:
		t.err = g.missed
	}
	return t
}

// together sends what several have left in one transaction.
func (w *writing) together(ctx context.Context, others []*guest) told {
	with := make([]*writing, len(others))
	for i, o := range others {
		with[i] = o.writing
	}
	err := w.ended(ctx, func(ctx context.Context) error { return w.whole(ctx, gathered, with...) })
	if isLost(err) || isForgotten(err) {
		w.store.main.Reset()
	}
	kept, known := w.store.resolve(context.WithoutCancel(ctx), w.mark, err)
	var unknown *store.Unknown
	switch {
	case err == nil:
		return told{}
	case kept:
		return told{unread: err}
	case errors.As(err, &unknown) && !known:
		w.mark = ""
		return told{err: err}
	}
	_ = w.undo(ctx)
	w.release()
	w.link, w.mark = link{pool: w.pool}, w.store.mark()
	return told{apart: true}
}
