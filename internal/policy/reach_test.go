package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
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

// Whatever the rules and whoever asks: what one actor may do, the actor's role reaches, and what may be hidden from the actor in a row
// is masked for the role.
func TestNoActorSeesMoreThanItsRoleReaches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var yaml strings.Builder
		yaml.WriteString("-- a.yaml --\nfields:\n  id: uuid\n  owner: uuid\n")
		for i := range rapid.IntRange(1, 6).Draw(rt, "fields") {
			fmt.Fprintf(&yaml, "  f%d: { type: text, read: %q, write: %q }\n", i, rule(rt, 3), rule(rt, 2))
		}
		yaml.WriteString("policies: { read: true }\n")
		set, problems := policy.Compile(schematest.MustRead(t, yaml.String()))
		if len(problems) > 0 {
			rt.Fatal(problems)
		}
		for range 8 {
			a := somebody(rt)
			one, all, a2 := set.View(a), set.Reach(a.Role), schematest.Collection(t, set.Catalog(), "a")
			mine, _ := one.Of(a2)
			theirs, _ := all.Of(a2)
			for _, f := range a2.Fields {
				switch {
				case mine.CanRead(f) && !theirs.CanRead(f), mine.CanWrite(f) && !theirs.CanWrite(f), mine.IsMasked(f) && !theirs.IsMasked(f):
					rt.Errorf("%+v: %s: %b, its role %b\n%s", a, f.Name, mine.Access[f.Ordinal], theirs.Access[f.Ordinal], yaml.String())
				}
			}
		}
	})
}

var atoms = []string{
	"auth.role == 'authenticated'", "auth.role != 'anon'", "auth.role == 'service_role'", "auth.claims.team == 'care'", "auth.uid != null",
	"row.owner == auth.uid", "row.owner == null", "auth.aal == 'aal2'", "true", "false",
}

func rule(rt *rapid.T, depth int) string {
	switch n := rapid.IntRange(0, 5).Draw(rt, "form"); {
	case depth == 0 || n < 2:
		return rapid.SampledFrom(atoms).Draw(rt, "atom")
	case n == 2:
		return "!(" + rule(rt, depth-1) + ")"
	case n == 3:
		return "(" + rule(rt, depth-1) + ") && (" + rule(rt, depth-1) + ")"
	case n == 4:
		return "(" + rule(rt, depth-1) + ") || (" + rule(rt, depth-1) + ")"
	}
	return "(" + rule(rt, depth-1) + ") ? (" + rule(rt, depth-1) + ") : (" + rule(rt, depth-1) + ")"
}

// somebody is an actor; the anonymous have nothing but their role.
func somebody(rt *rapid.T) policy.Actor {
	switch rapid.IntRange(0, 4).Draw(rt, "who") {
	case 0:
		return policy.Actor{Role: policy.Anon}
	case 1:
		return policy.Service()
	}
	a := policy.Actor{Role: policy.Authenticated, AAL: rapid.SampledFrom([]string{"", "aal1", "aal2"}).Draw(rt, "aal")}
	if rapid.Bool().Draw(rt, "uid") {
		a.UID = "0190f3a1-7c5e-7000-8000-00000000000a"
	}
	if team := rapid.SampledFrom([]string{"", "care", "sales"}).Draw(rt, "team"); team != "" {
		a.Claims = value.OfJSON(`{"team":"` + team + `"}`)
	}
	return a
}
