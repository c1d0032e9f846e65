package accounts_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// Somebody else has the owner's session and begins to link an identity of their own. What was not fetched when the owner signs out
// everywhere, or is signed out, is not fetched any more.
func TestWhoIsSignedOutEverywhereFetchesNothing(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		back := func() *person {
			i.Next(who("at-acme", "ann@example.org", true))
			return s.browser(i).signIn("provider=acme").in(t, s)
		}
		ann := back()
		for name, out := range map[string]func(){
			"signs out":           func() { ann.me().post("logout", nil).want(t, 204) },
			"signs out elsewhere": func() { ann.me().post("logout?scope=others", nil).want(t, 204) },
			"is signed out":       func() { s.admin().post("admin/users/"+ann.id+"/logout", nil).want(t, 204) },
		} {
			ann = back()
			at := ann.me().get("user/identities/authorize?skip_http_redirect=true&provider=other"+pkce(verifier)).want(t, 200).field("url")
			i.Next(who("mallory", "mallory@elsewhere.example", true))
			l := landed(t, client{site: s}.do("GET", "callback?"+i.SignIn(t, at).Encode(), nil))
			out()
			if r := s.exchange(l.query.Get("code"), verifier); r.Code != 404 {
				t.Errorf("who %s: %d %s", name, r.Code, r.Body)
			}
		}
		back().me().get("user").want(t, 200, `{"identities":[{"provider":"acme"}]}`)
	})
}
