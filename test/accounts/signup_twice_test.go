package accounts_test

import (
	"testing"
	"time"
)

const others = "a password of somebody else"

func (s *site) sign(email, password string) reply {
	return s.post("token?grant_type=password", map[string]string{"email": email, "password": password})
}

// Whoever reads the mail need not have chosen the password of either sign-up: neither is confirmed.
func TestALinkConfirmsNoPasswordOfTwoWhoSignedUp(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		for name, passwords := range map[string][]string{
			"second": {secret, others},
			"third":  {secret, others, secret},
			"fourth": {secret, others, others, others},
		} {
			email := name + "@example.org"
			links := make([]string, len(passwords))
			for i, p := range passwords {
				s.clock.advance(time.Minute)
				s.post("signup", map[string]any{"email": email, "password": p, "data": map[string]string{"name": p}}).want(t, 200)
				links[i] = s.pathOf(s.mail(email))
			}
			for _, void := range links[:len(links)-1] {
				s.follow(t, void).fails(t, "otp_expired")
			}
			token := s.follow(t, links[len(links)-1]).signsIn(t, s, "signup")
			s.as(token).get("user").want(t, 200, `{"user_metadata":{"name":null}}`)
			s.sign(email, secret).refused(t, 400, "invalid_credentials")
			s.sign(email, others).refused(t, 400, "invalid_credentials")
			s.as(token).put("user", map[string]string{"password": "a password of the reader"}).want(t, 200)
			s.sign(email, "a password of the reader").want(t, 200)
		}
	})
}

func TestWhoSignsUpTwiceWithOnePasswordKeepsIt(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		for _, name := range []string{"A", "B"} {
			s.clock.advance(time.Minute)
			s.post("signup", map[string]any{"email": "ada@example.org", "password": secret, "data": map[string]string{"name": name}}).want(t, 200)
		}
		s.mail("ada@example.org")
		s.follow(t, s.pathOf(s.mail("ada@example.org"))).signsIn(t, s, "signup")
		s.sign("ada@example.org", secret).want(t, 200, `{"user":{"user_metadata":{"name":"B"}}}`)
	})
}

func TestASignUpAfterAnUnprovedSignInByLinkSetsNoPassword(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.post("otp", map[string]any{"email": "ada@example.org"}).want(t, 200)
		s.mail("ada@example.org")
		s.clock.advance(time.Minute)
		s.post("signup", map[string]any{"email": "ada@example.org", "password": others}).want(t, 200)
		s.follow(t, s.pathOf(s.mail("ada@example.org"))).signsIn(t, s, "signup")
		s.sign("ada@example.org", others).refused(t, 400, "invalid_credentials")
	})
}

func TestACodeToAPhoneConfirmsNoPasswordOfTwoWhoSignedUp(t *testing.T) {
	t.Parallel()
	reachable(t, func(t *testing.T, s *site, texts <-chan text) {
		var last string
		for _, p := range []string{secret, others} {
			s.clock.advance(time.Hour / 4)
			s.post("signup", map[string]string{"phone": "491701234567", "password": p}).want(t, 200)
			last = (<-texts).is(t, "+491701234567", "signup")
		}
		s.post("verify", map[string]string{"type": "sms", "phone": "491701234567", "token": last}).want(t, 200)
		for _, p := range []string{secret, others} {
			s.post("token?grant_type=password", map[string]string{"phone": "491701234567", "password": p}).refused(t, 400, "invalid_credentials")
		}
	})
}

func TestAPasswordIsNotGuessedByChangingIt(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { confirm_email: false, limits: { account: 1 } }\n"}, func(t *testing.T, s *site) {
		p := s.newcomer(t, "ada@example.org")
		for range 2 {
			p.me().put("user", map[string]string{"password": secret}).refused(t, 422, "same_password")
		}
		p.me().put("user", map[string]string{"password": secret}).refused(t, 429, "over_request_rate_limit")
		p.me().put("user", map[string]string{"password": others, "current_password": secret}).refused(t, 429, "over_request_rate_limit")
		p.me().put("user", `{"data":{"name":"Ada"}}`).want(t, 200)
	})
}

func TestWrongCodesOfAStrangerLeaveTheLinkGood(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		s.clock.advance(time.Minute)
		s.post("recover", map[string]any{"email": "ada@example.org"}).want(t, 200)
		m := s.mail("ada@example.org")
		right := code(t, m)
		try := func(c string) {
			s.clock.advance(10 * time.Second)
			s.post("verify", map[string]string{"type": "recovery", "email": "ada@example.org", "token": c}).refused(t, 403, "otp_expired")
		}
		for range 12 {
			try("x" + right[1:])
		}
		try(right)
		s.follow(t, s.pathOf(m)).signsIn(t, s, "recovery")
		s.follow(t, s.pathOf(m)).fails(t, "otp_expired")
	})
}
