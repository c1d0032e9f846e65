package postgres_test

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

func TestIndexesServeOnPostgreSQL(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, `
-- tasks.yaml --
fields:
  id: uuid
  title: { type: text, required: true }
  body: text
  points: { type: decimal, precision: 8, scale: 2 }
  due: date
indexes: [[title], [points], [-due]]
search: [title, body]
policies: { read: true }
`)
	c := schematest.Collection(t, catalog, "tasks")
	s := open(t, catalog, data{}).stores["postgres"]
	row := &ir.Row{Collection: c}
	column := func(key string) ir.Expr {
		f, _ := c.FieldByKey(key)
		return &ir.Column{Row: row, Field: f}
	}
	param := func(k value.Kind, list bool) ir.Expr { return &ir.Param{T: value.Type{Kind: k, List: list}} }
	d, _ := value.ParseDec("0.5")
	where := func(e ir.Expr, order ...ir.Order) *plan.Select {
		return &plan.Select{From: plan.Source{Row: row}, Columns: []ir.Expr{column("id")}, Where: e, Order: order}
	}
	for name, x := range map[string]struct {
		sel  *plan.Select
		arg  value.Value
		want string
	}{
		"text":             {where(&ir.Compare{L: column("title"), R: param(value.Text, false)}), value.OfText("a"), "tasks_title_idx"},
		"order by text":    {where(nil, ir.Order{X: column("title")}), value.Value{}, "tasks_title_idx"},
		"keys":             {where(&ir.Quantified{X: column("id"), List: param(value.UUID, true)}), value.OfList(value.UUID, `["550e8400-e29b-41d4-a716-446655440000"]`), "tasks_pkey"},
		"decimal":          {where(&ir.Compare{Op: ir.Gt, L: column("points"), R: param(value.Decimal, false)}), value.OfDecimal(d), "tasks_points_idx"},
		"descending":       {where(nil, ir.Order{X: column("due"), Desc: true, NullsFirst: true}), value.Value{}, "tasks_due_idx"},
		"search":           {where(&ir.Search{Row: row, Fields: c.Search.Fields[:1], Query: param(value.Text, false)}), value.OfText("a"), "_fts_tasks_title"},
		"search of fields": {where(&ir.Search{Row: row, Fields: c.Search.Fields, Query: param(value.Text, false)}), value.OfText("a & !b"), "_fts_tasks_title"},
	} {
		stmt, err := sqlgen.Render(s.Dialect(), x.sel)
		if err != nil {
			t.Fatal(err)
		}
		args, err := stmt.Bind(&ir.Env{Args: []value.Value{x.arg}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := explained(t, s, "EXPLAIN "+stmt.Text, args); !strings.Contains(got, x.want) {
			t.Errorf("%s: wanted %s in:\n%s", name, x.want, got)
		}
	}
}

// explained is what EXPLAIN says of a statement that does what it can to avoid reading the whole table.
func explained(t *testing.T, s store.Store, sql string, args []any) string {
	t.Helper()
	var lines []string
	err := s.Write(context.Background(), func(tx store.Tx) error {
		if _, err := tx.Exec(context.Background(), "SET LOCAL enable_seqscan = off"); err != nil {
			return err
		}
		rows, err := tx.Query(context.Background(), sql, args...)
		for _, r := range rows {
			lines = append(lines, fmt.Sprint(r[0]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err, cause(err))
	}
	return strings.Join(lines, "\n")
}
