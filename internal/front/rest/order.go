package rest

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
)

// sort resolves order=. Of several for one level the first counts.
func (l *level) sort(orders []syntax.Order) error {
	for _, o := range orders {
		to, err := l.arranged(o.Path)
		if err != nil {
			return err
		}
		if to.order != nil {
			continue
		}
		for _, t := range o.Terms {
			x, err := to.orderBy(t)
			if err != nil {
				return err
			}
			to.order = append(to.order, ir.Order{X: x, Desc: t.Desc, NullsFirst: t.NullsFirst})
		}
	}
	return nil
}

func (l *level) orderBy(t syntax.Term) (ir.Expr, error) {
	from := l
	if t.Relation != "" {
		c := l.child(t.Relation)
		if c == nil {
			return nil, notEmbedded(t.Relation)
		}
		if !c.embed.Rel.ToOne() {
			return nil, fault.New(fault.OrderNotToOne, "A related order on '%s' is not possible", t.Relation).
				WithDetails("'" + l.seen.Collection.Name + "' and '" + t.Relation + "' do not form a many-to-one or one-to-one relationship")
		}
		from = c
	}
	if !l.query.Aggregates() {
		return from.column(t.Field)
	}
	return l.orderGroups(from, t)
}

// orderGroups finds a term of a grouped level: a group column, or an aggregate by its name in the output.
func (l *level) orderGroups(from *level, t syntax.Term) (ir.Expr, error) {
	x, err := from.column(t.Field)
	if err == nil && grouped(l.query, x) {
		return x, nil
	}
	if t.Relation == "" && t.Field.Steps == nil {
		if agg := aggregateNamed(l.query, t.Field.Name); agg != nil {
			return agg, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fault.New(fault.GroupingError, "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function",
		from.seen.Collection.Name, t.Field.Name)
}

// grouped reports whether x is one of the plain outputs, those of spread to-one embeds included.
func grouped(q *ir.Query, x ir.Expr) bool {
	for _, it := range q.Items {
		switch it := it.(type) {
		case *ir.Output:
			if same(it.X, x) {
				return true
			}
		case *ir.Embed:
			if it.Spread && it.Rel.ToOne() && grouped(it.Query, x) {
				return true
			}
		}
	}
	return false
}

func same(a, b ir.Expr) bool {
	ca, isA := a.(*ir.Column)
	cb, isB := b.(*ir.Column)
	if isA && isB {
		return *ca == *cb
	}
	pa, isA := a.(*ir.Path)
	pb, isB := b.(*ir.Path)
	return isA && isB && same(pa.X, pb.X) && ir.PrintExpr(a) == ir.PrintExpr(b)
}

// aggregateNamed finds an aggregate by its output name, those of spread to-one embeds included.
func aggregateNamed(q *ir.Query, name string) ir.Expr {
	for _, it := range q.Items {
		switch it := it.(type) {
		case *ir.Output:
			if agg, ok := it.X.(*ir.Agg); ok && it.Name == name {
				return agg
			}
		case *ir.Embed:
			if it.Spread && it.Rel.ToOne() {
				if agg := aggregateNamed(it.Query, name); agg != nil {
					return agg
				}
			}
		}
	}
	return nil
}
