package cel_test

import (
	"testing"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

// FuzzCompile holds for every text: it gives an expression of the wanted type or problems, never both or neither; problems
// lie within the text; an expression is no deeper than its text may nest.
func FuzzCompile(f *testing.F) {
	catalog := schematest.MustRead(f, project)
	compiler := cel.New(catalog)
	for _, seed := range []string{
		`row.project.members.exists(m, m.user_id == auth.uid && m.role != 'guest')`,
		`row.children.all(c, c.points > size(c.labels)) || row.due < date("2026-03-31")`,
		`row.labels.exists(l, l in auth.claims.teams) ? row.private : has(row.parent)`,
		`row.status in ['open', "doing"] && -row.points % 3 == 0x1F`,
		`row.title.matches('^[a-z]{2,8}$') && now() - row.created_at < duration('36h')`,
		`row.estimate * 1.50 <= decimal(auth.claims["max"]) && old.due != row.due`,
		`row.x = 'a' and not @request.auth.id ?. "“`, "// é\n!!!row.private", `(((`, `auth.claims.a.b[0]`, `- 1.5e3`, `r'\d' b"\x00" '''a'''`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := scope(t, catalog)
		for _, want := range []value.Type{s.Want, {Kind: value.Decimal, Precision: 8, Scale: 2}, {Kind: value.Text, List: true}} {
			s.Want = want
			e, problems := compiler.Compile(source(text), s)
			if (e == nil) == (len(problems) == 0) {
				t.Fatalf("%q: expression %v, problems %v", text, e, problems)
			}
			for _, p := range problems {
				if !within(text, p.Pos) || p.Message == "" || p.Severity != schema.Error {
					t.Fatalf("%q: problem %#v", text, p)
				}
			}
			if e != nil && (e.Type() != want || depth(e) > 200 || ir.PrintExpr(e) == "") {
				t.Fatalf("%q: %s of type %s, depth %d", text, ir.PrintExpr(e), e.Type(), depth(e))
			}
		}
	})
}

// within reports whether a place is in the text or directly after it.
func within(text string, p schema.Pos) bool {
	line, column := p.Line-2, p.Column
	if line == 1 {
		column -= 9
	}
	at := 1
	for _, r := range text {
		if at == line {
			break
		}
		if r == '\n' {
			at++
		}
	}
	return at == line && column >= 1 && column <= utf8.RuneCountInString(text)+1
}

func depth(e ir.Expr) int {
	deepest := 0
	ir.Visit(e, func(x ir.Expr) bool {
		if x == e {
			return true
		}
		deepest = max(deepest, depth(x))
		return false
	})
	return deepest + 1
}
