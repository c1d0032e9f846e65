package policy

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// Bound is a query with the policies of one auth shape attached to every collection reference, at every depth. Only Bind
// makes one; the zero Bound has no query and nothing can be planned from it.
type Bound struct {
	query *ir.Query
	count bool
}

// Query is the bound query; nil for the zero Bound. It must not be changed.
func (b Bound) Query() *ir.Query { return b.query }

// Count reports whether the number of rows is wanted.
func (b Bound) Count() bool { return b.count }

// Bind attaches the actor's policies to a query: a guard on every level, junction and relation test, a mask on every field
// whose visibility depends on the row, and the expansion of computed fields and declared views with the actor's rights. A
// reference to anything the actor may not name is refused, whatever the front let through.
func (s *Set) Bind(req ir.Request, a Actor) (Bound, error) {
	b := &binding{set: s, shape: s.Shape(a)}
	q := b.query(req.Query)
	if b.err != nil {
		return Bound{}, b.err
	}
	return Bound{query: q, count: req.Count}, nil
}

// binding is one run of Bind; the first refusal is kept in err.
type binding struct {
	set   *Set
	shape Shape
	err   error
}

func (b *binding) query(q *ir.Query) *ir.Query {
	out := *q
	out.Guard = b.guard(q.Row)
	if out.From = nil; q.From != nil {
		out.Derived = b.within(q.From)
	} else {
		out.Derived = b.derived(q.Row.Collection)
	}
	out.Items = make([]ir.Item, len(q.Items))
	for i, it := range q.Items {
		out.Items[i] = b.item(it)
	}
	out.Where = b.expr(q.Where)
	out.Having = b.expr(q.Having)
	out.Order = make([]ir.Order, len(q.Order))
	for i, o := range q.Order {
		o.X = b.expr(o.X)
		out.Order[i] = o
	}
	return &out
}

// within is the bound query whose rows another reads in place of its collection's: it gives them raw, in the order of the
// fields, as policies are attached to whoever reads them too.
func (b *binding) within(q *ir.Query) *ir.Query {
	out := b.query(q)
	items := make([]ir.Item, 0, len(q.Row.Collection.Fields)+len(out.Items))
	for _, f := range q.Row.Collection.Fields {
		x := ir.Expr(&ir.Const{T: f.Type})
		if f.Computed == nil {
			x = &ir.Column{Row: q.Row, Field: f}
		}
		items = append(items, &ir.Output{Name: f.Name, X: x})
	}
	for _, it := range out.Items {
		if _, embed := it.(*ir.Embed); embed {
			items = append(items, it)
		}
	}
	out.Items = items
	return out
}

func (b *binding) item(it ir.Item) ir.Item {
	switch it := it.(type) {
	case *ir.Output:
		return &ir.Output{Name: it.Name, X: b.expr(it.X), Cast: it.Cast}
	case *ir.Embed:
		out := *it
		out.Via = b.via(it.Rel)
		out.Query = b.query(it.Query)
		return &out
	}
	return it
}

// via is the junction's row and read policy of a many-to-many relation.
func (b *binding) via(r *schema.Relation) *ir.Via {
	if r.Junction == nil {
		return nil
	}
	row := &ir.Row{Collection: r.Junction.Collection, Label: r.Junction.Collection.Key}
	return &ir.Via{Row: row, Guard: b.guard(row)}
}

// guard is the read policy of a collection for the shape, over row. Absent means FALSE.
func (b *binding) guard(row *ir.Row) ir.Expr {
	c := row.Collection
	if !b.set.visible(c, b.shape) {
		return ir.Bool(false)
	}
	if b.shape.service {
		return ir.Bool(true)
	}
	r := b.set.rules[c.Index]
	if r.read == nil {
		return ir.Bool(false)
	}
	return ir.Rebind(positive(b.set.fold(r.read, b.shape)), r.row, row)
}

// expr rewrites a request's expression: its columns are the actor's, its relation tests are bound queries. What a policy or
// a computed field brings in is never entered again.
func (b *binding) expr(e ir.Expr) ir.Expr {
	switch x := e.(type) {
	case nil:
		return nil
	case *ir.Column:
		return b.column(x)
	case *ir.Related:
		return &ir.Related{From: x.From, Rel: x.Rel, Query: b.query(x.Query), Via: b.via(x.Rel)}
	case *ir.Search:
		return b.search(x)
	case *ir.Through, *ir.Exists, *ir.Count, *ir.Mask:
		b.refuse(fault.New(fault.Internal, "Internal error"))
		return ir.Bool(false)
	}
	return ir.Below(e, b.expr)
}

// column is a field as the actor sees it.
func (b *binding) column(c *ir.Column) ir.Expr {
	e, ok := b.field(c)
	if !ok {
		b.refuse(fault.New(fault.UnknownColumn, "column %s.%s does not exist", c.Row.Collection.Name, c.Field.Name))
	}
	return e
}

// field gives the actor's expression for a field, ok false (and NULL) where the actor may not name it.
func (b *binding) field(c *ir.Column) (ir.Expr, bool) {
	x := ir.Expr(c)
	r := b.set.rules[c.Field.Collection.Index]
	if c.Field.Computed != nil {
		x = b.computed(c)
	}
	switch rule := b.set.fieldPolicy(c.Field, b.shape); {
	case isConst(rule, ir.True):
		return x, true
	case isConst(rule, ir.False), isConst(rule, ir.Unknown):
		return &ir.Const{T: c.Field.Type}, false
	default:
		return &ir.Mask{Policy: ir.Rebind(rule, r.row, c.Row), X: x}, true
	}
}

// search keeps the fields the actor may read outright; a masked or hidden one cannot be searched.
func (b *binding) search(x *ir.Search) ir.Expr {
	for _, f := range x.Fields {
		if !isConst(b.set.fieldPolicy(f, b.shape), ir.True) {
			b.refuse(fault.New(fault.UnknownColumn, "column %s.%s does not exist", x.Row.Collection.Name, f.Name))
		}
	}
	return x
}

func (b *binding) refuse(err error) {
	if b.err == nil {
		b.err = err
	}
}
