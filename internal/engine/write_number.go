package engine

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Where one process writes, the numbers of a generator are taken within the transaction that writes them, which costs nothing
// beside it. Where that transaction is not kept, the generator is raised past them in one of its own before anybody learns of the
// failure.
//
// Where several write, a generator taken from within a transaction would make all others wait until it ends. So a request that
// has not written anything yet ends its transaction, takes its numbers in a short one of their own, and begins anew with them: it
// holds no second connection, and no lock, while it waits for them. They are its own whatever becomes of it.

// numbers are the identity numbers handed out by this process, kept or not.
type numbers struct {
	mu    sync.Mutex
	spent map[*schema.Field]int64
	desks map[*schema.Field]*desk
}

// last is the greatest number known to be spent.
func (n *numbers) last(f *schema.Field) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.spent[f]
}

// hand marks the numbers after before, to last, as spent; false where some of them already are.
func (n *numbers) hand(f *schema.Field, before, last int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.spent[f] > before {
		return false
	}
	n.spent[f] = last
	return true
}

// mark marks the numbers up to last as spent.
func (n *numbers) mark(f *schema.Field, last int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.spent[f] = max(n.spent[f], last)
}

// taken is what one request has taken of generators, in all its runs.
type taken struct {
	within map[*schema.Field]int64 // the last number taken within its transaction
	apart  map[*schema.Field]block // those taken for it before
	ids    []string                // in the order of a run; another run has the same ones
}

// note notes the last number taken within the transaction.
func (t *taken) note(f *schema.Field, last int64) {
	if t.within == nil {
		t.within = map[*schema.Field]int64{}
	}
	t.within[f] = last
}

// set has the next run use numbers that were taken for it.
func (t *taken) set(f *schema.Field, b block) {
	if t.apart == nil {
		t.apart = map[*schema.Field]block{}
	}
	t.apart[f] = b
}

// numbering is what a run knows of a generator.
type numbering struct {
	given  int64 // the greatest number that its bodies have given
	raised int64 // … up to which the generator was raised
	moved  bool  // … which moved it
}

func (s *session) know(f *schema.Field, n numbering) {
	if s.generators == nil {
		s.generators = map[*schema.Field]numbering{}
	}
	s.generators[f] = n
}

// block is n numbers in a row, or why there are none.
type block struct {
	first, n int64
	err      error
}

// id gives the run's next UUID.
func (s *session) id() (string, error) {
	if s.drawn == len(s.took.ids) {
		id, err := s.engine.writer.ids.Next(s.engine.clock)
		if err != nil {
			return "", fault.New(fault.Internal, "Internal error").Because(err)
		}
		s.took.ids = append(s.took.ids, id)
	}
	s.drawn++
	return s.took.ids[s.drawn-1], nil
}

// wanting ends a run that goes no further without n numbers.
type wanting struct {
	f *schema.Field
	n int64
}

func (w *wanting) Error() string { return "engine: numbers are taken first" }

// take gives the first of n new numbers in a row. They stay spent whatever becomes of the transaction, unless they follow one
// that a body has raised the generator to: a refused body does not.
func (s *session) take(f *schema.Field, n int64) (first int64, err error) {
	if _, shared := s.engine.store.(store.Shared); !shared || s.begun || s.generators[f].given > 0 {
		return s.within(f, n)
	}
	b, ok := s.took.apart[f]
	if !ok || b.n < n {
		s.wants = &wanting{f, n}
		return 0, s.wants
	}
	return b.first, b.err
}

// within takes numbers within the transaction.
func (s *session) within(f *schema.Field, n int64) (first int64, err error) {
	if err := s.raiseGiven(f); err != nil {
		return 0, err
	}
	numbers := s.engine.writer.numbers
	for {
		last, err := s.next(f, numbers.last(f), n)
		if err != nil {
			return 0, err
		}
		if s.generators[f].moved {
			return last - n + 1, nil
		}
		if numbers.hand(f, last-n, last) {
			s.took.note(f, last)
			return last - n + 1, nil
		}
	}
}

// next moves a generator on by n numbers, all of them above floor, and gives the last.
func (s *session) next(f *schema.Field, floor, n int64) (last int64, err error) {
	ok := false
	if floor <= math.MaxInt64-n {
		last, ok, err = s.generated(f, floor, n)
	}
	if err == nil && !ok {
		err = fault.New(fault.Exhausted, "nextval: reached maximum value of sequence %q (%d)", f.Collection.Name+"_"+f.Name+"_seq", int64(math.MaxInt64))
	}
	return last, err
}

// generated is generate for a generator that need not have begun.
func (s *session) generated(f *schema.Field, floor, n int64) (last int64, ok bool, err error) {
	if last, ok, err = s.generate(f, floor, n); err != nil || ok {
		return last, ok, err
	}
	if _, err = s.exec(sqlgen.BeginIdentity(s.dialect, f)); err != nil {
		return 0, false, err
	}
	return s.generate(f, floor, n)
}

func (s *session) generate(f *schema.Field, floor, n int64) (last int64, ok bool, err error) {
	e, err := sqlgen.TakeIdentity(s.dialect, f, floor, n)
	if err != nil {
		return 0, false, err
	}
	rows, err := s.tx.Query(s.ctx, e.Text, e.Args...)
	if err != nil || len(rows) == 0 {
		return 0, false, err
	}
	v, err := s.dialect.Decode(value.Type{Kind: value.Int}, rows[0][0])
	return v.Int(), true, err
}

// raiseGiven makes a generator go on after the numbers that bodies have given.
func (s *session) raiseGiven(f *schema.Field) error {
	n := s.generators[f]
	if n.given <= n.raised {
		return nil
	}
	moved, err := s.raise(f, n.given)
	n.raised, n.moved = n.given, n.moved || moved
	s.know(f, n)
	return err
}

// raiseAll comes after everything that may refuse the body, for it keeps others from the generators until the transaction ends; and
// before the rows, for who takes a number meanwhile must not meet them.
func (x *writing) raiseAll() error {
	for _, f := range x.c.Fields {
		if err := x.raiseGiven(f); err != nil {
			return err
		}
	}
	return nil
}

// anticipated reports that a stored row has a number already that was taken apart for this one: somebody gave it meanwhile. The
// next run takes others.
func (x *writing) anticipated(row image, fields []*schema.Field) bool {
	for _, f := range fields {
		b, ok := x.took.apart[f]
		v := row.tuple[f.Ordinal]
		if ok && !x.begun && !v.IsNull() && v.Int() >= b.first && v.Int()-b.first < b.n {
			delete(x.took.apart, f)
			return true
		}
	}
	return false
}

// spendTime is how long a failed write waits for its numbers to be spent for good.
const spendTime = 5 * time.Second

// spend raises generators to numbers whose transaction was not kept, whether its caller still waits or not. Where the store
// cannot write at all, the numbers stay spent in this process, and the next write that is kept raises the generator.
func (e *Engine) spend(ctx context.Context, took map[*schema.Field]int64) {
	if len(took) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spendTime)
	defer cancel()
	_ = e.store.Write(ctx, func(tx store.Tx) error {
		s := e.session(ctx, tx, &taken{})
		for f, n := range took {
			if _, err := s.raise(f, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// raise makes generated numbers go on after one that was given; moved reports that they would not have.
func (s *session) raise(f *schema.Field, n int64) (moved bool, err error) {
	changed, err := s.exec(sqlgen.RaiseIdentity(s.dialect, f, n))
	if err != nil || changed > 0 {
		return changed > 0, err
	}
	begun, err := s.exec(sqlgen.BeginIdentity(s.dialect, f))
	if err != nil || begun == 0 {
		return false, err
	}
	changed, err = s.exec(sqlgen.RaiseIdentity(s.dialect, f, n))
	return changed > 0, err
}
