package accounts_test

import (
	"strings"
	"testing"
)

// own are the product's collections beside the project's.
var own = []string{"users", "passwords", "identities", "sessions", "secrets", "flows", "factors", "recovery_codes", "passkeys", "challenges",
	"revocations", "outbox", "audit"}

// What the product keeps about accounts is no part of the data API: no path, embed, profile, function or description leads there,
// whoever asks.
func TestTheDataAPIKnowsNothingOfAccounts(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		p.me().with("Prefer", "return=minimal").post("/rest/v1/notes", `{"text":"x"}`).want(t, 201)
		callers := map[string]client{"anybody": s.anyone(), "a user": p.me(), "the secret key": s.admin()}
		for who, c := range callers {
			missing := c.get("/rest/v1/nothing_at_all").Code
			for _, name := range own {
				for _, path := range []string{"/rest/v1/" + name, "/rest/v1/auth." + name, "/rest/v1/auth_" + name, "/rest/v1/" + name + "?select=*&limit=1"} {
					for _, asked := range []client{c, c.with("Accept-Profile", "auth")} {
						if r := asked.get(path); r.Code != missing && r.Code != 406 || strings.Contains(r.Body.String(), "ada@") {
							t.Errorf("%s at %s: %d %s", who, path, r.Code, r.Body)
						}
					}
					for _, method := range []string{"POST", "PATCH", "DELETE"} {
						if r := c.with("Content-Profile", "auth").do(method, path, `{"email":"x@example.org"}`); r.Code/100 != 4 {
							t.Errorf("%s, %s %s: %d %s", who, method, path, r.Code, r.Body)
						}
					}
				}
			}
			for _, path := range []string{"notes?select=*,users(*)", "notes?select=*,auth.users(*)", "notes?select=*,owner:owner_id(email)", "notes?select=*,owner_id(*)",
				"notes?select=*,owner:users!owner_id(*)", "notes?users.email=eq.x", "notes?order=owner_id(email)", "notes?select=text,...users(email)"} {
				if r := c.get("/rest/v1/" + path); r.Code/100 != 4 || strings.Contains(r.Body.String(), "ada@") {
					t.Errorf("%s at %s: %d %s", who, path, r.Code, r.Body)
				}
			}
			if r := c.post("/rest/v1/rpc/transaction", `[{"read":"auth.users"},{"path":"/users","method":"GET"}]`); r.Code/100 != 4 {
				t.Errorf("%s: a transaction: %d %s", who, r.Code, r.Body)
			}
			described := c.get("/rest/v1/").want(t, 200).Body.String()
			for _, name := range append([]string{`auth.`, "email_confirmed_at", "user_metadata"}, own...) {
				if strings.Contains(described, `"/`+name) || strings.Contains(described, `schemas/`+name) || strings.Contains(described, `"`+name+`":`) {
					t.Errorf("the description for %s names %s", who, name)
				}
			}
		}
	})
}

// What is somebody else's is answered exactly as what is nobody's, and stays as it was.
func TestWhatIsAnothersIsAsWhatIsNobodys(t *testing.T) {
	t.Parallel()
	everywhere(t, atOnce, func(t *testing.T, s *site) {
		ada, eve := s.newcomer(t, "ada@example.org"), s.newcomer(t, "eve@example.org")
		factor := ada.me().post("factors", `{"factor_type":"totp","friendly_name":"phone"}`).want(t, 200).field("id")
		challenge := ada.me().post("factors/"+factor+"/challenge", `{}`).want(t, 200).field("id")
		identity := ada.me().get("user").want(t, 200).field("identities.0.identity_id")
		const absent = "01a1fd65-c8e4-7804-9cce-14328651afee"
		for _, c := range []struct{ method, path, id, body string }{
			{"DELETE", "factors/ID", factor, ""},
			{"POST", "factors/ID/challenge", factor, `{}`},
			{"POST", "factors/ID/verify", factor, `{"challenge_id":"` + challenge + `","code":"123456"}`},
			{"DELETE", "user/identities/ID", identity, ""},
			{"PATCH", "passkeys/ID", factor, `{"friendly_name":"mine"}`},
			{"DELETE", "passkeys/ID", factor, ""},
			{"GET", "admin/users/ID", ada.id, ""},
			{"DELETE", "admin/users/ID", ada.id, ""},
			{"GET", "/rest/v1/notes?owner_id=eq.ID", ada.id, ""},
		} {
			ask := func(id string) (int, string) {
				r := eve.me().do(c.method, strings.Replace(c.path, "ID", id, 1), c.body)
				return r.Code, strings.ReplaceAll(r.Body.String(), id, "ID")
			}
			code, text := ask(c.id)
			if code2, text2 := ask(absent); code != code2 || text != text2 {
				t.Errorf("%s %s: %d %s; of nobody's: %d %s", c.method, c.path, code, text, code2, text2)
			}
			if code < 400 && !strings.HasPrefix(c.path, "/rest") {
				t.Errorf("%s %s: %d", c.method, c.path, code)
			}
		}
		ada.me().get("user").want(t, 200, `{"factors":[{"id":"`+factor+`","status":"unverified"}]}`)
		eve.me().post("logout?scope=global", nil).want(t, 204)
		ada.me().get("user").want(t, 200)
		s.refreshed(ada.refresh).want(t, 200)
	})
}

// Whoever began a sign-up with somebody else's address is shut out as soon as the owner proves it by another way.
func TestNobodyKeepsAnAccountThatTheyPreparedForAnother(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"collections/notes.yaml": privateNotes}, func(t *testing.T, s *site) {
		for name, claim := range map[string]func(who string){
			"a magic link": func(who string) {
				s.post("otp", map[string]any{"email": who, "create_user": false}).want(t, 200)
				s.post("verify", map[string]string{"type": "email", "email": who, "token": code(t, s.mail(who))}).want(t, 200)
			},
			"a recovery": func(who string) {
				s.post("recover", map[string]any{"email": who}).want(t, 200)
				s.post("verify", map[string]string{"type": "recovery", "email": who, "token": code(t, s.mail(who))}).want(t, 200)
			},
			"an invitation": func(who string) {
				s.admin().post("invite", map[string]any{"email": who}).want(t, 200)
				s.post("verify", map[string]string{"type": "email", "email": who, "token": code(t, s.mail(who))}).want(t, 200)
			},
		} {
			who := strings.ReplaceAll(name, " ", "-") + "@example.org"
			s.post("signup", map[string]string{"email": who, "password": "the other one's"}).want(t, 200)
			s.mail(who)
			s.clock.advance(hour / 4)
			claim(who)
			s.post("token?grant_type=password", map[string]string{"email": who, "password": "the other one's"}).refused(t, 400, "invalid_credentials")
		}
	})
}
