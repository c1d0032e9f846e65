package sqlite

import (
	"context"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// A group is what one COMMIT, and with it one wait for the disk, makes lasting: the requests that waited when the writer became
// free, and those that came while it ran them. groupSize and groupTime bound how long the first of them waits for the last.
const (
	groupSize = 256
	groupTime = 10 * time.Millisecond
)

// Write runs f in a savepoint of a transaction that it may share with other writes, and returns nil once the transaction is on
// disk. Several run in the order of their coming, each sees those before it. f runs on another goroutine, never two at once,
// and may be run again: where the engine gave up the whole transaction because of another write, nothing of the first run has
// happened. f must not call Write. A context that ends while f waits takes it out; while f runs, it interrupts f's statements.
func (s *Store) Write(ctx context.Context, f func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return shown(ctx, err)
	}
	if err := s.Failure(); err != nil {
		return err
	}
	r := newRequest(ctx, s.unlessHeld(f))
	if err := s.queue.push(r); err != nil {
		return err
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
	}
	if s.queue.remove(r) {
		return shown(ctx, ctx.Err())
	}
	<-r.done
	return r.err
}

// start starts the writer.
func (s *Store) start() { go s.work() }

// work is the writer: it alone writes, until the queue is closed.
func (s *Store) work() {
	ended := false
	defer func() {
		if p := recover(); p != nil {
			s.fail(panicked(p))
		}
		if ended {
			close(s.worked)
			return
		}
		go s.work() // a closure ended the goroutine; others wait
	}()
	for more := true; more; _, more = <-s.queue.ready {
		for s.group() {
			s.writing.Lock()
			s.tend()
			s.writing.Unlock()
		}
	}
	ended = true
}

// group serves those who wait together; it is false where nobody does.
func (s *Store) group() bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.queue.empty() {
		return false
	}
	g := &group{store: s, conn: s.writer}
	defer g.settle()
	start := s.clock.Now()
	g.run(func() *request {
		if len(g.all) == groupSize || s.clock.Now().Sub(start) > groupTime {
			return nil
		}
		r := s.queue.next()
		if r != nil {
			g.all = append(g.all, r)
		}
		return r
	})
	g.known = true
	return true
}

type group struct {
	store *Store
	conn  *conn
	all   []*request
	known bool // every outcome is
}

// settle tells everybody how it went. Nobody is told before: a failure, too, may come from what another request wrote, which is
// not true until it is kept.
func (g *group) settle() {
	if !g.known {
		g.conn.rollback()
		outcome(g.all, fault.New(fault.Internal, "Internal error"))
	}
	for _, r := range g.all {
		close(r.done)
	}
}

// run carries out the requests that next gives. Where one of them makes the engine give up the transaction, the others are run
// again without it; after a second time each alone.
func (g *group) run(next func() *request) {
	spoiler := g.attempt(next)
	if spoiler == nil {
		return
	}
	others := without(g.all, spoiler)
	if spoiler = g.attempt(oneByOne(others...)); spoiler == nil {
		return
	}
	for _, r := range without(others, spoiler) {
		g.attempt(oneByOne(r))
	}
}

// attempt runs requests in one transaction. It gives the one that lost it, whose outcome stands; the others' are open then.
func (g *group) attempt(next func() *request) (spoiler *request) {
	r := next()
	if r == nil {
		return nil
	}
	ran := []*request{r}
	err := g.begin()
	for err == nil && r != nil {
		lost := g.conn.member(r, g.store.note)
		if err = g.store.Failure(); err == nil && lost {
			return r
		}
		if r = next(); r != nil {
			ran = append(ran, r)
		}
	}
	if err == nil {
		err = g.commit()
	}
	if err != nil {
		g.conn.rollback()
		outcome(ran, err)
	}
	return nil
}

func (g *group) begin() error {
	if err := g.store.Failure(); err != nil {
		return err
	}
	_, err := g.conn.exec(context.Background(), "BEGIN IMMEDIATE")
	return g.store.note(err)
}

// commit returns when the transaction is on disk.
func (g *group) commit() error {
	_, err := g.conn.exec(context.Background(), "COMMIT")
	g.store.commits.Add(1)
	return g.store.note(err)
}

func oneByOne(of ...*request) func() *request {
	return func() *request {
		if len(of) == 0 {
			return nil
		}
		r := of[0]
		of = of[1:]
		return r
	}
}

func without(all []*request, spoiler *request) []*request {
	out := make([]*request, 0, len(all))
	for _, r := range all {
		if r != spoiler {
			out = append(out, r)
		}
	}
	return out
}

func outcome(of []*request, err error) {
	for _, r := range of {
		r.err = err
	}
}
