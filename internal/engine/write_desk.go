package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// desk gives numbers of one generator to the requests of this process. Only one asks the database at a time, where the next would
// wait for the same row anyway, and it asks for all who came meanwhile.
type desk struct {
	turn chan struct{} // holds one: whose turn it is

	mu      sync.Mutex
	waiting []*asking
}

// asking is one request's wish for n numbers in a row.
type asking struct {
	n   int64
	got chan block // holds one
}

func newDesk() *desk { return &desk{turn: make(chan struct{}, 1)} }

// desk is a generator's.
func (n *numbers) desk(f *schema.Field) *desk {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.desks[f]
	if d == nil {
		d = newDesk()
		n.desks[f] = d
	}
	return d
}

// take gives n numbers in a row. from takes them from the generator, and gives the first; numbers that nobody waits for any more
// are spent.
func (d *desk) take(ctx context.Context, n int64, from func(context.Context, int64) (int64, error)) block {
	me := &asking{n, make(chan block, 1)}
	d.mu.Lock()
	d.waiting = append(d.waiting, me)
	d.mu.Unlock()
	select {
	case b := <-me.got:
		return b
	case <-ctx.Done():
		d.mu.Lock()
		d.waiting = slices.DeleteFunc(d.waiting, func(a *asking) bool { return a == me })
		d.mu.Unlock()
		return block{n: n, err: ctx.Err()}
	case d.turn <- struct{}{}:
	}
	defer func() { <-d.turn }()
	d.mu.Lock()
	all := d.waiting
	d.waiting = nil
	d.mu.Unlock()
	serve(ctx, all, from)
	return <-me.got
}

// serve takes the numbers of all together. Who came first may go meanwhile, and the others do not suffer for it.
func serve(ctx context.Context, all []*asking, from func(context.Context, int64) (int64, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spendTime)
	defer cancel()
	total := int64(0)
	for _, a := range all {
		total += a.n
	}
	if total == 0 {
		return
	}
	first, err := from(ctx, total)
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == fault.Exhausted && len(all) > 1 { // a few may still have some
		for _, a := range all {
			serve(ctx, []*asking{a}, from)
		}
		return
	}
	for _, a := range all {
		a.got <- block{first, a.n, err}
		first += a.n
	}
}

// fetch takes what a run wants. The next run gets the numbers, or the error, where it asks for them.
func (e *Engine) fetch(ctx context.Context, took *taken, w *wanting) {
	b := e.writer.numbers.desk(w.f).take(ctx, w.n, func(ctx context.Context, n int64) (first int64, err error) {
		err = e.store.(store.Shared).Brief(ctx, func(tx store.Tx) error {
			last, err := e.session(ctx, tx, &taken{}).next(w.f, e.writer.numbers.last(w.f), n)
			first = last - n + 1
			return err
		})
		if err == nil {
			e.writer.numbers.mark(w.f, first+n-1)
		}
		return first, err
	})
	took.set(w.f, b)
}
