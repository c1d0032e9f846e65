package policy_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

// A foreign key with a read policy of its own must not show through the relation it makes.
const keyed = `
-- teams.yaml --
fields: { id: int, name: text }
policies: { read: true }
-- notes.yaml --
fields:
  id: int
  n: int
  team_id: { ref: teams, read: "row.n > 1" }
  boss_id: { ref: teams, read: never }
computed:
  team_name: { type: text, expr: "row.team.name" }
  boss_name: { type: text, expr: "row.boss.name" }
  bossed: { type: bool, expr: "row.boss != null" }
policies: { read: true }
relations:
  team: { column: team_id }
  boss: { column: boss_id }
-- bosses.yaml --
view: { from: notes, fields: { id: id, boss: boss.name, team: team.name } }
policies: { read: true }
`

func TestARelationByAMaskedOrHiddenKeyIsAbsent(t *testing.T) {
	t.Parallel()
	set, problems := policy.Compile(schematest.MustRead(t, keyed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for actor, want := range map[string]int{policy.Anon: 0, policy.ServiceRole: 2} {
		view := set.View(policy.Actor{Role: actor})
		for _, name := range []string{"notes", "teams"} {
			c, _ := view.Collection("public", name)
			if got := len(c.Relations()); got != want {
				t.Errorf("%s sees %d relations of %s, not %d", actor, got, name, want)
			}
		}
	}
}

func TestComputedFieldsAndViewsFollowNoKeyTheActorMayNotRead(t *testing.T) {
	t.Parallel()
	set, problems := policy.Compile(schematest.MustRead(t, keyed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct{ collection, field, want string }{
		{"notes", "team_name", "(if (> notes#0.n 1:int) (through notes#0>notes_team_id_fkey teams#1 teams#1.name) null)"},
		{"notes", "boss_name", "(if false (through notes#0>notes_boss_id_fkey teams#1 teams#1.name) null)"},
		{"notes", "bossed", "(and (is-true false) (exists"},
		{"bosses", "team", "(if (> notes#1.n 1:int) (through"},
		{"bosses", "boss", "(if false (through"},
	} {
		got := bind(t, set, query(collection(t, set, c.collection), c.field), policy.Actor{})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s.%s of anon:\n%s\nlacks %s", c.collection, c.field, got, c.want)
		}
	}
}
