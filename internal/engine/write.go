package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/maypok86/otter/v2"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// writer is what the writes of one engine share.
type writer struct {
	mutations *otter.Cache[string, *mutation]
	holders   sync.Map                                    // look-ups by fields, as text → *sqlgen.Stmt
	incoming  map[*schema.Collection][]*schema.ForeignKey // by the collection they refer to
	logged    []bool                                      // by Collection.Index
	ids       clock.IDs
	numbers   *numbers
}

func newWriter(set *policy.Set) *writer {
	w := &writer{incoming: map[*schema.Collection][]*schema.ForeignKey{}, logged: set.Logged(),
		numbers:   &numbers{spent: map[*schema.Field]int64{}, desks: map[*schema.Field]*desk{}},
		mutations: otter.Must(&otter.Options[string, *mutation]{MaximumSize: programsKept})}
	for _, c := range set.Catalog().Collections {
		if c.View != nil {
			continue
		}
		for _, fk := range c.ForeignKeys {
			w.incoming[fk.To] = append(w.incoming[fk.To], fk)
		}
	}
	return w
}

// Failure is the error of one of several operations.
type Failure struct {
	Step  int // from 0
	cause error
}

func (f *Failure) Error() string { return f.cause.Error() }
func (f *Failure) Unwrap() error { return f.cause }

var errUndone = errors.New("engine: nothing is kept")

// overtaken says that rows changed between being read and being written; the transaction is run again.
type overtaken struct{ cause error }

func (o overtaken) Error() string { return "engine: overtaken by another write" }
func (o overtaken) Unwrap() error { return o.cause }

// maxRuns is how often a transaction is begun before it is given up.
const maxRuns = 8

func writes(ops []Op) bool {
	for _, op := range ops {
		if op.Write != nil || op.Resolve != nil {
			return true
		}
	}
	return false
}

// mutate carries out operations in one write transaction. The numbers of one that is not kept are spent before it answers.
func (e *Engine) mutate(ctx context.Context, actor policy.Actor, ops []Op) ([]Answer, error) {
	took := &taken{}
	out, err := e.transact(ctx, actor, ops, took)
	if err != nil && !late(err) {
		e.spend(ctx, took.within)
	}
	if errors.Is(err, errUndone) {
		return out, nil
	}
	return out, err
}

// transact carries out operations in the transaction. errUndone comes with answers.
func (e *Engine) transact(ctx context.Context, actor policy.Actor, ops []Op, took *taken) (out []Answer, err error) {
	err = e.retried(ctx, actor, took, ops[0].Idempotency != nil, func(s *session) (err error) {
		out, err = s.run(ops)
		return err
	})
	if err != nil && !errors.Is(err, errUndone) {
		return nil, err
	}
	return out, err
}

// retried is the transaction, run again from its beginning after a conflict, and after numbers were taken that it wants. Where
// nobody knows whether it was kept, an idempotency key tells: the next run finds what the last one remembered, or does it.
func (e *Engine) retried(ctx context.Context, actor policy.Actor, took *taken, remembering bool, f func(*session) error) error {
	var last overtaken
	for runs := 0; runs < maxRuns; runs++ {
		var want *wanting
		err := e.store.Write(ctx, func(tx store.Tx) error {
			s := e.session(ctx, tx, took)
			s.actor, s.remembering = actor, remembering
			err := f(s)
			if want = s.wants; want != nil {
				return want
			}
			return err
		})
		if err == nil {
			return nil
		}
		var o overtaken
		var unknown *store.Unknown
		switch {
		case want != nil && errors.As(err, &want):
			e.fetch(ctx, took, want)
			runs--
		case errors.Is(err, errUndone):
			return err
		case remembering && errors.As(err, &unknown) && !late(err) && ctx.Err() == nil:
		case !errors.As(err, &o):
			return err
		}
		last = o
	}
	return fault.New(fault.Unavailable, "could not serialize access due to concurrent update").Because(last)
}

// late reports that the database confirms nothing now: another write would wait as long.
func late(err error) bool {
	var unknown *store.Unknown
	return errors.As(err, &unknown) && unknown.Late
}

// Uncertain reports that nobody knows whether a write was kept.
func Uncertain(err error) bool {
	var unknown *store.Unknown
	return errors.As(err, &unknown)
}

// session is one run of a write transaction. Within it, it is what reads ask.
type session struct {
	engine  *Engine
	ctx     context.Context
	tx      store.Tx
	dialect sqlgen.Dialect
	actor   policy.Actor
	now     int64 // µs since 1970 UTC: one instant for all

	remembering bool // written identities are wanted for an idempotency key
	took        *taken
	drawn       int // of its ids, by this run
	generators  map[*schema.Field]numbering
	wants       *wanting     // why this run cannot go on
	begun       bool         // an operation was carried out
	alone       bool         // one operation is all there is to do
	leaver      store.Leaver // nil: the answers of statements are waited for
	unless      sqlgen.Exec  // what is left to leaver is not done where this finds a row
	left        []store.Step
	scale       store.Scale // weighs the rows that are read; nil: nothing does
}

func (e *Engine) session(ctx context.Context, tx store.Tx, took *taken) *session {
	return &session{engine: e, ctx: ctx, tx: tx, dialect: e.store.Dialect(), now: e.clock.Now().UnixMicro(), took: took}
}

var (
	_ store.Snapshot = (*session)(nil)
	_ store.Weigher  = (*session)(nil)
)

func (s *session) run(ops []Op) ([]Answer, error) {
	s.alone = sole(ops)
	if id := ops[0].Idempotency; id != nil {
		known, err := s.known(id)
		if err != nil || known != nil {
			return s.replay(ops, known, err)
		}
		if err := s.claim(id); err != nil {
			return nil, err
		}
	}
	out := make([]Answer, 0, len(ops))
	undone := false
	for i, op := range ops {
		a, err := s.operation(op, out)
		if err == nil && op.Accept != nil {
			err = op.Accept(&a)
		}
		if err != nil && len(ops) > 1 {
			return nil, &Failure{i, err}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
		undone = undone || op.DryRun
	}
	switch id := ops[0].Idempotency; {
	case undone:
		return out, errUndone
	case id != nil:
		return out, s.remember(id, out)
	case s.leaver != nil:
		return out, s.leaver.Leave(s.unless, s.left)
	}
	return out, nil
}

func (s *session) operation(op Op, before []Answer) (Answer, error) {
	w, err := op.write(before)
	if err != nil {
		return Answer{}, err
	}
	if w == nil {
		p, err := s.engine.program(op.Read, s.actor)
		if err != nil {
			return Answer{}, err
		}
		return s.engine.read(s.ctx, s, p, op, s.actor, 0)
	}
	x, err := s.writing(w, op.Import)
	if err != nil {
		return Answer{}, err
	}
	x.own = op.Scale
	a, err := x.carryOut()
	s.begun = true
	if err == nil && op.Beside != nil {
		err = op.Beside(s.ctx, s.tx)
	}
	return a, err
}

func (x *writing) carryOut() (Answer, error) {
	switch x.w.Action {
	case ir.Update:
		return x.update()
	case ir.Delete:
		return x.remove()
	}
	return x.insert()
}

func (op Op) write(before []Answer) (*ir.Write, error) {
	if op.Resolve != nil {
		return op.Resolve(before)
	}
	return op.Write, nil
}

// Query runs a rendered statement in the transaction and decodes its rows.
func (s *session) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	rows, err := s.tx.Query(ctx, stmt.Text, args...)
	if err != nil {
		return nil, err
	}
	weight := store.Weight{On: s.scale}
	out := make([]plan.Tuple, len(rows))
	for i, row := range rows {
		if err := weight.Raw(row); err != nil {
			return nil, err
		}
		out[i] = make(plan.Tuple, len(stmt.Types))
		if err := sqlgen.Decode(s.dialect, stmt.Types, row, out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Weigh has the rows to come weighed.
func (s *session) Weigh(on store.Scale) { s.scale = on }

// Close has nothing to do: the transaction is its owner's.
func (s *session) Close() error { return nil }

// exec runs a statement that changes rows.
func (s *session) exec(x sqlgen.Exec, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return s.tx.Exec(s.ctx, x.Text, x.Args...)
}

// writing is one mutation within a session.
type writing struct {
	*session
	m     *mutation
	bound policy.BoundWrite
	c     *schema.Collection
	w     *ir.Write
	env   *ir.Env
	own   store.Scale // weighs the representation
}

func (s *session) writing(w *ir.Write, importing bool) (*writing, error) {
	m, err := s.engine.mutation(w, s.actor, importing)
	if err != nil {
		return nil, err
	}
	actor := s.actor
	if importing {
		actor = policy.Service()
	}
	return &writing{session: s, m: m, bound: m.plan.Bound(), c: w.Row.Collection, w: w,
		env: &ir.Env{Args: w.Args, Auth: actor.Values(), Now: s.now}}, nil
}

// query runs a statement for parents.
func (x *writing) query(stmt *sqlgen.Stmt, parents []plan.Tuple) ([]plan.Tuple, error) {
	args, err := stmt.Bind(x.env, parents)
	if err != nil {
		return nil, err
	}
	return x.Query(x.ctx, stmt, args)
}
