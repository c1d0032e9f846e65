package engine

import (
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// mutation is a planned write with its rendered statements: everything that depends on the shapes of write and actor, nothing
// that depends on their values.
type mutation struct {
	plan          plan.Mutation
	target        *sqlgen.Stmt
	create, check rule
	fields        []rule
	checks        []rule
	entries       []schema.Entry // which values can be too long for
	seen, allowed *sqlgen.Stmt   // nil: every row is
	known         *sqlgen.Stmt   // of an upsert
	returned      *step          // nil: no representation
	outright      *outright      // nil: its rows have to be seen first
	shape         *render.Shape
}

// rule is a condition on rows given by their values; without a statement it is decided in memory.
type rule struct {
	plan.Rule
	stmt *sqlgen.Stmt
}

// mutation finds or makes the mutation of a write. The key is the write's shape and the actor's.
func (e *Engine) mutation(w *ir.Write, actor policy.Actor, importing bool) (*mutation, error) {
	key := e.set.Shape(actor).Key() + shapeOf(w, importing)
	if m, ok := e.writer.mutations.GetIfPresent(key); ok {
		return m, nil
	}
	bind := func() (policy.BoundWrite, error) { return e.set.BindWrite(w, actor) }
	if importing {
		bind = func() (policy.BoundWrite, error) { return e.set.BindImport(w) }
	}
	bound, err := bind()
	if err != nil {
		return nil, err
	}
	m, err := compileWrite(bound, e.limits, e.store.Dialect())
	if err != nil {
		return nil, err
	}
	e.writer.mutations.Set(key, m)
	return m, nil
}

// shapeOf is equal for writes that differ only in their values.
func shapeOf(w *ir.Write, importing bool) string {
	var b strings.Builder
	b.WriteString("|" + strconv.FormatBool(importing) + "|" + strconv.Itoa(int(w.Action)) + "|" + strconv.Itoa(w.Row.Collection.Index) + "|")
	ordinals(&b, w.Columns)
	if w.On != nil {
		b.WriteString("|" + strconv.FormatBool(w.On.Merge))
		ordinals(&b, w.On.Key)
	}
	b.WriteString("|")
	if w.Where != nil {
		b.WriteString(ir.PrintExpr(w.Where))
	}
	b.WriteString("|")
	if w.Return != nil {
		b.WriteString(ir.Print(w.Return))
	}
	return b.String()
}

func ordinals(b *strings.Builder, fields []*schema.Field) {
	for _, f := range fields {
		b.WriteString(" " + strconv.Itoa(f.Ordinal))
	}
}

func compileWrite(bound policy.BoundWrite, limits plan.Limits, d sqlgen.Dialect) (*mutation, error) {
	p, err := plan.BuildWrite(bound, limits)
	if err != nil {
		return nil, err
	}
	c := &compiling{d: d}
	m := &mutation{plan: p, create: c.rule(p.Create()), check: c.rule(p.Check()), seen: c.stmt(p.Seen()), allowed: c.stmt(p.Allowed()),
		entries: schema.LongEntries(bound.Row().Collection)}
	if bound.Conflict() != nil {
		m.known = c.stmt(p.Known())
	}
	if m.target = c.stmt(p.Target()); m.target != nil {
		m.target = m.target.Locked()
	}
	for _, r := range p.Fields() {
		m.fields = append(m.fields, c.rule(r))
	}
	for _, r := range p.Checks() {
		m.checks = append(m.checks, c.rule(r))
	}
	if l := p.Returned(); l != nil && c.err == nil {
		m.shape = render.Compile(l)
		m.returned, c.err = steps(d, l)
	}
	m.outright = c.outright(m)
	return m, c.err
}

// compiling renders; the first refusal is kept in err.
type compiling struct {
	d   sqlgen.Dialect
	err error
}

func (c *compiling) stmt(s *plan.Select) *sqlgen.Stmt {
	if s == nil || c.err != nil {
		return nil
	}
	var stmt *sqlgen.Stmt
	stmt, c.err = sqlgen.Render(c.d, s)
	return stmt
}

func (c *compiling) rule(r plan.Rule) rule {
	if len(r.Over) == 0 || c.err != nil {
		return rule{Rule: r}
	}
	var stmt *sqlgen.Stmt
	stmt, c.err = sqlgen.RenderRule(c.d, r)
	return rule{r, stmt}
}

// holders is the look-up of stored rows by the values of some fields, locked: of one row more than may be written, at most.
func (e *Engine) holders(fields []*schema.Field) (*sqlgen.Stmt, error) {
	var b strings.Builder
	b.WriteString(strconv.Itoa(fields[0].Collection.Index))
	ordinals(&b, fields)
	if known, ok := e.writer.holders.Load(b.String()); ok {
		return known.(*sqlgen.Stmt), nil
	}
	stmt, err := sqlgen.Render(e.store.Dialect(), plan.Holders(fields))
	if err != nil {
		return nil, err
	}
	if most := e.limits.Writes; most > 0 {
		stmt = stmt.Bounded(most + 1)
	}
	stmt = stmt.Locked()
	e.writer.holders.Store(b.String(), stmt)
	return stmt, nil
}
