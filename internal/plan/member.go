package plan

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// scope is where members are being built: the row their columns belong to, whether every join above it is inner, and, in a
// spread, the column that tells whether the row is there at all.
type scope struct {
	row     *ir.Row
	inner   bool
	present ir.Expr // spreads only
}

// members adds a query's items to an object.
func (b *building) members(o *Object, q *ir.Query, s scope) {
	for _, it := range q.Items {
		switch it := it.(type) {
		case *ir.Output:
			o.Members = append(o.Members, b.leaf(it, s))
		case *ir.Embed:
			b.embed(o, q, it, s)
		}
	}
}

// leaf fetches a column. Outside groups a JSON path is followed in Go, so that only whole columns are fetched.
func (b *building) leaf(it *ir.Output, s scope) *Leaf {
	x := it.X
	leaf := &Leaf{Name: it.Name, Cast: it.Cast}
	if p, ok := x.(*ir.Path); ok && !b.grouped {
		x, leaf.Steps, leaf.Text = p.X, p.Steps, p.Text
	}
	if b.grouped {
		b.groupCast(it)
	}
	if _, plain := x.(*ir.Column); !plain && s.present != nil && !isAgg(x) {
		x = &ir.Cond{If: &ir.Not{X: &ir.IsNull{X: s.present}}, Then: x, Else: &ir.Const{T: x.Type()}}
	}
	leaf.Type = x.Type()
	leaf.Column = b.column(x)
	return leaf
}

func isAgg(x ir.Expr) bool {
	_, ok := x.(*ir.Agg)
	return ok
}

// groupCast refuses a cast that would make two groups one: casts run after the fetch.
func (b *building) groupCast(it *ir.Output) {
	if it.Cast == nil || isAgg(it.X) || !lossy(it.X.Type(), *it.Cast) {
		return
	}
	b.planner.refuse(fault.New(fault.NotImplemented, "Feature not implemented").
		WithDetails("a grouped column cannot be cast to " + it.Cast.String()).
		WithHint("group by the column itself, or declare a computed field"))
}

// lossy reports whether two different values of a type may become one under a cast.
func lossy(from, to value.Type) bool {
	if from == to || to.Kind == value.Text || to.Kind == value.JSON {
		return false
	}
	return !(from.Kind == value.Int && to.Kind == value.Decimal && to.Precision == 0) &&
		!(from.Kind == value.Date && to.Kind == value.Timestamp)
}

func (b *building) embed(o *Object, q *ir.Query, e *ir.Embed, s scope) {
	switch {
	case e.Silent && !b.joined(q, e):
		return
	case !b.joined(q, e):
		b.child(o, e, s)
	case e.Silent:
		b.join(e, s)
	case e.Spread:
		in := b.join(e, s)
		in.present = &ir.Column{Row: e.Query.Row, Field: e.Rel.Pairs[0].To}
		b.members(o, e.Query, in)
	default:
		in := b.join(e, s)
		one := &One{Name: e.Name, Object: &Object{}}
		one.Present = b.column(&ir.Column{Row: e.Query.Row, Field: e.Rel.Pairs[0].To})
		o.Members = append(o.Members, one)
		b.members(one.Object, e.Query, in)
	}
}

// joined reports whether an embed is fetched by a join: to-one, without a range of its own, and aggregating nothing, or
// spread into the aggregate above it.
func (b *building) joined(q *ir.Query, e *ir.Embed) bool {
	if !e.Rel.ToOne() || e.Query.Limit != nil || e.Query.Offset != nil {
		return false
	}
	return !e.Query.Aggregates() || e.Spread
}

// join brings a to-one embed into scope. Inner only where everything above is: elsewhere a missing row takes the embed
// away, not the parent.
func (b *building) join(e *ir.Embed, s scope) scope {
	in := scope{row: e.Query.Row, inner: s.inner && e.Inner}
	if b.inScope(e.Query.Row) {
		return in
	}
	b.level.Select.Joins = append(b.level.Select.Joins, Join{
		Source: b.planner.source(e.Query),
		On: b.planner.filter(ir.All(pairs(e.Rel, s.row, e.Query.Row), e.Query.Guard, e.Query.Where,
			b.innerTests(e.Query, !in.inner))),
		Inner: in.inner,
	})
	return in
}

// child adds a level of its own for an embed that is not joined.
func (b *building) child(o *Object, e *ir.Embed, s scope) {
	if b.grouped {
		b.planner.refuse(fault.New(fault.GroupingError, "%q cannot be embedded beside an aggregate", e.Name).
			WithHint("aggregate inside the embed, or spread a to-one relation"))
		return
	}
	link, parentKey := b.planner.link(e)
	child := &Child{Single: e.Rel.ToOne()}
	for _, f := range parentKey {
		child.Key = append(child.Key, b.column(&ir.Column{Row: s.row, Field: f}))
	}
	child.Level = b.planner.level(e.Query, link).level
	b.level.Children = append(b.level.Children, child)
	at := len(b.level.Children) - 1
	if e.Spread {
		o.Members = append(o.Members, &Spread{Child: at})
		return
	}
	o.Members = append(o.Members, &Many{Name: e.Name, Child: at})
}

// link says how an embed's rows find their parents, and which fields of the parent make the key.
func (pl *planner) link(e *ir.Embed) (*Parents, []*schema.Field) {
	link := &Parents{}
	var key []*schema.Field
	if j := e.Rel.Junction; j != nil {
		_, out := e.Rel.Halves()
		link.Via = &Source{Row: e.Via.Row}
		link.ViaOn = pl.filter(ir.All(pairs(out, e.Via.Row, e.Query.Row), e.Via.Guard))
		for i, c := range j.FromFK.Columns {
			link.Key = append(link.Key, &ir.Column{Row: e.Via.Row, Field: c})
			key = append(key, j.FromFK.Targets[i])
		}
		return link, key
	}
	for _, p := range e.Rel.Pairs {
		link.Key = append(link.Key, &ir.Column{Row: e.Query.Row, Field: p.To})
		key = append(key, p.From)
	}
	return link, key
}
