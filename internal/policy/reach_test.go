package policy_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

// A rule on the role alone is decided; one on an account may hold for somebody; one on the row hides here and there.
func TestWhatARoleReachesIsWhatSomebodyOfItMaySee(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, `
-- a.yaml --
fields:
  id:      uuid
  plain:   text
  owner:   uuid
  own:     { type: text, read: "row.owner == auth.uid" }
  signed:  { type: text, read: "auth.role == 'authenticated'" }
  signed2: { type: text, read: "auth.role != 'anon' && (auth.claims.team == 'care' || auth.uid != null)" }
  either:  { type: text, read: "auth.claims.team == 'care' || row.owner == auth.uid" }
  visitor: { type: text, read: "!(auth.role == 'authenticated')", write: "auth.role == 'anon'" }
  care:    { type: text, read: "auth.claims.team == 'care'", write: "auth.claims.team == 'care'" }
  office:  { type: text, read: "auth.role == 'service_role'", write: never }
  mixed:   { type: text, read: "auth.role == 'service_role' || row.owner == auth.uid && auth.role == 'authenticated'" }
  hidden:  { type: text, read: never }
policies: { read: true }
-- b.yaml --
fields: { id: uuid }
`)
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	a := schematest.Collection(t, c, "a")
	for role, want := range map[string]string{
		"anon":               "id:rw plain:rw owner:rw own:mw signed:w signed2:w either:mw visitor:rw care: office: mixed:w hidden:w",
		"authenticated":      "id:rw plain:rw owner:rw own:mw signed:rw signed2:rw either:mw visitor: care:rw office: mixed:mw hidden:w",
		"anon authenticated": "id:rw plain:rw owner:rw own:mw signed:rw signed2:rw either:mw visitor:rw care:rw office: mixed:mw hidden:w",
		"service_role":       "id:rw plain:rw owner:rw own:rw signed:rw signed2:rw either:rw visitor:rw care:rw office:r mixed:rw hidden:rw",
	} {
		v := set.Reach(strings.Fields(role)...)
		if got := spelled(t, v, a); got != want {
			t.Errorf("%s:\n got %s\nwant %s", role, got, want)
		}
		if _, ok := v.Of(schematest.Collection(t, c, "b")); ok != (role == "service_role") {
			t.Errorf("%s: a collection without policies: %t", role, ok)
		}
	}
}

func spelled(t *testing.T, v *schema.View, c *schema.Collection) string {
	t.Helper()
	cv, ok := v.Of(c)
	if !ok {
		t.Fatal("the collection is not there")
	}
	out := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		out[i] = f.Name + ":"
		for bit, letter := range []string{"r", "m", "w"} {
			if cv.Access[i]&(1<<bit) != 0 {
				out[i] += letter
			}
		}
	}
	return strings.Join(out, " ")
}
