package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// shopView lets projects.secret be written and not read, projects.id be read and not written, and hides clients.name.
func shopView(c *schema.Catalog) *schema.View {
	var seen []*schema.CollectionView
	for _, col := range c.Collections {
		if col.Internal {
			continue
		}
		access := make([]schema.Access, len(col.Fields))
		for i, f := range col.Fields {
			switch access[i] = schema.Readable | schema.Writable; col.Key + "." + f.Key {
			case "projects.secret":
				access[i] = schema.Writable
			case "projects.id":
				access[i] = schema.Readable
			case "clients.name":
				access[i] = 0
			}
		}
		seen = append(seen, &schema.CollectionView{Collection: col, Access: access})
	}
	return schema.NewView(c, "authenticated", seen)
}

// send makes the input of a request with a body: "METHOD target", the body, and headers as key, value pairs.
func send(request, body string, headers ...string) rest.Input {
	method, target, _ := strings.Cut(request, " ")
	in := get(target, headers...)
	in.Method, in.Body, in.TxOverride = method, strings.NewReader(body), true
	return in
}

func written(t *testing.T, v *schema.View, in rest.Input) string {
	t.Helper()
	r := parse(t, v, in)
	if r.Write == nil {
		t.Fatalf("%s %v is no write", in.Method, in.Segments)
	}
	return ir.PrintWrite(r.Write)
}

func TestBodiesBecomeTypedRows(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	const lines, csv, form = "application/x-ndjson", "text/csv; charset=utf-8", "application/x-www-form-urlencoded"
	for _, c := range []struct{ request, kind, body, want string }{
		{"POST /tickets", "", `{"title":"a\nb","points":"7","done":true,"estimate":1.005,"meta":{"b":1,"a":[2.50]},"labels":["x","y"]}`,
			"insert tickets#0 (title, points, done, estimate, meta, labels)\n  row \"a\\nb\" 7 true 1.01 {\"a\":[2.5],\"b\":1} [\"x\",\"y\"]"},
		{"POST /tickets", "application/json", ` [ {"id":1,"title":"é\u00e9"} , {"title":null,"id":-0} ] `, "insert tickets#0 (id, title)\n  row 1 \"éé\"\n  row 0 null"},
		{"POST /tickets", "", `{}`, "insert tickets#0 ()\n  row"},
		{"POST /tickets", "", `[{},{}]`, "insert tickets#0 ()\n  row\n  row"},
		{"POST /tickets", "", `[]`, "insert tickets#0 ()"},
		{`POST /tickets?columns="id","title"`, "", `[{"title":"a","nope":[1],"id":1},{"id":2}]`, "insert tickets#0 (id, title)\n  row 1 \"a\"\n  row 2 -"},
		{"POST /tickets?columns=id,id", "", `[]`, "insert tickets#0 (id)"},
		{"POST /tickets", lines, "{\"id\":1}\r\n\n{\"id\":2}\n", "insert tickets#0 (id)\n  row 1\n  row 2"},
		{"POST /tickets", lines, "", "insert tickets#0 ()"},
		{"POST /tickets", csv, "\ufeffid,title,labels\r\n1,NULL,\"{a,b}\"\n2,\"x\ny\",{}", "insert tickets#0 (id, title, labels)\n  row 1 null [\"a\",\"b\"]\n  row 2 \"x\\ny\" []"},
		{"POST /tickets?columns=title", csv, "id,title\n1,\n", "insert tickets#0 (title)\n  row \"\""},
		{"POST /tickets", form, "title=a+b%26c&points=3", "insert tickets#0 (title, points)\n  row \"a b&c\" 3"},
		{"POST /projects", "", `{"id":1,"secret":"s"}`, "insert projects#0 (id, secret)\n  row 1 \"s\""},
		{"POST /Odd%20Things", "", `{"field-with_sep":"x","a.b":"y"}`, "insert odd#0 (field_with, dotted)\n  row \"x\" \"y\""},
		{"PATCH /tickets?id=eq.2", "", `[{"title":"x"}]`, "update tickets#0 (title)\n  row \"x\"\n  where (= tickets#0.id $0:int)\n  $0 = 2"},
		{"PATCH /tickets?id=eq.2&columns=title,points", "", `{"title":"x","other":1}`, "update tickets#0 (title, points)\n  row \"x\" null\n  where (= tickets#0.id $0:int)\n  $0 = 2"},
		{"PATCH /tickets", "", `{}`, "update tickets#0 ()\n  row"},
		{"PATCH /tickets", "", `[]`, "update tickets#0 ()\n  row"},
	} {
		if got := written(t, v, send(c.request, c.body, "Content-Type", c.kind)); got != c.want {
			t.Errorf("%s %s\n got %s\nwant %s", c.request, c.body, got, c.want)
		}
	}
}

func TestPreferencesAndParametersShapeAWrite(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	for _, c := range []struct{ request, prefer, body, want, applied string }{
		{"POST /tickets?columns=id,title", "missing=default, return=minimal", `[{"id":1}]`, "insert tickets#0 (id, title) missing=default\n  row 1 -", "missing=default, return=minimal"},
		{"POST /tickets", "resolution=merge-duplicates", `{"id":1}`, "insert tickets#0 (id)\n  row 1\n  merge on (id)", "resolution=merge-duplicates"},
		{"POST /tickets?on_conflict=id&order=id&limit=1", "tx=commit,resolution=ignore-duplicates,max-affected=1,handling=strict", `{"id":1}`, "insert tickets#0 (id)\n  row 1\n  ignore on (id)", "resolution=ignore-duplicates, tx=commit, handling=strict"},
		{"POST /memberships?on_conflict=project_id,user_id", "resolution=merge-duplicates", `[]`, "insert memberships#0 ()\n  merge on (user_id, project_id)", "resolution=merge-duplicates"},
		{"POST /notes", "resolution=merge-duplicates,return=headers-only", `[]`, "insert notes#0 ()", "return=headers-only"},
		{"POST /tickets?on_conflict=nonsense", "", `[]`, "insert tickets#0 ()", ""},
		{"PUT /tickets?id=eq.1", "missing=default", `{"id":1,"title":"x"}`, "insert tickets#0 (id, title) put\n  row 1 \"x\"\n  merge on (id)", ""},
		{"PUT /memberships?project_id=eq.2&user_id=eq.1", "return=minimal", `[{"user_id":1,"project_id":2}]`, "insert memberships#0 (user_id, project_id) put\n  row 1 2\n  merge on (user_id, project_id)", "return=minimal"},
		{"DELETE /tickets?id=lt.5", "handling=strict, max-affected=3", ``, "delete tickets#0 ()\n  where (< tickets#0.id $0:int)\n  at most 3\n  $0 = 5", "handling=strict, max-affected=3"},
		{"DELETE /tickets?id=lt.5", "handling=lenient, max-affected=3, count=exact, tx=rollback", `ignored`, "delete tickets#0 ()\n  where (< tickets#0.id $0:int)\n  $0 = 5", "count=exact, tx=rollback, handling=lenient"},
		{"DELETE /tickets", "", ``, "delete tickets#0 ()", ""},
	} {
		r := parse(t, v, send(c.request, c.body, "Prefer", c.prefer, "Content-Type", "application/json"))
		if got := ir.PrintWrite(r.Write); got != c.want || r.Applied != c.applied || r.Rollback != strings.Contains(c.prefer, "rollback") {
			t.Errorf("%s %s\n got %s\nwant %s\napplied %q, rollback %t", c.request, c.prefer, got, c.want, r.Applied, r.Rollback)
		}
	}
}

func TestTxIsForProjectsThatAllowIt(t *testing.T) {
	t.Parallel()
	in := send("DELETE /tickets?id=eq.1", "", "Prefer", "tx=rollback")
	in.TxOverride = false
	if r := parse(t, shopView(catalogue(t)), in); r.Rollback || r.Applied != "" {
		t.Fatalf("rollback %t, applied %q", r.Rollback, r.Applied)
	}
}

func TestTheRepresentationIsAReadWithoutFilterOrRange(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	got := written(t, v, send("PATCH /tickets?id=eq.1&project=not.is.null&select=n:title::text,project!inner(name)&project.name=like.a*",
		`{"points":1}`, "Prefer", "return=representation"))
	want := `update tickets#0 (points)
  row 1
  where (and (= tickets#0.id $0:int) (not (is-null (related`
	if !strings.HasPrefix(got, want[:60]) {
		t.Fatalf("%s", got)
	}
	_, returned, _ := strings.Cut(got, "\n  return\n")
	const wantReturn = `    from tickets#0
      output "n" = tickets#0.title cast text
      embed "project" inner via >`
	if !strings.HasPrefix(returned, wantReturn) || strings.Contains(returned, "limit") || !strings.Contains(returned, `(like projects#`) {
		t.Errorf("returned\n%s", returned)
	}
	star := written(t, v, send("POST /projects", `[]`, "Prefer", "return=representation"))
	if strings.Contains(star, "secret") || !strings.Contains(star, `output "client_id"`) {
		t.Errorf("star of a partly readable collection: %s", star)
	}
	for _, prefer := range []string{"", "return=minimal", "return=headers-only"} {
		if got := written(t, v, send("POST /projects?select=name", `[]`, "Prefer", prefer)); strings.Contains(got, "return") {
			t.Errorf("%s: %s", prefer, got)
		}
	}
}

func TestBadWritesAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	const putFilters, unsupported = "Filters must include all and only primary key columns with 'eq' operators", "Feature not implemented"
	for _, c := range []struct{ request, kind, body, code, message string }{
		{"POST /tickets", "", ``, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `}{ x = 2`, "PGRST102", "Empty or invalid json"},
		{"PATCH /tickets", "", `}{ x = 2`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `5`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"id":1}{}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"id":1,}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"id" 1}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"id":01}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"title":"a`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", "{\"title\":\"a\tb\"}", "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"meta":[1,}}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `{"meta":{"a":tru}}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets?columns=id", "", `{"id":1,"x":[}]}`, "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "application/x-ndjson", "{\"id\":1} {\"id\":2}", "PGRST102", "Empty or invalid json"},
		{"POST /tickets", "", `[1,2]`, "PGRST102", "All object keys must match"},
		{"POST /tickets", "", `[{"id":1},{"id":2,"title":"x"}]`, "PGRST102", "All object keys must match"},
		{"POST /tickets", "", `[{"id":1},{}]`, "PGRST102", "All object keys must match"},
		{"POST /tickets", "", `[{},{"id":1}]`, "PGRST102", "All object keys must match"},
		{"POST /tickets", "", `{"id":1,"\u0069d":2}`, "PGRST102", `The key "id" appears twice in one object`},
		{"POST /tickets?columns=id", "", `{"id":1,"x":2,"x":2}`, "PGRST102", `The key "x" appears twice in one object`},
		{"PATCH /tickets?id=eq.1", "", `[{"id":1},{"id":2}]`, "PGRST102", "The body of PATCH is one object"},
		{"POST /tickets", "text/csv", "id,title\n1,a\n2", "PGRST102", "All lines must have same number of fields"},
		{"POST /tickets", "text/csv", "", "PGRST102", "Empty or invalid csv"},
		{"POST /tickets", "text/csv", "id,id\n1,2", "PGRST102", `The key "id" appears twice in one object`},
		{"POST /tickets", "text/plain; charset=utf-8", "x", "PGRST102", "Content-Type not acceptable: text/plain"},
		{"POST /tickets", "", `{"title":"a\u0000"}`, "22P05", "unsupported Unicode escape sequence"},
		{"POST /tickets?columns=id", "", `{"x":"\ud800"}`, "22P05", "unsupported Unicode escape sequence"},
		{"POST /tickets", "", "{\"title\":\"a\xff\"}", "22021", `invalid byte sequence for encoding "UTF8": 0xff`},
		{"POST /tickets", "", `{"meta":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "54001", "JSON is nested deeper than 100 levels"},

		{"POST /tickets", "", `[{"helicopter":1}]`, "PGRST204", "Could not find the 'helicopter' column of 'tickets' in the schema cache"},
		{"POST /tickets?columns=helicopter", "", `[]`, "PGRST204", "Could not find the 'helicopter' column of 'tickets' in the schema cache"},
		{"POST /garlic?columns=helicopter", "", `[]`, "PGRST205", "Could not find the table 'public.garlic' in the schema cache"},
		{"POST /clients", "", `{"name":"x"}`, "PGRST204", "Could not find the 'name' column of 'clients' in the schema cache"},
		{"POST /tickets?columns=", "", `[]`, "PGRST100", `"failed to parse columns parameter ()" (line 1, column 1)`},
		{"POST /tickets?on_conflict=", "", `[]`, "PGRST100", `"failed to parse on_conflict parameter ()" (line 1, column 1)`},
		{"POST /tickets?on_conflict=title", "", `[]`, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification"},
		{"POST /tickets?on_conflict=id,title", "", `[]`, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification"},
		{"POST /tickets?id=eq.1", "", `[]`, "PGRST127", unsupported},
		{"POST /tickets?select=count()", "", `[]`, "PGRST127", unsupported},
		{"PATCH /tickets?id=eq.1&limit=1", "", `{}`, "PGRST127", unsupported},
		{"PATCH /tickets?id=eq.1&after=x", "", `{}`, "PGRST127", unsupported},
		{"DELETE /tickets?id=eq.1&order=id", "", ``, "PGRST127", unsupported},
		{"DELETE /projects?secret=eq.1", "", ``, "42703", "column projects.secret does not exist"},

		{"PUT /tickets?limit=1", "", `{}`, "PGRST114", "limit/offset querystring parameters are not allowed for PUT"},
		{"PUT /tickets", "", `{"id":1}`, "PGRST105", putFilters},
		{"PUT /tickets?title=eq.a", "", `{"id":1}`, "PGRST105", putFilters},
		{"PUT /tickets?id=gt.1", "", `{"id":1}`, "PGRST105", putFilters},
		{"PUT /tickets?id=not.eq.1", "", `{"id":1}`, "PGRST105", putFilters},
		{"PUT /tickets?id=eq.1&or=(id.eq.1)", "", `{"id":1}`, "PGRST105", putFilters},
		{"PUT /tickets?id=eq.1&title=eq.a", "", `{"id":1}`, "PGRST105", putFilters},
		{"PUT /memberships?user_id=eq.1", "", `{"user_id":1}`, "PGRST105", putFilters},
		{"PUT /notes?a=eq.1&b=eq.2", "", `{"a":"1"}`, "PGRST105", putFilters},
		{"PUT /tickets?id=eq.1", "", `{"id":2}`, "PGRST115", "Payload values do not match URL in primary key column(s)"},
		{"PUT /tickets?id=eq.1", "", `{"title":"a"}`, "PGRST115", "Payload values do not match URL in primary key column(s)"},
		{"PUT /tickets?id=eq.1", "", `[{"id":1},{"id":1}]`, "PGRST115", "Payload values do not match URL in primary key column(s)"},
		{"PUT /tickets?id=eq.1", "", `[]`, "PGRST115", "Payload values do not match URL in primary key column(s)"},
		{"PUT /tickets?id=eq.x", "", `{"id":1}`, "22P02", `invalid input syntax for type bigint: "x"`},
	} {
		in := send(c.request, c.body, "Content-Type", c.kind, "Prefer", "return=representation, resolution=merge-duplicates")
		if f := refusal(t, v, rest.Limits{}, in); string(f.Code) != c.code || f.Message != c.message {
			t.Errorf("%s %.60s\n got %s %s\nwant %s %s", c.request, c.body, f.Code, f.Message, c.code, c.message)
		}
	}
}

func TestEveryWrongValueIsNamedByRowAndColumn(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	f := refusal(t, v, rest.Limits{}, send("POST /tickets", `[{"points":"x","estimate":1,"title":"a"},{"points":2,"estimate":12345678.1,"title":3},{"points":9223372036854775808,"estimate":2,"title":""}]`))
	if f.Code != "22P02" || f.Message != `invalid input syntax for type bigint: "x"` || len(f.Violations) != 3 {
		t.Fatalf("%s %s %v", f.Code, f.Message, f.Violations)
	}
	for i, want := range []string{"points int", "estimate decimal(8,2)", "points int"} {
		got := f.Violations[i]
		if limit, _ := got.Limit.(string); got.Row != i || got.Rule != "type" || got.Column+" "+limit != want {
			t.Errorf("violation %d: %+v", i, got)
		}
	}
	many := refusal(t, v, rest.Limits{}, send("POST /tickets", "["+strings.Repeat(`{"points":"x"},`, 500)+`{"points":"x"}]`))
	if len(many.Violations) != 100 {
		t.Errorf("%d violations are listed", len(many.Violations))
	}
}

func TestAWrittenRowHasAnAddress(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	for request, want := range map[string]string{"POST /tickets": "/tickets?id=eq.7", "POST /memberships": "/memberships?user_id=eq.7&project_id=eq.8", "POST /Odd%20Things": "/Odd%20Things?id=eq.7"} {
		if got := parse(t, v, send(request, "[]")).LocationOf([]value.Value{value.OfInt(7), value.OfInt(8)}); got != want {
			t.Errorf("%s: %s", request, got)
		}
	}
}

func TestBodiesHaveLimits(t *testing.T) {
	t.Parallel()
	v := shopView(catalogue(t))
	var wide strings.Builder
	for i := range 1001 {
		wide.WriteString(`,"k` + strings.Repeat("a", i) + `":1`)
	}
	for _, c := range []struct {
		limits        rest.Limits
		body, message string
		status        int
	}{
		{rest.Limits{Body: 10}, `{"title":"abcdef"}`, "the body is longer than 10 bytes", http.StatusRequestEntityTooLarge},
		{rest.Limits{BodyRows: 2}, `[{},{},{}]`, "the body has more than 2 rows", http.StatusRequestEntityTooLarge},
		{rest.Limits{}, "{" + wide.String()[1:] + "}", "a row has more than 1000 keys", http.StatusBadRequest},
	} {
		if f := refusal(t, v, c.limits, send("POST /tickets", c.body)); f.Message != c.message || f.Status() != c.status {
			t.Errorf("%d %s", f.Status(), f.Message)
		}
	}
	if got := written(t, v, send("POST /tickets", `{"id":1}`)); got != "insert tickets#0 (id)\n  row 1" {
		t.Errorf("within the limits: %s", got)
	}
}
