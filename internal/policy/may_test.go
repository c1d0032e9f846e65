package policy_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
)

func TestWhatARoleMayDoAtAll(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, `
-- notes.yaml --
fields: { id: int, owner_id: { ref: auth.users }, open: bool }
policies:
  read: "row.open || row.owner_id == auth.uid"
  create: "row.owner_id == auth.uid && row.open"
  update: { using: "row.open", check: "auth.role == 'authenticated' || auth.uid == row.owner_id" }
  delete: "auth.claims.boss == true"
-- members.yaml --
fields: { id: int, note_id: { ref: notes }, user_id: { ref: auth.users } }
policies:
  read: "row.note.members.exists(m, m.user_id == auth.uid)"
  create: true
  update: true
  delete: "row.note.members.all(m, m.user_id == auth.uid)"
-- staff.yaml --
fields: { id: int }
policies: { read: "auth.role == 'service_role'", create: false, delete: "auth.role != 'anon' || auth.uid == null" }
-- shown.yaml --
view: { from: notes, fields: { id: id } }
policies: { read: true }
-- bare.yaml --
fields: { id: int }
`)
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	everything, nothing := policy.Actions{Read: true, Create: true, Update: true, Delete: true}, policy.Actions{}
	for key, want := range map[string][3]policy.Actions{
		"notes":   {{Read: true}, everything, everything},
		"members": {{Create: true}, everything, everything},
		"staff":   {nothing, nothing, everything},
		"shown":   {{Read: true}, {Read: true}, {Read: true}},
		"bare":    {nothing, nothing, everything},
	} {
		col := schematest.Collection(t, c, key)
		for i, role := range []string{policy.Anon, policy.Authenticated, policy.ServiceRole} {
			if got := set.May(role, col); got != want[i] {
				t.Errorf("%s: %s may %+v, want %+v", key, role, got, want[i])
			}
		}
	}
}
