package rest_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

const project = `
-- socle.yaml --
name: team
-- projects.yaml --
fields:
  id: int
  name: text
  client_id: { ref: clients }
  secret: text
-- clients.yaml --
fields:
  id: int
  name: text
-- tickets.yaml --
fields:
  id: int
  title: text
  body: text
  done: bool
  estimate: { type: decimal, precision: 8, scale: 2 }
  weight: float
  points: int
  labels: { type: text, list: true }
  meta: json
  due: date
  created_at: timestamp
  project_id: { ref: projects }
  author_id: { ref: users }
  assignee_id: { ref: users }
  parent_id: { ref: tickets }
  state: { enum: [open, done] }
search: [title]
policies: { read: true }
-- users.yaml --
fields:
  id: int
  name: text
-- memberships.yaml --
fields:
  user_id: { ref: users, required: true }
  project_id: { ref: projects, required: true }
primary_key: [user_id, project_id]
-- follows.yaml --
fields:
  follower_id: { ref: users, required: true }
  followed_id: { ref: users, required: true }
primary_key: [follower_id, followed_id]
-- notes.yaml --
fields:
  a: text
  b: int
  c: json
primary_key: none
-- totals.yaml --
view: { from: tickets, group_by: [project_id], fields: { project_id: project_id, n: count() } }
-- odd.yaml --
name: Odd Things
fields:
  id: int
  field_with: { type: text, name: field-with_sep }
  dotted: { type: text, name: "a.b" }
  after: text
  count: int
-- billing/invoices.yaml --
fields:
  id: int
`

func catalogue(t testing.TB) *schema.Catalog {
	t.Helper()
	return schematest.MustRead(t, project)
}

// fullView sees everything but projects.secret.
func fullView(c *schema.Catalog) *schema.View {
	var seen []*schema.CollectionView
	for _, col := range c.Collections {
		if col.Internal {
			continue
		}
		access := make([]schema.Access, len(col.Fields))
		for i, f := range col.Fields {
			if access[i] = schema.Readable; f.Key == "secret" {
				access[i] = 0
			}
		}
		seen = append(seen, &schema.CollectionView{Collection: col, Access: access})
	}
	return schema.NewView(c, "service_role", seen)
}

// get makes the input of a GET. Headers are key, value pairs.
func get(target string, headers ...string) rest.Input {
	path, query, _ := strings.Cut(target, "?")
	in := rest.Input{Method: http.MethodGet, RawQuery: query, Header: http.Header{}}
	for _, s := range strings.Split(strings.Trim(path, "/"), "/") {
		if d, err := url.PathUnescape(s); err == nil && d != "" {
			in.Segments = append(in.Segments, d)
		}
	}
	for i := 0; i < len(headers); i += 2 {
		in.Header.Add(headers[i], headers[i+1])
	}
	return in
}

func parse(t testing.TB, v *schema.View, in rest.Input) *rest.Read {
	t.Helper()
	r, err := rest.Parse(v, rest.Limits{}, in)
	if err != nil {
		t.Fatalf("%s %v?%s: %v (%#v)", in.Method, in.Segments, in.RawQuery, err, err)
	}
	return r
}

func refusal(t testing.TB, v *schema.View, l rest.Limits, in rest.Input) *fault.Fault {
	t.Helper()
	_, err := rest.Parse(v, l, in)
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatalf("%s %v?%s: got %v, want a fault", in.Method, in.Segments, in.RawQuery, err)
	}
	return f
}

// clause gives the lines of a printed query that begin with a word, at the root level.
func clause(q *ir.Query, word string) string {
	var out []string
	for _, line := range strings.Split(ir.Print(q), "\n") {
		if rest, ok := strings.CutPrefix(line, "  "+word+" "); ok {
			out = append(out, rest)
		}
	}
	return strings.Join(out, "; ")
}

func args(vs []value.Value) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.Text())
	}
	return strings.Join(out, " | ")
}
