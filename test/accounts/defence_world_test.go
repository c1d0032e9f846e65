package accounts_test

import (
	"fmt"
	"testing"
	"time"
)

const hour = time.Hour

// atOnce is a project whose accounts need no confirmation.
var atOnce = files{"socle.yaml": "auth: { confirm_email: false, redirects: [ https://site.test, https://site.test/** ] }\n", "collections/notes.yaml": privateNotes}

// newcomer signs somebody up where that is a session at once.
func (s *site) newcomer(t *testing.T, email string) *person {
	t.Helper()
	return s.signedIn(email, s.post("signup", map[string]string{"email": email, "password": secret}).want(t, 200))
}

// address is a network address of somebody's own.
func address(n int64) string { return fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255) }

// privateNotes is a collection of everybody who is signed in; those of an owner are the owner's alone.
const privateNotes = `
fields:
  id: uuid
  owner_id: { ref: auth.users, default: auth.uid, on_delete: cascade }
  text: { type: text, default: "" }
policies:
  read: "row.owner_id == auth.uid"
  create: "row.owner_id == auth.uid"
  update: "row.owner_id == auth.uid"
  delete: "row.owner_id == auth.uid"
`

// eventually waits for what is to become true.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not become true")
		}
	}
}
