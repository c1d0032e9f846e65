package plan

import (
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// The normalisation rules. Each keeps the set of rows for which a condition is TRUE.
//
//	lower-related   ir.Related becomes Exists over the relation, its guards, filters and nested inner embeds
//	unmask          a positive test of a masked field becomes policy AND test of the field, so that indexes serve
//	skip-hop        a to-one step whose target is left again by the very key it was entered by is not visited: the foreign
//	                key already says that the row is there
//	flatten         nested AND and OR become one; TRUE leaves an AND, FALSE leaves an OR

// filter normalises a condition.
func (pl *planner) filter(e ir.Expr) ir.Expr {
	return flatten(unmask(skipHops(pl.lower(e))))
}

// skipHops shortens the paths of Exists. Only raw walks have such paths: a guarded row in the middle is an Exists of its own.
func skipHops(e ir.Expr) ir.Expr {
	return ir.Rewrite(e, func(x ir.Expr) ir.Expr {
		if w, ok := x.(*ir.Exists); ok && len(w.Path) > 1 {
			return &ir.Exists{From: w.From, Path: shorten(w.Path), To: w.To, Cond: w.Cond, All: w.All}
		}
		return x
	})
}

func shorten(path []*schema.Relation) []*schema.Relation {
	out := []*schema.Relation{path[0]}
	for _, next := range path[1:] {
		if direct := across(out[len(out)-1], next); direct != nil {
			out[len(out)-1] = direct
			continue
		}
		out = append(out, next)
	}
	return out
}

// across joins two steps over a row that is entered along a foreign key and left by the same columns; nil where it is not.
func across(in, out *schema.Relation) *schema.Relation {
	if !in.Forward || in.FK == nil || in.From.View != nil || out.Junction != nil || len(in.Pairs) != len(out.Pairs) {
		return nil
	}
	direct := &schema.Relation{Name: in.Name + "." + out.Name, From: in.From, To: out.To, Cardinality: out.Cardinality}
	for _, o := range out.Pairs {
		i := slices.IndexFunc(in.Pairs, func(p schema.Pair) bool { return p.To == o.From })
		if i < 0 {
			return nil
		}
		direct.Pairs = append(direct.Pairs, schema.Pair{From: in.Pairs[i].From, To: o.To})
	}
	return direct
}

// lower replaces every Related below e.
func (pl *planner) lower(e ir.Expr) ir.Expr {
	return ir.Rewrite(e, func(x ir.Expr) ir.Expr {
		if r, ok := x.(*ir.Related); ok {
			return pl.related(r.From, r.Rel, r.Query, r.Via)
		}
		return x
	})
}

// related is the test that a bound embed has a row.
func (pl *planner) related(from *ir.Row, rel *schema.Relation, q *ir.Query, via *ir.Via) ir.Expr {
	if q.Derived != nil {
		pl.refuse(fault.New(fault.NotImplemented, "Feature not implemented").
			WithDetails("a view cannot be tested through a relation"))
		return ir.Bool(false)
	}
	b := &building{planner: pl, query: q}
	cond := pl.lower(ir.All(q.Guard, q.Where, b.innerTests(q, true)))
	if via == nil {
		return &ir.Exists{From: from, Path: []*schema.Relation{rel}, To: q.Row, Cond: cond}
	}
	in, out := rel.Halves()
	inner := &ir.Exists{From: via.Row, Path: []*schema.Relation{out}, To: q.Row, Cond: cond}
	return &ir.Exists{From: from, Path: []*schema.Relation{in}, To: via.Row, Cond: ir.All(via.Guard, inner)}
}

// unmask applies below AND and OR only: elsewhere NULL and FALSE differ.
func unmask(e ir.Expr) ir.Expr {
	switch x := e.(type) {
	case *ir.And:
		return &ir.And{Of: mapped(x.Of, unmask)}
	case *ir.Or:
		return &ir.Or{Of: mapped(x.Of, unmask)}
	case *ir.Compare:
		if m, ok := x.L.(*ir.Mask); ok {
			return ir.All(m.Policy, &ir.Compare{Op: x.Op, L: m.X, R: x.R})
		}
	case *ir.Quantified:
		if m, ok := x.X.(*ir.Mask); ok && !x.All {
			return ir.All(m.Policy, &ir.Quantified{Op: x.Op, X: m.X, List: x.List})
		}
	case *ir.Like:
		if m, ok := x.X.(*ir.Mask); ok && !x.All {
			return ir.All(m.Policy, &ir.Like{X: m.X, Pattern: x.Pattern, Fold: x.Fold, List: x.List})
		}
	}
	return e
}

func mapped(of []ir.Expr, f func(ir.Expr) ir.Expr) []ir.Expr {
	out := make([]ir.Expr, len(of))
	for i, e := range of {
		out[i] = f(e)
	}
	return out
}

// flatten merges nested conjunctions and disjunctions and drops their neutral constants.
func flatten(e ir.Expr) ir.Expr {
	switch x := e.(type) {
	case *ir.And:
		return ir.All(mapped(x.Of, flatten)...)
	case *ir.Or:
		var of []ir.Expr
		for _, d := range mapped(x.Of, flatten) {
			if inner, ok := d.(*ir.Or); ok {
				of = append(of, inner.Of...)
			} else {
				of = append(of, d)
			}
		}
		return &ir.Or{Of: of}
	}
	return e
}

// after is the keyset predicate of a position: rows that come strictly after it in the level's order.
func after(q *ir.Query) ir.Expr {
	if q.After == nil {
		return nil
	}
	var alternatives []ir.Expr
	var equal []ir.Expr
	for i, v := range q.After.Values {
		o := q.Order[i]
		if later := beyond(o, v, q.After.Null[i]); later != nil {
			alternatives = append(alternatives, ir.All(append(append([]ir.Expr{}, equal...), later)...))
		}
		if q.After.Null[i] {
			equal = append(equal, &ir.IsNull{X: o.X})
		} else {
			equal = append(equal, &ir.Compare{Op: ir.Eq, L: o.X, R: v})
		}
	}
	if len(alternatives) == 1 {
		return alternatives[0]
	}
	return &ir.Or{Of: alternatives}
}

// beyond tests that a term comes after a value in its own direction; nil where nothing can.
func beyond(o ir.Order, v ir.Expr, null bool) ir.Expr {
	if null {
		if o.NullsFirst {
			return &ir.Not{X: &ir.IsNull{X: o.X}}
		}
		return nil
	}
	op := ir.Gt
	if o.Desc {
		op = ir.Lt
	}
	later := ir.Expr(&ir.Compare{Op: op, L: o.X, R: v})
	if o.NullsFirst || !nullable(o.X) {
		return later
	}
	return &ir.Or{Of: []ir.Expr{later, &ir.IsNull{X: o.X}}}
}

func nullable(x ir.Expr) bool {
	c, ok := x.(*ir.Column)
	return !ok || c.Field.Nullable()
}
