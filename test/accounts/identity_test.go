package accounts_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// An unknown identity meets an address: whose the address is, and what the provider says of it, decides.
func TestWhomAnUnknownIdentityIsTakenFor(t *testing.T) {
	t.Parallel()
	const (
		nobody      = "nobody"
		confirmed   = "confirmed"
		unconfirmed = "unconfirmed"
	)
	for _, c := range []struct {
		account, provider string
		verified          bool
		ends              string // fresh, linked, taken, or the code of a refusal
	}{
		{nobody, "acme", true, "fresh"},
		{nobody, "acme", false, "provider_email_needs_verification"},
		{confirmed, "acme", true, "linked"}, // the account is of the same provider, another subject
		{confirmed, "other", true, "linked"},
		{confirmed, "acme", false, "provider_email_needs_verification"},
		{confirmed, "other", false, "provider_email_needs_verification"},
		{unconfirmed, "acme", true, "taken"},
		{unconfirmed, "acme", false, "provider_email_needs_verification"},
	} {
		t.Run(fmt.Sprintf("%s %s %t", c.account, c.provider, c.verified), func(t *testing.T) {
			t.Parallel()
			social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
				before := ""
				switch c.account {
				case confirmed:
					i.Next(who("first", "ann@example.org", true))
					before = s.browser(i).signIn("provider=acme").in(t, s).id
				case unconfirmed:
					before = s.post("signup", map[string]any{"email": "Ann@example.org", "password": secret, "data": map[string]string{"name": "Mallory"}}).
						want(t, 200).field("id")
					s.mail("ann@example.org")
				}
				i.Next(who("second", "ANN@Example.org", c.verified))
				l := s.browser(i).signIn("provider=" + c.provider)
				switch c.ends {
				case "fresh":
					l.in(t, s).me().get("user").want(t, 200, `{"email":"ann@example.org","identities":[{"id":"second"}]}`)
				case "linked":
					l.in(t, s).me().get("user").want(t, 200, `{"id":"`+before+`","identities":[{"id":"first"},{"id":"second","provider":"`+c.provider+`"}]}`)
					if m := s.mail("ann@example.org"); !strings.Contains(m.Text(), c.provider) {
						t.Errorf("the notice is\n%s", m.Text())
					}
				case "taken":
					ann := l.in(t, s)
					ann.me().get("user").want(t, 200, `{"id":"`+before+`","identities":[{"id":"second"}],"user_metadata":{"name":"Ann Lee"}}`)
					s.post("token?grant_type=password", map[string]string{"email": "ann@example.org", "password": secret}).refused(t, 400, "invalid_credentials")
				default:
					l.refused(t, c.ends)
				}
			})
		})
	}
}

func TestAnAddressThatCountsWithoutProofIsNotKeptByWhoeverTypedIt(t *testing.T) {
	t.Parallel()
	social(t, []string{"confirm_email: false"}, func(t *testing.T, s *site, i *testkit.Issuer) {
		r := s.post("signup", map[string]string{"email": "ann@example.org", "password": secret}).want(t, 200)
		mallory := s.signedIn("ann@example.org", r)
		mallory.me().get("user").want(t, 200)
		ann := s.browser(i).signIn("provider=acme").in(t, s)
		if ann.id != mallory.id {
			t.Errorf("%s is not %s", ann.id, mallory.id)
		}
		mallory.me().get("user").refused(t, 403, "session_not_found")
		s.post("token?grant_type=refresh_token", map[string]string{"refresh_token": mallory.refresh}).want(t, 400)
		s.post("token?grant_type=password", map[string]string{"email": "ann@example.org", "password": secret}).refused(t, 400, "invalid_credentials")
		ann.me().get("user").want(t, 200, `{"identities":[{"provider":"acme"}]}`)
		// Her own address is proved now: another provider that vouches for it is one more way in.
		i.Next(who("another", "ann@example.org", true))
		s.browser(i).signIn("provider=other").in(t, s).me().get("user").want(t, 200, `{"id":"`+ann.id+`","identities":[{"provider":"acme"},{"provider":"other"}]}`)
		// Without confirmation by mail, an address that nobody vouches for is nobody's.
		i.Next(who("third", "bob@example.org", false))
		s.browser(i).signIn("provider=acme").in(t, s).me().get("user").want(t, 200, `{"email":"","email_confirmed_at":null,"identities":[{"email":"bob@example.org"}]}`)
	})
}

func TestAnUnverifiedIdentityIsLostToWhoeverSignsUpWithItsAddress(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("mallory", "ann@example.org", false))
		s.browser(i).signIn("provider=acme&redirect_to=https%3A%2F%2Fsite.test%2Fin").refused(t, "provider_email_needs_verification")
		s.mail("ann@example.org")
		s.browser(i).signIn("provider=acme").refused(t, "provider_email_needs_verification") // without another message
		s.clock.advance(2 * time.Minute)
		s.browser(i).signIn("provider=acme").refused(t, "provider_email_needs_verification")
		s.mail("ann@example.org")
		s.post("signup", map[string]string{"email": "ann@example.org", "password": secret}).want(t, 200, `{"identities":[{"provider":"email"}]}`)
		s.mail("ann@example.org")
		s.clock.advance(2 * time.Minute)
		s.browser(i).signIn("provider=acme").refused(t, "provider_email_needs_verification")
		s.mail("ann@example.org")
		s.clock.advance(2 * time.Minute)
		s.post("resend", `{"type":"signup","email":"ann@example.org"}`).want(t, 200)
		token := s.follow(t, s.pathOf(s.mail("ann@example.org"))).signsIn(t, s, "signup")
		s.as(token).get("user").want(t, 200, `{"identities":[{"provider":"email"}]}`)
		s.sign("ann@example.org", secret).refused(t, 400, "invalid_credentials") // nobody knows whose it is
	})
}

func TestAProvidersLaterWordConfirmsAnAddressAndEndsWhatWasThere(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Misbehave(testkit.NoEmailVerified)
		i.Next(func(c map[string]any) { delete(c, "email_verified") })
		s.browser(i).signIn("provider=acme").refused(t, "provider_email_needs_verification")
		i.Behave()
		i.Next(nil)
		s.browser(i).signIn("provider=acme").in(t, s).me().get("user").want(t, 200, `{"email":"ann@example.org","identities":[{"provider":"acme"}]}`)
	})
}

func TestWithoutSignUpNobodyNewComesIn(t *testing.T) {
	t.Parallel()
	social(t, []string{"sign_up: false"}, func(t *testing.T, s *site, i *testkit.Issuer) {
		s.browser(i).signIn("provider=acme").refused(t, "signup_disabled")
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, "signup_disabled")
		s.post("token?grant_type=id_token", map[string]string{"provider": "acme", "id_token": i.Token("", nil)}).refused(t, 422, "signup_disabled")
	})
}

func TestAnAppSignsInWithAnIDTokenItHasGot(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		ask := func(token, nonce string) reply {
			return s.post("token?grant_type=id_token", map[string]string{"provider": "acme", "id_token": token, "nonce": nonce})
		}
		const nonce = "a-nonce"
		id := ask(i.Token("", nil), "").want(t, 200, `{"token_type":"bearer","user":{"email":"ann@example.org"}}`).field("user.id")
		if ask(i.Token(sha(nonce), nil), nonce).want(t, 200).field("user.id") != id {
			t.Error("another account")
		}
		ask(i.Token(sha(nonce), nil), "").refused(t, 400, "validation_failed")
		ask(i.Token("", nil), nonce).refused(t, 400, "validation_failed")
		ask(i.Token(sha("another"), nil), nonce).refused(t, 400, "validation_failed")
		ask(i.Token(nonce, nil), nonce).refused(t, 400, "validation_failed")
		ask("", "").refused(t, 400, "validation_failed")
		for _, how := range []testkit.Misbehaviour{testkit.WrongIssuer, testkit.WrongAudience, testkit.Expired, testkit.NoTimes, testkit.AlgNone, testkit.AlgHMAC,
			testkit.UnknownKey, testkit.ForeignKey, testkit.OwnKey, testkit.LogoutToken, testkit.GiantToken} {
			i.Misbehave(how)
			ask(i.Token("", nil), "").refused(t, 400, "validation_failed")
			i.Behave()
		}
		i.Next(who("else", "bob@example.org", false))
		ask(i.Token("", nil), "").refused(t, 422, "provider_email_needs_verification")
	})
}

func TestSomebodyLinksAnotherIdentity(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		ann := s.browser(i).signIn("provider=acme").in(t, s)
		bare := "user/identities/authorize?skip_http_redirect=true&provider=other&redirect_to=" + url.QueryEscape("https://site.test/linked")
		ann.me().get(bare).refused(t, 400, "validation_failed")
		begin := bare + pkce(verifier)
		s.get(begin).refused(t, 401, "no_authorization")
		at := ann.me().get(begin).want(t, 200).field("url")
		i.Next(who("at-other", "private@elsewhere.example", true))
		form := i.SignIn(t, at)
		l := landed(t, client{site: s}.do("GET", "callback?"+form.Encode(), nil))
		s.exchange(l.query.Get("code"), verifier).want(t, 200)
		ann.me().get("user").want(t, 200, `{"id":"`+ann.id+`","email":"ann@example.org","identities":[{"provider":"acme"},{"provider":"other","email":"private@elsewhere.example"}]}`)
		if l.place != "https://site.test/linked" {
			t.Error(l.place)
		}
		s.mail("ann@example.org")
		landed(t, client{site: s}.do("GET", "callback?"+form.Encode(), nil)).refused(t, "bad_oauth_state")
		// Another account cannot have it too, nor the same one twice.
		at = ann.me().get(begin).field("url")
		l = landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
		s.exchange(l.query.Get("code"), verifier).refused(t, 422, "identity_already_exists")
		i.Next(who("bob", "bob@example.org", true))
		bob := s.browser(i).signIn("provider=acme").in(t, s)
		i.Next(who("at-other", "private@elsewhere.example", true))
		at = bob.me().get(begin).field("url")
		l = landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
		s.exchange(l.query.Get("code"), verifier).refused(t, 422, "identity_already_exists")
		// Whoever has signed out meanwhile links nothing.
		i.Next(who("unseen", "unseen@example.org", true))
		at = bob.me().get(begin).field("url")
		bob.me().post("logout", nil).want(t, 204)
		landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil)).refused(t, "session_not_found")
	})
}

// An account of the attacker's, a browser of the victim's: nothing begins without PKCE, and nothing is linked before the one who began
// has proved it.
func TestAnIdentityIsLinkedOnlyByWhoeverBegan(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("mallory", "mallory@example.org", true))
		mallory := s.browser(i).signIn("provider=acme").in(t, s)
		for _, without := range []string{"", "&skip_http_redirect=true", "&code_challenge=", "&code_challenge=&code_challenge_method="} {
			r := mallory.me().get("user/identities/authorize?provider=other"+without).refused(t, 400, "validation_failed")
			if r.Header().Get("Location") != "" {
				t.Errorf("%q leads to %s", without, r.Header().Get("Location"))
			}
		}
		at := mallory.me().get("user/identities/authorize?skip_http_redirect=true&provider=other"+pkce(verifier)).want(t, 200).field("url")
		i.Next(who("victim", "victim@example.org", true))
		l := landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
		mallory.me().get("user").want(t, 200, `{"identities":[{"provider":"acme"}]}`)
		s.exchange(l.query.Get("code"), strings.Repeat("x", 50)).refused(t, 400, "bad_code_verifier")
		mallory.me().get("user").want(t, 200, `{"identities":[{"provider":"acme"}]}`)

		at = mallory.me().get("user/identities/authorize?skip_http_redirect=true&provider=other" + pkce(verifier)).field("url")
		i.Next(who("own", "mallory@elsewhere.example", true))
		l = landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
		r := s.exchange(l.query.Get("code"), verifier).want(t, 200, `{"user":{"identities":[{"provider":"acme"},{"provider":"other"}]}}`)
		if r.field("provider_token") == "" {
			t.Error("the provider's token did not come along")
		}
		at = mallory.me().get("user/identities/authorize?skip_http_redirect=true&provider=other" + pkce(verifier)).field("url")
		l = landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
		s.exchange(l.query.Get("code"), verifier).refused(t, 422, "identity_already_exists")
		s.exchange(l.query.Get("code"), verifier).refused(t, 404, "flow_state_not_found")
	})
}

func TestAnAnonymousAccountBecomesSomebody(t *testing.T) {
	t.Parallel()
	social(t, []string{"anonymous: true"}, func(t *testing.T, s *site, i *testkit.Issuer) {
		nobody := s.signedIn("", s.post("signup", map[string]any{}).want(t, 200))
		r := nobody.me().post("token?grant_type=id_token", map[string]any{"provider": "acme", "id_token": i.Token("", nil), "link_identity": true})
		r.want(t, 200, `{"user":{"id":"`+nobody.id+`","email":"ann@example.org","is_anonymous":false,"identities":[{"provider":"acme"}]}}`)
		if s.browser(i).signIn("provider=acme").in(t, s).id != nobody.id {
			t.Error("another account")
		}
		s.post("token?grant_type=id_token", map[string]any{"provider": "acme", "id_token": i.Token("", nil), "link_identity": true}).refused(t, 401, "no_authorization")
	})
}

func TestAnIdentityGoesWhileAnotherWayInStays(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		ann := s.browser(i).signIn("provider=acme").in(t, s)
		r := ann.me().get("user")
		acme := r.field("identities.0.identity_id")
		ann.me().delete("user/identities/"+acme).refused(t, 422, "single_identity_not_deletable")
		s.browser(i).signIn("provider=other").in(t, s)
		other := ann.me().get("user").field("identities.1.identity_id")

		i.Next(who("bob", "bob@example.org", true))
		bob := s.browser(i).signIn("provider=acme").in(t, s)
		bob.me().delete("user/identities/"+other).refused(t, 404, "identity_not_found")
		bob.me().delete("user/identities/what").refused(t, 404, "identity_not_found")

		answers := crowded(2, func(n int) reply { return ann.me().delete("user/identities/" + []string{acme, other}[n]) })
		if answers[200] != 1 || answers[422] != 1 {
			t.Errorf("two who unlinked at once: %v", answers)
		}
		ann.me().get("user").want(t, 200, `{"email":"ann@example.org","identities":[{}]}`)
	})
	social(t, []string{"linking: false"}, func(t *testing.T, s *site, i *testkit.Issuer) {
		ann := s.browser(i).signIn("provider=acme").in(t, s)
		ann.me().get("user/identities/authorize?provider=other").refused(t, 404, "manual_linking_disabled")
		ann.me().delete("user/identities/"+ann.me().get("user").field("identities.0.identity_id")).refused(t, 404, "manual_linking_disabled")
	})
}

func TestSecretsOfSignInsAreInNoLog(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		b := s.browser(i)
		at := b.leave("provider=acme")
		back := b.back(at)
		l := landed(t, b.open(back))
		given, _ := url.ParseQuery(strings.TrimPrefix(back, "callback?"))
		second := b.back(b.leave("provider=acme"))
		i.Misbehave(testkit.Down)
		landed(t, b.open(second)).refused(t, "unexpected_failure")
		for _, secret := range []string{given.Get("code"), given.Get("state"), l.fragment.Get("provider_token"), l.fragment.Get("access_token"), i.ClientSecret} {
			if secret == "" || strings.Contains(s.log.String(), secret) {
				t.Errorf("%q is in the log, or empty", secret)
			}
		}
	})
}
