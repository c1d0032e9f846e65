package policy

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Computed fields and the sources of views are written by the project but read with the actor's rights: hidden fields are
// NULL, relations lead only to rows the actor may read.

// computed is a computed field's expression over the row it is read from.
func (b *binding) computed(c *ir.Column) ir.Expr {
	r := b.set.rules[c.Field.Collection.Index]
	e := r.fields[c.Field.Ordinal].computed
	if e == nil {
		return &ir.Const{T: c.Field.Type}
	}
	e = b.set.fold(e, b.shape)
	if !c.Field.Computed.Trusted && !b.shape.service {
		e = b.restrict(e)
	}
	return ir.Rebind(e, r.row, c.Row)
}

// restrict gives a project's expression the actor's rights.
func (b *binding) restrict(e ir.Expr) ir.Expr {
	switch x := e.(type) {
	case nil:
		return nil
	case *ir.Column:
		out, _ := b.field(x)
		return out
	case *ir.Through:
		return b.through(x)
	case *ir.Exists:
		return b.exists(x.From, x.Path, x)
	case *ir.Count:
		return b.size(x)
	}
	return ir.Below(e, b.restrict)
}

// through yields NULL where the actor may not read the row it leads to, or the key that leads there.
func (b *binding) through(x *ir.Through) ir.Expr {
	yield := b.restrict(x.Yield)
	yield = b.where(ir.All(b.guard(x.To), b.keys(x.To, toSide(x.Rel))), yield)
	return b.where(b.keys(x.From, fromSide(x.Rel)), &ir.Through{From: x.From, Rel: x.Rel, To: x.To, Yield: yield})
}

// where is x, and NULL where cond is not TRUE.
func (b *binding) where(cond, x ir.Expr) ir.Expr {
	if ir.IsTrue(cond) {
		return x
	}
	return &ir.Cond{If: cond, Then: x, Else: &ir.Const{T: x.Type()}}
}

// keys is the condition that the actor may read fields of a row: those a relation goes by.
func (b *binding) keys(row *ir.Row, fields []*schema.Field) ir.Expr {
	var all []ir.Expr
	for _, f := range fields {
		rule := positive(b.set.fieldPolicy(f, b.shape))
		all = append(all, ir.Rebind(rule, b.set.rules[f.Collection.Index].row, row))
	}
	return ir.All(all...)
}

func fromSide(rel *schema.Relation) []*schema.Field {
	if rel.Junction != nil {
		return rel.Junction.FromFK.Targets
	}
	out := make([]*schema.Field, len(rel.Pairs))
	for i, p := range rel.Pairs {
		out[i] = p.From
	}
	return out
}

func toSide(rel *schema.Relation) []*schema.Field {
	if rel.Junction != nil {
		return rel.Junction.ToFK.Targets
	}
	out := make([]*schema.Field, len(rel.Pairs))
	for i, p := range rel.Pairs {
		out[i] = p.To
	}
	return out
}

// exists takes one step of the path at a time, so that every row on the way is guarded.
func (b *binding) exists(from *ir.Row, path []*schema.Relation, x *ir.Exists) ir.Expr {
	if len(path) > 1 {
		mid := &ir.Row{Collection: path[0].To, Label: path[0].Name}
		rest := b.exists(mid, path[1:], x)
		if x.All { // nothing on the way to object: no row in the middle whose rest fails
			return &ir.Not{X: b.seen(from, path[0], mid, &ir.Not{X: rest})}
		}
		return b.seen(from, path[0], mid, rest)
	}
	cond := b.restrict(x.Cond)
	if x.All {
		return &ir.Not{X: b.seen(from, path[0], x.To, &ir.Not{X: &ir.Test{X: cond, Want: ir.True}})}
	}
	return b.seen(from, path[0], x.To, cond)
}

// seen tests for a readable row over one relation, the junction's policy and the keys' included. Never NULL.
func (b *binding) seen(from *ir.Row, rel *schema.Relation, to *ir.Row, cond ir.Expr) ir.Expr {
	step, row, reached := b.step(rel, to, cond)
	test := ir.Expr(&ir.Exists{From: from, Path: []*schema.Relation{step}, To: row, Cond: reached})
	if keys := b.keys(from, fromSide(rel)); !ir.IsTrue(keys) {
		return &ir.And{Of: []ir.Expr{&ir.Test{X: keys, Want: ir.True}, test}}
	}
	return test
}

// step is one relation as the actor may follow it: what leads where, and the condition on the row reached. A junction with
// policies of its own is a step of its own.
func (b *binding) step(rel *schema.Relation, to *ir.Row, cond ir.Expr) (*schema.Relation, *ir.Row, ir.Expr) {
	cond = ir.All(b.guard(to), b.keys(to, toSide(rel)), cond)
	via := b.via(rel)
	if via == nil {
		return rel, to, cond
	}
	in, out := rel.Halves()
	guard := ir.All(via.Guard, b.keys(via.Row, toSide(in)), b.keys(via.Row, fromSide(out)))
	if ir.IsTrue(guard) {
		return rel, to, cond
	}
	return in, via.Row, ir.All(guard, &ir.Exists{From: via.Row, Path: []*schema.Relation{out}, To: to, Cond: cond})
}

// size counts the rows the actor may read; none where the actor may not read the key they are found by.
func (b *binding) size(x *ir.Count) ir.Expr {
	to := x.To
	if to == nil {
		to = &ir.Row{Collection: x.Rel.To, Label: x.Rel.Name}
	}
	step, row, cond := b.step(x.Rel, to, b.restrict(x.Cond))
	count := ir.Expr(&ir.Count{From: x.From, Rel: step, To: row, Cond: cond})
	if ir.IsTrue(cond) {
		count = &ir.Count{From: x.From, Rel: step}
	}
	if keys := b.keys(x.From, fromSide(x.Rel)); !ir.IsTrue(keys) {
		return &ir.Cond{If: &ir.Test{X: keys, Want: ir.True}, Then: count, Else: &ir.Const{Value: value.OfInt(0), T: count.Type()}}
	}
	return count
}

// derived is the query a declared view stands for: its columns in the order of the view's fields, over a source that keeps
// its row and field policies.
func (b *binding) derived(c *schema.Collection) *ir.Query {
	if c.View == nil {
		return nil
	}
	row := &ir.Row{Collection: c.View.From, Label: c.View.From.Key}
	r := b.set.rules[c.Index]
	q := &ir.Query{Row: row, Guard: b.guard(row), Derived: b.derived(c.View.From)}
	if r.viewWhere != nil {
		q.Where = ir.Rebind(positive(b.set.fold(r.viewWhere, b.shape)), r.viewRow, row)
	}
	for i, vf := range c.View.Fields {
		q.Items = append(q.Items, &ir.Output{Name: c.Fields[i].Name, X: b.viewField(row, vf, c.Fields[i])})
	}
	return q
}

func (b *binding) viewField(row *ir.Row, vf schema.ViewField, out *schema.Field) ir.Expr {
	var x ir.Expr
	if vf.Field != nil {
		x = b.restrict(path(row, vf.Path, vf.Field))
	}
	fn, ok := aggregates[vf.Agg]
	if !ok {
		return x
	}
	return &ir.Agg{Fn: fn, X: x, T: out.Type}
}

var aggregates = map[string]ir.AggFn{"count": ir.CountRows, "sum": ir.Sum, "avg": ir.Avg, "min": ir.Min, "max": ir.Max}

// path reads a field through to-one relations.
func path(from *ir.Row, steps []*schema.Relation, f *schema.Field) ir.Expr {
	if len(steps) == 0 {
		return &ir.Column{Row: from, Field: f}
	}
	to := &ir.Row{Collection: steps[0].To, Label: steps[0].Name}
	return &ir.Through{From: from, Rel: steps[0], To: to, Yield: path(to, steps[1:], f)}
}
