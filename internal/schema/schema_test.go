package schema_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
	"pgregory.net/rapid"
)

const team = `
-- people.yaml --
fields: { id: uuid, name: text, chief_id: { ref: people } }
relations: { posts: { from: posts.author_id } }
policies: { read: true }
-- posts.yaml --
fields: { id: uuid, author_id: { ref: people }, editor_id: { ref: people }, title: { type: text, min: 2 } }
policies: { read: true }
-- billing/invoices.yaml --
fields: { id: uuid, payer_id: { ref: people }, owner_id: { ref: auth.users } }
policies: { read: true }
`

func TestAccountsAreThereAndHidden(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, team)
	users, ok := c.Collection("auth", "users")
	if !ok || !users.Internal || users.Key != "auth.users" || users.Index != 0 || c.Collections[0] != users {
		t.Fatalf("%+v", users)
	}
	if diff := cmp.Diff([]string{"public", "billing"}, c.Namespaces); diff != "" {
		t.Error(diff)
	}
	if len(users.Relations) != 1 || users.Relations[0].To.Name != "invoices" {
		t.Errorf("%+v", users.Relations)
	}
	if secrets, ok := c.Collection("auth", "passwords"); !ok || !secrets.Private || len(secrets.Relations) != 0 {
		t.Errorf("%+v", secrets)
	}
	if id := users.PrimaryKey[0]; id.Default.Kind != schema.DefaultUUID || !id.Required {
		t.Error("account ids are not generated")
	}
}

func TestCollectionsAreFoundByNamespaceAndWireName(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, team)
	if col, ok := c.Collection("billing", "invoices"); !ok || col.Key != "billing.invoices" || schema.Flat(col.Space, col.Ident).Name() != "billing.invoices" {
		t.Error("billing.invoices")
	}
	if _, ok := c.Collection("public", "invoices"); ok {
		t.Error("found in the wrong namespace")
	}
	for i, col := range c.Collections {
		if col.Index != i {
			t.Errorf("%s has index %d at %d", col.Key, col.Index, i)
		}
		for j, f := range col.Fields {
			if f.Ordinal != j || f.Collection != col {
				t.Errorf("%s.%s has ordinal %d at %d", col.Key, f.Key, f.Ordinal, j)
			}
		}
	}
}

// A declared relation takes its name; a derived to-one goes before what refers here.
func TestRelationNamesAreRanked(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, team)
	people := schematest.Collection(t, c, "people")
	posts := people.RelationsNamed("posts")
	if len(posts) != 1 || !posts[0].Declared || posts[0].FK.Name != "posts_author_id_fkey" {
		t.Errorf("posts: %d relations", len(posts))
	}
	if chief := people.RelationsNamed("chief"); len(chief) != 1 || !chief[0].ToOne() || !chief[0].Forward {
		t.Error("chief is not the to-one side")
	}
	if back := people.RelationsNamed("people"); len(back) != 1 || back[0].ToOne() || back[0].Forward {
		t.Error("people is not the to-many side")
	}
	if len(people.RelationsNamed("nobody")) != 0 {
		t.Error("found nobody")
	}
}

func TestTwoReferencesMakeTheDerivedNameAmbiguous(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, strings.Replace(team, "relations: { posts: { from: posts.author_id } }\n", "", 1))
	if n := len(schematest.Collection(t, c, "people").RelationsNamed("posts")); n != 2 {
		t.Errorf("%d relations", n)
	}
}

func TestEqualMeaningHasEqualVersion(t *testing.T) {
	t.Parallel()
	a := schematest.MustRead(t, team)
	moved := schematest.MustRead(t, strings.ReplaceAll(team, "policies: { read: true }", "# moved\n\npolicies: { read:   true }"))
	if a.Version != moved.Version || len(a.Version) != 64 {
		t.Error("layout changes the version")
	}
}

// Whatever changes the meaning changes the version, so that no plan outlives it.
func TestEveryChangeOfMeaningChangesTheVersion(t *testing.T) {
	t.Parallel()
	seen := map[string]string{schematest.MustRead(t, team).Version: "nothing"}
	for _, edit := range [][2]string{
		{"name: text", "name: bytes"}, {"name: text", "name: { type: text, required: true }"}, {"name: text", "name: { type: text, list: true }"},
		{"name: text", "name: { type: text, default: x }"}, {"name: text", "name: { type: text, default: now }"},
		{"name: text", "name: { type: text, read: never }"}, {"name: text", "name: { type: text, write: never }"},
		{"name: text", "name: { type: text, max: 3 }"}, {"name: text", "name: { enum: [a] }"}, {"name: text", "name: { type: text, unique: true }"},
		{"name: text", "name: { type: text, name: Name }"}, {"name: text", "name: { type: text, was: nom }"},
		{"chief_id: { ref: people }", "chief_id: { ref: people, on_delete: set_null }"},
		{"min: 2", "min: 3"}, {"relations: { posts:", "relations: { works:"}, {"relations: { posts: { from: posts.author_id", "relations: { posts: { from: posts.editor_id"},
		{"policies: { read: true }", "policies: { read: 'false' }"}, {"policies: { read: true }", "policies: { read: true }\nrealtime: true"},
		{"policies: { read: true }", "policies: { read: true }\nsearch: [name]"}, {"policies: { read: true }", "policies: { read: true }\nindexes: [[name]]"},
		{"policies: { read: true }", "policies: { read: true }\nindexes: [[-name]]"}, {"policies: { read: true }", "policies: { read: true }\ncheck: { a: 'true' }"},
		{"policies: { read: true }", "policies: { read: true }\ncomputed: { a: { type: int, expr: '1' } }"},
		{"policies: { read: true }", "policies: { read: true }\ncomputed: { a: { type: int, expr: '1', trusted: true } }"},
		{"policies: { read: true }", "policies: { read: true }\ndescription: people"},
	} {
		v := schematest.MustRead(t, strings.Replace(team, edit[0], edit[1], 1)).Version
		if same, ok := seen[v]; ok {
			t.Errorf("%s and %s have one version", edit[1], same)
		}
		seen[v] = edit[1]
	}
}

func TestTheDeclarationIsJSONAndStable(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, team)
	raw := schema.MarshalDeclaration(c)
	var doc struct {
		Format      int
		Collections []struct {
			Key    string
			Fields []struct{ Key, Kind string }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Format != 1 || doc.Collections[0].Key != "auth.users" || doc.Collections[len(doc.Collections)-3].Key != "people" || doc.Collections[len(doc.Collections)-3].Fields[1].Kind != "text" {
		t.Errorf("%s", raw)
	}
	if !bytes.Equal(raw, schema.MarshalDeclaration(c)) {
		t.Error("two runs differ")
	}
}

func TestViolationsComeTogetherAndInOrder(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, `
-- t.yaml --
fields:
  id: uuid
  code: { type: text, required: true, min: 2, max: 3, pattern: "^[a-z]+$", format: slug }
  state: { enum: [open, done] }
  n: { type: int, min: -5, max: 5 }
  price: { type: decimal, precision: 6, scale: 2, max: 10 }
  due: { type: date, min: 2020-01-01 }
  raw: { type: bytes, max: 2 }
  tags: { type: text, list: true, max: 2, pattern: "^.$" }
  mail: { type: text, format: email }
  site: { type: text, format: url }
policies: { read: true }
`)
	col := schematest.Collection(t, c, "t")
	for _, tc := range []struct{ field, text, want string }{
		{"code", "ab", ""}, {"code", "äö", "pattern format"}, {"code", "A", "min pattern format"}, {"code", "ABCD", "max pattern format"},
		{"state", "open", ""}, {"state", "closed", "enum"}, {"n", "-5", ""}, {"n", "-6", "min"}, {"n", "6", "max"},
		{"price", "10.00", ""}, {"price", "10.01", "max"}, {"due", "2020-01-01", ""}, {"due", "2019-12-31", "min"},
		{"raw", "aGk=", ""}, {"raw", "aGlp", "max"}, {"tags", "{a,b}", ""}, {"tags", "{a,b,c}", "max"}, {"tags", "{a,bc,cd}", "max pattern"},
		{"mail", "a@b.test", ""}, {"mail", "Ann <a@b.test>", "format"}, {"mail", "a", "format"},
		{"site", "https://a.test/x?y", ""}, {"site", "javascript:alert(1)", "format"}, {"site", "https://", "format"}, {"site", "//a.test", "format"},
	} {
		f, _ := col.Field(tc.field)
		v, err := value.Parse(f.Type, tc.text)
		if err != nil {
			t.Fatal(err)
		}
		var rules []string
		for _, broken := range schema.CheckValue(f, v) {
			rules = append(rules, broken.Rule)
			if broken.Column != tc.field || broken.Limit == nil {
				t.Errorf("%s: %+v", tc.field, broken)
			}
		}
		if got := strings.Join(rules, " "); got != tc.want {
			t.Errorf("%s = %s: broken %q, want %q", tc.field, tc.text, got, tc.want)
		}
	}
	code, _ := col.Field("code")
	state, _ := col.Field("state")
	if got := schema.CheckValue(code, value.Value{}); len(got) != 1 || got[0].Rule != "required" {
		t.Errorf("NULL in a required field: %v", got)
	}
	if got := schema.CheckValue(state, value.Value{}); len(got) != 0 {
		t.Errorf("NULL in an optional enum: %v", got)
	}
}

func TestDerivedNamesFitAndStayApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zé€]{20,60}`)
		name, b := word.Draw(t, "name"), word.Draw(t, "tail")
		one := schema.Derive(schema.ForSearch, identOf(t, name), identOf(t, b))
		two := schema.Derive(schema.ForRebuild, identOf(t, name), identOf(t, b))
		for _, id := range []schema.Ident{one, two} {
			if len(id.Name()) > 63 || !utf8.ValidString(id.Name()) || id.Name()[0] != '_' {
				t.Fatalf("%q", id.Name())
			}
		}
		if one == two || one != schema.Derive(schema.ForSearch, identOf(t, name), identOf(t, b)) {
			t.Fatal("not one to one")
		}
	})
}

// identOf makes an identifier the only way there is: through a catalogue.
func identOf(t *rapid.T, name string) schema.Ident {
	word := func(s string) schema.Word { return schema.Word{Text: s} }
	for len(name) > 63 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	c, problems := schema.Resolve(schema.Spec{Collections: []schema.CollectionSpec{{Key: word("x"), Name: word(name),
		Fields: []schema.FieldSpec{{Key: word("id"), Type: word("uuid")}}}}})
	if c == nil {
		t.Fatal(problems)
	}
	return c.Collections[1].Ident
}

func TestSuggestionsAreNearOrNone(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"project": "projects", "stauts": "status", "sttaus": "status", "titel": "title", "xyz": "", "": "", "status": ""} {
		if got := schema.Suggest(word, []string{"projects", "status", "title", "a_very_long_name"}); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestAggregatesHaveTheirTypes(t *testing.T) {
	t.Parallel()
	dec := func(p, s uint8) value.Type { return value.Type{Kind: value.Decimal, Precision: p, Scale: s} }
	of := func(k value.Kind) value.Type { return value.Type{Kind: k} }
	for _, tc := range []struct {
		agg      string
		from, to value.Type
		ok       bool
	}{
		{"count", of(value.JSON), of(value.Int), true}, {"sum", of(value.Int), dec(0, 0), true}, {"sum", dec(8, 2), dec(0, 2), true},
		{"avg", of(value.Int), dec(0, 6), true}, {"avg", dec(8, 2), dec(0, 8), true}, {"avg", of(value.Float), of(value.Float), true},
		{"sum", of(value.Float), of(value.Float), true}, {"min", of(value.Text), of(value.Text), true}, {"max", dec(8, 2), dec(8, 2), true},
		{"sum", of(value.Text), value.Type{}, false}, {"avg", of(value.Date), value.Type{}, false},
		{"sum", value.Type{Kind: value.Int, List: true}, value.Type{}, false}, {"median", of(value.Int), value.Type{}, false},
	} {
		got, ok := schema.AggregateType(tc.agg, tc.from)
		if ok != tc.ok || ok && got != tc.to {
			t.Errorf("%s of %+v: %+v %v", tc.agg, tc.from, got, ok)
		}
	}
	if _, ok := schema.AggregateType("min", of(value.JSON)); ok {
		t.Error("min of json exists")
	}
}
