package postgres

import (
	"context"
	"errors"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// Writes that are left at the same time share a transaction: one BEGIN, one mark, one COMMIT, one round trip. Where anything in a group is refused nothing of it is kept, and each goes apart:
// what one is told never comes from another. So it is where a row that they change is held by somebody else for longer than a commit
// takes.

const (
	groupsFlying = 2         // while so many transactions are under way, others gather
	groupWrites  = 64        // so many share one
	groupBytes   = 256 << 10 // so much is sent with one
	guestBytes   = 16 << 10  // what is larger takes so long that it saves nothing by sharing, and keeps others up
)

// gathered is what a transaction of several begins with: who waits for a row, or takes long, keeps the others up no longer than this,
// and has its own time apart. No server looks for a deadlock as early.
var gathered = opening("BEGIN", []setting{{"statement_timeout", "250"}, {"lock_timeout", "50"}}, lacking)

// crowd is the writes of a store that are left. They weigh as many bytes as are sent.
type crowd struct{ queue[*writing] }

func newCrowd() *crowd {
	return &crowd{queue[*writing]{bounds: queueBounds{groupsFlying, groupWrites, groupBytes, turnTime, false}}}
}

// join sends what a transaction has left, alone or with others, and returns when its outcome is known.
func (c *crowd) join(ctx context.Context, w *writing) error {
	if w.size > guestBytes || !c.gathers() {
		return w.apart(ctx)
	}
	g := newGuest(w, w.size)
	t := c.turn(ctx, g)
	if t.leads {
		t = c.lead(ctx, g)
	}
	if t.apart {
		return w.apart(ctx)
	}
	return t.err
}

// lead sends what a guest has left, and with it what others have who wait when there is a connection.
func (c *crowd) lead(ctx context.Context, g *guest[*writing]) told {
	defer c.pass(g)
	if err := g.is.reach(ctx); err != nil {
		return told{err: err}
	}
	if err := ctx.Err(); err != nil {
		return told{err: err}
	}
	with := c.take(g)
	if len(with) == 0 {
		return told{err: g.is.apart(ctx)}
	}
	o := fate{told: told{err: fault.New(fault.Internal, "Internal error")}}
	defer func() { o.tell(with) }()
	o = g.is.together(ctx, with)
	c.went(!o.apart)
	return o.of(g.is)
}

// fate is how a transaction of several went.
type fate struct {
	told
	unread error // all is kept, and nobody knows whether there was the row that one is about
}

// tell says to others how it went.
func (o fate) tell(others []*guest[*writing]) {
	for _, g := range others {
		if !o.apart {
			g.is.mark = "" // that of the group is for who sent it to take away
		}
		g.told <- o.of(g.is)
	}
}

// of is what one of the group is told.
func (o fate) of(w *writing) told {
	switch {
	case o.err != nil || o.apart:
	case o.unread != nil && w.row != "":
		o.err = o.unread
	default:
		o.err = w.missed
	}
	return o.told
}

// together sends what several have left in one transaction.
func (w *writing) together(ctx context.Context, others []*guest[*writing]) fate {
	with := make([]*writing, len(others))
	for i, o := range others {
		with[i] = o.is
	}
	err := w.ended(ctx, func(ctx context.Context) error { return w.whole(ctx, gathered, with...) })
	if isLost(err) || isForgotten(err) {
		w.store.main.Reset()
	}
	kept, known := w.store.resolve(context.WithoutCancel(ctx), w.mark, err)
	var unknown *store.Unknown
	switch {
	case err == nil:
		return fate{}
	case kept:
		return fate{unread: err}
	case errors.As(err, &unknown) && !known:
		w.mark = ""
		return fate{told: told{err: err}}
	}
	_ = w.undo(ctx)
	w.release()
	w.link, w.mark = link{pool: w.pool}, w.store.mark()
	return fate{told: told{apart: true}}
}
