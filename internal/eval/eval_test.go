package eval_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

const shop = `
-- owners.yaml --
fields: { id: int, name: text }
policies: { read: true }
-- items.yaml --
fields:
  id: int
  owner_id: { ref: owners }
  tags: { type: text, list: true }
  price: float
policies: { read: true }
`

type rows map[string][]eval.Tuple

func (r rows) Rows(c *schema.Collection) []eval.Tuple { return r[c.Key] }

var (
	null  value.Value
	stock = rows{
		"owners": {{value.OfInt(1), value.OfText("ann")}, {value.OfInt(2), null}},
		"items": {
			{value.OfInt(1), value.OfInt(1), value.OfList(value.Text, `["a","b"]`), value.OfFloat(0.1)},
			{value.OfInt(2), null, null, value.OfFloat(0.2)},
			{value.OfInt(3), value.OfInt(2), value.OfList(value.Text, `[]`), null},
		},
	}
)

// fixture has the items' row, its relation to owners and helpers to write expressions with.
type fixture struct {
	item, owner *ir.Row
	toOwner     *schema.Relation
	toItems     *schema.Relation
}

func newFixture(t *testing.T) fixture {
	c := schematest.MustRead(t, shop)
	items, owners := schematest.Collection(t, c, "items"), schematest.Collection(t, c, "owners")
	return fixture{
		item: &ir.Row{Collection: items, Label: "item"}, owner: &ir.Row{Collection: owners, Label: "owner"},
		toOwner: items.RelationsNamed("owner")[0], toItems: owners.RelationsNamed("items")[0],
	}
}

func column(r *ir.Row, key string) ir.Expr {
	f, _ := r.Collection.FieldByKey(key)
	return &ir.Column{Row: r, Field: f}
}

func text(s string) ir.Expr {
	return &ir.Const{Value: value.OfText(s), T: value.Type{Kind: value.Text}}
}

func show(v value.Value) string {
	if v.IsNull() {
		return "NULL"
	}
	return v.Text()
}

func TestAWalkThroughANullReferenceReadsNullAndReachesNoRow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	yield := &ir.Through{From: f.item, Rel: f.toOwner, To: f.owner, Yield: column(f.owner, "name")}
	named := &ir.Compare{Op: ir.Eq, L: column(f.owner, "name"), R: text("ann")}
	some := &ir.Exists{From: f.item, Path: []*schema.Relation{f.toOwner}, To: f.owner, Cond: named}
	every := &ir.Exists{From: f.item, Path: []*schema.Relation{f.toOwner}, To: f.owner, Cond: named, All: true}
	want := []string{"ann true true", "NULL false true", "NULL false false"}
	for i, tuple := range stock["items"] {
		m := eval.New(&ir.Env{}, stock)
		var s *eval.Scope
		s = s.With(f.item, tuple)
		got := show(m.Value(yield, s)) + " " + show(m.Value(some, s)) + " " + show(m.Value(every, s))
		if got != want[i] {
			t.Errorf("item %d: got %s, want %s", i+1, got, want[i])
		}
	}
}

func TestQuantifiersOverANullListHaveNoElements(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	v := &ir.Var{Of: value.Type{Kind: value.Text}, Label: "x"}
	isA := &ir.Compare{Op: ir.Eq, L: &ir.Elem{V: v}, R: text("a")}
	some := &ir.ListAny{X: column(f.item, "tags"), V: v, Cond: isA}
	every := &ir.ListAny{X: column(f.item, "tags"), V: v, Cond: isA, All: true}
	in := &ir.Quantified{Op: ir.Eq, X: text("a"), List: column(f.item, "tags")}
	want := []string{"true false true", "false true NULL", "false true false"}
	for i, tuple := range stock["items"] {
		m := eval.New(&ir.Env{}, stock)
		var s *eval.Scope
		s = s.With(f.item, tuple)
		got := show(m.Value(some, s)) + " " + show(m.Value(every, s)) + " " + show(m.Value(in, s))
		if got != want[i] {
			t.Errorf("item %d: got %s, want %s", i+1, got, want[i])
		}
	}
}

func TestLogicIsKleenes(t *testing.T) {
	t.Parallel()
	operands := map[string]ir.Expr{"t": ir.Bool(true), "f": ir.Bool(false), "n": &ir.Const{T: value.Type{Kind: value.Bool}}}
	and := map[string]string{"tt": "true", "tf": "false", "tn": "NULL", "ff": "false", "fn": "false", "nn": "NULL"}
	or := map[string]string{"tt": "true", "tf": "true", "tn": "true", "ff": "false", "fn": "NULL", "nn": "NULL"}
	for pair, want := range and {
		for _, of := range [][]ir.Expr{{operands[pair[:1]], operands[pair[1:]]}, {operands[pair[1:]], operands[pair[:1]]}} {
			if got := show(eval.Closed(&ir.And{Of: of}, &ir.Env{})); got != want {
				t.Errorf("%s: and gives %s, want %s", pair, got, want)
			}
			if got := show(eval.Closed(&ir.Or{Of: of}, &ir.Env{})); got != or[pair] {
				t.Errorf("%s: or gives %s, want %s", pair, got, or[pair])
			}
		}
	}
	if got := show(eval.Closed(&ir.And{}, &ir.Env{})) + show(eval.Closed(&ir.Or{}, &ir.Env{})); got != "truefalse" {
		t.Errorf("empty logic: %s", got)
	}
}

func TestAggregatesOfNoRowsCountZeroAndAreNullOtherwise(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	price := column(f.item, "price")
	var members []*eval.Scope
	for _, tuple := range stock["items"] {
		var s *eval.Scope
		members = append(members, s.With(f.item, tuple))
	}
	decimal := value.Type{Kind: value.Decimal, Scale: 6}
	for _, c := range []struct {
		agg         *ir.Agg
		full, empty string
	}{
		{&ir.Agg{Fn: ir.CountRows}, "3", "0"},
		{&ir.Agg{Fn: ir.CountRows, X: price}, "2", "0"},
		{&ir.Agg{Fn: ir.Sum, X: price, T: price.Type()}, "0.30000000000000004", "NULL"},
		{&ir.Agg{Fn: ir.Max, X: price, T: price.Type()}, "0.2", "NULL"},
		{&ir.Agg{Fn: ir.Avg, X: column(f.item, "owner_id"), T: decimal}, "1.500000", "NULL"},
	} {
		m := eval.New(&ir.Env{}, stock)
		if got := show(m.Value(c.agg, eval.Group(members))); got != c.full {
			t.Errorf("full: got %s, want %s", got, c.full)
		}
		if got := show(m.Value(c.agg, eval.Group(nil))); got != c.empty {
			t.Errorf("empty: got %s, want %s", got, c.empty)
		}
	}
}

func TestANodeOutOfPlaceIsAFaultAndNotAValue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, e := range []ir.Expr{
		column(f.item, "id"),
		&ir.Agg{Fn: ir.CountRows},
		&ir.Related{From: f.item, Rel: f.toOwner},
	} {
		m := eval.New(&ir.Env{}, stock)
		if v := m.Value(e, nil); !v.IsNull() || m.Err() == nil {
			t.Errorf("%T: got %s, error %v", e, show(v), m.Err())
		}
	}
}
