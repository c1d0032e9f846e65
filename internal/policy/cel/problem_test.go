package cel_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
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
		{`row.author_id === auth.uid`, `x`},
		{`row.private and row.private`, `x`},
		{`row.private OR row.private`, `x`},
		{`not row.private`, `x`},
		{`not(row.private)`, `x`},
		{`row.private & row.private`, `x`},
		{`row.private | row.private`, `x`},
		{`row.due is null`, `x`},
		{`row.title like 'a%'`, `x`},
		{`row.points <> 1`, `x`},
		{`@request.auth.id == row.author_id`, `x`},
		{`@request.auth.plan == 'pro'`, `x`},
		{`row.due::text == 'x'`, `x`},
		{`row.meta->>'a' == 'x'`, `x`},
		{`row.title == 'it`, `x`},
		{`row.project?.name == 'x'`, `x`},
		{`row.project.members.exists(m => m.role == 'x')`, `x`},
		// Syntax.
		{``, `x`},
		{`row.private &&`, `x`},
		{`(row.private`, `x`},
		{`row.`, `x`},
		{`row.private row.private`, `x`},
		{`row.title == '\q'`, `x`},
		{`row.points == 99999999999999999999`, `x`},
		{"row.private &&\n  row.nope", `x`},
		// The actor.
		{`auth.uid() == row.author_id`, `x`},
		{`auth.jwt().x == 'a'`, `x`},
		{`auth.jwt()`, `x`},
		{`auth.id == row.author_id`, `x`},
		{`auth.user_metadata.x == 'a'`, `x`},
		{`auth.claims.user_metadata.x == 'a'`, `x`},
		{`auth.claims["user_metadata"] == 'a'`, `x`},
		{`auth.app_metadata.x == 'a'`, `x`},
		{`auth.rol == 'anon'`, `x`},
		{`auth.plan == 'pro'`, `x`},
		{`auth != null`, `x`},
		{`auth.claims != null`, `x`},
		{`auth.claims.a == auth.claims.b`, `x`},
		{`auth.claims[0] == 'a'`, `x`},
		{`auth.uid == 'me'`, `x`},
		{`-auth.claims.n < 1`, `x`},
		{`auth.claims.a.exists(x, x == 'a')`, `x`},
		// Names.
		{`row.titel == 'x'`, `x`},
		{`row.Title == 'x'`, `x`},
		{`title == 'x'`, `x`},
		{`tickets.title == 'x'`, `x`},
		{`NULL == row.due`, `x`},
		{`rwo.private`, `x`},
		{`now > row.created_at`, `x`},
		{`user.id == row.author_id`, `x`},
		{`row.project_id.name == 'x'`, `x`},
		{`row.meta.a == 'x'`, `x`},
		{`row.title.size == 1`, `x`},
		{`row.labels[0] == 'x'`, `x`},
		{`row["title"] == 'x'`, `x`},
		// Relations.
		{`row.project`, `x`},
		{`row.children`, `x`},
		{`row.children.title == 'x'`, `x`},
		{`row.children == null`, `x`},
		{`row == null`, `x`},
		{`row.project == row.parent`, `x`},
		{`row.project.exists(p, p.name == 'x')`, `x`},
		{`row.project.members.exists(m)`, `x`},
		{`row.children.exists(row, row.private)`, `x`},
		{`row.children.exists(c, c.children.exists(c, c.private))`, `x`},
		{`row.children.exists(c.x, c.private)`, `x`},
		{`row.children.exists_one(c, c.private)`, `x`},
		{`row.children.filter(c, c.private).size() > 0`, `x`},
		{`row.children.map(c, c.title)`, `x`},
		{`row.children.exists(c, c.points)`, `x`},
		{`row.project.owner.tickets.size() > 1`, `x`},
		{`row.id in row.children`, `x`},
		{`has(row)`, `x`},
		{`has(row.title == 'x')`, `x`},
		// Types.
		{`row.title`, `x`},
		{`'x'`, `x`},
		{`null`, `x`},
		{`row.points`, `x`},
		{`row.private && row.points`, `x`},
		{`row.title && row.points`, `x`},
		{`!row.title`, `x`},
		{`row.status == 'opne'`, `x`},
		{`row.status in ['open', 'closed']`, `x`},
		{`row.id == 'abc'`, `x`},
		{`row.due < 'tomorrow'`, `x`},
		{`row.points == '5'`, `x`},
		{`row.title == 5`, `x`},
		{`row.private == 'true'`, `x`},
		{`row.ratio > row.points`, `x`},
		{`row.ratio + row.estimate > 1.0`, `x`},
		{`row.title == row.id`, `x`},
		{`row.due == row.created_at`, `x`},
		{`row.private < true`, `x`},
		{`row.due < null`, `x`},
		{`row.due + null == row.due`, `x`},
		{`row.meta == row.meta`, `x`},
		{`row.labels == row.title`, `x`},
		{`row.due + 1 > today()`, `x`},
		{`row.points - 'a' == 1`, `x`},
		{`null == null`, `x`},
		{`-row.title == 'x'`, `x`},
		{`(row.private ? row.title : row.due) == null`, `x`},
		{`row.points in []`, `x`},
		{`row.points in [1, null]`, `x`},
		{`row.points in [1, 'a']`, `x`},
		{`row.points in row.labels`, `x`},
		{`row.estimate in row.numbers`, `x`},
		{`'a' in row.title`, `x`},
		{`row.labels in ['a']`, `x`},
		{`row.estimate == 0.000000000000000000000000000000000000001`, `x`},
		// Functions.
		{`row.title.startswith('a')`, `x`},
		{`startsWith(row.title, 'a')`, `x`},
		{`row.points.startsWith('a')`, `x`},
		{`row.labels.contains('a')`, `x`},
		{`row.title.contains(row.points)`, `x`},
		{`row.title.contains()`, `x`},
		{`row.title.lowerAscii() == 'a'`, `x`},
		{`string(row.points) == '1'`, `x`},
		{`coalesce(row.points, 1) == 1`, `x`},
		{`sise(row.title) == 1`, `x`},
		{`size(row.points) == 1`, `x`},
		{`now(1) > row.created_at`, `x`},
		{`date('tomorrow') == row.due`, `x`},
		{`date(row.points) == row.due`, `x`},
		{`int('x') == 1`, `x`},
		{`float(row.private) > 1.0`, `x`},
		{`duration(row.title) > duration('1h')`, `x`},
		{`duration('1d') > duration('1h')`, `x`},
		{`row.title.matches(row.status)`, `x`},
		{`row.title.matches('a(')`, `x`},
		{`row.title.matches('(?i)a')`, `x`},
		{`row.title.matches('\\pL')`, `x`},
		{`row.title.matches('a{256}')`, `x`},
		{`row.title.matches('(?=a)')`, `x`},
		{`{'a': 1} == null`, `x`},
		{`1u == 1`, `x`},
		{`b'a' == row.blob`, `x`},
		// Several mistakes are reported together.
		{`row.nope == 1 && row.status == 'opne' || foo()`, `x`},
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
