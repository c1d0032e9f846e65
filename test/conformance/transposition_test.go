package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/schema"
)

// TestTheProjectsAreTheFixtures compares every table with its fixture: columns, the names of constraints, the number of rows.
func TestTheProjectsAreTheFixtures(t *testing.T) {
	t.Parallel()
	readCases(t)
	fixtures, err := readFixtures()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, schemas := range projects {
		h := embeddedHost(t, name)
		at, done := h.copied(t)
		p, _, problems, err := app.Read(h.project, options("", "").Env, clock.System())
		if err != nil || p == nil {
			t.Fatal(err, problems)
		}
		catalog := p.Set.Catalog()
		for _, f := range fixtures {
			i := slices.Index(schemas, f.Schema)
			if i < 0 || f.Kind != "table" || len(f.Columns) == 0 || leftOut(f.Table) {
				continue
			}
			seen++
			c, ok := catalog.Collection(catalog.Namespaces[slices.Index(catalog.WireNames(), f.Schema)], f.Table)
			if !ok {
				t.Errorf("%s.%s is not there", f.Schema, f.Table)
				continue
			}
			if diff := cmp.Diff(f.names(), namesOf(c)); diff != "" {
				t.Errorf("%s.%s: %s", f.Schema, f.Table, diff)
			}
			if got, want := rows(t, at, h, &f), len(f.Rows); got != fmt.Sprint(want) {
				t.Errorf("%s.%s has %s rows, not %d", f.Schema, f.Table, got, want)
			}
		}
		done()
	}
	if seen < 60 {
		t.Errorf("%d tables were compared", seen)
	}
}

// names are those of a table's columns in their order, then of its constraints.
func (f *fixture) names() []string {
	var columns, constraints []string
	for _, c := range f.Columns {
		columns = append(columns, c.Name)
	}
	for _, c := range f.Constraints {
		constraints = append(constraints, c.Name)
	}
	if f.Table == "tsearch" { // only what has a key can be searched
		constraints = append(constraints, "tsearch_pkey")
	}
	slices.Sort(constraints)
	return append(columns, constraints...)
}

func namesOf(c *schema.Collection) []string {
	var columns, constraints []string
	for _, f := range c.Fields {
		if f.Computed == nil {
			columns = append(columns, f.Name)
		}
	}
	if len(c.PrimaryKey) > 0 {
		constraints = append(constraints, c.KeyName)
	}
	for _, k := range c.Unique {
		constraints = append(constraints, k.Name)
	}
	for _, k := range c.ForeignKeys {
		constraints = append(constraints, k.Name)
	}
	slices.Sort(constraints)
	return append(columns, constraints...)
}

// rows is the part of Content-Range that counts a table's rows, as all rights see them.
func rows(t *testing.T, at http.Handler, h host, f *fixture) string {
	in, err := http.NewRequest(http.MethodHead, "http://host"+root+"/"+escaped(f.Table), nil)
	if err != nil {
		t.Fatal(err)
	}
	in.Header.Set("apikey", h.keys().Secret)
	in.Header.Set("Accept-Profile", f.Schema)
	in.Header.Set("Prefer", "count=exact")
	_, total, _ := strings.Cut(ask(t, at, in).header.Get("Content-Range"), "/")
	return total
}
