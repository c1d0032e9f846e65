package accounts_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// home is where the passkeys of these tests are used.
const home = "http://localhost:8090"

// homely is a project with passkeys.
func homely() files {
	return files{"socle.yaml": "public_url: " + home + "\nauth: { confirm_email: false }\ncors: [ https://app.other.test ]\n"}
}

// options are what a ceremony asks, as the authenticator reads it.
func options(t *testing.T, r reply, path ...string) []byte {
	t.Helper()
	raw := json.RawMessage(r.Body.Bytes())
	for _, name := range path {
		var at map[string]json.RawMessage
		if err := json.Unmarshal(raw, &at); err != nil || at[name] == nil {
			t.Fatalf("there is no %v in %s", path, r.Body)
		}
		raw = at[name]
	}
	return raw
}

// finish is the body that ends a ceremony.
func finish(r reply, answer []byte) map[string]any {
	return map[string]any{"challenge_id": r.field("challenge_id"), "credential": json.RawMessage(answer)}
}

// registers makes a passkey of an authenticator.
func (p *person) registers(t *testing.T, a *testkit.Authenticator) reply {
	t.Helper()
	asked := p.me().post("passkeys/registration/options", `{}`).want(t, 200)
	return p.me().post("passkeys/registration/verify", finish(asked, a.Register(options(t, asked, "options"), home)))
}

// byPasskey signs in with an authenticator.
func (s *site) byPasskey(t *testing.T, a *testkit.Authenticator) reply {
	t.Helper()
	asked := s.post("passkeys/authentication/options", `{"gotrue_meta_security":{}}`).want(t, 200)
	return s.post("passkeys/authentication/verify", finish(asked, a.Authenticate(options(t, asked, "options"), home)))
}

func TestAPasskeyIsMadeUsedNamedAndTakenAway(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		key := testkit.NewAuthenticator(t)
		ada.me().get("passkeys").want(t, 200, `[]`)
		made := ada.registers(t, key).want(t, 200)
		s.mail("ada@example.org")
		path := "passkeys/" + made.field("id")

		in := s.signedIn("ada@example.org", s.byPasskey(t, key).want(t, 200, `{"token_type":"bearer","user":{"email":"ada@example.org"}}`))
		in.want(t, "aal2", "passkey")
		in.renew(t)
		in.want(t, "aal2", "passkey")
		if list := in.me().get("passkeys").want(t, 200, fmt.Sprintf(`[{"id":%q}]`, made.field("id"))); list.field("0.last_used_at") == "" {
			t.Error(list.Body)
		}
		in.me().do("PATCH", path, map[string]string{"friendly_name": "Laptop"}).want(t, 200, `{"friendly_name":"Laptop"}`)
		in.me().do("PATCH", path, map[string]string{"friendly_name": strings.Repeat("é", 121)}).refused(t, 400, "validation_failed")
		in.me().do("PATCH", path, `{}`).refused(t, 400, "validation_failed")

		bob := s.member(t, "bob@example.org")
		bob.me().do("PATCH", path, `{"friendly_name":"mine"}`).refused(t, 404, "webauthn_credential_not_found")
		bob.me().delete(path).refused(t, 404, "webauthn_credential_not_found")
		in.me().delete(path).want(t, 204)
		in.me().delete(path).refused(t, 404, "webauthn_credential_not_found")
		s.byPasskey(t, key).refused(t, 404, "webauthn_credential_not_found")
	})
}

func TestAKeyIsASecondFactorAndSignsNobodyInAlone(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		key := testkit.NewAuthenticator(t)
		id := ada.me().post("factors", `{"factor_type":"webauthn","friendly_name":"Key"}`).want(t, 200, `{"type":"webauthn","friendly_name":"Key"}`).field("id")
		ask := func(p *person, kind string) reply {
			return p.me().post("factors/"+id+"/challenge", map[string]any{"factorId": id, "webauthn": map[string]string{"rpId": "localhost"}}).
				want(t, 200, fmt.Sprintf(`{"type":"webauthn","webauthn":{"type":%q}}`, kind))
		}
		answer := func(p *person, asked reply, kind string, credential []byte) reply {
			return p.me().post("factors/"+id+"/verify", map[string]any{"challenge_id": asked.field("id"),
				"webauthn": map[string]any{"type": kind, "rpId": "localhost", "credential_response": json.RawMessage(credential)}})
		}
		publicKey := []string{"webauthn", "credential_options", "publicKey"}
		asked := ask(ada, "create")
		r := answer(ada, asked, "create", key.Register(options(t, asked, publicKey...), home)).want(t, 200, `{"user":{"factors":[{"factor_type":"webauthn","status":"verified"}]}}`)
		ada.access, ada.refresh = r.field("access_token"), r.field("refresh_token")
		ada.want(t, "aal2", "mfa/webauthn", "password")
		ada.me().get("passkeys").want(t, 200, `[]`)
		s.byPasskey(t, key).refused(t, 404, "webauthn_credential_not_found")

		weak := s.signIn(t, "ada@example.org")
		weak.me().post("passkeys/registration/options", `{}`).refused(t, 403, "insufficient_aal")
		asked = ask(weak, "request")
		used := key.Authenticate(options(t, asked, publicKey...), home)
		answer(weak, asked, "create", used).refused(t, 400, "validation_failed")
		answer(weak, asked, "request", []byte(`{"id":"AAAA"}`)).refused(t, 422, "mfa_verification_failed")
		answer(weak, asked, "request", used).refused(t, 404, "mfa_factor_not_found") // the wrong answer has spent the challenge
		asked = ask(weak, "request")
		answer(weak, asked, "request", key.Authenticate(options(t, asked, publicKey...), home)).want(t, 200)

		ada.me().delete("factors/"+id).want(t, 200)
		ada.renew(t)
		ada.want(t, "aal1", "password")
		ada.registers(t, key).want(t, 200) // nobody has its key any more
	})
}

func TestOtherDomainsOfAProjectMayUseItsPasskeys(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		s.get("/.well-known/webauthn").want(t, 200, `{"origins":["http://localhost:8090","https://app.other.test"]}`)
		s.post("/.well-known/webauthn", nil).want(t, 405)
	})
}
