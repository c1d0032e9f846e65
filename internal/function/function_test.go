package function_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

const collections = `
-- projects.yaml --
fields: { id: int, name: { type: text, required: true } }
policies: { read: true }
-- tickets.yaml --
fields: { id: int, title: text, status: { enum: [open, done], required: true }, due: date, price: { type: decimal, precision: 8, scale: 2 }, labels: { type: text, list: true }, project_id: { ref: projects, required: true } }
policies: { read: true, create: true }
`

func compile(t *testing.T, functions string) (*function.Set, schema.Problems, string) {
	t.Helper()
	fsys := schematest.FS(collections + functions)
	c, problems := yamlfile.Read(fsys)
	if c == nil {
		return nil, problems, yamlfile.Render(fsys, problems)
	}
	set, wrong := policy.Compile(c)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	out, more := function.Compile(set, admission.Default())
	problems = append(problems, more...).Sorted()
	return out, problems, yamlfile.Render(fsys, problems)
}

// Each mistake has one message at its place.
func TestMistakesAreReportedAtTheirPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"collection":  {"read: ticket?select=id", `1:7: unknown collection "ticket" (did you mean "tickets"?)`},
		"column":      {"read: tickets?select=id,titel", `1:25: column tickets.titel does not exist`},
		"filter":      {"read: tickets?select=id&statu=eq.open", `1:25: column tickets.statu does not exist`},
		"relation":    {"read: tickets?select=id,people(name)", `1:25: Could not find a relationship between 'tickets' and 'people' in the schema cache`},
		"embed":       {"read: tickets?select=id&projects.name=eq.x", `1:25: 'projects' is not an embedded resource in this request`},
		"operator":    {"read: tickets?title=equals.x", `1:21: unexpected "e" expecting "not" or operator (eq, gt, ...), at title=equals.x`},
		"order":       {"read: tickets?order=due.up", `1:24: unexpected '.' expecting "," or end of input, at order=due.up`},
		"argument":    {"args: { title: text }\nread: tickets?title=eq.{titel}", `2:24: unknown argument {titel} (did you mean "title"?)`},
		"part":        {"args: { a: text }\nread: tickets?title=like.*{a}*", `2:27: {a} stands inside of something else`},
		"syntax":      {"args: { a: text }\nread: tickets?title={a}", `2:21: unexpected "{" expecting "not" or operator (eq, gt, ...), at title={a}`},
		"name":        {"args: { a: text }\nread: tickets?{a}=eq.1", `2:15: {a} stands inside of something else`},
		"select":      {"args: { a: text }\nread: tickets?select={a}", `2:22: {a} stands inside of something else`},
		"type":        {"args: { a: bool }\nread: tickets?due=eq.{a}", `2:22: {a} is bool and cannot be compared with date`},
		"list":        {"args: { a: { type: text, list: true } }\nread: tickets?title=eq.{a}", `2:24: {a} is text[] and cannot be compared with text`},
		"no list":     {"args: { a: text }\nread: tickets?labels=cs.{a}", `2:25: {a} is text and cannot be compared with text[]`},
		"list beside": {"args: { a: { type: text, list: true } }\nread: tickets?title=in.(x,{a})", `2:27: {a} is a list and stands beside other elements`},
		"limit":       {"args: { a: text }\nread: tickets?limit={a}", `2:21: {a} is text, limit needs int`},
		"cursor":      {"read: tickets?after=x", `1:15: after is not stored: it belongs to a call`},
		"none":        {"when: true", `1:1: function "f" has none of read, write and value`},
		"two":         {"read: tickets\nvalue: \"1\"", `1:1: function "f" has read and value: it does one thing`},
		"key":         {"reads: tickets", `1:1: unknown key "reads" in a function (did you mean "read"?)`},
		"as":          {"read: tickets\nas: projekt", `2:5: as is caller or project, not "projekt" (did you mean "project"?)`},
		"reserved":    {"args: { limit: int }\nread: tickets", `1:9: "limit" means something else in a call`},
		"default":     {"args: { a: { type: int, default: x } }\nread: tickets", `1:34: default of field "a": invalid input syntax for type bigint: "x"`},
		"when":        {"when: \"args.a == 1\"\nread: tickets", `1:13: unknown argument "a"`},
		"row":         {"when: \"row.id == 1\"\nread: tickets", `1:8: unknown name "row"`},
		"value":       {"value: \"null\"", `1:9: null has no type of its own`},
		"body":        {"args: { a: text }\nwrite: [{ method: POST, path: tickets, body: { nope: \"{a}\" } }]", `2:31: Could not find the 'nope' column of 'tickets' in the schema cache`},
		"body part":   {"args: { a: text }\nwrite: [{ method: POST, path: tickets, body: { title: \"x {a}\" } }]", `2:31: {a} stands inside of something else`},
		"path":        {"write: [{ method: DELETE, path: \"tickets?idd=eq.1\" }]", `1:42: column tickets.idd does not exist`},
		"reference":   {"write: [{ method: POST, path: tickets, body: { title: { \"$ref\": \"0.0.id\" } } }]", `1:31: The reference 0.0.id is not to an earlier step`},
		"method":      {"write: [{ method: GET, path: tickets }]", `1:30: Unsupported HTTP method: GET`},
	} {
		_, problems, text := compile(t, "-- queries/f.yaml --\n"+c.file+"\n")
		var got []string
		for _, p := range problems {
			if p.Severity == schema.Error {
				got = append(got, fmt.Sprintf("%d:%d: %s", p.Pos.Line, p.Pos.Column, p.Message))
			}
		}
		if len(got) == 0 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q\n%s", name, got, c.want, text)
		}
	}
}

func TestEveryMistakeOfAReadIsReported(t *testing.T) {
	t.Parallel()
	_, problems, text := compile(t, `
-- queries/f.yaml --
args: { a: int }
when: "args.b == 1"
read: |
  tickets?select=id,projects(name)
  &titel=eq.x
  &projects.nam=eq.{a}
  &order=id.up
`)
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.Pos.String())
	}
	if got := strings.Join(lines, " "); got != "queries/f.yaml:2:13 queries/f.yaml:5:4 queries/f.yaml:6:13 queries/f.yaml:7:12" {
		t.Errorf("%s\n%s", got, text)
	}
}

func TestResultsAreKnown(t *testing.T) {
	t.Parallel()
	set, problems, text := compile(t, `
-- queries/a_read.yaml --
args: { p: int }
read: "tickets?select=id,status,cost:price,d:due::text,project:projects(name),...projects(owner:name)&project_id=eq.{p}"
-- queries/b_many.yaml --
read: "projects?select=name,tickets(id),n:tickets(count)"
-- queries/c_value.yaml --
args: { a: { type: int, required: true }, b: text }
value: "args.a == 1 && auth.role == 'anon'"
-- queries/d_write.yaml --
write: [{ method: DELETE, path: "tickets?id=eq.1" }]
-- queries/e_maybe.yaml --
args: { b: text }
value: "args.b"
`)
	if problems.Failed() {
		t.Fatal(text)
	}
	var got []string
	for _, f := range set.All() {
		got = append(got, f.Decl.Name+" "+show(f.Result))
	}
	want := []string{
		"a_read tickets(id int, status text[open done], cost decimal(8,2)?, d text?, project one? projects(name text), owner text?)",
		"b_many projects(name text, tickets many tickets(id int), n many tickets(count int))",
		"c_value bool", "d_write steps", "e_maybe text?",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func show(r function.Result) string {
	null := func(n bool) string {
		if n {
			return "?"
		}
		return ""
	}
	switch r := r.(type) {
	case function.Scalar:
		return r.Type.String() + null(r.Nullable)
	case function.Rows:
		var of []string
		for _, c := range r.Columns {
			switch {
			case c.Rows == nil && c.Enum != nil:
				of = append(of, c.Name+" "+c.Type.String()+fmt.Sprint(c.Enum)+null(c.Nullable))
			case c.Rows == nil:
				of = append(of, c.Name+" "+c.Type.String()+null(c.Nullable))
			case c.One:
				of = append(of, c.Name+" one"+null(c.Nullable)+" "+show(*c.Rows))
			default:
				of = append(of, c.Name+" many "+show(*c.Rows))
			}
		}
		return r.Collection.Key + "(" + strings.Join(of, ", ") + ")"
	}
	return "steps"
}

func TestWhoMayBeAllowedToCall(t *testing.T) {
	t.Parallel()
	set, problems, text := compile(t, `
-- queries/all.yaml --
when: true
value: "1"
-- queries/nobody.yaml --
value: "1"
-- queries/never.yaml --
when: false
value: "1"
-- queries/signed_in.yaml --
when: "auth.role == 'authenticated'"
value: "1"
-- queries/with_uid.yaml --
args: { a: int }
when: "auth.uid != null && args.a == 1"
value: "1"
-- queries/by_argument.yaml --
args: { a: int }
when: "args.a == 1 || auth.aal == 'aal2'"
value: "1"
-- queries/not_anon.yaml --
when: "!(auth.role == 'anon')"
value: "1"
`)
	if problems.Failed() {
		t.Fatal(text)
	}
	for role, want := range map[string]string{
		"anon":          "all by_argument",
		"authenticated": "all by_argument not_anon signed_in with_uid",
		"service_role":  "all by_argument never nobody not_anon signed_in with_uid",
	} {
		var got []string
		for _, f := range set.Callable(role) {
			got = append(got, f.Decl.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s may call %v, want %s", role, got, want)
		}
	}
}

// What a function gives is what its caller would be given: a column that is hidden is not named, and a call that fails is not shown.
func TestWhatIsShownOfAFunctionIsWhatItGives(t *testing.T) {
	t.Parallel()
	c, problems := yamlfile.Read(schematest.FS(`
-- notes.yaml --
fields: { id: int, text: text, inner: { type: text, read: "auth.role == 'service_role'" } }
policies: { read: true, create: "auth.role == 'authenticated'" }
-- vault.yaml --
fields: { id: int, note_id: { ref: notes } }
-- queries/all_columns.yaml --
when: true
read: notes
-- queries/renamed.yaml --
when: true
read: "notes?select=shown:inner"
-- queries/filtered.yaml --
args: { inner: text }
when: true
read: "notes?select=id&inner=eq.{inner}"
-- queries/ordered.yaml --
when: true
read: "notes?select=id&order=inner"
-- queries/nested.yaml --
when: true
read: "notes?select=id,vault(id)"
-- queries/locked.yaml --
when: true
read: vault
-- queries/fill.yaml --
args: { id: int }
when: true
write: [{ method: POST, path: vault, body: { id: "{id}" } }]
-- queries/trusted.yaml --
as: project
when: true
read: "notes?select=id,inner"
-- queries/secret.yaml --
read: "notes?select=id"
`))
	if c == nil {
		t.Fatal(problems)
	}
	set, _ := policy.Compile(c)
	all, more := function.Compile(set, admission.Default())
	if more.Failed() {
		t.Fatal(more)
	}
	for role, want := range map[string]string{
		"anon":         "all_columns id text; trusted id inner",
		"service_role": "all_columns id text inner; fill; filtered id; locked id note_id; nested id vault; ordered id; renamed shown; secret id; trusted id inner",
	} {
		var got []string
		for _, f := range all.Shown(set.Reach(role), role) {
			line := f.Decl.Name
			if rows, ok := f.Result.(function.Rows); ok {
				for _, c := range rows.Columns {
					line += " " + c.Name
				}
			}
			got = append(got, line)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s is shown %s\nwant %s", role, strings.Join(got, "; "), want)
		}
	}
}

func TestTrustedFunctionsAreNamed(t *testing.T) {
	t.Parallel()
	_, problems, _ := compile(t, "-- queries/f.yaml --\nas: project\nwhen: true\nread: tickets\n")
	if len(problems) != 1 || problems.Failed() || problems[0].Message != `function "f" acts with the project's rights` {
		t.Errorf("got %v", problems)
	}
}
