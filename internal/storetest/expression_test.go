package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/socle-hq/socle/internal/eval/memory"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// Sizes of one run: rounds × perStatement × the rows of kinds are the evaluations, on each of three engines.
const (
	generatedRows = 60
	rounds        = 150
	perStatement  = 20
)

func TestEveryGeneratedExpressionMeansTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	w := generated(t, "rich", seed, generatedRows)
	stores := open(t, w)
	kinds, _ := w.Catalog.Collection("public", "kinds")
	judged := 0
	for round := range rounds {
		sel, env := drawSelect(rand.New(rand.NewPCG(seed, uint64(round))), kinds)
		judged += agree(t, w, stores, sel, env)
		if t.Failed() {
			t.Fatalf("seed %d, round %d", seed, round)
		}
	}
	compared.Add(int64(judged))
	if judged < 100_000 {
		t.Errorf("only %d evaluations were compared", judged)
	}
}

// drawSelect draws a select of random expressions over a collection's rows, in the order of their key.
func drawSelect(r *rand.Rand, c *schema.Collection) (*plan.Select, *ir.Env) {
	m := &maker{Rand: r, row: &ir.Row{Collection: c, Label: "row"}}
	sel := &plan.Select{From: plan.Source{Row: m.row}}
	for _, f := range c.PrimaryKey {
		sel.Order = append(sel.Order, ir.Order{X: &ir.Column{Row: m.row, Field: f}})
	}
	for range perStatement {
		sel.Columns = append(sel.Columns, m.Expr(pick(r, allTypes), 1+r.IntN(4)))
	}
	return sel, &ir.Env{Args: m.args, Now: instant.UnixMicro()}
}

// agree compares the engines' answers to one select with the oracle's, and gives the number of values compared.
func agree(t *testing.T, w *World, stores map[string]store.Store, sel *plan.Select, env *ir.Env) int {
	t.Helper()
	want, err := memory.Tuples(sel, env, w.Data)
	if err != nil {
		t.Errorf("eval: %s", causes(err))
		return 0
	}
	for name, s := range stores {
		got, err := query(s, sel, env)
		if err != nil {
			blame(t, name, s, sel, env, err)
			return 0
		}
		difference(t, name, s, sel, env, want, got)
	}
	return len(want) * len(sel.Columns)
}

func query(s store.Store, sel *plan.Select, env *ir.Env) ([]plan.Tuple, error) {
	ctx := context.Background()
	stmt, err := sqlgen.Render(s.Dialect(), sel)
	if err != nil {
		return nil, err
	}
	args, err := stmt.Bind(env, nil)
	if err != nil {
		return nil, err
	}
	snap, err := s.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	return snap.Query(ctx, stmt, args)
}

// blame finds the column that makes a statement fail.
func blame(t *testing.T, name string, s store.Store, sel *plan.Select, env *ir.Env, all error) {
	t.Helper()
	for _, e := range sel.Columns {
		one := *sel
		one.Columns = []ir.Expr{e}
		if _, err := query(s, &one, env); err != nil {
			t.Errorf("%s fails: %s\n%s", name, causes(err), describe(s, sel, e, env))
			return
		}
	}
	t.Errorf("%s fails: %s", name, causes(all))
}

func difference(t *testing.T, name string, s store.Store, sel *plan.Select, env *ir.Env, want, got []plan.Tuple) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s has %d rows, eval %d", name, len(got), len(want))
		return
	}
	for i := range want {
		for j, e := range sel.Columns {
			if a, b := show(e.Type(), want[i][j]), show(e.Type(), got[i][j]); a != b {
				t.Errorf("row %d: %s says %s, eval %s\n%s", i, name, b, a, describe(s, sel, e, env))
				return
			}
		}
	}
}

// describe gives an expression, the request's values it reads and its SQL.
func describe(s store.Store, sel *plan.Select, e ir.Expr, env *ir.Env) string {
	text := ir.PrintExpr(e)
	ir.Visit(e, func(x ir.Expr) bool {
		if p, ok := x.(*ir.Param); ok {
			text += fmt.Sprintf("\n  $%d = %s", p.Slot, show(p.T, env.Args[p.Slot]))
		}
		return true
	})
	one := *sel
	one.Columns = []ir.Expr{e}
	if stmt, err := sqlgen.Render(s.Dialect(), &one); err == nil {
		text += "\n" + stmt.Text
	}
	return text
}
