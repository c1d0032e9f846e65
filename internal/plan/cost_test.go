package plan_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

const pair = `
-- authors.yaml --
fields: { id: int, name: text }
policies: { read: true }
-- books.yaml --
fields: { id: int, author_id: { ref: authors } }
policies: { read: "row.author.name != 'nobody'" }
`

// weight plans a read of authors with books embedded some levels deep.
func weight(t *testing.T, depth int, l plan.Limits) (int, error) {
	t.Helper()
	set, problems := policy.Compile(schematest.MustRead(t, pair))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	authors := schematest.Collection(t, set.Catalog(), "authors")
	q := &ir.Query{Row: &ir.Row{Collection: authors}}
	at := q
	for range depth {
		rel := at.Row.Collection.Relations[0]
		next := &ir.Query{Row: &ir.Row{Collection: rel.To}}
		at.Items = append(at.Items, &ir.Embed{Name: rel.Name, Rel: rel, Query: next})
		at = next
	}
	b, err := set.Bind(ir.Request{Query: q}, policy.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(b, l)
	return p.Cost(), err
}

func TestAPlanWeighsMoreTheMoreItAsks(t *testing.T) {
	t.Parallel()
	last := 0
	for depth := range 6 {
		n, err := weight(t, depth, plan.Limits{})
		if err != nil || n <= last {
			t.Errorf("%d levels weigh %d, after %d: %v", depth, n, last, err)
		}
		last = n
	}
}

func TestTooHeavyAPlanIsRefusedWithTheLimit(t *testing.T) {
	t.Parallel()
	n, err := weight(t, 3, plan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := weight(t, 3, plan.Limits{Cost: n}); err != nil {
		t.Errorf("a plan at the limit: %v", err)
	}
	_, err = weight(t, 3, plan.Limits{Cost: n - 1})
	if err == nil || fault.From(err).Code != fault.TooComplex || !strings.Contains(err.Error(), "weighs more than") {
		t.Errorf("a plan over the limit: %v", err)
	}
}
