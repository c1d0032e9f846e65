package cel_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

var arguments = []*schema.Arg{
	{Name: "n", Type: value.Type{Kind: value.Int}},
	{Name: "mood", Type: value.Type{Kind: value.Text}, Enum: []string{"calm", "hasty"}},
	{Name: "ids", Type: value.Type{Kind: value.UUID, List: true}},
}

func TestArgumentsAreParams(t *testing.T) {
	t.Parallel()
	c := cel.New(schematest.MustRead(t, project))
	for text, want := range map[string]struct{ ir, of string }{
		"args.n + 1":                         {"(+ $0:int 1:int)", "int"},
		"auth.uid in args.ids":               {"", "bool"},
		"args.mood == 'calm'":                {"(= $1:text \"calm\":text)", "bool"},
		"'a'":                                {"\"a\":text", "text"},
		"['a', 'b']":                         {"", "text[]"},
		"1.5":                                {"", "decimal"},
		"args.n > 0 ? today() : date(now())": {"", "date"},
	} {
		e, problems := c.Compile(schema.Source{Text: text}, cel.Scope{Args: arguments})
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		if got := ir.PrintExpr(e); want.ir != "" && got != want.ir {
			t.Errorf("%s: %s, want %s", text, got, want.ir)
		}
		if got := e.Type(); (value.Type{Kind: got.Kind, List: got.List}).String() != want.of {
			t.Errorf("%s is %s, want %s", text, got, want.of)
		}
	}
}

func TestMistakesWithArguments(t *testing.T) {
	t.Parallel()
	c := cel.New(schematest.MustRead(t, project))
	for text, want := range map[string]string{
		"args.m":                `unknown argument "m" (did you mean "n"?)`,
		"args":                  "args is not a value",
		"n + 1":                 `unknown name "n"`,
		"row.id":                `unknown name "row"`,
		"tickets.size()":        `unknown name "tickets"`,
		"args.mood == 'clam'":   `"clam" is not a value of mood (did you mean "calm"?)`,
		"args.mood.size == 1":   `"size" is a method`,
		"null":                  "null has no type of its own",
		"auth.claims.x":         "the type of the claim is not known here",
		"[]":                    "an empty list has no type of its own",
		"auth":                  "auth is not a value",
		"duration('1h')":        "a duration cannot be answered",
		"args.ids.exists(x, y)": `unknown name "y" (did you mean "x"?)`,
	} {
		_, problems := c.Compile(schema.Source{Text: text}, cel.Scope{Args: arguments})
		if len(problems) == 0 || problems[0].Message != want {
			t.Errorf("%s: %v, want %s", text, problems, want)
		}
	}
	if _, problems := c.Compile(schema.Source{Text: "args.n == 1"}, cel.Scope{Want: value.Type{Kind: value.Bool}}); len(problems) == 0 {
		t.Error("a policy knows arguments")
	}
}
