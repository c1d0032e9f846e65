package accounts_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// The provider of these stories does not vouch for the addresses that it says.

const needsProof = "provider_email_needs_verification"

// Mallory says at a provider that Ann's address is hers. Ann follows the link of the mail that she did not ask for.
func TestALinkThatNobodyAskedForLetsNobodyElseIn(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("mallory", "ann@example.org", false))
		s.browser(i).signIn("provider=acme").refused(t, needsProof)
		token := s.follow(t, s.pathOf(s.mail("ann@example.org"))).signsIn(t, s, "signup")
		ann := s.as(token).get("user").want(t, 200, `{"email":"ann@example.org","identities":[{"provider":"email"}],"user_metadata":{"full_name":null}}`)

		s.clock.advance(2 * time.Minute)
		s.browser(i).signIn("provider=acme").refused(t, needsProof)
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, needsProof)
		s.post("token?grant_type=id_token", map[string]string{"provider": "acme", "id_token": i.Token("", nil)}).refused(t, 422, needsProof)
		s.as(token).get("user").want(t, 200, `{"id":"`+ann.field("id")+`","identities":[{"provider":"email"}]}`)
	})
}

// With PKCE what Ann's browser gets is of no use to it, and to Mallory, who has the verifier, it never comes.
func TestALinkOfPKCEThatNobodyAskedForProvesNothing(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("mallory", "ann@example.org", false))
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, needsProof)
		end := s.follow(t, s.pathOf(s.mail("ann@example.org")))
		if end.query.Get("code") == "" || len(end.fragment) != 0 {
			t.Fatalf("the link ended in %+v", end)
		}
		s.admin().get("admin/users").want(t, 200, `{"users":[{"email":"ann@example.org","email_confirmed_at":null,"identities":[{"provider":"email"}]}]}`)
		s.exchange(end.query.Get("code"), strings.Repeat("x", 50)).refused(t, 400, "bad_code_verifier")
		s.exchange(end.query.Get("code"), verifier).refused(t, 404, "flow_state_not_found")
		s.clock.advance(2 * time.Minute)
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, needsProof)

		// The code that Ann types in is her own proof alone.
		r := s.post("verify", map[string]string{"type": "signup", "email": "ann@example.org", "token": code(t, s.mail("ann@example.org"))}).want(t, 200)
		ann := s.signedIn("ann@example.org", r)
		ann.me().get("user").want(t, 200, `{"identities":[{"provider":"email"}]}`)
		s.clock.advance(2 * time.Minute)
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, needsProof)
		ann.me().get("user").want(t, 200, `{"identities":[{"provider":"email"}]}`)
	})
}

func TestWhoProvesTheAddressWithPKCEKeepsTheIdentity(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		s.post("signup", map[string]any{"email": "ann@example.org", "password": secret, "data": map[string]string{"name": "Mallory"}}).want(t, 200)
		s.mail("ann@example.org")
		i.Next(who("ann", "Ann@Example.org", false))
		s.browser(i).signIn("provider=acme&redirect_to="+url.QueryEscape("https://site.test/in")+pkce(verifier)).refused(t, needsProof)
		end := s.follow(t, s.pathOf(s.mail("ann@example.org")))
		if end.place != "https://site.test/in" {
			t.Errorf("it ended at %s", end.place)
		}
		r := s.exchange(end.query.Get("code"), verifier).want(t, 200, `{"user":{"email":"ann@example.org","identities":[{"provider":"acme","id":"ann"}],
			"user_metadata":{"full_name":"Ann Lee"}}}`)
		if r.field("user.email_confirmed_at") == "" || r.field("provider_token") == "" {
			t.Errorf("%s", r.Body)
		}
		s.sign("ann@example.org", secret).refused(t, 400, "invalid_credentials")
		again := s.browser(i).signIn("provider=acme").in(t, s)
		if again.id != r.field("user.id") {
			t.Errorf("%s is not %s", again.id, r.field("user.id"))
		}
	})
}

func TestWhoProvesTheAddressWithoutPKCELinksTheIdentityLater(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		s.post("signup", map[string]string{"email": "ann@example.org", "password": secret}).want(t, 200)
		s.mail("ann@example.org")
		i.Next(who("ann", "ann@example.org", false))
		s.browser(i).signIn("provider=acme").refused(t, needsProof)
		token := s.follow(t, s.pathOf(s.mail("ann@example.org"))).signsIn(t, s, "signup")
		s.sign("ann@example.org", secret).refused(t, 400, "invalid_credentials") // it may be somebody else's
		at := s.as(token).get("user/identities/authorize?skip_http_redirect=true&provider=acme"+pkce(verifier)).want(t, 200).field("url")
		l := landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
		s.exchange(l.query.Get("code"), verifier).want(t, 200, `{"user":{"identities":[{"provider":"email"},{"provider":"acme"}]}}`)
		s.browser(i).signIn("provider=acme").in(t, s)
	})
}

// What a sign-in that another address began has kept is not for an account that was proved meanwhile by somebody else's mailbox: here the
// mailbox is the same, so the identity is one more way in.
func TestAnIdentityMeetsAnAccountThatWasProvedMeanwhile(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Next(who("ann", "ann@example.org", false))
		s.browser(i).signIn("provider=acme"+pkce(verifier)).refused(t, needsProof)
		link := s.pathOf(s.mail("ann@example.org"))
		s.clock.advance(2 * time.Minute)
		s.post("signup", map[string]string{"email": "ann@example.org", "password": secret}).want(t, 200)
		s.post("resend", `{"type":"signup","email":"ann@example.org"}`).want(t, 200)
		s.mail("ann@example.org")
		s.follow(t, s.pathOf(s.mail("ann@example.org"))).signsIn(t, s, "signup")
		end := s.follow(t, link)
		s.exchange(end.query.Get("code"), verifier).want(t, 200, `{"user":{"identities":[{"provider":"email"},{"provider":"acme"}]}}`)
	})
}

// Who cannot read a mailbox does not learn whether its address has an account; who can, learns of it.
func TestASignInWithAnUnverifiedAddressTellsNotWhetherItIsTaken(t *testing.T) {
	t.Parallel()
	for name, further := range map[string][]string{"confirmed": nil, "no sign-up": {"sign_up: false"}, "at once": {"confirm_email: false"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			social(t, further, func(t *testing.T, s *site, i *testkit.Issuer) {
				s.admin().post("admin/users", map[string]any{"email": "taken@example.org", "email_confirm": true, "password": secret}).want(t, 200)
				s.admin().post("admin/users", map[string]any{"email": "banned@example.org", "email_confirm": true, "ban_duration": "24h"}).want(t, 200)
				s.admin().post("admin/users", map[string]any{"email": "begun@example.org"}).want(t, 200)
				ask := func(who_ string) string {
					i.Next(who("subject of "+who_, who_, false))
					out := ""
					for _, query := range []string{"", pkce(verifier)} {
						l := s.browser(i).signIn("provider=acme" + query)
						out += l.place + " " + l.query.Get("error_code") + l.query.Get("error_description") + " " + l.fragment.Get("error_code")
						if token := l.fragment.Get("access_token"); token != "" {
							out += faceless(s.as(token).get("user"), who_)
						}
					}
					out += s.post("token?grant_type=id_token", map[string]string{"provider": "acme", "id_token": i.Token("", nil)}).field("code")
					return out
				}
				free := ask("free@example.org")
				for _, who := range []string{"taken@example.org", "banned@example.org", "begun@example.org"} {
					if got := ask(who); strings.ReplaceAll(got, who, "") != strings.ReplaceAll(free, "free@example.org", "") {
						t.Errorf("%s is answered\n%s\nand a free address\n%s", who, got, free)
					}
				}
				if name == "confirmed" {
					if m := s.mail("taken@example.org"); m.Subject() != "You already have an account at app" || links.MatchString(m.Text()) {
						t.Errorf("%s\n%s", m.Subject(), m.Text())
					}
					s.admin().get("admin/users?per_page=10").want(t, 200, `{"users":[{},{},{},{}]}`)
				}
			})
		})
	}
}
