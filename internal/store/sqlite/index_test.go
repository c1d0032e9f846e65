package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

const tasks = `
-- boards.yaml --
fields: { id: uuid, name: text }
policies: { read: true }
-- tasks.yaml --
fields:
  id: uuid
  board_id: { ref: boards, required: true }
  points: { type: decimal, precision: 8, scale: 2 }
  title: { type: text, required: true }
  due: date
indexes: [[board_id, -due], [points], [due], [title]]
search: [title]
policies: { read: true }
`

// planned is SQLite's plan of a statement.
func planned(t *testing.T, s *Store, sel *plan.Select, args ...value.Value) string {
	t.Helper()
	stmt, err := sqlgen.Render(s.Dialect(), sel)
	if err != nil {
		t.Fatal(err)
	}
	var keys []plan.Tuple
	if sel.Parents != nil {
		keys = []plan.Tuple{{value.OfUUID("550e8400-e29b-41d4-a716-446655440000")}}
	}
	bound, err := stmt.Bind(&ir.Env{Args: args}, keys)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	err = s.Write(context.Background(), func(tx store.Tx) error {
		rows, err := tx.Query(context.Background(), "EXPLAIN QUERY PLAN "+stmt.Text, bound...)
		for _, r := range rows {
			lines = append(lines, fmt.Sprint(r[3]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestIndexesServe(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	catalog := schematest.MustRead(t, tasks)
	c := schematest.Collection(t, catalog, "tasks")
	create(t, s, schematest.Collection(t, catalog, "boards"))
	create(t, s, c)
	row := &ir.Row{Collection: c}
	column := func(key string) ir.Expr {
		f, _ := c.FieldByKey(key)
		return &ir.Column{Row: row, Field: f}
	}
	param := func(k value.Kind, list bool) ir.Expr { return &ir.Param{T: value.Type{Kind: k, List: list}} }
	half, _ := value.ParseDec("0.5")
	where := func(e ir.Expr) *plan.Select {
		return &plan.Select{From: plan.Source{Row: row}, Columns: []ir.Expr{column("id")}, Where: e}
	}
	below := func(limit ir.Expr) *plan.Select {
		sel := where(nil)
		sel.Columns = []ir.Expr{nil, column("id")}
		sel.Parents, sel.Limit = &plan.Parents{Key: []ir.Expr{column("board_id")}}, limit
		sel.Order = []ir.Order{{X: column("due"), Desc: true, NullsFirst: true}}
		return sel
	}
	sorted := func(o ir.Order) *plan.Select {
		sel := where(nil)
		sel.Order, sel.Limit = []ir.Order{o}, &ir.Const{Value: value.OfInt(3), T: value.Type{Kind: value.Int}}
		return sel
	}
	key := "sqlite_autoindex_tasks_1 (id=?)"
	for name, x := range map[string]struct {
		sel  *plan.Select
		arg  value.Value
		want string
	}{
		"a key":                  {where(&ir.Compare{L: column("id"), R: param(value.UUID, false)}), value.OfUUID("x"), key},
		"a list of keys":         {where(&ir.Quantified{X: column("id"), List: param(value.UUID, true)}), value.OfList(value.UUID, `[]`), key},
		"a decimal of any scale": {where(&ir.Compare{Op: ir.Gt, L: column("points"), R: param(value.Decimal, false)}), value.OfDecimal(half), "(points>?)"},
		"a search":               {where(&ir.Search{Row: row, Fields: c.Search.Fields, Query: param(value.Text, false)}), value.OfText("a"), "VIRTUAL TABLE INDEX"},
		"rows below parents":     {below(nil), value.Value{}, "(board_id=?)"},
		"a limit per parent":     {below(param(value.Int, false)), value.OfInt(2), "(board_id=?)"},
		"an order never NULL":    {sorted(ir.Order{X: column("title"), Desc: true, NullsFirst: true}), value.Value{}, "tasks_title_idx"},
		"an order with NULLs":    {sorted(ir.Order{X: column("due")}), value.Value{}, "tasks_due_idx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := planned(t, s, x.sel, x.arg)
			if !strings.Contains(got, x.want) || name != "rows below parents" && name != "a limit per parent" && strings.Contains(got, "TEMP B-TREE") {
				t.Errorf("wanted %s in:\n%s", x.want, got)
			}
			t.Log(got)
		})
	}
}

func TestACallerThatGoesAwayInterruptsItsStatement(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Write(context.Background(), func(tx store.Tx) error {
		go cancel()
		_, err := tx.Query(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
		return err
	})
	if err != context.Canceled {
		t.Fatalf("got %v", err)
	}
	create(t, s, schematest.Collection(t, schematest.MustRead(t, notes), "notes"))
}
