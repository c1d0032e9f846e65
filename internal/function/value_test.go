package function_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
	"pgregory.net/rapid"
)

const stores = `
-- queries/f.yaml --
args: { a: text, b: text, all: { type: text, list: true } }
when: true
read: "tickets?select=id,projects!inner(id)&title=eq.{a}&or=(title.neq.{b},title.in.(x,{a}),and(title.like.{b},labels.ov.{all}))&projects.name=in.({all})&labels=cs.{{a},y}"
`

// Whatever is in a value, the request it makes has one shape, and holds the value as it is.
func TestAValueNeverBecomesSyntax(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, collections+stores)
	set, _ := policy.Compile(c)
	functions, problems := function.Compile(set, admission.Default())
	if problems.Failed() {
		t.Fatal(problems)
	}
	actor := policy.Actor{Role: policy.Anon}
	caller := functions.For(actor, clock.Fixed(time.Unix(0, 0), strings.NewReader("")))
	ask := func(a, b string, all []string) (*rest.Read, error) {
		elements := make([]value.Value, len(all))
		for i, s := range all {
			elements[i] = value.OfText(s)
		}
		list, err := value.ListOf(value.Type{Kind: value.Text}, elements)
		if err != nil {
			return nil, err
		}
		q := url.Values{"a": {a}, "b": {b}, "all": {string(value.AppendJSON(nil, value.Type{Kind: value.Text, List: true}, list))}}
		return rest.Parse(set.View(actor), admission.Default(), rest.Input{Method: http.MethodGet, Segments: []string{"rpc", "f"},
			RawQuery: q.Encode(), Header: http.Header{}, Functions: caller})
	}
	plain, err := ask("a", "b", []string{"c"})
	if err != nil {
		t.Fatal(err)
	}
	shape := ir.Print(plain.Request.Query)
	text := rapid.OneOf(rapid.StringMatching(`[a-z(){},.:*"\\%_'&=! ]{0,12}`), rapid.SampledFrom([]string{"{b}", "null", "{all}", `","`, "x),id.gt.0", "not.eq.1"}))
	rapid.Check(t, func(t *rapid.T) {
		a, b, all := text.Draw(t, "a"), text.Draw(t, "b"), rapid.SliceOfN(text, 0, 3).Draw(t, "all")
		if value.CheckPattern(b) != nil {
			t.Skip("no pattern")
		}
		read, err := ask(a, b, all)
		if err != nil {
			t.Fatal(err)
		}
		if got := ir.Print(read.Request.Query); got != shape {
			t.Fatalf("another shape:\n%s\n%s", got, shape)
		}
		if got := read.Request.Args[0]; got.Str() != a {
			t.Fatalf("the value became %q", got.Str())
		}
		if got := value.Elements(read.Request.Args[2]); len(got) != 2 || got[0].Str() != a || got[1].Str() != "y" {
			t.Fatalf("the list became %v", got)
		}
	})
}
