package sqlgen_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

var update = flag.Bool("update", false, "write the golden files anew")

const project = `
-- projects.yaml --
fields: { id: uuid, name: { type: text, required: true }, "open": bool }
policies: { read: true }
-- tickets.yaml --
fields:
  id: uuid
  project_id: { ref: projects, required: true }
  title: { type: text, required: true }
  estimate: { type: decimal, precision: 8, scale: 2 }
  labels: { type: text, list: true }
  meta: json
  due: date
indexes: [[project_id, -due]]
unique: [[project_id, title]]
search: [title]
policies: { read: true }
-- labels.yaml --
fields: { id: int, name: text }
policies: { read: true }
-- tagged.yaml --
fields: { ticket_id: { ref: tickets }, label_id: { ref: labels } }
primary_key: [ticket_id, label_id]
policies: { read: true }
-- billing/events.yaml --
fields: { at: timestamp, amount: { type: decimal, precision: 30, scale: 4 } }
primary_key: none
policies: { read: true }
`

var engines = []struct {
	name    string
	dialect sqlgen.Dialect
}{{"sqlite", sqlite.Dialect{}}, {"postgres", postgres.Dialect{}}}

// desk is what the cases are written with.
type desk struct {
	t       *testing.T
	catalog *schema.Catalog
	ticket  *ir.Row
	project *ir.Row
	label   *ir.Row
}

func newDesk(t *testing.T) *desk {
	c := schematest.MustRead(t, project)
	row := func(key string) *ir.Row { return &ir.Row{Collection: schematest.Collection(t, c, key), Label: key} }
	return &desk{t, c, row("tickets"), row("projects"), row("labels")}
}

func (d *desk) column(r *ir.Row, key string) ir.Expr {
	f, ok := r.Collection.FieldByKey(key)
	if !ok {
		d.t.Fatalf("no field %s", key)
	}
	return &ir.Column{Row: r, Field: f}
}

func (d *desk) tickets(where ir.Expr, columns ...string) *plan.Select {
	s := &plan.Select{From: plan.Source{Row: d.ticket}, Where: where}
	for _, c := range columns {
		s.Columns = append(s.Columns, d.column(d.ticket, c))
	}
	return s
}

func (d *desk) relation(r *ir.Row, key string) *schema.Relation {
	return r.Collection.RelationsNamed(key)[0]
}

func param(slot int, k value.Kind) ir.Expr { return &ir.Param{Slot: slot, T: value.Type{Kind: k}} }

func list(slot int, k value.Kind) ir.Expr {
	return &ir.Param{Slot: slot, T: value.Type{Kind: k, List: true}}
}

func text(s string) ir.Expr {
	return &ir.Const{Value: value.OfText(s), T: value.Type{Kind: value.Text}}
}

var uid = &ir.Auth{Name: ir.UID, T: value.Type{Kind: value.UUID}}

// cases are one select for each construct that the engines write differently or that must keep its indexes.
var cases = map[string]func(*desk) *plan.Select{
	"by_key": func(d *desk) *plan.Select {
		return d.tickets(&ir.Compare{L: d.column(d.ticket, "id"), R: param(0, value.UUID)}, "id", "title")
	},
	"decimal_filter": func(d *desk) *plan.Select {
		return d.tickets(&ir.Compare{Op: ir.Gt, L: d.column(d.ticket, "estimate"), R: param(0, value.Decimal)}, "id")
	},
	"in_list": func(d *desk) *plan.Select {
		return d.tickets(&ir.And{Of: []ir.Expr{&ir.Quantified{X: d.column(d.ticket, "id"), List: list(0, value.UUID)},
			&ir.Not{X: &ir.Quantified{Op: ir.Lt, X: d.column(d.ticket, "estimate"), List: list(1, value.Decimal), All: true}}}}, "id")
	},
	"order_and_range": func(d *desk) *plan.Select {
		s := d.tickets(nil, "id")
		s.Order = []ir.Order{{X: d.column(d.ticket, "due"), Desc: true, NullsFirst: true}, {X: d.column(d.ticket, "meta")}, {X: d.column(d.ticket, "id"), Desc: true}}
		s.Limit, s.Offset = param(0, value.Int), param(1, value.Int)
		return s
	},
	"policy_walk": func(d *desk) *plan.Select {
		to := &ir.Row{Collection: d.project.Collection, Label: "p"}
		return d.tickets(&ir.Exists{From: d.ticket, Path: []*schema.Relation{d.relation(d.ticket, "project")}, To: to,
			Cond: &ir.And{Of: []ir.Expr{d.column(to, "open"), &ir.Compare{L: d.column(to, "id"), R: uid}}}}, "id")
	},
	"mask_and_json": func(d *desk) *plan.Select {
		s := d.tickets(&ir.Match{X: d.column(d.ticket, "title"), Pattern: text("^a"), Fold: true})
		s.Columns = []ir.Expr{&ir.Mask{Policy: &ir.Compare{L: d.column(d.ticket, "title"), R: text("open")}, X: d.column(d.ticket, "due")},
			&ir.Path{X: d.column(d.ticket, "meta"), Steps: []value.Step{{Key: "a'b"}, {Index: 1, IsIndex: true}}, Text: true}}
		return s
	},
	"to_one_join": func(d *desk) *plan.Select {
		s := d.tickets(nil, "id")
		s.Joins = []plan.Join{{Source: plan.Source{Row: d.project}, On: &ir.Compare{L: d.column(d.project, "id"), R: d.column(d.ticket, "project_id")}}}
		s.Columns = append(s.Columns, d.column(d.project, "name"))
		s.Order = []ir.Order{{X: d.column(d.project, "name")}, {X: d.column(d.ticket, "id")}}
		return s
	},
	"search": func(d *desk) *plan.Select {
		return d.tickets(&ir.Search{Row: d.ticket, Fields: d.ticket.Collection.Search.Fields, Mode: ir.WFTS, Query: param(0, value.Text)}, "id")
	},
	"groups": func(d *desk) *plan.Select {
		s := d.tickets(nil, "project_id")
		estimate := d.column(d.ticket, "estimate")
		s.Grouped, s.Group = true, s.Columns[:1:1]
		s.Columns = append(s.Columns, &ir.Agg{T: value.Type{Kind: value.Int}}, &ir.Agg{Fn: ir.Sum, X: estimate, T: value.Type{Kind: value.Decimal, Scale: 2}},
			&ir.Agg{Fn: ir.Avg, X: estimate, T: value.Type{Kind: value.Decimal, Scale: 8}})
		return s
	},
	"below_parents": func(d *desk) *plan.Select {
		return d.below(d.tickets(nil, "title"))
	},
	"below_parents_limited": func(d *desk) *plan.Select {
		s := d.below(d.tickets(nil, "title"))
		s.Order, s.Limit = []ir.Order{{X: d.column(d.ticket, "due"), Desc: true, NullsFirst: true}}, param(0, value.Int)
		return s
	},
	"below_parents_counted": func(d *desk) *plan.Select {
		s := d.below(d.tickets(nil))
		s.Grouped, s.Columns = true, append(s.Columns, &ir.Agg{T: value.Type{Kind: value.Int}})
		return s
	},
	"across_a_junction": func(d *desk) *plan.Select {
		mid := &ir.Row{Collection: schematest.Collection(d.t, d.catalog, "tagged"), Label: "tagged"}
		return &plan.Select{From: plan.Source{Row: d.label}, Columns: []ir.Expr{nil, d.column(d.label, "name")}, Limit: param(0, value.Int),
			Order: []ir.Order{{X: d.column(d.label, "id")}},
			Parents: &plan.Parents{Via: &plan.Source{Row: mid}, Key: []ir.Expr{d.column(mid, "ticket_id")},
				ViaOn: &ir.Compare{L: d.column(mid, "label_id"), R: d.column(d.label, "id")}}}
	},
}

func (d *desk) below(s *plan.Select) *plan.Select {
	s.Columns = append([]ir.Expr{nil}, s.Columns...)
	s.Parents = &plan.Parents{Key: []ir.Expr{d.column(d.ticket, "project_id")}}
	return s
}

func TestSelectsAreWrittenAsRecorded(t *testing.T) {
	t.Parallel()
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			var out strings.Builder
			for _, e := range engines {
				stmt, err := sqlgen.Render(e.dialect, make(d))
				if err != nil {
					t.Fatal(err)
				}
				out.WriteString("-- " + e.name + " --\n" + stmt.Text + "\n")
			}
			golden(t, name, out.String())
		})
	}
}

func TestTablesAreWrittenAsRecorded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var out strings.Builder
	for _, e := range engines {
		out.WriteString("-- " + e.name + " --\n")
		for _, c := range d.catalog.Collections {
			if c.Internal {
				continue
			}
			for _, sql := range append(append(append(e.dialect.CreateSpace(c.Space), e.dialect.CreateTable(c)...), e.dialect.CreateIndexes(c)...), e.dialect.CreateSearch(c)...) {
				out.WriteString(sql + ";\n")
			}
		}
	}
	golden(t, "tables", out.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txtar")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (write anew with -update):\n%s", path, diff)
	}
}

func TestNoValueEverBecomesText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const secret = "x'; DROP TABLE tickets --"
	row := d.ticket
	title := d.column(row, "title")
	s := d.tickets(&ir.And{Of: []ir.Expr{&ir.Compare{L: title, R: text(secret)}, &ir.Like{X: title, Pattern: text(secret)},
		&ir.Match{X: title, Pattern: text(secret)}, &ir.TextTest{X: title, Y: text(secret)},
		&ir.IsNull{X: &ir.Path{X: d.column(row, "meta"), Steps: []value.Step{{Key: secret}}}},
		&ir.Quantified{X: title, List: &ir.Const{Value: value.OfList(value.Text, `["`+secret+`"]`), T: value.Type{Kind: value.Text, List: true}}},
		&ir.IsNull{X: &ir.Auth{Name: ir.Claims, Path: []string{secret}, T: value.Type{Kind: value.Text}}}}})
	s.Columns = []ir.Expr{text(secret)}
	for _, e := range engines {
		stmt, err := sqlgen.Render(e.dialect, s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(stmt.Text, "DROP") {
			t.Errorf("%s: %s", e.name, stmt.Text)
		}
	}
}

func TestEqualLeavesShareOneParameter(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.column(d.ticket, "id")
	s := d.tickets(&ir.Or{Of: []ir.Expr{&ir.Compare{L: id, R: uid}, &ir.Compare{L: d.column(d.ticket, "project_id"),
		R: &ir.Auth{Name: ir.UID, T: value.Type{Kind: value.UUID}}}}}, "id")
	for _, e := range engines {
		stmt, err := sqlgen.Render(e.dialect, s)
		if err != nil || len(stmt.Args) != 1 {
			t.Errorf("%s: %d parameters, %v", e.name, len(stmt.Args), err)
		}
	}
}

func TestWhatAPlanCannotHoldIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stranger := &ir.Row{Collection: d.project.Collection}
	for name, s := range map[string]*plan.Select{
		"no select":        nil,
		"unlowered":        d.tickets(&ir.Related{}, "id"),
		"out of scope":     d.tickets(&ir.IsNull{X: d.column(stranger, "id")}, "id"),
		"double with int":  d.tickets(&ir.Compare{L: param(0, value.Float), R: param(1, value.Int)}, "id"),
		"no such function": d.tickets(&ir.Convert{X: d.column(d.ticket, "title"), To: value.Type{Kind: value.JSON}}, "id"),
	} {
		for _, e := range engines {
			if _, err := sqlgen.Render(e.dialect, s); err == nil {
				t.Errorf("%s was rendered for %s", name, e.name)
			}
		}
	}
}
