package cel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

// project has every shape of field and relation an expression can meet.
const project = `
-- users.yaml --
fields:
  id: uuid
  email: text
-- projects.yaml --
fields:
  id: uuid
  name: { type: text, required: true }
  owner_id: { ref: users }
  lead: { ref: users }
  budget: { type: decimal, precision: 10, scale: 2 }
-- members.yaml --
fields:
  project_id: { ref: projects, required: true }
  user_id: { ref: users, required: true }
  role: { enum: [guest, editor, owner], required: true }
primary_key: [project_id, user_id]
junction: false
-- tickets.yaml --
fields:
  id: uuid
  project_id: { ref: projects, required: true }
  parent_id: { ref: tickets }
  title: { type: text, required: true, name: Title }
  status: { enum: [open, doing, done] }
  author_id: { ref: users }
  reviewer_id: { ref: users }
  estimate: { type: decimal, precision: 8, scale: 2 }
  points: int
  ratio: float
  private: bool
  labels: { type: text, list: true }
  moods: { enum: [calm, hasty], list: true }
  numbers: { type: int, list: true }
  amounts: { type: decimal, precision: 8, scale: 2, list: true }
  meta: json
  blob: bytes
  due: date
  created_at: timestamp
relations:
  children: { from: tickets.parent_id }
computed:
  is_late: { type: bool, expr: "row.due < today() && row.status != 'done'" }
  is_mine: { type: bool, expr: "row.author_id == auth.uid" }
  worry:   { type: int, expr: "row.is_late ? row.points : 0" }
-- board.yaml --
view:
  from: tickets
  fields: { id: id, title: title }
policies:
  read: "true"
`

func scope(t testing.TB, c *schema.Catalog) cel.Scope {
	t.Helper()
	tickets := schematest.Collection(t, c, "tickets")
	return cel.Scope{
		Row:  &ir.Row{Collection: tickets, Label: "row"},
		Old:  &ir.Row{Collection: tickets, Label: "old"},
		Want: value.Type{Kind: value.Bool},
	}
}

func source(text string) schema.Source {
	return schema.Source{Text: text, Pos: schema.Pos{File: "t.yaml", Line: 3, Column: 10}}
}

func TestExpressionsMean(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	compiler := cel.New(catalog)
	for _, c := range []struct{ name, text, want string }{
		{"a bare boolean column is a policy", `row.private`, `tickets#0.private`},
		{"so is a constant", `true`, `true`},
		{"and or not", `row.private && !row.private || auth.is_anonymous`, `(or (and tickets#0.private (not tickets#0.private)) auth.is_anonymous)`},
		{"a chain of && is one node", `row.private && true && false`, `(and tickets#0.private true false)`},
		{"equality with an actor is plain", `row.author_id == auth.uid`, `(= tickets#0.author_id auth.uid)`},
		{"null is tested", `row.due == null`, `(is-null tickets#0.due)`},
		{"null may stand left", `null != row.due`, `(not (is-null tickets#0.due))`},
		{"has is != null", `has(row.due)`, `(not (is-null tickets#0.due))`},
		{"an actor's value is tested for null", `auth.email == null`, `(is-null auth.email)`},
		{"old and row of one field compare null-safe", `row.project_id == old.project_id`, `(same tickets#0.project_id tickets#1.project_id)`},
		{"in either order and negated", `old.due != row.due`, `(distinct tickets#0.due tickets#1.due)`},
		{"even where the type has no order", `row.meta == old.meta`, `(same tickets#0.meta tickets#1.meta)`},
		{"different fields of old and row do not", `row.author_id == old.reviewer_id`, `(= tickets#0.author_id tickets#1.reviewer_id)`},
		{"int compares with decimal", `row.points <= row.estimate`, `(<= tickets#0.points tickets#0.estimate)`},
		{"a decimal literal is exact", `row.estimate > 0.1000`, `(> tickets#0.estimate 0.1000:decimal)`},
		{"an int literal meets a decimal", `row.estimate > -3`, `(> tickets#0.estimate -3:decimal)`},
		{"a literal meets a float", `row.ratio >= 1.5 && 2 > row.ratio`, `(and (>= tickets#0.ratio 1.5:float) (> 2:float tickets#0.ratio))`},
		{"an int meets a fraction exactly", `row.points > 1.5`, `(> tickets#0.points 1.5:decimal)`},
		{"hexadecimal", `row.points == 0x1F`, `(= tickets#0.points 31:int)`},
		{"an enum takes its values", `row.status != "done"`, `(<> tickets#0.status "done":text)`},
		{"uuid text is lower-cased", `row.id == '018F4A3E-7C1D-7A52-9B7E-0123456789AB'`, `(= tickets#0.id "018f4a3e-7c1d-7a52-9b7e-0123456789ab":uuid)`},
		{"a date is read", `row.due < "2026-03-31"`, `(< tickets#0.due "2026-03-31":date)`},
		{"a timestamp is read", `row.created_at < '2026-03-31T10:00:00+02:00'`, `(< tickets#0.created_at "2026-03-31T08:00:00+00:00":timestamp)`},
		{"a claim takes the other type", `auth.claims.level >= row.points`, `(>= auth.claims."level":int tickets#0.points)`},
		{"a claim of any precision", `row.estimate < auth.claims.max`, `(< tickets#0.estimate auth.claims."max":decimal)`},
		{"a claim meets a literal", `auth.claims.org.plan == 'pro'`, `(= auth.claims."org"."plan":text "pro":text)`},
		{"a claim named by brackets", `auth.claims["org-id"] == row.project_id`, `(= auth.claims."org-id":uuid tickets#0.project_id)`},
		{"a claim alone is a condition", `auth.claims.admin`, `auth.claims."admin":bool`},
		{"a claim is tested for null", `auth.claims.x != null`, `(not (is-null auth.claims."x":json))`},
		{"a converted claim has a type", `size(text(auth.claims.x)) > 1`, `(> (length auth.claims."x":text) 1:int)`},
		{"membership in a literal list", `row.status in ['open', 'doing']`, `(=any tickets#0.status ["open","doing"]:text[])`},
		{"membership of a uuid", `row.id in ['018F4A3E-7C1D-7A52-9B7E-0123456789AB']`, `(=any tickets#0.id ["018f4a3e-7c1d-7a52-9b7e-0123456789ab"]:uuid[])`},
		{"membership of a decimal", `row.estimate in [1, 2.50]`, `(=any tickets#0.estimate [1,2.5]:decimal[])`},
		{"an int in fractions compares one by one", `row.points in [1, 2.5]`, `(or (= tickets#0.points 1:int) (= tickets#0.points 2.5:decimal))`},
		{"a list of expressions is a disjunction", `auth.uid in [row.author_id, row.reviewer_id]`, `(or (= auth.uid tickets#0.author_id) (= auth.uid tickets#0.reviewer_id))`},
		{"membership in a list field", `'red' in row.labels`, `(=any "red":text tickets#0.labels)`},
		{"an int in a decimal list", `row.points in row.amounts`, `(=any (to-decimal tickets#0.points) tickets#0.amounts)`},
		{"membership in a claim", `row.project_id in auth.claims.teams`, `(=any tickets#0.project_id auth.claims."teams":uuid[])`},
		{"a literal in a claim", `'x' in auth.claims.teams`, `(=any "x":text auth.claims."teams":text[])`},
		{"a claim in a literal list", `auth.claims.plan in ['pro']`, `(=any auth.claims."plan":text ["pro"]:text[])`},
		{"lists are equal", `row.labels == ['a', 'b']`, `(= tickets#0.labels ["a","b"]:text[])`},
		{"to-one", `row.project.owner_id == auth.uid`, `(= (through tickets#0>tickets_project_id_fkey projects#1 projects#1.owner_id) auth.uid)`},
		{"to-one twice", `row.project.owner.email == "a"`, `(= (through tickets#0>tickets_project_id_fkey projects#1 (through projects#1>projects_owner_id_fkey users#2 users#2.email)) "a":text)`},
		{"a field that shares its name with a relation is the field", `row.project.lead == auth.uid`, `(= (through tickets#0>tickets_project_id_fkey projects#1 projects#1.lead) auth.uid)`},
		{"until a dot follows", `row.project.lead.email == 'a'`, `(= (through tickets#0>tickets_project_id_fkey projects#1 (through projects#1>projects_lead_fkey users#2 users#2.email)) "a":text)`},
		{"to itself", `row.parent.parent.private`, `(through tickets#0>tickets_parent_id_fkey tickets#1 (through tickets#1>tickets_parent_id_fkey tickets#2 tickets#2.private))`},
		{"no related row", `row.parent == null`, `(not (exists tickets#0>tickets_parent_id_fkey tickets#1 true))`},
		{"a related row", `row.parent.parent != null`, `(exists tickets#0>tickets_parent_id_fkey>tickets_parent_id_fkey tickets#1 true)`},
		{"has of a relation", `has(row.parent)`, `(exists tickets#0>tickets_parent_id_fkey tickets#1 true)`},
		{"exists", `row.project.members.exists(m, m.user_id == auth.uid && m.role != 'guest')`, `(exists tickets#0>tickets_project_id_fkey<members_project_id_fkey members#1 (and (= members#1.user_id auth.uid) (<> members#1.role "guest":text)))`},
		{"all", `row.children.all(c, c.status == 'done')`, `(every tickets#0<tickets_parent_id_fkey tickets#1 (= tickets#1.status "done":text))`},
		{"nested, over both rows", `row.children.exists(c, c.children.exists(d, d.points > c.points && d.points > row.points))`, `(exists tickets#0<tickets_parent_id_fkey tickets#1 (exists tickets#1<tickets_parent_id_fkey tickets#2 (and (> tickets#2.points tickets#1.points) (> tickets#2.points tickets#0.points))))`},
		{"size of a relation", `row.children.size() > 2`, `(> (size tickets#0<tickets_parent_id_fkey) 2:int)`},
		{"size beyond a to-one", `size(row.project.members) == 1`, `(= (through tickets#0>tickets_project_id_fkey projects#1 (size projects#1<members_project_id_fkey)) 1:int)`},
		{"size within a quantifier", `row.children.exists(c, c.children.size() == 0)`, `(exists tickets#0<tickets_parent_id_fkey tickets#1 (= (size tickets#1<tickets_parent_id_fkey) 0:int))`},
		{"size of text", `row.title.size() < 5`, `(< (length tickets#0.title) 5:int)`},
		{"size of a list", `size(row.labels) < 5`, `(< (length tickets#0.labels) 5:int)`},
		{"elements of a list", `row.labels.exists(l, l.startsWith("a"))`, `(list-any tickets#0.labels $e0 (starts-with $e0 "a":text))`},
		{"every element, with its enum", `row.moods.all(m, m == 'calm')`, `(list-all tickets#0.moods $e0 (= $e0 "calm":text))`},
		{"text tests", `row.title.endsWith(row.status) || row.title.contains('x')`, `(or (ends-with tickets#0.title tickets#0.status) (has-text tickets#0.title "x":text))`},
		{"a pattern", `row.title.matches('^[a-z]{2,8}$')`, `(match tickets#0.title "^[a-z]{2,8}$":text)`},
		{"arithmetic", `row.points * 2 + 1 > row.points % 3`, `(> (+ (* tickets#0.points 2:int) 1:int) (% tickets#0.points 3:int))`},
		{"arithmetic of a decimal", `row.estimate * 1.5 < 10`, `(< (* tickets#0.estimate 1.5:decimal) 10:decimal)`},
		{"arithmetic of a float", `row.ratio / 2 < 1`, `(< (/ tickets#0.ratio 2:float) 1:float)`},
		{"negation", `-row.points < -1`, `(< (neg tickets#0.points) -1:int)`},
		{"time", `row.created_at + duration("1h30m") > now()`, `(> (+ tickets#0.created_at "1h30m0s":duration) now)`},
		{"a span", `now() - row.created_at < duration('36h')`, `(< (- now tickets#0.created_at) "36h0m0s":duration)`},
		{"conversions", `date(row.created_at) == today() && timestamp(row.due) < now()`, `(and (= (to-date tickets#0.created_at) today) (< (to-timestamp tickets#0.due) now))`},
		{"number conversions", `float(row.points) < row.ratio && int(row.estimate) == 1 && decimal(row.ratio) > 0.5`, `(and (< (to-float tickets#0.points) tickets#0.ratio) (= (to-int tickets#0.estimate) 1:int) (> (to-decimal tickets#0.ratio) 0.5:decimal))`},
		{"a converted literal is constant", `timestamp("2026-01-01") < now() && date('2026-01-01') < today()`, `(and (< "2026-01-01T00:00:00+00:00":timestamp now) (< "2026-01-01":date today))`},
		{"text of a uuid", `text(row.id) == row.title`, `(= (to-text tickets#0.id) tickets#0.title)`},
		{"text is joined", `row.title + '!' == 'x!'`, `(= (+ tickets#0.title "!":text) "x!":text)`},
		{"a condition chooses", `(row.private ? row.points : 0) > 1`, `(> (if tickets#0.private tickets#0.points 0:int) 1:int)`},
		{"branches widen", `(row.private ? row.points : row.estimate) > 1`, `(> (if tickets#0.private (to-decimal tickets#0.points) (to-decimal tickets#0.estimate)) 1:decimal)`},
		{"a branch may be null", `(row.private ? null : row.due) == null`, `(is-null (if tickets#0.private null tickets#0.due))`},
		{"bytes", `row.blob == 'AQI='`, `(= tickets#0.blob "AQI=":bytes)`},
		{"a computed field is what it computes", `row.worry > 1`, `(> (if (and (< tickets#0.due today) (<> tickets#0.status "done":text)) tickets#0.points 0:int) 1:int)`},
		{"over the row it is read from", `row.parent.is_late`, `(through tickets#0>tickets_parent_id_fkey tickets#1 (and (< tickets#1.due today) (<> tickets#1.status "done":text)))`},
		{"and compares null-safe with its old self", `row.is_mine == old.is_mine`, `(same (= tickets#0.author_id auth.uid) (= tickets#1.author_id auth.uid))`},
		{"comments and lines", "row.private && // why\n  row.due != null", `(and tickets#0.private (not (is-null tickets#0.due)))`},
		{"a sign apart from its digits", "row.estimate > - // 5\n 1.25", `(> tickets#0.estimate -1.25:decimal)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, problems := compiler.Compile(source(c.text), scope(t, catalog))
			if len(problems) > 0 {
				t.Fatalf("%s\n%s", c.text, schema.Problems(problems))
			}
			if got := ir.PrintExpr(e); got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
			}
		})
	}
}

func TestResultsHaveTheWantedType(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	money := value.Type{Kind: value.Decimal, Precision: 8, Scale: 2}
	for _, c := range []struct {
		text string
		want value.Type
		out  string
	}{
		{`row.points`, value.Type{Kind: value.Int}, `tickets#0.points`},
		{`row.points`, money, `(to-decimal(8,2) tickets#0.points)`},
		{`row.estimate`, money, `tickets#0.estimate`},
		{`row.estimate * row.points`, money, `(to-decimal(8,2) (* tickets#0.estimate tickets#0.points))`},
		{`1`, money, `(to-decimal(8,2) 1:decimal)`},
		{`1`, value.Type{Kind: value.Float}, `1:float`},
		{`null`, value.Type{Kind: value.Date}, `null`},
		{`'2026-01-01'`, value.Type{Kind: value.Date}, `"2026-01-01":date`},
		{`auth.claims.x`, value.Type{Kind: value.Text}, `auth.claims."x":text`},
		{`['a']`, value.Type{Kind: value.Text, List: true}, `["a"]:text[]`},
		{`row.title`, value.Type{Kind: value.Int}, `t.yaml:3:10: the expression gives text, int is wanted`},
		{`row.estimate`, value.Type{Kind: value.Int}, `t.yaml:3:10: the expression gives decimal(8,2), int is wanted`},
		{`row.project`, value.Type{Kind: value.Int}, `t.yaml:3:10: "project" is a row, not a value`},
	} {
		s := scope(t, catalog)
		s.Want = c.want
		e, problems := cel.New(catalog).Compile(source(c.text), s)
		got := schema.Problems(problems).String()
		if e != nil {
			got = ir.PrintExpr(e)
		}
		if got != c.out {
			t.Errorf("%s as %s\n got %s\nwant %s", c.text, c.want, got, c.out)
		}
	}
}

func TestDeepAndLongExpressionsAreRefused(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	compile := func(text string) string {
		_, problems := cel.New(catalog).Compile(source(text), scope(t, catalog))
		return schema.Problems(problems).String()
	}
	deep := "the expression nests deeper than 64 levels"
	for name, text := range map[string]string{
		"sums":         "row.points" + strings.Repeat(" + 1", 80) + " > 1",
		"many sums":    "row.points" + strings.Repeat(" + 1", 1000) + " > 1",
		"parentheses":  strings.Repeat("(", 1000) + "true" + strings.Repeat(")", 1000),
		"a long walk":  "row" + strings.Repeat(".parent", 100) + ".private",
		"conditionals": strings.Repeat("row.private ? true : ", 100) + "true",
	} {
		if got := compile(text); !strings.Contains(got, deep) || strings.Contains(got, "\n") {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got := compile(strings.Repeat("true && ", 1100) + "true"); got != "t.yaml:3:10: the expression is longer than 8192 bytes" {
		t.Errorf("got %q", got)
	}
	if got := compile(strings.Repeat("row.private && ", 500) + "true"); got != "" {
		t.Errorf("a wide expression is refused: %q", got)
	}
}

func TestComputedFieldsStayColumnsWhereTheActorsRightsCount(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	s := scope(t, catalog)
	s.Untrusted = true
	e, problems := cel.New(catalog).Compile(source(`row.is_late || row.parent.worry > 1`), s)
	if len(problems) > 0 {
		t.Fatal(schema.Problems(problems))
	}
	want := `(or tickets#0.is_late (> (through tickets#0>tickets_parent_id_fkey tickets#1 tickets#1.worry) 1:int))`
	if got := ir.PrintExpr(e); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestComputedFieldsCannotGrowWithoutBound(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder
	for i := 1; i <= 7; i++ {
		fmt.Fprintf(&doubling, "  d%d: { type: int, expr: %q }\n", i, strings.Repeat(fmt.Sprintf("row.d%d + ", i-1), 60)+"0")
	}
	catalog := schematest.MustRead(t, `
-- items.yaml --
fields: { id: uuid, d0: int, c0: bool }
computed:
  self: { type: bool, expr: "!row.self" }
  ping: { type: bool, expr: "row.pong" }
  pong: { type: bool, expr: "row.ping" }
  sick: { type: bool, expr: "row.nope" }
`+chain(10)+doubling.String())
	row := &ir.Row{Collection: schematest.Collection(t, catalog, "items"), Label: "row"}
	for text, want := range map[string]string{
		`row.self`:   `computed field "self" cannot be used here: computed field "self" stands on itself`,
		`row.pong`:   `computed field "pong" cannot be used here: computed field "ping" cannot be used here: computed field "pong" stands on itself`,
		`row.sick`:   `computed field "sick" cannot be used here: unknown field "nope" of items`,
		`row.c9`:     `computed fields stand on each other more than 8 deep`,
		`row.c8`:     ``,
		`row.d7 > 1`: `the computed fields of this expression are longer than 65536 bytes together`,
	} {
		for _, untrusted := range []bool{false, true} {
			_, problems := cel.New(catalog).Compile(source(text), cel.Scope{Row: row, Want: value.Type{Kind: value.Bool}, Untrusted: untrusted})
			if got := schema.Problems(problems).String(); !strings.HasSuffix(got, want) || want == "" && got != "" {
				t.Errorf("%s: got %q", text, got)
			}
		}
	}
}

// chain declares computed fields c1 to cn, each standing on the one before.
func chain(n int) string {
	out := ""
	for i := 1; i <= n; i++ {
		out += fmt.Sprintf("  c%d: { type: bool, expr: row.c%d }\n", i, i-1)
	}
	return out
}
