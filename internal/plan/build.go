package plan

import (
	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Limits bound what one read or write may do, whatever the front. A bound of 0 is none.
type Limits = admission.Limits

// Build plans a bound query: the only constructor of a Plan.
func Build(b policy.Bound, l Limits) (Plan, error) {
	q := b.Query()
	if q == nil {
		return Plan{}, fault.New(fault.Internal, "Internal error")
	}
	pl := &planner{limits: l}
	root := pl.level(q, nil)
	p := Plan{root: root.level}
	if b.Count() {
		p.count = pl.count(q)
	}
	if !root.level.Select.Grouped && len(q.Row.Collection.PrimaryKey) > 0 {
		p.cursor = root.cursor()
	}
	if pl.err == nil && l.Cost > 0 && p.Cost() > l.Cost {
		return Plan{}, fault.New(fault.TooComplex, "the request weighs more than %d", l.Cost).
			WithHint("ask for fewer embeds, filters or computed fields")
	}
	return p, pl.err
}

// planner is one run of Build; the first refusal is kept in err.
type planner struct {
	limits Limits
	levels int
	err    error
}

// building is a level under construction.
type building struct {
	planner *planner
	query   *ir.Query
	level   *Level
	grouped bool
}

// level builds one statement's level; link is set for to-many levels.
func (pl *planner) level(q *ir.Query, link *Parents) *building {
	pl.levels++
	if pl.limits.Levels > 0 && pl.levels > pl.limits.Levels {
		pl.refuse(fault.New(fault.TooComplex, "the request needs more than %d statements", pl.limits.Levels).
			WithHint("embed fewer to-many relations"))
	}
	sel := &Select{From: pl.source(q), Parents: link, Limit: q.Limit, Offset: q.Offset}
	b := &building{planner: pl, query: q, level: &Level{Select: sel, Object: &Object{}}, grouped: q.Aggregates()}
	if link != nil {
		sel.Columns = append(sel.Columns, nil)
	}
	sel.Grouped = b.grouped
	sel.Where = pl.filter(ir.All(q.Guard, q.Where, after(q), b.innerTests(q, false)))
	b.members(b.level.Object, q, scope{row: q.Row, inner: true})
	b.order(q)
	if q.Having != nil {
		sel.Having = pl.filter(q.Having)
	}
	return b
}

func (pl *planner) refuse(err error) {
	if pl.err == nil {
		pl.err = err
	}
}

// source is the collection, or the select that stands for it: a declared view's, or one that chooses some of its rows.
func (pl *planner) source(q *ir.Query) Source {
	if q.Guard == nil { // a level that Bind has not seen
		pl.refuse(fault.New(fault.Internal, "Internal error"))
	}
	if q.Derived == nil {
		return Source{Row: q.Row}
	}
	return Source{Row: q.Row, Derived: pl.derived(q.Derived)}
}

func (pl *planner) derived(q *ir.Query) *Select {
	sel := &Select{From: pl.source(q), Grouped: q.Aggregates(), Limit: q.Limit, Offset: q.Offset}
	b := &building{planner: pl, query: q, level: &Level{Select: sel}}
	sel.Where = pl.filter(ir.All(q.Guard, q.Where, b.innerTests(q, true)))
	b.order(q)
	for _, it := range q.Items {
		out, ok := it.(*ir.Output)
		if !ok {
			continue
		}
		x := out.X
		sel.Columns = append(sel.Columns, x)
		if _, agg := x.(*ir.Agg); !agg && sel.Grouped {
			sel.Group = append(sel.Group, x)
		}
	}
	return sel
}

// count selects the number of root rows. Inner embeds filter it as they filter the root.
func (pl *planner) count(q *ir.Query) *Select {
	b := &building{planner: pl, query: q}
	sel := &Select{From: pl.source(q), Where: pl.filter(ir.All(q.Guard, q.Where, b.innerTests(q, true))), Grouped: true}
	if !q.Aggregates() {
		sel.Columns = []ir.Expr{&ir.Agg{Fn: ir.CountRows, T: value.Type{Kind: value.Int}}}
		return sel
	}
	grouped := pl.level(q, nil).level.Select
	grouped.Order, grouped.Limit, grouped.Offset = nil, nil, nil
	return grouped
}

// innerTests is the condition that inner embeds put on their parent. To-one embeds that are joined drop parents by their
// join; all asks for their tests too.
func (b *building) innerTests(q *ir.Query, all bool) ir.Expr {
	var tests []ir.Expr
	for _, it := range q.Items {
		e, ok := it.(*ir.Embed)
		if ok && e.Inner && (all || !b.joined(q, e)) {
			tests = append(tests, b.planner.related(q.Row, e.Rel, e.Query, e.Via))
		}
	}
	return ir.All(tests...)
}

// cursor makes sure that every ordering term is fetched.
func (b *building) cursor() []int {
	out := []int{}
	for _, o := range b.level.Select.Order {
		out = append(out, b.column(o.X))
	}
	return out
}

// column gives the index of an expression in the tuple, adding it where it is not yet there.
func (b *building) column(x ir.Expr) int {
	sel := b.level.Select
	for i, c := range sel.Columns {
		if c != nil && identical(c, x) {
			return i
		}
	}
	sel.Columns = append(sel.Columns, x)
	if _, agg := x.(*ir.Agg); b.grouped && !agg {
		sel.Group = append(sel.Group, x)
	}
	return len(sel.Columns) - 1
}

func identical(a, b ir.Expr) bool {
	if a == b {
		return true
	}
	ca, ok := a.(*ir.Column)
	cb, ok2 := b.(*ir.Column)
	if ok && ok2 {
		return ca.Row == cb.Row && ca.Field == cb.Field
	}
	return !ok && !ok2 && sameText(a, b)
}

// sameText compares by one printer, so that rows are named alike.
func sameText(a, b ir.Expr) bool {
	p := ir.NewPrinter()
	p.Expr(a)
	first := p.String()
	p.Expr(b)
	return p.String()[len(first):] == first
}

// order copies the terms; a grouped level is made total by its group columns.
func (b *building) order(q *ir.Query) {
	sel := b.level.Select
	sel.Order = append(sel.Order, q.Order...)
	for _, o := range q.Order {
		b.joinFor(q, o.X)
	}
	if !b.grouped {
		return
	}
	for _, g := range sel.Group {
		if !ordered(sel.Order, g) {
			sel.Order = append(sel.Order, ir.Order{X: g})
		}
	}
}

func ordered(terms []ir.Order, x ir.Expr) bool {
	for _, o := range terms {
		if identical(o.X, x) {
			return true
		}
	}
	return false
}

// joinFor brings the to-one embed that an ordering term reads into scope where its output did not need the join.
func (b *building) joinFor(q *ir.Query, x ir.Expr) {
	ir.Visit(x, func(e ir.Expr) bool {
		c, ok := e.(*ir.Column)
		if !ok || b.inScope(c.Row) {
			return true
		}
		for _, it := range q.Items {
			if em, ok := it.(*ir.Embed); ok && em.Query.Row == c.Row && em.Rel.ToOne() {
				b.join(em, scope{row: q.Row, inner: true})
			}
		}
		return true
	})
}

func (b *building) inScope(r *ir.Row) bool {
	if b.level.Select.From.Row == r {
		return true
	}
	for _, j := range b.level.Select.Joins {
		if j.Row == r {
			return true
		}
	}
	return false
}

// pairs equates the two ends of a direct relation.
func pairs(rel *schema.Relation, from, to *ir.Row) ir.Expr {
	var all []ir.Expr
	for _, p := range rel.Pairs {
		all = append(all, &ir.Compare{Op: ir.Eq, L: &ir.Column{Row: to, Field: p.To}, R: &ir.Column{Row: from, Field: p.From}})
	}
	return ir.All(all...)
}
