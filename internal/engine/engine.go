// Package engine owns the one main path: bind → plan → render SQL → run in one snapshot → a result for render. Everything
// that reads or writes data calls Run and nothing below it. It knows nothing of HTTP or of request syntax.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/maypok86/otter/v2"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Engine runs operations of actors against a store under a set of policies.
type Engine struct {
	store    store.Store
	set      *policy.Set
	limits   plan.Limits
	clock    clock.Clock
	programs *otter.Cache[programKey, *program]
	writer   *writer
}

// programsKept bounds the plan cache, in programs.
const programsKept = 4096

// New makes an engine. Its plan cache lives and dies with it: a changed catalogue means a new engine.
func New(s store.Store, set *policy.Set, limits plan.Limits, clk clock.Clock) *Engine {
	return &Engine{store: s, set: set, limits: limits, clock: clk, writer: newWriter(set),
		programs: otter.Must(&otter.Options[programKey, *program]{MaximumSize: programsKept})}
}

// Unbounded is an engine over the same store without limits, for the product's own work. Numbers that either has handed out stay
// spent for both.
func (e *Engine) Unbounded() *Engine {
	own := New(e.store, e.set, plan.Limits{}, e.clock)
	own.writer.numbers = e.writer.numbers
	return own
}

// Store is the database the engine runs against.
func (e *Engine) Store() store.Store { return e.store }

// Set is the compiled policies the engine runs under.
func (e *Engine) Set() *policy.Set { return e.set }

// Op is one operation. A read carries Request; Peek asks whether rows exist beyond its limit. A write carries Write, or
// Resolve, which makes it from the answers of the operations before it and may be called more than once.
type Op struct {
	Read        ir.Request
	Peek        bool
	Write       *ir.Write
	Resolve     func(before []Answer) (*ir.Write, error)
	DryRun      bool         // nothing of the whole list is kept
	Import      bool         // the product's own import, move or restore: acts without policies
	Idempotency *Idempotency // of the list's first operation: of the whole list

	// Beside writes what is to be kept or undone with the whole list, after a write. It may be called more than once.
	Beside func(context.Context, store.Tx) error

	// Scale weighs the rows of the answer while they are read; nil: nothing does. Rows that are read again are weighed again.
	Scale store.Scale

	// Accept sees a write's outcome before it is kept; its error undoes the whole list. It may be called more than once.
	Accept func(*Answer) error
}

// Answer is an operation's outcome.
type Answer struct {
	Level  *plan.Level
	Shape  *render.Shape
	Result *plan.Result
	Total  int64         // rows of the root regardless of its range; -1 where not asked for
	More   bool          // Peek: a further row exists
	Last   []value.Value // the last root row's ordering values; nil where there is no keyset position

	// Of a write. Level, Shape and Result are its representation, where one was wanted.
	Affected int64           // rows inserted, updated or deleted; cascades do not count
	Inserted int64           // of these, inserted
	Keys     []plan.Tuple    // the affected rows' primary keys, in input order
	Dropped  []*schema.Field // fields that were named, but not given by every row, and so lost their default
	Replayed bool            // an earlier request with the same idempotency key had done it

	texts []json.RawMessage // the identities, where they are to be remembered
}

// Run carries out operations together: all of them see one snapshot or, where one writes, happen in one transaction or not at
// all. One request is a list of one. The error of a list of several is a *Failure that says which of them failed.
func (e *Engine) Run(ctx context.Context, actor policy.Actor, ops []Op) ([]Answer, error) {
	if !actor.IsProduct() { // the product's own reads see every write, wherever it was made
		ctx = store.ForSession(ctx, actor.Role+"\x1f"+actor.UID)
	}
	if writes(ops) {
		return e.mutate(ctx, actor, ops)
	}
	programs := make([]*program, len(ops))
	for i, op := range ops {
		p, err := e.program(op.Read, actor)
		if err != nil {
			return nil, err
		}
		programs[i] = p
	}
	out, err := e.observe(ctx, actor, ops, programs)
	var lost *store.Interrupted
	if errors.As(err, &lost) && ctx.Err() == nil {
		return e.observe(ctx, actor, ops, programs)
	}
	return out, err
}

// observe reads everything from one snapshot.
func (e *Engine) observe(ctx context.Context, actor policy.Actor, ops []Op, programs []*program) ([]Answer, error) {
	snap, err := e.snapshot(ctx, programs)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	out := make([]Answer, len(ops))
	for i, op := range ops {
		left := 0
		if len(ops) == 1 {
			left = programs[i].size()
		}
		if out[i], err = e.read(ctx, snap, programs[i], op, actor, left); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// snapshot opens the cheapest consistent view: one statement alone needs no transaction.
func (e *Engine) snapshot(ctx context.Context, programs []*program) (store.Snapshot, error) {
	if len(programs) == 1 && len(programs[0].root.children) == 0 && programs[0].count == nil {
		return e.store.Once(ctx)
	}
	return e.store.Snapshot(ctx)
}

// read carries out one read. left is how many statements the snapshot has for it and for what follows, 0 where that is not known.
func (e *Engine) read(ctx context.Context, snap store.Snapshot, p *program, op Op, actor policy.Actor, left int) (Answer, error) {
	r := &run{ctx: ctx, snap: snap, limits: &e.limits, left: left,
		env: ir.Env{Args: op.Read.Args, Auth: actor.Values(), Now: e.clock.Now().UnixMicro()}}
	if w, ok := snap.(store.Weigher); ok {
		w.Weigh(op.Scale)
	}
	a := Answer{Level: p.plan.Root(), Shape: p.shape, Total: -1}
	limit := rootLimit(p.plan, &r.env)
	if op.Peek && limit >= 0 {
		r.env.Args = raised(r.env.Args, p.plan, limit+1)
	}
	if err := r.foresee(p); err != nil {
		return Answer{}, err
	}
	res, err := r.root(p)
	if err != nil {
		return Answer{}, err
	}
	a.Result = res
	if op.Peek && limit >= 0 && int64(len(res.Tuples)) > limit {
		a.More = true
		cut(res, int(limit))
	}
	a.Last = last(p.plan, res)
	if p.count != nil {
		if a.Total, err = r.count(p); err != nil {
			return Answer{}, err
		}
	}
	res.Total = a.Total
	return a, nil
}

// rootLimit is the value of the root's limit, -1 where it has none.
func rootLimit(p plan.Plan, env *ir.Env) int64 {
	if p.Root().Select.Limit == nil {
		return -1
	}
	v, _ := env.Leaf(p.Root().Select.Limit)
	return v.Int()
}

// raised are args with the root's limit replaced, where it is a value of the request.
func raised(args []value.Value, p plan.Plan, limit int64) []value.Value {
	param, ok := p.Root().Select.Limit.(*ir.Param)
	if !ok {
		return args
	}
	out := slices.Clone(args)
	out[param.Slot] = value.OfInt(limit)
	return out
}

func cut(res *plan.Result, n int) {
	res.Tuples = res.Tuples[:n]
	for i := range res.Children {
		res.Children[i].Of = res.Children[i].Of[:n]
	}
}

func last(p plan.Plan, res *plan.Result) []value.Value {
	if p.Cursor() == nil || len(res.Tuples) == 0 {
		return nil
	}
	tuple := res.Tuples[len(res.Tuples)-1]
	out := make([]value.Value, len(p.Cursor()))
	for i, c := range p.Cursor() {
		out[i] = tuple[c]
	}
	return out
}
