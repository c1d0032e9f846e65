package accounts_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// near is a project whose accounts need no confirmation, with the files that a test adds.
func near(more files) files {
	out := files{"socle.yaml": "auth: { confirm_email: false }\n"}
	maps.Copy(out, more)
	return out
}

// member signs somebody up who is at home at once.
func (s *site) member(t *testing.T, email string) *person {
	t.Helper()
	return s.signedIn(email, s.post("signup", map[string]string{"email": email, "password": secret}).want(t, 200))
}

// device is an authenticator app with one secret.
type device struct {
	*site
	id, secret string
}

func (p *person) enroll(t *testing.T, name string) device {
	t.Helper()
	r := p.me().post("factors", map[string]string{"factor_type": "totp", "friendly_name": name}).want(t, 200, `{"type":"totp"}`)
	return device{p.site, r.field("id"), r.field("totp.secret")}
}

// shows is the code of this moment.
func (d device) shows(t *testing.T) string {
	t.Helper()
	out, err := totp.GenerateCode(d.secret, d.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wrong is a code of no moment near this one.
func (d device) wrong(t *testing.T) string {
	t.Helper()
	near := map[string]bool{}
	for step := -2; step <= 2; step++ {
		c, err := totp.GenerateCode(d.secret, d.clock.Now().Add(time.Duration(step)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		near[c] = true
	}
	for i := 0; ; i++ {
		if c := fmt.Sprintf("%06d", i); !near[c] {
			return c
		}
	}
}

func (p *person) challenge(t *testing.T, factor string) string {
	t.Helper()
	return p.me().post("factors/"+factor+"/challenge", map[string]string{"factorId": factor}).want(t, 200).field("id")
}

func (p *person) try(t *testing.T, factor, challenge, code string) reply {
	t.Helper()
	return p.me().post("factors/"+factor+"/verify", map[string]string{"challenge_id": challenge, "code": code})
}

// prove raises the person's session by a code that was not used before.
func (p *person) prove(t *testing.T, d device) {
	t.Helper()
	p.clock.advance(31 * time.Second)
	r := p.try(t, d.id, p.challenge(t, d.id), d.shows(t)).want(t, 200)
	p.access, p.refresh = r.field("access_token"), r.field("refresh_token")
}

func (p *person) renew(t *testing.T) {
	t.Helper()
	r := p.post("token?grant_type=refresh_token", map[string]string{"refresh_token": p.refresh}).want(t, 200)
	p.access, p.refresh = r.field("access_token"), r.field("refresh_token")
}

func TestAnAuthenticatorAppBecomesASecondFactor(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		r := ada.me().post("factors", map[string]string{"factor_type": "totp", "friendly_name": "Phone", "issuer": "Acme"}).want(t, 200, `{"type":"totp","friendly_name":"Phone"}`)
		if svg, uri := r.field("totp.qr_code"), r.field("totp.uri"); !strings.HasPrefix(svg, "<svg") || !strings.HasPrefix(uri, "otpauth://totp/Acme:ada@example.org?") {
			t.Fatal(svg, uri)
		}
		phone := device{s, r.field("id"), r.field("totp.secret")}
		ada.me().get("user").want(t, 200, `{"factors":[{"factor_type":"totp","status":"unverified","friendly_name":"Phone"}]}`)
		ada.want(t, "aal1", "password")

		challenge := ada.me().post("factors/"+phone.id+"/challenge", map[string]any{"factorId": phone.id}).want(t, 200, `{"type":"totp"}`)
		verified := ada.try(t, phone.id, challenge.field("id"), phone.shows(t)).want(t, 200, `{"token_type":"bearer","user":{"factors":[{"status":"verified"}]}}`)
		before := *ada
		ada.access, ada.refresh = verified.field("access_token"), verified.field("refresh_token")
		ada.want(t, "aal2", "totp", "password")
		if m := s.mail("ada@example.org"); !strings.Contains(m.Text(), "Phone") {
			t.Error(m.Text())
		}
		if ada.refresh == before.refresh {
			t.Error("the refresh token from before is still the current one")
		}
		before.me().get("user").want(t, 200) // enrolling ends nothing
		ada.renew(t)
		ada.want(t, "aal2", "totp", "password")
		s.signIn(t, "ada@example.org").want(t, "aal1", "password")
	})
}

// want fails the test unless the person's token says how strong the session is, and by which methods, the last first.
func (p *person) want(t *testing.T, aal string, methods ...string) {
	t.Helper()
	got := claimed(t, p.access)
	var names []string
	list, _ := got["amr"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		names = append(names, fmt.Sprint(m["method"]))
	}
	if got["aal"] != aal || strings.Join(names, " ") != strings.Join(methods, " ") {
		t.Fatalf("%v by %v, want %s by %v", got["aal"], names, aal, methods)
	}
}

func TestACodeIsAcceptedOnceAndAChallengeToo(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "")
		first, second := ada.challenge(t, phone.id), ada.challenge(t, phone.id)
		now := phone.shows(t)
		ada.try(t, phone.id, first, phone.wrong(t)).refused(t, 422, "mfa_verification_failed")
		ada.try(t, phone.id, first, now).want(t, 200) // the challenge has survived the wrong code
		ada.try(t, phone.id, first, now).refused(t, 404, "mfa_factor_not_found")
		ada.try(t, phone.id, second, now).refused(t, 422, "mfa_verification_failed")
		s.clock.advance(31 * time.Second)
		ada.try(t, phone.id, second, phone.shows(t)).want(t, 200)

		third := ada.challenge(t, phone.id)
		s.clock.advance(11 * time.Minute)
		ada.try(t, phone.id, third, phone.shows(t)).refused(t, 422, "mfa_challenge_expired")
		ada.try(t, phone.id, "no-uuid", phone.shows(t)).refused(t, 400, "validation_failed")
		ada.try(t, phone.id, ada.challenge(t, phone.id), "").refused(t, 400, "validation_failed")
	})
}

func TestGuessingCodesEndsAfterFive(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "")
		for range 5 {
			ada.try(t, phone.id, ada.challenge(t, phone.id), phone.wrong(t)).refused(t, 422, "mfa_verification_failed")
		}
		late := ada.try(t, phone.id, ada.challenge(t, phone.id), phone.shows(t)).refused(t, 429, "mfa_verification_failed")
		if late.Header().Get("Retry-After") == "" {
			t.Error("it does not say when to come back")
		}
		s.clock.advance(10*time.Minute + time.Second)
		ada.try(t, phone.id, ada.challenge(t, phone.id), phone.shows(t)).want(t, 200)
	})
}

func TestWhoHasAFactorNeedsItToChangeFactors(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "Phone")
		ada.me().post("factors", map[string]string{"factor_type": "totp", "friendly_name": "Phone"}).refused(t, 422, "mfa_factor_name_conflict")
		ada.enroll(t, "Tablet")
		ada.prove(t, phone)
		s.mail("ada@example.org")
		ada.me().get("user").want(t, 200, `{"factors":[{"friendly_name":"Phone","status":"verified"}]}`) // Tablet was never proved

		weak := s.signIn(t, "ada@example.org")
		weak.me().post("factors", map[string]string{"factor_type": "totp"}).refused(t, 403, "insufficient_aal")
		weak.me().delete("factors/"+phone.id).refused(t, 403, "insufficient_aal")
		bob := s.member(t, "bob@example.org")
		bob.me().delete("factors/"+phone.id).refused(t, 404, "mfa_factor_not_found")
		bob.me().post("factors/"+phone.id+"/challenge", nil).refused(t, 404, "mfa_factor_not_found")

		other := s.signIn(t, "ada@example.org")
		other.prove(t, phone)
		other.me().delete("factors/"+phone.id).want(t, 200, fmt.Sprintf(`{"id":%q}`, phone.id))
		if m := s.mail("ada@example.org"); !strings.Contains(m.Text(), "removed") {
			t.Error(m.Text())
		}
		for _, p := range []*person{ada, other} {
			p.renew(t)
			p.want(t, "aal1", "password")
		}
		ada.me().delete("factors/"+phone.id).refused(t, 404, "mfa_factor_not_found")
		for range 10 {
			ada.enroll(t, "")
		}
		ada.me().post("factors", map[string]string{"factor_type": "totp"}).refused(t, 422, "too_many_enrolled_mfa_factors")
		s.clock.advance(61 * time.Minute) // nobody proves those any more
		ada.renew(t)
		ada.enroll(t, "")
	})
}

func TestFactorsThatAProjectDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { confirm_email: false, mfa: { totp: false, passkeys: false } }\n"}, func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		for body, code := range map[string]string{
			`{"factor_type":"totp"}`:                         "mfa_totp_enroll_not_enabled",
			`{"factor_type":"webauthn"}`:                     "mfa_webauthn_enroll_not_enabled",
			`{"factor_type":"phone","phone":"+33612345678"}`: "mfa_phone_enroll_not_enabled",
		} {
			ada.me().post("factors", body).refused(t, 422, code)
		}
		ada.me().post("factors", `{"factor_type":"carrier pigeon"}`).refused(t, 400, "validation_failed")
		s.post("factors", `{"factor_type":"totp"}`).refused(t, 401, "no_authorization")
		ada.me().get("passkeys").refused(t, 404, "passkey_disabled")
		s.post("passkeys/authentication/options", `{}`).refused(t, 404, "passkey_disabled")
	})
}

func TestAPolicyCanAskForASecondFactor(t *testing.T) {
	t.Parallel()
	notes := "fields: { id: { type: int, identity: true }, text: text, owner: { ref: auth.users, default: auth.uid } }\n" +
		"policies: { read: \"row.owner == auth.uid && auth.aal == 'aal2'\", create: \"row.owner == auth.uid\" }\n"
	everywhere(t, near(files{"collections/notes.yaml": notes}), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		ada.me().with("Prefer", "return=minimal").post("/rest/v1/notes", `{"text":"secret"}`).want(t, 201)
		ada.me().get("/rest/v1/notes?select=text").want(t, 200, `[]`)
		phone := ada.enroll(t, "")
		ada.prove(t, phone)
		ada.me().get("/rest/v1/notes?select=text").want(t, 200, `[{"text":"secret"}]`)
		ada.renew(t)
		ada.me().get("/rest/v1/notes?select=text").want(t, 200, `[{"text":"secret"}]`)
		s.signIn(t, "ada@example.org").me().get("/rest/v1/notes?select=text").want(t, 200, `[]`)
		ada.me().delete("factors/"+phone.id).want(t, 200)
		ada.renew(t)
		ada.me().get("/rest/v1/notes?select=text").want(t, 200, `[]`)
	})
}

func TestSecretsOfFactorsAreNeitherStoredNorLoggedAsTheyAre(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "")
		ada.prove(t, phone)
		r := ada.me().post("factors/recovery-codes", nil).want(t, 200)
		for _, hidden := range []string{phone.secret, r.field("codes.0"), ada.access, ada.refresh} {
			if strings.Contains(s.log.String(), hidden) {
				t.Errorf("the log has %s", hidden)
			}
		}
		if me := ada.me().get("user").want(t, 200).Body.String(); strings.Contains(me, phone.secret) {
			t.Error(me)
		}
	})
}

func TestAnAdministratorTakesAFactorAway(t *testing.T) {
	t.Parallel()
	everywhere(t, near(nil), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		phone := ada.enroll(t, "Phone")
		ada.prove(t, phone)
		ada.me().post("factors/recovery-codes", nil).want(t, 200)
		s.admin().get("admin/users/"+ada.id+"/factors").want(t, 200, `[{"factor_type":"totp"},{"factor_type":"recovery_code"}]`)
		s.admin().delete("admin/users/"+ada.id+"/factors/"+phone.id).want(t, 200, `{"factor_type":"totp"}`)
		s.admin().get("admin/users/"+ada.id+"/factors").want(t, 200, `[]`)
		if r := ada.me().get("/rest/v1/"); r.Code != 401 {
			t.Errorf("the session that the factor proved goes on: %d", r.Code)
		}
		ada = s.signIn(t, "ada@example.org")
		ada.want(t, "aal1", "password")
		ada.me().get("factors/recovery-codes").refused(t, 404, "mfa_factor_not_found")
	})
}
