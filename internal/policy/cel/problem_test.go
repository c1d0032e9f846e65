package cel_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

// explained is the problems as "column: message | hint", one per line; the source starts at 3:10.
func explained(problems []schema.Problem) string {
	out := ""
	for i, p := range problems {
		if i > 0 {
			out += "\n"
		}
		out += p.String()
		if p.Hint != "" {
			out += " | " + p.Hint
		}
	}
	return out
}

func TestMistakesAreExplainedAtTheirPlace(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	compiler := cel.New(catalog)
	for _, c := range []struct{ text, want string }{
		// Habits of other languages.
		{`row.author_id = auth.uid`, `t.yaml:3:24: "=" does not compare | write ==`},
		{`row.author_id === auth.uid`, `t.yaml:3:24: "===" is not an operator here | write ==`},
		{`row.private and row.private`, `t.yaml:3:22: "and" is not an operator here | write &&`},
		{`row.private OR row.private`, `t.yaml:3:22: "or" is not an operator here | write ||`},
		{`not row.private`, `t.yaml:3:10: "not" is not an operator here | write !`},
		{`not(row.private)`, `t.yaml:3:10: unknown function "not" | write !x`},
		{`row.private & row.private`, `t.yaml:3:22: "&" is not an operator here | write &&`},
		{`row.private | row.private`, `t.yaml:3:22: "|" is not an operator here | write ||`},
		{`row.due is null`, `t.yaml:3:18: "is" is not an operator here | write == null or != null`},
		{`row.title like 'a%'`, `t.yaml:3:20: "like" is not an operator here | write row.title.startsWith('a'), .endsWith, .contains or .matches`},
		{`row.points <> 1`, `t.yaml:3:21: "<>" is not an operator here | write !=`},
		{`@request.auth.id == row.author_id`, `t.yaml:3:10: "@request.auth.id" is not known | write auth.uid`},
		{`@request.auth.plan == 'pro'`, `t.yaml:3:10: "@request.auth.plan" is not known | write auth.claims.plan`},
		{`row.due::text == 'x'`, `t.yaml:3:17: "::" is not an operator here | write text(x), int(x), date(x)`},
		{`row.meta->>'a' == 'x'`, `t.yaml:3:18: json cannot be walked in an expression | declare a field for what a policy needs`},
		{`row.title == 'it`, `t.yaml:3:23: the text does not end | close it with '`},
		{`row.project?.name == 'x'`, `t.yaml:3:21: "?." is not needed | write a plain dot: what is read through a NULL is NULL`},
		{`row.project.members.exists(m => m.role == 'x')`, `t.yaml:3:39: "=>" is not an operator here | write row.members.exists(m, m.user_id == auth.uid)`},
		// Syntax.
		{``, `t.yaml:3:10: the expression is empty | write true to allow everybody, or leave it out to allow nobody`},
		{`row.private &&`, `t.yaml:3:24: the expression ends too early`},
		{`(row.private`, `t.yaml:3:22: the expression ends too early`},
		{`row.`, `t.yaml:3:14: the expression ends too early`},
		{`row.private row.private`, `t.yaml:3:22: unexpected "row"`},
		{`row.title == '\q'`, `t.yaml:3:23: the text has an unknown escape | a backslash is written \\, or the literal r'…'`},
		{`row.points == 99999999999999999999`, `t.yaml:3:24: invalid int literal`},
		{"row.private &&\n  row.nope", `t.yaml:4:7: unknown field "nope" of tickets`},
		// The actor.
		{`auth.uid() == row.author_id`, `t.yaml:3:15: auth.uid is a value, not a function | write auth.uid, without parentheses`},
		{`auth.jwt().x == 'a'`, `t.yaml:3:15: auth.jwt() is not a function | write auth.claims.name`},
		{`auth.jwt()`, `t.yaml:3:15: auth.jwt() is not a function | write auth.claims.name`},
		{`auth.id == row.author_id`, `t.yaml:3:15: unknown member "id" of auth | write auth.uid`},
		{`auth.user_metadata.x == 'a'`, `t.yaml:3:15: "user_metadata" cannot decide a policy | a user can change it; keep what policies need in app_metadata: auth.claims.name`},
		{`auth.claims.user_metadata.x == 'a'`, `t.yaml:3:22: "user_metadata" cannot decide a policy | a user can change it; keep what policies need in app_metadata: auth.claims.name`},
		{`auth.claims["user_metadata"] == 'a'`, `t.yaml:3:22: "user_metadata" cannot decide a policy | a user can change it; keep what policies need in app_metadata: auth.claims.name`},
		{`auth.app_metadata.x == 'a'`, `t.yaml:3:15: unknown member "app_metadata" of auth | write auth.claims.name: the claims are the app metadata`},
		{`auth.rol == 'anon'`, `t.yaml:3:15: unknown member "rol" of auth (did you mean "role"?) | the members are uid, role, email, aal, is_anonymous, claims; claims are auth.claims.rol`},
		{`auth.plan == 'pro'`, `t.yaml:3:15: unknown member "plan" of auth | the members are uid, role, email, aal, is_anonymous, claims; claims are auth.claims.plan`},
		{`auth != null`, `t.yaml:3:10: auth is not a value | write auth.uid, auth.role or auth.claims.name`},
		{`auth.claims != null`, `t.yaml:3:10: the claims as a whole are not a value | write auth.claims.name`},
		{`auth.claims.a == auth.claims.b`, `t.yaml:3:10: the type of the claim is not known here | say its type: text(auth.claims.name)`},
		{`auth.claims[0] == 'a'`, `t.yaml:3:22: a claim is named by a text literal | write auth.claims.name or auth.claims["name"]`},
		{`auth.uid == 'me'`, `t.yaml:3:22: "me" is not a valid uuid | write "018f4a3e-7c1d-7a52-9b7e-0123456789ab"`},
		{`-auth.claims.n < 1`, `t.yaml:3:11: the type of the claim is not known here | say its type: int(auth.claims.name)`},
		{`auth.claims.a.exists(x, x == 'a')`, `t.yaml:3:24: the elements of a claim have no type here | write row.field in auth.claims.name`},
		// Names.
		{`row.titel == 'x'`, `t.yaml:3:14: unknown field "titel" of tickets (did you mean "title"?)`},
		{`row.Title == 'x'`, `t.yaml:3:14: unknown field "Title" of tickets | write title, its name in the project`},
		{`title == 'x'`, `t.yaml:3:10: unknown name "title" | write row.title`},
		{`tickets.title == 'x'`, `t.yaml:3:10: unknown name "tickets" | an expression starts at row and follows relations: row.relation.field`},
		{`NULL == row.due`, `t.yaml:3:10: unknown name "NULL" | write null`},
		{`rwo.private`, `t.yaml:3:10: unknown name "rwo" (did you mean "row"?) | the names are row, auth, old`},
		{`now > row.created_at`, `t.yaml:3:10: unknown name "now" | write now()`},
		{`user.id == row.author_id`, `t.yaml:3:10: unknown name "user" | write auth.uid`},
		{`row.project_id.name == 'x'`, `t.yaml:3:25: "project_id" is a uuid, not a row | follow the relation: row.project.name`},
		{`row.meta.a == 'x'`, `t.yaml:3:19: json cannot be walked in an expression | declare a field for what a policy needs`},
		{`row.title.size == 1`, `t.yaml:3:20: "size" is a method | write .size(…)`},
		{`row.labels[0] == 'x'`, `t.yaml:3:20: an element is not read by brackets | write x in row.labels or row.labels.exists(x, …)`},
		{`row["title"] == 'x'`, `t.yaml:3:14: a field is not read by brackets | write .title`},
		// Relations.
		{`row.project`, `t.yaml:3:10: "project" is a row, not a value | name a field of it, or test it with == null`},
		{`row.children`, `t.yaml:3:10: "children" leads to many rows, it is not a value | write children.exists(m, …), .all(m, …) or .size()`},
		{`row.children.title == 'x'`, `t.yaml:3:23: "children" leads to many rows | write children.exists(m, m.title == …)`},
		{`row.children == null`, `t.yaml:3:10: "children" leads to many rows, it is not a value | write children.exists(m, …), .all(m, …) or .size()`},
		{`row == null`, `t.yaml:3:10: "row" is never null | name a field of it`},
		{`row.project == row.parent`, `t.yaml:3:22: rows do not compare | compare their keys: row.a_id == row.b_id`},
		{`row.project.exists(p, p.name == 'x')`, `t.yaml:3:22: "project" leads to one row | read its fields: project.field == …`},
		{`row.project.members.exists(m)`, `t.yaml:3:30: exists takes a name and a condition | write row.members.exists(m, m.user_id == auth.uid)`},
		{`row.children.exists(row, row.private)`, `t.yaml:3:30: the name "row" is taken | take another name`},
		{`row.children.exists(c, c.children.exists(c, c.private))`, `t.yaml:3:51: the name "c" is taken | take another name`},
		{`row.children.exists(c.x, c.private)`, `t.yaml:3:30: a plain name is wanted first | write row.members.exists(m, m.user_id == auth.uid)`},
		{`row.children.exists_one(c, c.private)`, `t.yaml:3:23: unknown method "exists_one" | write row.members.exists(m, …)`},
		{`row.children.filter(c, c.private).size() > 0`, `t.yaml:3:23: unknown method "filter" | write row.members.exists(m, …) or .all(m, …)`},
		{`row.children.map(c, c.title)`, `t.yaml:3:23: unknown method "map" | write row.members.exists(m, …) or .all(m, …)`},
		{`row.children.exists(c, c.points)`, `t.yaml:3:33: expected a condition, found int | compare it, for example with != null`},
		{`row.project.owner.tickets.size() > 1`, `t.yaml:3:28: relation "tickets" of users is ambiguous: tickets_author_id_fkey or tickets_reviewer_id_fkey | give each a name under relations: in the collection users, and use that`},
		{`row.id in row.children`, `t.yaml:3:17: "children" leads to many rows, it is not a list | write children.exists(m, m.id == …)`},
		{`has(row)`, `t.yaml:3:14: has takes a field | write has(row.field)`},
		{`has(row.title == 'x')`, `t.yaml:3:14: has takes a field | write has(row.field)`},
		// Types.
		{`row.title`, `t.yaml:3:10: expected a condition, found text | compare it, for example with != null`},
		{`'x'`, `t.yaml:3:10: expected a condition, found a literal text`},
		{`null`, `t.yaml:3:10: expected a condition, found null | write true or false`},
		{`row.points`, `t.yaml:3:10: expected a condition, found int | compare it, for example with != null`},
		{`row.private && row.points`, `t.yaml:3:25: expected a condition, found int | compare it, for example with != null`},
		{`row.title && row.points`, "t.yaml:3:10: expected a condition, found text | compare it, for example with != null\n" +
			"t.yaml:3:23: expected a condition, found int | compare it, for example with != null"},
		{`!row.title`, `t.yaml:3:11: expected a condition, found text | compare it, for example with != null`},
		{`row.status == 'opne'`, `t.yaml:3:24: "opne" is not a value of status (did you mean "open"?) | its values are open, doing, done`},
		{`row.status in ['open', 'closed']`, `t.yaml:3:33: "closed" is not a value of status | its values are open, doing, done`},
		{`row.id == 'abc'`, `t.yaml:3:20: "abc" is not a valid uuid | write "018f4a3e-7c1d-7a52-9b7e-0123456789ab"`},
		{`row.due < 'tomorrow'`, `t.yaml:3:20: "tomorrow" is not a valid date | write "2026-03-31"`},
		{`row.points == '5'`, `t.yaml:3:24: expected int, found a literal text | write it without quotes`},
		{`row.title == 5`, `t.yaml:3:23: expected text, found a literal int | write it in quotes`},
		{`row.private == 'true'`, `t.yaml:3:25: expected bool, found a literal text | write it without quotes`},
		{`row.ratio > row.points`, `t.yaml:3:20: cannot compare float with int | write float(…) or decimal(…) around one of them`},
		{`row.ratio + row.estimate > 1.0`, `t.yaml:3:20: there is no float + decimal(8,2) | write float(…) or decimal(…) around one of them`},
		{`row.title == row.id`, `t.yaml:3:20: cannot compare text with uuid | write text(…) around the other`},
		{`row.due == row.created_at`, `t.yaml:3:18: cannot compare date with timestamp | write date(…) or timestamp(…) around one of them`},
		{`row.private < true`, `t.yaml:3:22: bool has no order | write == or !=`},
		{`row.due < null`, `t.yaml:3:18: null has no order | write == null or != null`},
		{`row.due + null == row.due`, `t.yaml:3:18: arithmetic with null is always NULL | write null in place of the whole`},
		{`row.meta == row.meta`, `t.yaml:3:19: json compares only with null | declare a field for what a policy needs`},
		{`row.labels == row.title`, `t.yaml:3:21: cannot compare text[] with text | write x in row.labels`},
		{`row.due + 1 > today()`, `t.yaml:3:18: there is no date + int | write date(timestamp(row.due) + duration("24h"))`},
		{`row.points - 'a' == 1`, `t.yaml:3:23: expected int, found a literal text | write it without quotes`},
		{`now() - row.created_at > '1h'`, `t.yaml:3:35: expected duration, found a literal text | write duration("36h"), with h, m or s`},
		{`now() - row.created_at > 3600`, `t.yaml:3:35: expected duration, found a literal int | write duration("36h"), with h, m or s`},
		{`now() * 2 == now()`, `t.yaml:3:16: there is no timestamp * int | write row.created_at + duration("1h")`},
		{`null == null`, `t.yaml:3:18: a literal needs no test for null`},
		{`-row.title == 'x'`, `t.yaml:3:10: only a number has a negative | write !x for a condition`},
		{`(row.private ? row.title : row.due) == null`, `t.yaml:3:37: the branches differ: text and date | write text(…) around the other`},
		{`row.points in []`, `t.yaml:3:24: nothing is in an empty list | write false`},
		{`row.points in [1, null]`, `t.yaml:3:28: a list has no null | add || x == null`},
		{`row.points in [1, 'a']`, `t.yaml:3:28: expected int, found a literal text | write it without quotes`},
		{`row.points in row.labels`, `t.yaml:3:10: cannot look for int in text[] | write text(…)`},
		{`row.estimate in row.numbers`, `t.yaml:3:10: cannot look for decimal(8,2) in int[] | write int(…)`},
		{`'a' in row.title`, `t.yaml:3:14: "in" looks into lists, not into text | write row.title.contains('text')`},
		{`row.labels in ['a']`, `t.yaml:3:10: a list is in no list | write row.labels.all(x, x in …) or .exists`},
		{`row.estimate == 0.000000000000000000000000000000000000001`, `t.yaml:3:26: 0.000000000000000000000000000000000000001 has more than 38 digits`},
		// Functions.
		{`row.title.startswith('a')`, `t.yaml:3:20: unknown method "startswith" | write row.title.startsWith('text')`},
		{`startsWith(row.title, 'a')`, `t.yaml:3:10: unknown function "startsWith" | write row.title.startsWith('text')`},
		{`row.points.startsWith('a')`, `t.yaml:3:10: startsWith takes text, found int | write text(…) around it`},
		{`row.labels.contains('a')`, `t.yaml:3:21: contains looks into text, not into lists | write x in row.labels`},
		{`row.title.contains(row.points)`, `t.yaml:3:29: contains takes text, found int | write text(…) around it`},
		{`row.title.contains()`, `t.yaml:3:20: contains takes one argument | write row.title.contains('text')`},
		{`row.title.lowerAscii() == 'a'`, `t.yaml:3:20: unknown method "lowerAscii" | the methods are exists, all, size, startsWith, endsWith, contains, matches`},
		{`string(row.points) == '1'`, `t.yaml:3:10: unknown function "string" | write text(x)`},
		{`coalesce(row.points, 1) == 1`, `t.yaml:3:10: unknown function "coalesce" | write x != null ? x : y`},
		{`sise(row.title) == 1`, `t.yaml:3:10: unknown function "sise" (did you mean "size"?) | the functions are has, size, duration, now, today, date, timestamp, int, decimal, float, text`},
		{`size(row.points) == 1`, `t.yaml:3:15: size takes a to-many relation, a list, text or bytes`},
		{`now(1) > row.created_at`, `t.yaml:3:10: now takes no argument | write now()`},
		{`date('tomorrow') == row.due`, `t.yaml:3:15: "tomorrow" is not a valid date | write "2026-03-31"`},
		{`date(row.points) == row.due`, `t.yaml:3:15: date cannot be made from int`},
		{`int('x') == 1`, `t.yaml:3:14: "x" is not a valid int`},
		{`float(row.private) > 1.0`, `t.yaml:3:16: float cannot be made from bool | write condition ? 1 : 0`},
		{`duration(row.title) > duration('1h')`, `t.yaml:3:19: duration takes a literal text | write duration("36h")`},
		{`duration('1d') > duration('1h')`, `t.yaml:3:19: "1d" is not a valid duration | write duration("36h"), with h, m or s`},
		{`row.title.matches(row.status)`, `t.yaml:3:28: matches takes a literal pattern | write row.title.matches('^a.*z$')`},
		{`row.title.matches('a(')`, "t.yaml:3:28: invalid regular expression: missing closing ): `a(` | the syntax is RE2's: no look-around, no back-references"},
		{`row.title.matches('(?i)a')`, `t.yaml:3:28: invalid regular expression: inline flags and named groups are not supported | write (…) or (?:…)`},
		{`row.title.matches('\\pL')`, `t.yaml:3:28: invalid regular expression: Unicode classes are not supported | write the characters: [a-zA-Z0-9]`},
		{`row.title.matches('a{256}')`, `t.yaml:3:28: invalid regular expression: repeats above 255 are not supported | use *, + or a smaller bound`},
		{`row.title.matches('(?=a)')`, "t.yaml:3:28: invalid regular expression: invalid or unsupported Perl syntax: `(?=` | the syntax is RE2's: no look-around, no back-references"},
		{`{'a': 1} == null`, `t.yaml:3:10: objects are not part of the language | compare fields one by one`},
		{`1u == 1`, `t.yaml:3:10: unsigned integers are not part of the language | leave out the u`},
		{`b'a' == row.blob`, `t.yaml:3:10: byte literals are not part of the language | write the bytes in base64, as text`},
		// Several mistakes are reported together.
		{`row.nope == 1 && row.status == 'opne' || foo()`, "t.yaml:3:14: unknown field \"nope\" of tickets\n" +
			"t.yaml:3:41: \"opne\" is not a value of status (did you mean \"open\"?) | its values are open, doing, done\n" +
			"t.yaml:3:51: unknown function \"foo\" | the functions are has, size, duration, now, today, date, timestamp, int, decimal, float, text"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			e, problems := compiler.Compile(source(c.text), scope(t, catalog))
			if e != nil {
				t.Fatalf("%s compiles", c.text)
			}
			if got := explained(problems); got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
			}
		})
	}
}

func TestScopesDecideWhatIsKnown(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	alone := scope(t, catalog)
	alone.Old, alone.NoAuth = nil, true
	for _, c := range []struct{ text, want string }{
		{`old.due == null`, `t.yaml:3:10: "old" is not known here | only update: { check: … } compares the row with the one before`},
		{`row.author_id == auth.uid`, `t.yaml:3:27: "auth" is not known here | checks and fills concern the row alone; put conditions on the actor into policies`},
	} {
		_, problems := cel.New(catalog).Compile(source(c.text), alone)
		if got := explained(problems); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestPlacesCountTheIndentationOfABlock(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	block := schema.Source{Text: "row.title == 'é' &&\nrow.nope\n&& row.labels.exists(l,\n  m == 'a')", Pos: schema.Pos{File: "t.yaml", Line: 7, Column: 5}, Indent: 4}
	_, problems := cel.New(catalog).Compile(block, scope(t, catalog))
	want := "t.yaml:8:9: unknown field \"nope\" of tickets\n" +
		"t.yaml:10:7: unknown name \"m\" (did you mean \"l\"?) | the names are row, auth, old, l"
	if got := explained(problems); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestAViewIsARowOfItsOwnColumns(t *testing.T) {
	t.Parallel()
	catalog := schematest.MustRead(t, project)
	s := cel.Scope{Row: &ir.Row{Collection: schematest.Collection(t, catalog, "board"), Label: "row"}, Want: value.Type{Kind: value.Bool}}
	if _, problems := cel.New(catalog).Compile(source(`row.title == 'x'`), s); len(problems) > 0 {
		t.Error(explained(problems))
	}
	_, problems := cel.New(catalog).Compile(source(`row.status == 'open'`), s)
	if got, want := explained(problems), `t.yaml:3:14: unknown field "status" of board`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
