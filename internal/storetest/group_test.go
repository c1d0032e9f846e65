package storetest

import (
	"math/rand/v2"
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

const groupRounds = 150

// Generated expressions as grouping columns and under aggregates, as computed fields can bring them there, give the same groups
// in the same order on every engine.
func TestGeneratedGroupsAreTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	w := generated(t, "rich", seed, generatedRows)
	stores := open(t, w)
	kinds, _ := w.Catalog.Collection("public", "kinds")
	for round := range groupRounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		m := &maker{Rand: r, row: &ir.Row{Collection: kinds, Label: "row"}}
		sel := &plan.Select{From: plan.Source{Row: m.row}, Grouped: true, Where: m.Expr(aBool, 2)}
		for range r.IntN(3) {
			g := m.Expr(pick(r, allTypes), r.IntN(3))
			if _, column := g.(*ir.Column); !column && leafless(g) {
				continue
			}
			sel.Group = append(sel.Group, g)
			sel.Columns = append(sel.Columns, g)
			sel.Order = append(sel.Order, ir.Order{X: g, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0})
		}
		for range 1 + r.IntN(3) {
			sel.Columns = append(sel.Columns, m.aggregate())
		}
		agree(t, w, stores, sel, &ir.Env{Args: m.args, Now: instant.UnixMicro()})
		if t.Failed() {
			t.Fatalf("seed %d, round %d", seed, round)
		}
	}
}

// leafless reports whether an expression reads no row: nothing brings such a one into a group.
func leafless(e ir.Expr) bool {
	reads := false
	ir.Visit(e, func(x ir.Expr) bool {
		switch x.(type) {
		case *ir.Column, *ir.Through, *ir.Exists, *ir.Count:
			reads = true
		}
		return !reads
	})
	return !reads
}

// aggregate draws an aggregate of an expression that it exists for. Floats stay below the range that overflows.
func (m *maker) aggregate() ir.Expr {
	switch m.IntN(4) {
	case 0:
		return &ir.Agg{Fn: ir.CountRows, T: anInt}
	case 1:
		return &ir.Agg{Fn: ir.CountRows, X: m.Expr(pick(m.Rand, allTypes), 2), T: anInt}
	case 2:
		t := pick(m.Rand, []value.Type{aText, anInt, aFloat, aNarrow, aWide, aTimestamp, aDate})
		return &ir.Agg{Fn: pick(m.Rand, []ir.AggFn{ir.Min, ir.Max}), X: m.typed(t), T: t}
	}
	t := pick(m.Rand, []value.Type{anInt, aNarrow, aWide})
	sum := value.Type{Kind: value.Decimal, Scale: t.Scale}
	if m.IntN(2) == 0 {
		return &ir.Agg{Fn: ir.Sum, X: m.typed(t), T: sum}
	}
	sum.Scale += 6
	return &ir.Agg{Fn: ir.Avg, X: m.typed(t), T: sum}
}

// typed draws an expression whose type is exactly t: arithmetic gives decimals another one.
func (m *maker) typed(t value.Type) ir.Expr {
	if t.Kind == value.Decimal {
		return m.column(t)
	}
	return m.Expr(t, 2)
}
