package policy_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

func TestAdviceNamesTheIndexAPolicyMisses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, index, want string }{
		{"without an index", "", "add `indexes: [[author_id]]` to notes"},
		{"with one", "indexes: [[author_id]]", ""},
	} {
		set, problems := policy.Compile(schematest.MustRead(t, `
-- notes.yaml --
fields: { id: uuid, author_id: uuid, open: bool }
`+c.index+`
policies: { read: "row.open == true || row.author_id == auth.uid" }
`))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		var hints []string
		for _, p := range set.Advise() {
			hints = append(hints, p.Hint)
		}
		if got := strings.Join(hints, "\n"); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
