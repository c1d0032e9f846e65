package engine

import (
	"context"
	"strconv"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// program is a plan with its rendered statements: everything that depends on the shapes of request and actor, nothing that
// depends on their values.
type program struct {
	plan  plan.Plan
	shape *render.Shape
	root  *step
	count *sqlgen.Stmt
}

// size is how many statements a program has at most.
func (p *program) size() int {
	if p.count == nil {
		return p.root.size()
	}
	return p.root.size() + 1
}

// step is a level's statement and those of its children, in the plan's order.
type step struct {
	level    *plan.Level
	stmt     *sqlgen.Stmt
	children []*step
}

// size is how many statements a step and those below it have.
func (s *step) size() int {
	n := 1
	for _, c := range s.children {
		n += c.size()
	}
	return n
}

// programKey is what a program depends on: the shapes of actor and request.
type programKey struct {
	actor, query string
	count        bool
}

// program finds or makes the program of a request.
func (e *Engine) program(req ir.Request, actor policy.Actor) (*program, error) {
	shape := e.set.Shape(actor)
	key := programKey{shape.Key(), req.Print(), req.Count}
	if p, ok := e.programs.GetIfPresent(key); ok {
		return p, nil
	}
	p, err := compile(req, actor, e.set, e.limits, e.store.Dialect())
	if err != nil {
		return nil, err
	}
	e.programs.Set(key, p)
	return p, nil
}

func compile(req ir.Request, actor policy.Actor, set *policy.Set, limits plan.Limits, d sqlgen.Dialect) (*program, error) {
	bound, err := set.Bind(req, actor)
	if err != nil {
		return nil, err
	}
	pl, err := plan.Build(bound, limits)
	if err != nil {
		return nil, err
	}
	p := &program{plan: pl, shape: render.Compile(pl.Root())}
	if p.root, err = steps(d, pl.Root()); err != nil {
		return nil, err
	}
	if pl.Count() != nil {
		p.count, err = sqlgen.Render(d, pl.Count())
	}
	return p, err
}

func steps(d sqlgen.Dialect, l *plan.Level) (*step, error) {
	stmt, err := sqlgen.Render(d, l.Select)
	if err != nil {
		return nil, err
	}
	s := &step{level: l, stmt: stmt}
	for _, c := range l.Children {
		child, err := steps(d, c.Level)
		if err != nil {
			return nil, err
		}
		s.children = append(s.children, child)
	}
	return s, nil
}

// run is one execution of a program in one snapshot.
type run struct {
	ctx     context.Context
	snap    store.Snapshot
	env     ir.Env
	limits  *plan.Limits
	fetched int
	left    int // statements of the snapshot that are still to come; below 1: not known
}

func (r *run) root(p *program) (*plan.Result, error) {
	return r.step(p.root, nil)
}

func (r *run) step(s *step, keys []plan.Tuple) (*plan.Result, error) {
	tuples, err := r.query(s.stmt, keys)
	if err != nil {
		return nil, err
	}
	r.fetched += len(tuples)
	if r.limits.Tree > 0 && r.fetched > r.limits.Tree {
		return nil, fault.New(fault.TooComplex, "the answer has more than %d rows over all levels", r.limits.Tree).
			WithHint("ask for fewer rows, or limit the embeds")
	}
	res := &plan.Result{Tuples: tuples, Total: -1}
	for i, child := range s.children {
		cr, err := r.child(s.level.Children[i], child, tuples)
		if err != nil {
			return nil, err
		}
		res.Children = append(res.Children, cr)
	}
	return res, nil
}

func (r *run) query(stmt *sqlgen.Stmt, keys []plan.Tuple) ([]plan.Tuple, error) {
	args, err := stmt.Bind(&r.env, keys)
	if err != nil {
		return nil, err
	}
	r.left--
	if ender, ok := r.snap.(store.Ender); ok && r.left == 0 {
		ender.Last()
	}
	return r.snap.Query(r.ctx, stmt, args)
}

// child fetches the rows of all parents at once and deals them out.
func (r *run) child(c *plan.Child, s *step, parents []plan.Tuple) (plan.ChildResult, error) {
	keys, of := distinct(c, parents)
	out := plan.ChildResult{Result: &plan.Result{Total: -1}, Of: make([][]int, len(parents))}
	if len(keys) == 0 {
		out.Children = empty(c.Level)
		r.left -= s.size()
		return out, nil
	}
	res, err := r.step(s, keys)
	if err != nil {
		return out, err
	}
	out.Result = res
	byKey := make([][]int, len(keys))
	for i, t := range res.Tuples {
		k := t[0].Int()
		if r.limits.Rows == 0 || len(byKey[k]) < r.limits.Rows {
			byKey[k] = append(byKey[k], i)
		}
	}
	for i, k := range of {
		if k >= 0 {
			out.Of[i] = byKey[k]
		}
	}
	return out, nil
}

// empty gives the children of a level without rows.
func empty(l *plan.Level) []plan.ChildResult {
	out := make([]plan.ChildResult, len(l.Children))
	for i, c := range l.Children {
		out[i].Result = &plan.Result{Total: -1, Children: empty(c.Level)}
	}
	return out
}

// distinct gives the different keys of the parents, and for each parent the index of its key, -1 where it has no rows.
func distinct(c *plan.Child, parents []plan.Tuple) ([]plan.Tuple, []int) {
	perKey := c.Select.Grouped && len(c.Select.Group) == 0
	seen := make(map[string]int, len(parents))
	of := make([]int, len(parents))
	var keys []plan.Tuple
	var buf []byte
	for i, t := range parents {
		key, null := make(plan.Tuple, len(c.Key)), false
		buf = buf[:0]
		for j, col := range c.Key {
			key[j] = t[col]
			null = null || key[j].IsNull()
			buf = appendKey(buf, key[j])
		}
		if null && !perKey {
			of[i] = -1
			continue
		}
		k, ok := seen[string(buf)]
		if !ok {
			k = len(keys)
			seen[string(buf)] = k
			keys = append(keys, key)
		}
		of[i] = k
	}
	return keys, of
}

// appendKey appends an unambiguous text of a key column.
func appendKey(buf []byte, v value.Value) []byte {
	if v.IsNull() {
		return append(buf, 'n', 0)
	}
	t := value.Type{Kind: v.Kind(), List: v.IsList()}
	if t.Kind == value.Decimal && !t.List {
		t.Scale = uint8(v.Dec().Scale())
	}
	var short [40]byte
	text := value.AppendText(short[:0], t, v)
	buf = strconv.AppendInt(buf, int64(len(text)), 10)
	return append(append(buf, ':'), text...)
}

// foresee says what is asked after the root, where that is the count and nothing else.
func (r *run) foresee(p *program) error {
	f, ok := r.snap.(store.Foreseer)
	if !ok || p.count == nil || r.left != 2 {
		return nil
	}
	args, err := p.count.Bind(&r.env, nil)
	if err == nil {
		f.Foresee(p.count, args)
	}
	return err
}

// count gives the number of root rows: the one value selected, or the number of groups.
func (r *run) count(p *program) (int64, error) {
	groups := len(p.plan.Count().Group) > 0 || p.plan.Root().Select.Grouped
	if counter, ok := r.snap.(store.Counter); ok && !groups {
		args, err := p.count.Bind(&r.env, nil)
		if err != nil {
			return 0, err
		}
		return counter.Number(r.ctx, p.count, args)
	}
	tuples, err := r.query(p.count, nil)
	if err != nil {
		return 0, err
	}
	if groups {
		return int64(len(tuples)), nil
	}
	return tuples[0][0].Int(), nil
}
