package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/eval/memory"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/value"
)

// engines are the stores under test, filled with the same rows, and the rows for eval.
type engines struct {
	stores map[string]store.Store
	rows   data
}

type data map[*schema.Collection][]eval.Tuple

func (d data) Rows(c *schema.Collection) []eval.Tuple { return d[c] }

func open(t testing.TB, catalog *schema.Catalog, rows data) engines {
	t.Helper()
	lite, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	pg, err := postgres.Open(context.Background(), testkit.Postgres(t))
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	e := engines{map[string]store.Store{"sqlite": lite, "postgres": pg}, rows}
	for name, s := range e.stores {
		t.Cleanup(func() { s.Close() })
		if err := fillStore(s, catalog, rows); err != nil {
			t.Fatalf("%s: %v: %v", name, err, errors.Unwrap(err))
		}
	}
	return e
}

func fillStore(s store.Store, catalog *schema.Catalog, rows data) error {
	ctx, d := context.Background(), s.Dialect()
	return s.Write(ctx, func(tx store.Tx) error {
		for _, c := range catalog.Tables() {
			if c.View != nil {
				continue
			}
			texts := append(append(append(d.CreateSpace(c.Space), d.CreateTable(c)...), d.CreateIndexes(c)...), d.CreateSearch(c)...)
			for _, sql := range texts {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return fmt.Errorf("%s: %w: %w", sql, err, errors.Unwrap(err))
				}
			}
			var tuples []plan.Tuple
			for _, r := range rows[c] {
				tuples = append(tuples, r)
			}
			inserts, err := d.Insert(c, tuples)
			if err != nil {
				return err
			}
			for _, x := range inserts {
				if _, err := tx.Exec(ctx, x.Text, x.Args...); err != nil {
					return fmt.Errorf("%s: %w: %w", x.Text, err, errors.Unwrap(err))
				}
			}
		}
		return nil
	})
}

// agree runs a select everywhere and fails the test where an engine's answer is not eval's.
func (e engines) agree(t *testing.T, sel *plan.Select, env *ir.Env) bool {
	t.Helper()
	want, err := memory.Tuples(sel, env, e.rows)
	if err != nil {
		t.Fatalf("eval: %v: %v", err, errors.Unwrap(err))
	}
	ok := true
	for name, s := range e.stores {
		stmt, got, err := run(s, sel, env, nil)
		if err != nil {
			t.Errorf("%s: %v: %v\n%s", name, err, errors.Unwrap(err), stmt.Text)
			ok = false
			continue
		}
		if diff := difference(stmt.Types, want, got); diff != "" {
			t.Errorf("%s: %s\n%s\nargs %v", name, diff, stmt.Text, show(env.Args))
			ok = false
		}
	}
	return ok
}

func run(s store.Store, sel *plan.Select, env *ir.Env, parents []plan.Tuple) (*sqlgen.Stmt, []plan.Tuple, error) {
	stmt, err := sqlgen.Render(s.Dialect(), sel)
	if err != nil {
		return stmt, nil, err
	}
	args, err := stmt.Bind(env, parents)
	if err != nil {
		return stmt, nil, err
	}
	snap, err := s.Snapshot(context.Background())
	if err != nil {
		return stmt, nil, err
	}
	defer snap.Close()
	got, err := snap.Query(context.Background(), stmt, args)
	return stmt, got, err
}

func show(of []value.Value) string {
	var texts []string
	for _, v := range of {
		texts = append(texts, shown(value.Type{Kind: v.Kind(), List: v.IsList()}, v))
	}
	return strings.Join(texts, " | ")
}

func shown(t value.Type, v value.Value) string {
	if v.IsNull() {
		return "NULL"
	}
	if t.Kind == value.Decimal && !t.List {
		return v.Dec().String()
	}
	return string(value.AppendJSON(nil, t, v))
}

func difference(types []value.Type, want, got []plan.Tuple) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%d rows, not %d", len(got), len(want))
	}
	for i := range want {
		for j, t := range types {
			if w, g := shown(t, want[i][j]), shown(t, got[i][j]); w != g {
				return fmt.Sprintf("row %s column %d (%s): %s, not %s", shown(types[0], want[i][0]), j, t, g, w)
			}
		}
	}
	return ""
}

func TestExpressionsMeanTheSameEverywhere(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, everything)
	c := schematest.Collection(t, catalog, "things")
	m := &maker{Rand: rand.New(rand.NewPCG(1, 2)), row: &ir.Row{Collection: c, Label: "thing"}}
	e := open(t, catalog, data{c: m.rows(c, 60)})
	for range 1000 {
		m.args = nil
		x := m.expr(pick(m, scalars), 3)
		sel := &plan.Select{From: plan.Source{Row: m.row}, Columns: []ir.Expr{m.field("id"), x}, Order: []ir.Order{{X: m.field("id")}}}
		env := &ir.Env{Args: m.args, Now: 1_709_251_199_000_000}
		if !e.agree(t, sel, env) {
			p := ir.NewPrinter()
			p.Expr(x)
			t.Fatalf("of %s", p.String())
		}
	}
}

func cause(err error) error { return errors.Unwrap(err) }
