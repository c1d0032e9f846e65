package memory_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/eval/memory"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

const shop = `
-- owners.yaml --
fields: { id: int, name: text }
policies: { read: true }
-- items.yaml --
fields: { id: int, owner_id: { ref: owners }, price: int }
policies: { read: "row.price != 13" }
`

type rows map[string][]eval.Tuple

func (r rows) Rows(c *schema.Collection) []eval.Tuple { return r[c.Key] }

var (
	null  value.Value
	stock = rows{
		"owners": {{value.OfInt(1), value.OfText("ann")}, {value.OfInt(2), value.OfText("bob")}, {value.OfInt(3), null}},
		"items": {
			{value.OfInt(1), value.OfInt(1), value.OfInt(5)}, {value.OfInt(2), value.OfInt(1), value.OfInt(13)},
			{value.OfInt(3), value.OfInt(2), null}, {value.OfInt(4), value.OfInt(1), value.OfInt(7)}, {value.OfInt(5), null, value.OfInt(1)},
		},
	}
	integer = value.Type{Kind: value.Int}
)

// fixture builds queries over the shop.
type fixture struct {
	set           *policy.Set
	owners, items *ir.Row
	toItems       *schema.Relation
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	c := schematest.MustRead(t, shop)
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	owners, items := schematest.Collection(t, c, "owners"), schematest.Collection(t, c, "items")
	return fixture{set, &ir.Row{Collection: owners, Label: "owners"}, &ir.Row{Collection: items, Label: "items"}, owners.RelationsNamed("items")[0]}
}

func column(r *ir.Row, name string) *ir.Column {
	f, _ := r.Collection.Field(name)
	return &ir.Column{Row: r, Field: f}
}

func output(r *ir.Row, name string) ir.Item { return &ir.Output{Name: name, X: column(r, name)} }

func constant(n int64) ir.Expr { return &ir.Const{Value: value.OfInt(n), T: integer} }

func (f fixture) run(t *testing.T, q *ir.Query, count bool) *plan.Result {
	t.Helper()
	b, err := f.set.Bind(ir.Request{Query: q, Count: count}, policy.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(b, plan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	res, err := memory.Run(p, &ir.Env{}, stock)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// lines shows the first column of each tuple.
func lines(tuples []plan.Tuple, column int) string {
	var out []string
	for _, t := range tuples {
		out = append(out, t[column].Text())
	}
	return strings.Join(out, " ")
}

func TestChildrenKeepTheirOrderAndRangePerParent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	items := &ir.Query{Row: f.items, Items: []ir.Item{output(f.items, "id")}, Order: []ir.Order{{X: column(f.items, "id"), Desc: true}}, Limit: constant(1)}
	res := f.run(t, &ir.Query{
		Row: f.owners, Order: []ir.Order{{X: column(f.owners, "id")}},
		Items: []ir.Item{output(f.owners, "id"), &ir.Embed{Name: "items", Rel: f.toItems, Query: items}},
	}, true)
	if got := lines(res.Tuples, 0); got != "1 2 3" || res.Total != 3 {
		t.Errorf("parents %s, total %d", got, res.Total)
	}
	child := res.Children[0]
	want := []string{"4", "", ""} // the policy hides item 2, and item 3: NULL != 13 is not TRUE
	for i, of := range child.Of {
		var picked []plan.Tuple
		for _, at := range of {
			picked = append(picked, child.Tuples[at])
		}
		if got := lines(picked, 1); got != want[i] {
			t.Errorf("parent %d has %q, want %q", i, got, want[i])
		}
	}
}

func TestAnAggregateInAnEmbedHasARowForEveryParent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sum := &ir.Agg{Fn: ir.Sum, X: column(f.items, "price"), T: value.Type{Kind: value.Decimal}}
	items := &ir.Query{Row: f.items, Items: []ir.Item{&ir.Output{Name: "n", X: &ir.Agg{Fn: ir.CountRows, T: integer}}, &ir.Output{Name: "sum", X: sum}}}
	res := f.run(t, &ir.Query{
		Row: f.owners, Order: []ir.Order{{X: column(f.owners, "id")}},
		Items: []ir.Item{output(f.owners, "id"), &ir.Embed{Name: "items", Rel: f.toItems, Query: items}},
	}, false)
	child := res.Children[0]
	if got := lines(child.Tuples, 1); got != "2 0 0" {
		t.Errorf("counts %s", got)
	}
	if first, second := child.Tuples[0][2], child.Tuples[1][2]; first.Text() != "12" || !second.IsNull() {
		t.Errorf("sums %s, %s", first.Text(), second.Text())
	}
	if res.Total != -1 {
		t.Errorf("an unasked total is %d", res.Total)
	}
}

func TestThePlanOfNobodyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := memory.Run(plan.Plan{}, &ir.Env{}, stock); err == nil {
		t.Error("the zero plan ran")
	}
}
