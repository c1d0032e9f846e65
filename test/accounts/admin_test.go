package accounts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// notes are rows that belong to accounts: some go with them, some stand in the way.
var notes = files{
	"collections/notes.yaml": `fields:
  id: uuid
  text: text
  owner_id: { ref: auth.users, default: auth.uid, on_delete: cascade }
policies: { read: row.owner_id == auth.uid, create: row.owner_id == auth.uid }
indexes: [ [ owner_id ] ]
`,
	"collections/invoices.yaml": `fields:
  id: uuid
  payer_id: { ref: auth.users, on_delete: restrict }
policies: { read: row.payer_id == auth.uid }
indexes: [ [ payer_id ] ]
`,
}

// settled is a person whom an administrator has given an account.
func (s *site) settled(t *testing.T, email string) *person {
	t.Helper()
	s.admin().post("admin/users", map[string]any{"email": email, "password": secret, "email_confirm": true}).want(t, 200)
	return s.signIn(t, email)
}

const nobody = "00000000-0000-7000-8000-000000000000"

func TestOnlyTheSecretKeyAdministers(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		for _, r := range []struct{ method, path string }{{"GET", "admin/users"}, {"POST", "admin/users"}, {"GET", "admin/users/" + ann.id},
			{"PUT", "admin/users/" + ann.id}, {"DELETE", "admin/users/" + ann.id}, {"POST", "admin/users/" + ann.id + "/logout"},
			{"GET", "admin/users/" + ann.id + "/factors"}, {"GET", "admin/users/" + ann.id + "/passkeys"}, {"POST", "admin/generate_link"},
			{"GET", "admin/audit"}, {"POST", "invite"}} {
			s.do(r.method, r.path, "{}").refused(t, 403, "not_admin")
			ann.me().do(r.method, r.path, "{}").refused(t, 403, "not_admin")
		}
		ann.me().get("user").want(t, 200)
	})
}

func TestAnAdministratorMakesAccounts(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		const id = "01900000-0000-7000-8000-00000000000a"
		made := s.admin().post("admin/users", map[string]any{"id": id, "email": "Bea@Example.org", "password": secret, "email_confirm": true,
			"user_metadata": map[string]any{"name": "Bea"}, "app_metadata": map[string]any{"team": "red"}, "role": "service_role"})
		made.want(t, 200, `{"id":"`+id+`","email":"bea@example.org","role":"authenticated","user_metadata":{"name":"Bea"},
			"app_metadata":{"team":"red","provider":"email","providers":["email"]},
			"identities":[{"provider":"email","email":"bea@example.org","identity_data":{"email_verified":true}}]}`)
		if made.field("email_confirmed_at") == "" {
			t.Error("the address is not confirmed")
		}
		bea := s.signIn(t, "bea@example.org")
		if bea.id != id {
			t.Errorf("signed in as %s", bea.id)
		}
		s.admin().post("admin/users", `{"email":"bea@example.org"}`).refused(t, 422, "email_exists")
		s.admin().post("admin/users", `{"email":"b2@example.org","id":"`+id+`"}`).refused(t, 422, "user_already_exists")
		s.admin().post("admin/users", `{"phone":"+49 151 1234567","phone_confirm":true}`).
			want(t, 200, `{"phone":"491511234567","identities":[{"provider":"phone"}],"email":""}`)
		s.admin().post("admin/users", `{"phone":"491511234567"}`).refused(t, 422, "phone_exists")

		// One that is not confirmed cannot sign in before it is.
		r := s.admin().post("admin/users", map[string]any{"email": "cid@example.org", "password": secret}).want(t, 200)
		s.post("token?grant_type=password", map[string]string{"email": "cid@example.org", "password": secret}).refused(t, 400, "email_not_confirmed")
		s.admin().put("admin/users/"+r.field("id"), `{"email_confirm":true}`).want(t, 200, `{"identities":[{"identity_data":{"email_verified":true}}]}`)
		s.signIn(t, "cid@example.org")
	})
}

func TestWhatAnAdministratorSaysWrong(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		for _, bad := range []string{`{}`, `{"email":"no address"}`, `{"phone":"12"}`, `{"email":"a@example.org","id":"7"}`,
			`{"email":"a@example.org","ban_duration":"soon"}`, `{"email":"a@example.org","ban_duration":"-1h"}`,
			`{"email":"a@example.org","password_hash":"plain"}`,
			`{"email":"a@example.org","password":"long enough","password_hash":"$2a$04$abcdefghijklmnopqrstuuY3W5mvEnmHuvgqmLSDxK6CnwVtW8nWq"}`,
			`{"email":"a@example.org","user_metadata":{"x":"` + strings.Repeat("y", 4000) + `"}}`} {
			s.admin().post("admin/users", bad).refused(t, 400, "validation_failed")
		}
		s.admin().post("admin/users", `{"email":"a@example.org","password":"short"}`).refused(t, 422, "weak_password")
		s.admin().post("admin/users", `{"email":7}`).refused(t, 400, "bad_json")
		s.admin().get("admin/users").want(t, 200, `{"users":[],"aud":"authenticated"}`)
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			s.admin().do(method, "admin/users/"+nobody, "{}").refused(t, 404, "user_not_found")
			s.admin().do(method, "admin/users/7", "{}").refused(t, 404, "validation_failed")
		}
		s.admin().post("admin/users/"+nobody+"/logout", nil).refused(t, 404, "user_not_found")
	})
}

func TestAccountsAreListedByPages(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		for i := range 7 {
			s.admin().post("admin/users", fmt.Sprintf(`{"email":"u%d@example.org"}`, i)).want(t, 200)
		}
		s.admin().post("admin/users", `{"email":"per%cent_@other.org"}`).want(t, 200)
		r := s.admin().get("admin/users?page=2&per_page=3").want(t, 200)
		if got, want := r.Header().Get("X-Total-Count"), "8"; got != want {
			t.Errorf("X-Total-Count %q", got)
		}
		if got := r.Header().Get("Link"); got != `</auth/v1/admin/users?page=3&per_page=3>; rel="next", </auth/v1/admin/users?page=3&per_page=3>; rel="last"` {
			t.Errorf("Link %s", got)
		}
		r = s.admin().get("admin/users?page=&per_page=").want(t, 200)
		if got := r.Header().Get("Link"); strings.Contains(got, "next") {
			t.Errorf("Link %s", got)
		}
		var seen []string
		for page := 1; page <= 3; page++ {
			r := s.admin().get(fmt.Sprintf("admin/users?page=%d&per_page=3", page)).want(t, 200)
			for i := 0; r.field(fmt.Sprintf("users.%d.id", i)) != ""; i++ {
				seen = append(seen, r.field(fmt.Sprintf("users.%d.email", i)))
			}
		}
		if len(seen) != 8 || seen[0] != "per%cent_@other.org" || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 8 {
			t.Errorf("the pages hold %v", seen)
		}
		s.admin().get("admin/users?filter=t_@Other").want(t, 200, `{"users":[{"email":"per%cent_@other.org","identities":[{"provider":"email"}]}]}`)
		s.admin().get("admin/users?filter=%25").want(t, 200, `{"users":[{"email":"per%cent_@other.org"}]}`)
		s.admin().get("admin/users?email=U3@example.org").want(t, 200, `{"users":[{"email":"u3@example.org"}]}`)
		s.admin().get("admin/users?page=9").want(t, 200, `{"users":[]}`)
		for _, bad := range []string{"page=0", "page=x", "per_page=0", "per_page=-1", "page=99999999999"} {
			s.admin().get("admin/users?"+bad).refused(t, 400, "validation_failed")
		}
	})
}

// gone fails the test unless a person's tokens are worth nothing.
func (p *person) gone(t *testing.T) {
	t.Helper()
	if r := p.me().get("user"); r.Code != 403 && r.Code != 401 {
		t.Errorf("the access token still holds: %d %s", r.Code, r.Body)
	}
	if r := p.me().get("/rest/v1/notes"); r.Code != 401 {
		t.Errorf("the access token still reads data: %d %s", r.Code, r.Body)
	}
	if r := p.post("token?grant_type=refresh_token", map[string]string{"refresh_token": p.refresh}); r.Code == 200 {
		t.Errorf("the refresh token still holds")
	}
}

func TestABanEndsEverySessionAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		too := s.signIn(t, "ann@example.org")
		ann.me().get("/rest/v1/notes").want(t, 200)
		s.admin().put("admin/users/"+ann.id, `{"ban_duration":"24h"}`).want(t, 200)
		ann.gone(t)
		too.gone(t)
		s.post("token?grant_type=password", map[string]string{"email": ann.email, "password": secret}).refused(t, 400, "user_banned")
		s.admin().put("admin/users/"+ann.id, `{"ban_duration":"none"}`).want(t, 200, `{"banned_until":null}`)
		s.signIn(t, "ann@example.org").me().get("/rest/v1/notes").want(t, 200)
		s.admin().put("admin/users/"+ann.id, `{"ban_duration":"1h"}`).want(t, 200)
		s.clock.advance(2 * time.Hour)
		s.signIn(t, "ann@example.org")
	})
}

func TestAnAdministratorChangesAnAccount(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann, bob := s.settled(t, "ann@example.org"), s.settled(t, "bob@example.org")
		s.admin().put("admin/users/"+ann.id, `{"app_metadata":{"team":"red","a":1,"provider":"forged"},"user_metadata":{"name":"Ann","x":1}}`).want(t, 200)
		s.admin().put("admin/users/"+ann.id, `{"app_metadata":{"a":null},"user_metadata":{"x":2}}`).want(t, 200,
			`{"app_metadata":{"team":"red","a":null,"provider":"email"},"user_metadata":{"name":"Ann","x":2}}`)
		ann.me().get("user").want(t, 200)
		s.admin().put("admin/users/"+ann.id, `{"email":"bob@example.org"}`).refused(t, 422, "email_exists")
		s.admin().put("admin/users/"+ann.id, `{"email":"anna@example.org"}`).want(t, 200,
			`{"email":"anna@example.org","identities":[{"email":"anna@example.org","identity_data":{"email":"anna@example.org","email_verified":true}}]}`)
		s.signIn(t, "anna@example.org")
		if m := s.mail("ann@example.org"); !strings.Contains(m.Text(), "anna@example.org") {
			t.Errorf("the address before was told %s", m.Text())
		}

		// A password that an administrator sets ends what was begun with the one before.
		s.admin().put("admin/users/"+bob.id, `{"password":"short"}`).refused(t, 422, "weak_password")
		bob.me().get("user").want(t, 200)
		s.admin().put("admin/users/"+bob.id, `{"password":"another good one"}`).want(t, 200)
		bob.gone(t)
		s.post("token?grant_type=password", map[string]string{"email": bob.email, "password": secret}).refused(t, 400, "invalid_credentials")
		s.post("token?grant_type=password", map[string]string{"email": bob.email, "password": "another good one"}).want(t, 200)
	})
}

func TestAHashOfAnotherProductHoldsAndIsMadeAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		hash, err := bcrypt.GenerateFromPassword([]byte(secret), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		s.admin().post("admin/users", map[string]any{"email": "old@example.org", "password_hash": string(hash), "email_confirm": true}).want(t, 200)
		s.post("token?grant_type=password", `{"email":"old@example.org","password":"wrong password"}`).refused(t, 400, "invalid_credentials")
		for range 2 { // the second time with the new hash
			s.signIn(t, "old@example.org")
		}
	})
}

func TestADeletedAccountIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		ann.me().post("/rest/v1/notes", `{"text":"mine"}`).want(t, 201)
		s.admin().do("DELETE", "admin/users/"+ann.id, `{"should_soft_delete":true}`).refused(t, 400, "validation_failed")
		ann.me().get("user").want(t, 200)

		// What refers to it by on_delete: restrict stands in the way, and nothing has changed then.
		s.admin().post("/rest/v1/invoices", `{"payer_id":"`+ann.id+`"}`).want(t, 201)
		r := s.admin().delete("admin/users/"+ann.id).refused(t, 409, "conflict")
		if !strings.Contains(r.field("message"), `"invoices"`) {
			t.Errorf("the refusal does not say what refers: %s", r.Body)
		}
		ann.me().get("user").want(t, 200)
		s.admin().delete("/rest/v1/invoices?payer_id=eq."+ann.id).want(t, 204)

		s.admin().do("DELETE", "admin/users/"+ann.id, `{"should_soft_delete":false}`).want(t, 200, `{}`)
		ann.gone(t)
		s.admin().get("admin/users/"+ann.id).refused(t, 404, "user_not_found")
		s.admin().get("/rest/v1/notes").want(t, 200, `[]`)
		s.admin().get("admin/audit").want(t, 200)
		if r := s.admin().get("admin/audit?per_page=1"); r.field("0.payload.action") != "user_deleted" || r.field("0.payload.user_id") != ann.id {
			t.Errorf("the audit trail says %s", r.Body)
		}
		// The address is free again, for somebody else.
		if again := s.settled(t, "ann@example.org"); again.id == ann.id {
			t.Error("the account came back")
		}
	})
}

func TestTheAuditTrailIsPaged(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		s.admin().put("admin/users/"+ann.id, `{"password":"another good one","ban_duration":"none"}`).want(t, 200)
		r := s.admin().get("admin/audit?page=1&per_page=2").want(t, 200)
		if r.field("0.payload.action") != "user_modified" || r.field("0.payload.traits.changed") != "[ban password]" || r.field("0.ip_address") == "" {
			t.Errorf("the newest entry is %s", r.Body)
		}
		if r.field("1.id") == "" || r.field("2.id") != "" || !strings.Contains(r.Header().Get("Link"), `page=2&per_page=2>; rel="next"`) {
			t.Errorf("%s %s", r.Header().Get("Link"), r.Body)
		}
		if strings.Contains(s.admin().get("admin/audit?per_page=1000").Body.String(), "another good one") {
			t.Error("a password is in the audit trail")
		}
	})
}

func TestAnAdministratorEndsSessions(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		s.admin().post("admin/users/"+ann.id+"/logout", nil).want(t, 204)
		ann.gone(t)
		// What the client's own admin.signOut sends: the account's token with the secret key.
		ann = s.signIn(t, "ann@example.org")
		s.admin().with("Authorization", "Bearer "+ann.access).post("logout?scope=global", nil).want(t, 204)
		ann.gone(t)
	})
}

func TestFactorsAndPasskeysOfAnAccountAreListed(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		for _, of := range []string{"factors", "passkeys"} {
			s.admin().get("admin/users/"+ann.id+"/"+of).want(t, 200, `[]`)
			s.admin().get("admin/users/"+nobody+"/"+of).refused(t, 404, "user_not_found")
		}
		s.admin().delete("admin/users/"+ann.id+"/factors/"+nobody).refused(t, 404, "mfa_factor_not_found")
		s.admin().delete("admin/users/"+ann.id+"/passkeys/"+nobody).refused(t, 404, "passkey_not_found")
	})
}

func TestSomebodyIsInvited(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		r := s.admin().post("invite?redirect_to=https%3A%2F%2Fsite.test%2Fwelcome", `{"email":"New@example.org","data":{"name":"Nu"}}`).
			want(t, 200, `{"email":"new@example.org","user_metadata":{"name":"Nu"}}`)
		if r.field("invited_at") == "" || r.field("email_confirmed_at") != "" {
			t.Errorf("%s", r.Body)
		}
		m := s.mail("new@example.org")
		link := m.Link(t)
		if !strings.HasPrefix(link, public+"/auth/v1/verify?") || !strings.Contains(link, "type=invite") || !strings.Contains(link, "site.test%2Fwelcome") {
			t.Errorf("the link is %s", link)
		}
		s.admin().post("invite", `{"email":"new@example.org"}`).want(t, 200) // once more
		ann := s.settled(t, "ann@example.org")
		s.admin().post("invite", `{"email":"`+ann.email+`"}`).refused(t, 422, "email_exists")
		s.admin().post("invite", `{"email":"@"}`).refused(t, 400, "validation_failed")
	})
}

func TestAnInvitationForgetsAPasswordThatSomebodyElseHasSet(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		s.post("signup", map[string]string{"email": "victim@example.org", "password": secret}).want(t, 200)
		s.mail("victim@example.org")
		r := s.admin().post("invite", `{"email":"victim@example.org"}`).want(t, 200)
		s.admin().put("admin/users/"+r.field("id"), `{"email_confirm":true}`).want(t, 200)
		s.post("token?grant_type=password", map[string]string{"email": "victim@example.org", "password": secret}).refused(t, 400, "invalid_credentials")
	})
}

func TestLinksAreGenerated(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, s *site) {
		ann := s.settled(t, "ann@example.org")
		for _, c := range []struct{ kind, email, more, verify, says string }{
			{"signup", "s@example.org", `,"password":"long enough","data":{"a":1}`, "signup", "signup"},
			{"invite", "i@example.org", ``, "invite", "invite"},
			{"magiclink", ann.email, ``, "magiclink", "magiclink"},
			{"magiclink", "m@example.org", ``, "signup", "signup"},
			{"recovery", ann.email, ``, "recovery", "recovery"},
			{"email_change_current", ann.email, `,"new_email":"anna@example.org"`, "email_change", "email_change_current"},
			{"email_change_new", ann.email, `,"new_email":"anna@example.org"`, "email_change", "email_change_new"},
		} {
			r := s.admin().post("admin/generate_link", fmt.Sprintf(`{"type":%q,"email":%q%s,"redirect_to":"https://site.test/x"}`, c.kind, c.email, c.more)).
				want(t, 200, fmt.Sprintf(`{"email":%q,"verification_type":%q,"redirect_to":"https://site.test/x","identities":[{"provider":"email"}]}`, c.email, c.says))
			link := r.field("action_link")
			if !strings.HasPrefix(link, public+"/auth/v1/verify?") || !strings.Contains(link, "type="+c.verify+"&") && !strings.HasSuffix(link, "type="+c.verify) ||
				!strings.Contains(link, r.field("hashed_token")) || len(r.field("hashed_token")) < 40 || !regexp.MustCompile(`^\d{6}$`).MatchString(r.field("email_otp")) {
				t.Errorf("%s: %s", c.kind, r.Body)
			}
		}
		for _, c := range []struct {
			body, code string
			status     int
		}{
			{`{"type":"signup","email":"ann@example.org","password":"long enough"}`, "email_exists", http.StatusUnprocessableEntity},
			{`{"type":"invite","email":"ann@example.org"}`, "email_exists", 422},
			{`{"type":"recovery","email":"nobody@example.org"}`, "user_not_found", 404},
			{`{"type":"email_change_new","email":"ann@example.org"}`, "validation_failed", 400},
			{`{"type":"email_change_new","email":"ann@example.org","new_email":"s@example.org"}`, "email_exists", 422},
			{`{"type":"surprise","email":"ann@example.org"}`, "validation_failed", 400},
			{`{"type":"signup","email":"q@example.org","password":"short"}`, "weak_password", 422},
		} {
			s.admin().post("admin/generate_link", c.body).refused(t, c.status, c.code)
		}
		r := s.admin().post("admin/generate_link", `{"type":"recovery","email":"ann@example.org","redirect_to":"https://evil.test"}`).want(t, 200)
		if strings.Contains(r.Body.String(), "evil") {
			t.Errorf("a link leads away: %s", r.Body)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(r.Body.Bytes(), &members); err != nil || members["app_metadata"] == nil {
			t.Errorf("the account is not flat in the answer: %s", r.Body)
		}
	})
}
