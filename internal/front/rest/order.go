package rest

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
)

// sort resolves order=. Of several for one level the first counts.
func (l *level) sort(orders []orderParam) error {
	for _, o := range orders {
		to, err := l.arranged(o.path)
		if err != nil {
			return err
		}
		if to.order != nil {
			continue
		}
		for _, t := range o.terms {
			x, err := to.orderBy(t)
			if err != nil {
				return err
			}
			to.order = append(to.order, ir.Order{X: x, Desc: t.desc, NullsFirst: t.nullsFirst})
		}
	}
	return nil
}

func (l *level) orderBy(t term) (ir.Expr, error) {
	from := l
	if t.rel != "" {
		c := l.child(t.rel)
		if c == nil {
			return nil, notEmbedded(t.rel)
		}
		if !c.embed.Rel.ToOne() {
			return nil, fault.New(fault.OrderNotToOne, "A related order on '%s' is not possible", t.rel).
				WithDetails("'" + l.seen.Collection.Name + "' and '" + t.rel + "' do not form a many-to-one or one-to-one relationship")
		}
		from = c
	}
	if !l.query.Aggregates() {
		return from.column(t.field)
	}
	return l.orderGroups(from, t)
}

// orderGroups finds a term of a grouped level: a group column, or an aggregate by its name in the output.
func (l *level) orderGroups(from *level, t term) (ir.Expr, error) {
	x, err := from.column(t.field)
	if err == nil && grouped(l.query, x) {
		return x, nil
	}
	if t.rel == "" && t.field.steps == nil {
		if agg := aggregateNamed(l.query, t.field.name); agg != nil {
			return agg, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return nil, fault.New(fault.GroupingError, "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function",
		from.seen.Collection.Name, t.field.name)
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

// term is one parsed member of order=. rel is set for rel(field).
type term struct {
	rel        string
	field      fieldRef
	desc       bool
	nullsFirst bool
}

func parseOrder(text string, l Limits) ([]term, error) {
	s := &scanner{what: "order", shown: text, src: text, steps: l.JSONSteps}
	var out []term
	for {
		s.spaces()
		t, err := s.term()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if err := within(len(out), l.OrderTerms, "order has more than", "terms"); err != nil {
			return nil, err
		}
		if s.spaces(); !s.take(",") {
			return out, s.end(`"," or ` + wantEnd)
		}
	}
}

// term reads field or rel(field), then its direction and where NULL goes: last ascending, first descending.
func (s *scanner) term() (term, error) {
	var t term
	f, err := s.field()
	if err != nil {
		return t, err
	}
	if t.field = f; f.steps == nil && s.take("(") {
		t.rel = f.name
		if t.field, err = s.field(); err != nil {
			return t, err
		}
		if err = s.must(")", `")"`); err != nil {
			return t, err
		}
	}
	if !s.take(".asc") {
		t.desc = s.take(".desc")
	}
	t.nullsFirst = t.desc
	switch {
	case s.take(".nullsfirst"):
		t.nullsFirst = true
	case s.take(".nullslast"):
		t.nullsFirst = false
	}
	return t, nil
}
