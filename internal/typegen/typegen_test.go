package typegen_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
	"github.com/socle-hq/socle/internal/typegen"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// roles are whom types are written for.
var roles = map[string][]string{
	"users": {policy.Anon, policy.Authenticated}, "anon": {policy.Anon}, "authenticated": {policy.Authenticated}, "service_role": {policy.ServiceRole},
}

func project(t *testing.T, dir string) *policy.Set {
	t.Helper()
	c, problems := yamlfile.Read(os.DirFS(dir))
	if problems.Failed() {
		t.Fatal(problems)
	}
	return compiled(t, c)
}

func compiled(t *testing.T, c *schema.Catalog) *policy.Set {
	t.Helper()
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

func types(set *policy.Set, role string) string {
	view := set.Reach(roles[role]...)
	all, _ := function.Compile(set, rest.Limits{})
	return typegen.TypeScript(typegen.Source{View: view, For: role, Functions: all.Shown(view, roles[role]...)})
}

func TestARichProjectIsWrittenAsItStands(t *testing.T) {
	t.Parallel()
	got := types(project(t, "testdata/shop"), "users")
	file := filepath.Join("testdata", "shop.ts")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("with -update the file is rewritten; (-want +got):\n%s", diff)
	}
}

func TestEqualProjectsGiveEqualText(t *testing.T) {
	t.Parallel()
	for range 20 {
		a, b := types(project(t, "testdata/shop"), "service_role"), types(project(t, "testdata/shop"), "service_role")
		if a != b {
			t.Fatal(cmp.Diff(a, b))
		}
	}
}

// member is a line of a type: its name as written, whether it may be left out, its type.
var member = regexp.MustCompile(`^ +("(?:[^"\\]|\\.)*"|[A-Za-z_$][\w$]*)(\??): (.+)$`)

// body finds the members of one part (Row, Insert, Update) of a collection.
func body(t *testing.T, text string, c *schema.Collection, part string) map[string][2]string {
	t.Helper()
	_, text, ok := strings.Cut(text, "\n  "+name(c.Namespace)+": {\n")
	if ok {
		_, text, ok = strings.Cut(text, "\n      "+name(c.Name)+": {\n")
	}
	if ok {
		_, text, ok = strings.Cut(text, "        "+part+": {\n")
	}
	if !ok {
		t.Fatalf("no %s of %s", part, c.Name)
	}
	text, _, _ = strings.Cut(text, "\n        }\n")
	out := map[string][2]string{}
	for line := range strings.Lines(text) {
		if m := member.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			out[m[1]] = [2]string{m[2], m[3]}
		}
	}
	return out
}

func name(s string) string {
	if regexp.MustCompile(`^[A-Za-z_]\w*$`).MatchString(s) {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// Every field of every collection, for every role: it is in the row where it can be read, with null unless it always holds a
// value the reader may see; a body may leave out what is filled in, and may not hold what is not to be written.
func TestTheTypesAgreeWithTheCatalogueAboutNull(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"testdata/shop", "../../examples/team", "../../examples/atlas"} {
		set := project(t, dir)
		for role, of := range roles {
			t.Run(filepath.Base(dir)+" "+role, func(t *testing.T) {
				t.Parallel()
				text, view := types(set, role), set.Reach(of...)
				for _, c := range set.Catalog().Collections {
					if cv, ok := view.Of(c); ok {
						agree(t, text, cv)
					}
				}
			})
		}
	}
}

func agree(t *testing.T, text string, cv *schema.CollectionView) {
	t.Helper()
	c := cv.Collection
	row := body(t, text, c, "Row")
	for _, f := range c.Fields {
		got, there := row[name(f.Name)]
		if there != cv.CanRead(f) {
			t.Errorf("%s.%s: in the row: %t", c.Name, f.Name, there)
		}
		sure := f.Required && f.Computed == nil && !cv.IsMasked(f)
		if there && strings.HasSuffix(got[1], " | null") == sure {
			t.Errorf("%s.%s: required %t, but %s", c.Name, f.Name, sure, got[1])
		}
	}
	if c.View != nil {
		return
	}
	insert, update := body(t, text, c, "Insert"), body(t, text, c, "Update")
	for _, f := range c.Fields {
		in, inserted := insert[name(f.Name)]
		up, updated := update[name(f.Name)]
		known := cv.CanRead(f) || cv.CanWrite(f)
		if inserted != known || updated != known {
			t.Errorf("%s.%s: inserted %t, updated %t", c.Name, f.Name, inserted, updated)
		}
		if !known {
			continue
		}
		if never := !cv.CanWrite(f); never != (in[1] == "never") || never != (up[1] == "never") {
			t.Errorf("%s.%s: %s, %s", c.Name, f.Name, in[1], up[1])
		}
		must := cv.CanWrite(f) && f.Required && !f.Identity && f.Default.Kind == schema.NoDefault
		if must != (in[0] == "") || up[0] != "?" {
			t.Errorf("%s.%s: insert%s, update%s, required %t", c.Name, f.Name, in[0], up[0], must)
		}
		if cv.CanWrite(f) && f.Required == strings.HasSuffix(in[1], " | null") {
			t.Errorf("%s.%s: required %t, but %s", c.Name, f.Name, f.Required, in[1])
		}
	}
}

func TestWhatARoleCannotSeeIsNotInItsTypes(t *testing.T) {
	t.Parallel()
	set := project(t, "testdata/shop")
	for _, c := range []struct {
		text string
		who  string // the roles that have it
	}{
		{"ledger", "service_role"},
		{"bank", "service_role"},
		{"ledger_side", "service_role"},
		{"audit", "service_role"},
		{"twice", "anon authenticated service_role users"},
		{"rating", "authenticated service_role users"}, // by a claim
		{"email", "anon authenticated service_role users"},
		{"_version", ""},
		{"auth_users", ""},
		{"auth.users", ""},
	} {
		for role := range roles {
			has := strings.Contains(types(set, role), c.text)
			if want := strings.Contains(" "+c.who+" ", " "+role+" "); has != want {
				t.Errorf("%s for %s: %t", c.text, role, has)
			}
		}
	}
}

func TestCommentsCannotBeLeft(t *testing.T) {
	t.Parallel()
	set := compiled(t, schematest.MustRead(t, `
-- a.yaml --
description: "*/ export const evil = 1 /* *//*/ \r\n\r\n second */"
fields: { id: int, b: { type: text, name: "*/ evil", description: "*/*/" } }
policies: { read: true }
`))
	got := types(set, "users")
	for _, line := range strings.Split(got, "\n") {
		if i := strings.Index(line, "*/"); i >= 0 && strings.TrimSpace(line[i+2:]) != "" && !strings.Contains(line[:i], `"`) {
			t.Errorf("a comment ends early: %s", line)
		}
	}
	if !strings.Contains(got, `"*/ evil": string | null`) || !strings.Contains(got, " * second *\\/\n") {
		t.Error(got)
	}
}

func TestEnumsOfOneNameAreKeptApart(t *testing.T) {
	t.Parallel()
	set := compiled(t, schematest.MustRead(t, `
-- a.yaml --
fields: { id: int, b_c: { enum: [x] } }
policies: { read: true }
-- a_b.yaml --
fields: { id: int, c: { enum: [y] } }
policies: { read: true }
`))
	got := types(set, "users")
	for _, want := range []string{
		`b_c: Database["public"]["Enums"]["a_b_c"] | null`, `c: Database["public"]["Enums"]["a_b_c_2"] | null`, `a_b_c: "x"`, `a_b_c_2: "y"`,
		`a_b_c_2: ["y"],`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestAProjectWithoutCollectionsHasTypes(t *testing.T) {
	t.Parallel()
	got := types(compiled(t, schematest.MustRead(t, "")), "users")
	if !strings.Contains(got, "    Tables: {\n      [_ in never]: never\n    }\n") || !strings.Contains(got, "    Enums: {},\n") {
		t.Error(got)
	}
}

func TestNamespacesGoByTheirNamesOnTheWire(t *testing.T) {
	t.Parallel()
	spec, problems := yamlfile.Load(schematest.FS(`
-- a.yaml --
fields: { id: uuid, kind: { enum: [x] } }
policies: { read: true }
-- billing/b.yaml --
fields: { id: uuid, kind: { enum: [y] } }
policies: { read: true }
`))
	if problems.Failed() {
		t.Fatal(problems)
	}
	for key, name := range map[string]string{"public": "shop", "billing": `The "Bills"`} {
		spec.Namespaces = append(spec.Namespaces, schema.NamespaceSpec{Key: schema.Word{Text: key}, Name: schema.Word{Text: name}})
	}
	c, problems := schema.Resolve(spec)
	if c == nil {
		t.Fatal(problems)
	}
	got := types(compiled(t, c), "anon")
	for _, want := range []string{"\n  shop: {\n    Tables: {\n      a: {", "\n  \"The \\\"Bills\\\"\": {\n    Tables: {\n      b: {",
		"\n  \"The \\\"Bills\\\"\": {\n    Enums: {\n      b_kind: [\"y\"]", `"shop"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, line := range strings.Split(got, "\n") {
		if strings.Contains(line, "public") || strings.Contains(line, "billing") {
			t.Errorf("a folder's name is left: %s", line)
		}
	}
}
