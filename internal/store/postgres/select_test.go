package postgres_test

import (
	"math/rand/v2"
	"testing"

	"github.com/socle-hq/socle/internal/eval/memory"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

func (m *maker) order(of []ir.Expr) []ir.Order {
	var out []ir.Order
	for _, x := range of {
		out = append(out, ir.Order{X: x, Desc: m.IntN(2) == 0, NullsFirst: m.IntN(2) == 0})
	}
	return out
}

func (m *maker) some(n int, draw func() ir.Expr) []ir.Expr {
	var out []ir.Expr
	for range n {
		out = append(out, draw())
	}
	return out
}

func (m *maker) limit(n int) ir.Expr {
	if m.IntN(3) == 0 {
		return nil
	}
	m.args = append(m.args, value.OfInt(int64(m.IntN(n))))
	return &ir.Param{Slot: len(m.args) - 1, T: value.Type{Kind: value.Int}}
}

// plain draws a select of rows, perhaps with the parent joined.
func (m *maker) plain() *plan.Select {
	sel := &plan.Select{From: plan.Source{Row: m.row}}
	sel.Columns = append([]ir.Expr{m.field("id")}, m.some(2, func() ir.Expr { return m.expr(pick(m, scalars), 2) })...)
	terms := m.some(m.IntN(3), func() ir.Expr { return m.expr(pick(m, scalars), 1) })
	if m.IntN(2) == 0 {
		up := &ir.Row{Collection: m.row.Collection, Label: "up"}
		f, _ := up.Collection.FieldByKey("id")
		joined := &ir.Column{Row: up, Field: f}
		on := ir.All(&ir.Compare{Op: ir.Eq, L: joined, R: m.field("parent_id")}, m.test(2))
		sel.Joins = []plan.Join{{Source: plan.Source{Row: up}, On: on, Inner: m.IntN(2) == 0}}
		name, _ := up.Collection.FieldByKey("name")
		sel.Columns = append(sel.Columns, joined, &ir.Column{Row: up, Field: name})
		terms = append(terms, &ir.Column{Row: up, Field: name})
	}
	sel.Where = m.test(2)
	sel.Order = append(m.order(terms), ir.Order{X: m.field("id")})
	return sel
}

var aggregated = []value.Type{{Kind: value.Int}, {Kind: value.Decimal, Precision: 8, Scale: 2}, {Kind: value.Decimal, Precision: 30, Scale: 4}, {Kind: value.Text},
	{Kind: value.Timestamp}, {Kind: value.Date}, {Kind: value.UUID}, {Kind: value.Bool}}

func (m *maker) aggregate() ir.Expr {
	t := pick(m, aggregated)
	x := m.column(t)
	if m.IntN(3) == 0 {
		x = m.expr(t, 1)
	}
	switch fn := pick(m, []ir.AggFn{ir.CountRows, ir.Sum, ir.Avg, ir.Min, ir.Max}); {
	case fn == ir.CountRows && m.IntN(2) == 0:
		return &ir.Agg{Fn: fn, T: value.Type{Kind: value.Int}}
	case fn == ir.CountRows:
		return &ir.Agg{Fn: fn, X: x, T: value.Type{Kind: value.Int}}
	case fn == ir.Min || fn == ir.Max:
		return &ir.Agg{Fn: fn, X: x, T: x.Type()}
	case t.Kind == value.Int || t.Kind == value.Decimal:
		sum := value.Type{Kind: value.Decimal, Scale: x.Type().Scale}
		if fn == ir.Avg {
			sum.Scale += 6
		}
		return &ir.Agg{Fn: fn, X: x, T: sum}
	}
	return m.aggregate()
}

// grouped draws an aggregating select over the first n rows at most.
func (m *maker) grouped() *plan.Select {
	sel := &plan.Select{From: plan.Source{Row: m.row}, Where: m.test(1), Grouped: true}
	sel.Group = m.some(m.IntN(3), func() ir.Expr { return m.column(pick(m, scalars)) })
	aggs := m.some(1+m.IntN(3), m.aggregate)
	sel.Columns = append(append(sel.Columns, sel.Group...), aggs...)
	if m.IntN(3) == 0 {
		sel.Having = &ir.Compare{Op: pick(m, ops), L: &ir.Agg{Fn: ir.CountRows, T: value.Type{Kind: value.Int}}, R: m.param(value.Type{Kind: value.Int})}
	}
	sel.Order = m.order(append(append([]ir.Expr{}, aggs[:m.IntN(2)]...), sel.Group...))
	return sel
}

func prepared(t *testing.T, seed uint64) (*maker, engines) {
	catalog := schematest.MustRead(t, everything)
	c := schematest.Collection(t, catalog, "things")
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 3)), row: &ir.Row{Collection: c, Label: "thing"}}
	return m, open(t, catalog, data{c: m.rows(c, 40)})
}

func TestSelectsOrderJoinAndGroupTheSameEverywhere(t *testing.T) {
	t.Parallel()
	m, e := prepared(t, 1)
	for range 500 {
		m.args = nil
		sel := m.plain()
		if m.IntN(2) == 0 {
			sel = m.grouped()
		}
		sel.Limit, sel.Offset = m.limit(30), m.limit(8)
		if !e.agree(t, sel, &ir.Env{Args: m.args}) {
			t.FailNow()
		}
	}
}

// children turns a select into one below parents: of a row's parent, or across a walk there and back.
func (m *maker) children(sel *plan.Select) *plan.Select {
	below := *sel
	below.Columns = append([]ir.Expr{nil}, sel.Columns...)
	below.Limit, below.Offset = m.limit(4), m.limit(2)
	if m.IntN(3) > 0 {
		below.Parents = &plan.Parents{Key: []ir.Expr{m.field("parent_id")}}
		if m.IntN(3) == 0 {
			below.Parents.Key = append(below.Parents.Key, m.field("on"))
		}
		return &below
	}
	via := &ir.Row{Collection: m.row.Collection, Label: "via"}
	column := func(key string) ir.Expr {
		f, _ := via.Collection.FieldByKey(key)
		return &ir.Column{Row: via, Field: f}
	}
	below.Parents = &plan.Parents{Via: &plan.Source{Row: via}, Key: []ir.Expr{column("parent_id")},
		ViaOn: ir.All(&ir.Compare{Op: ir.Eq, L: m.field("id"), R: column("parent_id")}, &ir.Not{X: &ir.IsNull{X: column("parent_id")}})}
	if !below.Grouped { // rows that meet their parent again are equal but for the junction's order
		below.Order = append(below.Order, ir.Order{X: column("id")})
	}
	return &below
}

// expected runs a select below parents in memory, parent by parent.
func (e engines) expected(t *testing.T, sel *plan.Select, env *ir.Env, keys []plan.Tuple) []plan.Tuple {
	t.Helper()
	var out []plan.Tuple
	for i, key := range keys {
		alone := *sel
		alone.Parents = nil
		from := &env.Args
		base := len(*from)
		args := append(append([]value.Value{}, *from...), key...)
		for j, k := range sel.Parents.Key {
			alone.Where = ir.All(alone.Where, &ir.Compare{Op: ir.Eq, L: k, R: &ir.Param{Slot: base + j, T: k.Type()}})
		}
		if p := sel.Parents; p.Via != nil {
			alone.Joins = append([]plan.Join{{Source: *p.Via, On: p.ViaOn, Inner: true}}, sel.Joins...)
		}
		alone.Columns = append([]ir.Expr{ir.Bool(true)}, sel.Columns[1:]...)
		got, err := memory.Tuples(&alone, &ir.Env{Args: args}, e.rows)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range got {
			row[0] = value.OfInt(int64(i))
			out = append(out, row)
		}
	}
	return out
}

// byParent sorts rows by their parent and keeps their order within it.
func byParent(rows []plan.Tuple, n int) []plan.Tuple {
	var out []plan.Tuple
	for i := range n {
		for _, r := range rows {
			if r[0].Int() == int64(i) {
				out = append(out, r)
			}
		}
	}
	return out
}

func TestRowsBelowParentsAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	m, e := prepared(t, 2)
	for range 500 {
		m.args = nil
		sel := m.plain()
		if m.IntN(2) == 0 {
			sel = m.grouped()
		}
		sel = m.children(sel)
		env := &ir.Env{Args: m.args}
		var keys []plan.Tuple
		for i := range 5 {
			key := plan.Tuple{value.OfInt(int64(i*3 + 1)), value.OfBool(m.IntN(2) == 0)}[:len(sel.Parents.Key)]
			if m.IntN(5) == 0 && sel.Grouped && len(sel.Group) == 0 {
				key[0] = value.Value{}
			}
			keys = append(keys, key)
		}
		want := e.expected(t, sel, env, keys)
		for name, s := range e.stores {
			stmt, got, err := run(s, sel, env, keys)
			if err != nil {
				t.Fatalf("%s: %v: %v\n%s", name, err, cause(err), stmt.Text)
			}
			if diff := difference(stmt.Types, want, byParent(got, len(keys))); diff != "" {
				t.Fatalf("%s: %s\n%s\nargs %s", name, diff, stmt.Text, show(m.args))
			}
		}
	}
}

// derived makes a view's select of a collection: what its fields say, in the order of its fields.
func derived(c *schema.Collection, row *ir.Row, columns ...ir.Expr) *plan.Select {
	return &plan.Select{From: plan.Source{Row: row}, Columns: columns}
}

func TestAViewIsReadAsItsSelect(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, everything+`
-- priced.yaml --
view:
  from: things
  fields: { name: name, price: price, n: "count()", dear: "sum(price)", top: "max(huge)" }
policies: { read: true }
`)
	c, view := schematest.Collection(t, catalog, "things"), schematest.Collection(t, catalog, "priced")
	m := &maker{Rand: rand.New(rand.NewPCG(5, 3)), row: &ir.Row{Collection: c, Label: "thing"}}
	e := open(t, catalog, data{c: m.rows(c, 40)})
	sum := value.Type{Kind: value.Decimal, Scale: 2}
	inner := derived(c, m.row, m.field("name"), m.field("price"), &ir.Agg{Fn: ir.CountRows, T: value.Type{Kind: value.Int}},
		&ir.Agg{Fn: ir.Sum, X: m.field("price"), T: sum}, &ir.Agg{Fn: ir.Max, X: m.field("huge"), T: m.field("huge").Type()})
	inner.Grouped, inner.Group = true, inner.Columns[:2]
	row := &ir.Row{Collection: view, Label: "priced"}
	for range 100 {
		m.args = nil
		sel := &plan.Select{From: plan.Source{Row: row, Derived: inner}, Limit: m.limit(10)}
		for _, f := range view.Fields {
			x := &ir.Column{Row: row, Field: f}
			sel.Columns = append(sel.Columns, x)
			sel.Order = append(sel.Order, ir.Order{X: x, Desc: m.IntN(2) == 0})
			if f.Type.Kind == value.Decimal && m.IntN(2) == 0 {
				sel.Where = ir.All(sel.Where, &ir.Compare{Op: pick(m, ops), L: x, R: m.param(f.Type)})
			}
		}
		m.Shuffle(len(sel.Order), func(i, j int) { sel.Order[i], sel.Order[j] = sel.Order[j], sel.Order[i] })
		if !e.agree(t, sel, &ir.Env{Args: m.args}) {
			t.FailNow()
		}
	}
}
