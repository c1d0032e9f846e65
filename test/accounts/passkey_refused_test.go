package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestAPasskeyThatIsNotRightIsRefusedAndItsChallengeSpent(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		key := testkit.NewAuthenticator(t)
		ada.registers(t, key).want(t, 200)

		asked := s.post("passkeys/authentication/options", `{}`).want(t, 200)
		answer := key.Authenticate(options(t, asked, "options"), "https://evil.test")
		s.post("passkeys/authentication/verify", finish(asked, answer)).refused(t, 400, "webauthn_verification_failed")
		answer = key.Authenticate(options(t, asked, "options"), home)
		s.post("passkeys/authentication/verify", finish(asked, answer)).refused(t, 400, "webauthn_challenge_not_found")

		asked = s.post("passkeys/authentication/options", `{}`).want(t, 200)
		answer = key.Authenticate(options(t, asked, "options"), home)
		s.clock.advance(11 * time.Minute)
		s.post("passkeys/authentication/verify", finish(asked, answer)).refused(t, 400, "webauthn_challenge_expired")
		s.post("passkeys/authentication/verify", finish(asked, answer)).refused(t, 400, "webauthn_challenge_expired")

		registration := ada.me().post("passkeys/registration/options", `{}`).want(t, 200)
		s.post("passkeys/authentication/verify", finish(registration, answer)).refused(t, 400, "webauthn_challenge_not_found")
		bob := s.member(t, "bob@example.org")
		other := testkit.NewAuthenticator(t)
		bob.me().post("passkeys/registration/verify", finish(registration, other.Register(options(t, registration, "options"), home))).
			refused(t, 400, "webauthn_challenge_not_found")

		key.Unverified = true
		s.byPasskey(t, key).refused(t, 400, "webauthn_verification_failed")
		key.Unverified = false
		key.NewKey()
		s.byPasskey(t, key).refused(t, 400, "webauthn_verification_failed")
		for _, bad := range []string{`{}`, `{"challenge_id":"x","credential":{}}`, `{"challenge_id":"0194d0b0-0000-7000-8000-000000000000"}`} {
			s.post("passkeys/authentication/verify", bad).refused(t, 400, "validation_failed")
		}
	})
}

func TestACopyOfAPasskeyIsRefusedAndNoted(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		key := testkit.NewAuthenticator(t)
		ada.registers(t, key).want(t, 200)
		s.byPasskey(t, key).want(t, 200)
		s.byPasskey(t, key).want(t, 200)
		key.SignCount = 1 // the copy counts on from where it was taken
		if r := s.byPasskey(t, key).refused(t, 400, "webauthn_verification_failed"); !strings.Contains(r.field("message"), "copy") {
			t.Error(r.Body)
		}
		key.SignCount = 10
		s.byPasskey(t, key).want(t, 200)
	})
}

func TestAPasskeyIsOfOneAccountAndAnAccountHasNotTooMany(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada, bob := s.member(t, "ada@example.org"), s.member(t, "bob@example.org")
		key := testkit.NewAuthenticator(t)
		ada.registers(t, key).want(t, 200)
		ada.registers(t, key).refused(t, 422, "webauthn_credential_exists")
		bob.registers(t, key).refused(t, 422, "webauthn_credential_exists")
		for range 9 {
			ada.registers(t, testkit.NewAuthenticator(t)).want(t, 200)
		}
		ada.me().post("passkeys/registration/options", `{}`).refused(t, 422, "too_many_passkeys")
	})
}

func TestOfAHundredWithOnePasskeyAnswerOneSignsIn(t *testing.T) {
	t.Parallel()
	everywhere(t, homely(), func(t *testing.T, s *site) {
		ada := s.member(t, "ada@example.org")
		key := testkit.NewAuthenticator(t)
		ada.registers(t, key).want(t, 200)
		asked := s.post("passkeys/authentication/options", `{}`).want(t, 200)
		body := finish(asked, key.Authenticate(options(t, asked, "options"), home))
		if got := rushed(crowd, func(int) reply { return s.post("passkeys/authentication/verify", body) }); got[200] != 1 || got[400] != crowd-1 {
			t.Fatal(got)
		}
	})
}
