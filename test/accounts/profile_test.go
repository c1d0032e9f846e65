package accounts_test

import (
	"strings"
	"testing"
	"time"
)

// otp is a code that was asked for with these members and came by mail.
func (s *site) otp(t *testing.T, path, email string) string {
	t.Helper()
	s.clock.advance(time.Minute)
	s.post(path, map[string]any{"email": email}).want(t, 200, `{}`)
	return code(t, s.mail(strings.ToLower(email)))
}

func TestAWrongCodeIsForgivenFourTimes(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		try := func(c string) reply {
			s.clock.advance(10 * time.Second)
			return s.post("verify", map[string]string{"type": "email", "email": "Ada@EXAMPLE.org", "token": c})
		}
		for _, wrong := range []int{4, 5} {
			right := s.otp(t, "otp", "ADA@example.org")
			for range wrong {
				try("x"+right[1:]).refused(t, 403, "otp_expired")
			}
			if wrong == 4 {
				try(right).want(t, 200, `{"token_type":"bearer","user":{"email":"ada@example.org"}}`)
			}
			try(right).refused(t, 403, "otp_expired")
		}
	})
}

func TestWhoeverProvesAnAddressGetsTheAccountWithoutItsMakersPassword(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		for path, kind := range map[string]string{"recover": "recovery", "otp": "magiclink"} {
			email := path + "@example.org"
			s.post("signup", map[string]string{"email": email, "password": secret}).want(t, 200)
			old := s.pathOf(s.mail(email))
			s.clock.advance(time.Minute)
			s.post(path, map[string]any{"email": email}).want(t, 200, `{}`)
			s.follow(t, s.pathOf(s.mail(email))).signsIn(t, s, kind)
			s.post("token?grant_type=password", map[string]string{"email": email, "password": secret}).refused(t, 400, "invalid_credentials")
			s.follow(t, old).fails(t, "otp_expired")
		}
	})
}

func TestAskingSaysNothingAboutWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "known@example.org")
		for _, c := range []struct {
			path string
			more map[string]any
		}{{"otp", map[string]any{"create_user": false}}, {"recover", nil}, {"resend", map[string]any{"type": "signup"}}, {"resend", map[string]any{"type": "email_change"}}} {
			s.clock.advance(time.Minute)
			for _, email := range []string{"known@example.org", "nobody@example.org"} {
				s.post(c.path, and(map[string]any{"email": email}, c.more)).want(t, 200, `{}`)
			}
		}
		s.clock.advance(time.Minute)
		s.post("otp", map[string]any{"email": "nobody@example.org", "data": map[string]string{"name": "New"}}).want(t, 200, `{}`)
		first := s.mail("nobody@example.org") // nothing came before it
		s.post("verify", map[string]string{"type": "email", "email": "nobody@example.org", "token": code(t, first)}).
			want(t, 200, `{"user":{"user_metadata":{"name":"New"},"app_metadata":{"provider":"email"}}}`)
	})
}

func TestAnAddressChangesWhenBothHaveAgreed(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "old@example.org")
		p.me().put("user?redirect_to="+elsewhere, map[string]any{"email": "New@Example.org"}).want(t, 200, `{"email":"old@example.org","new_email":"new@example.org"}`)
		half := s.follow(t, s.pathOf(s.mail("new@example.org")))
		if half.fragment.Get("message") == "" || half.fragment.Get("access_token") != "" {
			t.Fatalf("the first ended in %+v", half)
		}
		p.me().get("user").want(t, 200, `{"email":"old@example.org"}`)
		token := s.follow(t, s.pathOf(s.mail("old@example.org"))).signsIn(t, s, "email_change")
		s.as(token).get("user").want(t, 200, `{"email":"new@example.org","new_email":null,"identities":[{"identity_data":{"email":"new@example.org","email_verified":true}}]}`)
		if m := s.mail("old@example.org"); !strings.Contains(m.Text(), "new@example.org") {
			t.Errorf("the old address reads\n%s", m.Text())
		}
		s.post("token?grant_type=password", map[string]string{"email": "new@example.org", "password": secret}).want(t, 200)
		s.post("token?grant_type=password", map[string]string{"email": "old@example.org", "password": secret}).refused(t, 400, "invalid_credentials")
	})
}

func TestAHalfOfAnEarlierChangeIsNoneOfALaterOne(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "old@example.org")
		p.me().put("user", map[string]any{"email": "one@example.org"}).want(t, 200)
		s.post("verify", map[string]string{"type": "email_change", "email": "old@example.org", "token": code(t, s.mail("old@example.org"))}).
			want(t, 200, `{"code":"200"}`)
		p.me().put("user", map[string]any{"email": "two@example.org"}).want(t, 200)
		s.follow(t, s.pathOf(s.mail("one@example.org"))).fails(t, "otp_expired")
		s.post("verify", map[string]string{"type": "email_change", "email": "two@example.org", "token": code(t, s.mail("two@example.org"))}).
			want(t, 200, `{"code":"200","access_token":null}`)
		p.me().get("user").want(t, 200, `{"email":"old@example.org"}`)
	})
}

func TestANewPasswordEndsEveryOtherSessionAndLink(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "ada@example.org")
		other := s.signIn(t, "ada@example.org")
		s.clock.advance(time.Minute)
		s.post("recover", map[string]any{"email": "ada@example.org"}).want(t, 200)
		link := s.pathOf(s.mail("ada@example.org"))
		p.me().put("user", map[string]string{"password": secret}).refused(t, 422, "same_password")
		p.me().put("user", map[string]string{"password": "short"}).refused(t, 422, "weak_password")
		p.me().put("user", map[string]string{"password": "another good one", "current_password": "wrong"}).refused(t, 400, "invalid_credentials")
		p.me().put("user", map[string]string{"password": "another good one"}).want(t, 200)
		other.me().get("user").want(t, 403)
		s.post("token?grant_type=refresh_token", map[string]string{"refresh_token": other.refresh}).refused(t, 400, "refresh_token_not_found")
		s.follow(t, link).fails(t, "otp_expired")
		p.me().get("user").want(t, 200)
		if m := s.mail("ada@example.org"); sixDigits.MatchString(m.Text()) {
			t.Errorf("the notice reads\n%s", m.Text())
		}
		s.post("token?grant_type=password", map[string]string{"email": "ada@example.org", "password": "another good one"}).want(t, 200)
	})
}

func TestAnOldSessionChangesThePasswordWithACodeOnly(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "ada@example.org")
		s.clock.advance(25 * time.Hour)
		r := s.post("token?grant_type=refresh_token", map[string]string{"refresh_token": p.refresh}).want(t, 200)
		p = s.signedIn(p.email, r)
		p.me().put("user", map[string]string{"password": "another good one"}).refused(t, 400, "reauthentication_needed")
		p.me().get("reauthenticate").want(t, 200, `{}`)
		nonce := code(t, s.mail("ada@example.org"))
		p.me().put("user", map[string]string{"password": "another good one", "nonce": "000000x"}).refused(t, 422, "reauthentication_not_valid")
		p.me().put("user", map[string]string{"password": "another good one", "nonce": nonce}).want(t, 200)
		p.me().put("user", map[string]string{"password": "a third good one", "nonce": nonce}).refused(t, 422, "reauthentication_not_valid")
		p.me().put("user", map[string]string{"password": "a third good one", "current_password": "another good one"}).want(t, 200)
	})
}

func TestAnUpdateSetsNothingOfTheServers(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		p := s.person(t, "ada@example.org")
		p.me().put("user", `{"data":{"name":"Ada","gone":null},"role":"service_role","app_metadata":{"admin":true},"email_confirmed_at":"2020-01-01T00:00:00Z",
			"id":"00000000-0000-0000-0000-000000000000","is_anonymous":true,"banned_until":"2020-01-01T00:00:00Z","new_email":"x@y.zz","phone_confirmed_at":"2020-01-01T00:00:00Z"}`).
			want(t, 200, `{"role":"authenticated","is_anonymous":false,"app_metadata":{"admin":null,"provider":"email"},"user_metadata":{"name":"Ada"},"new_email":null,"phone_confirmed_at":null}`)
		s.post("verify", map[string]string{"type": "email_change", "email": "x@y.zz", "token": "000000"}).refused(t, 403, "otp_expired")
	})
}

func TestAnAnonymousAccountBecomesSomebodys(t *testing.T) {
	t.Parallel()
	everywhere(t, files{"socle.yaml": "auth: { anonymous: true, redirects: [ https://site.test ] }\n"}, func(t *testing.T, s *site) {
		p := s.signedIn("", s.post("signup", `{}`).want(t, 200, `{"user":{"is_anonymous":true}}`))
		p.me().put("user", map[string]string{"password": secret}).refused(t, 400, "validation_failed")
		p.me().put("user", map[string]string{"email": "ada@example.org"}).want(t, 200, `{"is_anonymous":true,"new_email":"ada@example.org"}`)
		token := s.follow(t, s.pathOf(s.mail("ada@example.org"))).signsIn(t, s, "email_change")
		s.as(token).put("user", map[string]string{"password": secret}).
			want(t, 200, `{"id":"`+p.id+`","is_anonymous":false,"email":"ada@example.org","identities":[{"provider":"email"}]}`)
		s.post("token?grant_type=password", map[string]string{"email": "ada@example.org", "password": secret}).want(t, 200)
	})
}
