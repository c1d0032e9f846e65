package accounts_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestSomebodySignsInAtAProviderAndIsKnownTheNextTime(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		l := s.browser(i).signIn("provider=acme&redirect_to=" + url.QueryEscape("https://site.test/in?tab=1"))
		ann := l.in(t, s)
		if l.place != "https://site.test/in" || l.query.Get("tab") != "1" || l.fragment.Get("provider_token") == "" || l.fragment.Get("provider_refresh_token") == "" {
			t.Errorf("it ended at %s with %v and %v", l.place, l.query, l.fragment)
		}
		r := ann.me().get("user").want(t, 200, `{"email":"ann@example.org","app_metadata":{"provider":"acme","providers":["acme"]},
			"user_metadata":{"full_name":"Ann Lee","email":"ann@example.org","email_verified":true,"avatar_url":"https://img.example.org/ann.png"},
			"identities":[{"provider":"acme","id":"248289761001","identity_data":{"sub":"248289761001"}}],"is_anonymous":false}`)
		if r.field("email_confirmed_at") == "" || r.field("last_sign_in_at") == "" || r.field("identities.0.last_sign_in_at") == "" {
			t.Error(r.Body)
		}
		i.Next(func(c map[string]any) {
			c["name"], c["nickname"], c["email"] = "Ann Lee-Wood", "annie", "ann@elsewhere.example"
		})
		again := s.browser(i).signIn("provider=acme").in(t, s)
		again.me().get("user").want(t, 200, `{"id":"`+ann.id+`","email":"ann@example.org","user_metadata":{"full_name":"Ann Lee","nickname":"annie"},
			"identities":[{"email":"ann@elsewhere.example"}]}`)
	})
}

func TestWithPKCETheSessionIsForWhoeverHasTheVerifier(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		l := s.browser(i).signIn("provider=acme" + pkce(verifier))
		if l.place != landingPlace || len(l.fragment) != 0 || l.query.Get("code") == "" {
			t.Fatalf("it ended at %s with %v and %v", l.place, l.query, l.fragment)
		}
		s.exchange(l.query.Get("code"), verifier).want(t, 200, `{"user":{"email":"ann@example.org"},"token_type":"bearer"}`)
		s.exchange(l.query.Get("code"), verifier).refused(t, 404, "flow_state_not_found")

		l = s.browser(i).signIn("provider=acme" + pkce(verifier))
		s.exchange(l.query.Get("code"), verifier+"x").refused(t, 400, "bad_code_verifier")
		s.exchange(l.query.Get("code"), verifier).refused(t, 404, "flow_state_not_found")

		l = s.browser(i).signIn("provider=acme" + pkce(verifier))
		r := s.exchange(l.query.Get("code"), verifier)
		if r.field("provider_token") == "" || r.field("provider_refresh_token") == "" {
			t.Error("the provider's tokens did not come along")
		}
		for _, half := range []string{"&code_challenge=" + strings.Repeat("a", 43), "&code_challenge_method=s256", "&code_challenge_method=s256&code_challenge=short",
			"&code_challenge_method=none&code_challenge=" + strings.Repeat("a", 43)} {
			s.get("authorize?provider=acme"+half).refused(t, 400, "validation_failed")
		}
	})
}

func TestWhatAHostileProviderSendsNeverSignsAnybodyIn(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		ann := s.browser(i).signIn("provider=acme").in(t, s)
		for name, how := range map[string]testkit.Misbehaviour{
			"WrongIssuer": testkit.WrongIssuer, "WrongAudience": testkit.WrongAudience, "OtherParty": testkit.OtherParty, "WrongNonce": testkit.WrongNonce,
			"NoNonce": testkit.NoNonce, "Expired": testkit.Expired, "NotYetValid": testkit.NotYetValid, "NoTimes": testkit.NoTimes,
			"NoSubject": testkit.NoSubject, "AlgNone": testkit.AlgNone, "AlgHMAC": testkit.AlgHMAC, "UnknownKey": testkit.UnknownKey,
			"ForeignKey": testkit.ForeignKey, "SwappedKeys": testkit.SwappedKeys, "OwnKey": testkit.OwnKey, "Critical": testkit.Critical,
			"WrongAccessHash": testkit.WrongAccessHash, "LogoutToken": testkit.LogoutToken, "GiantToken": testkit.GiantToken, "NoIDToken": testkit.NoIDToken,
		} {
			i.Misbehave(how)
			l := s.browser(i).signIn("provider=acme").refused(t, "bad_oauth_callback")
			if l.place != landingPlace {
				t.Errorf("%s: it ended at %s", name, l.place)
			}
			i.Behave()
		}
		i.Next(func(c map[string]any) { delete(c, "name"); c["userinfo"] = map[string]any{"name": "Ann"} })
		i.Misbehave(testkit.UserinfoOfAnother)
		s.browser(i).signIn("provider=acme").refused(t, "bad_oauth_callback")
		i.Behave()
		i.Next(nil)
		for _, how := range []testkit.Misbehaviour{testkit.Down, testkit.GiantBody, testkit.RedirectLoop} {
			b := s.browser(i)
			back := b.back(b.leave("provider=acme"))
			i.Misbehave(how)
			l := landed(t, b.open(back)).refused(t, "unexpected_failure")
			if l.query.Get("error") != "temporarily_unavailable" {
				t.Errorf("%v", l.query)
			}
			i.Behave()
		}
		s.browser(i).signIn("provider=acme").in(t, s).me().get("user").want(t, 200, `{"id":"`+ann.id+`","identities":[{}]}`)
	})
}

func TestAProviderThatIsNotItselfIsNotAsked(t *testing.T) {
	t.Parallel()
	for _, how := range []testkit.Misbehaviour{testkit.DiscoveryIssuer, testkit.DiscoveryElsewhere, testkit.Down} {
		i := testkit.NewIssuer(t)
		s := open(t, atIssuer(i), "")
		i.Misbehave(how)
		l := landed(t, s.get("authorize?provider=acme&redirect_to=https%3A%2F%2Fsite.test%2Fin")).refused(t, "unexpected_failure")
		if l.place != "https://site.test/in" || l.query.Get("error") != "temporarily_unavailable" {
			t.Errorf("it ended at %s with %v", l.place, l.query)
		}
	}
}

func TestTheProvidersNoIsPassedOn(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		i.Misbehave(testkit.Denies)
		l := s.browser(i).signIn("provider=acme").refused(t, "bad_oauth_callback")
		if l.query.Get("error") != "access_denied" || strings.Contains(l.query.Get("error_description"), "<no>") {
			t.Errorf("%v", l.query)
		}
	})
}

func TestAStateIsGoodOnceAndForTenMinutes(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		b := s.browser(i)
		back := b.back(b.leave("provider=acme"))
		landed(t, b.open(back)).in(t, s)
		landed(t, b.open(back)).refused(t, "bad_oauth_state")

		back = b.back(b.leave("provider=acme"))
		s.clock.advance(11 * time.Minute)
		landed(t, b.open(back)).refused(t, "bad_oauth_state")

		for query, code := range map[string]string{"": "bad_oauth_callback", "code=x": "bad_oauth_callback", "code=x&state=y": "bad_oauth_state",
			"code=x&state=y&state=z": "bad_oauth_callback"} {
			landed(t, b.open("callback?"+query)).refused(t, code)
		}
		s.do("HEAD", b.back(b.leave("provider=acme")), nil).want(t, 405)
	})
}

func TestOfAHundredCallbacksAtOnceOneSignsIn(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		b := s.browser(i)
		back := b.back(b.leave("provider=acme" + pkce(verifier)))
		ends := make([]reply, 100)
		for status, n := range crowded(len(ends), func(n int) reply {
			ends[n] = client{site: s}.do("GET", back, nil)
			return ends[n]
		}) {
			if status != 302 || n != len(ends) {
				t.Fatalf("%d answers have the status %d", n, status)
			}
		}
		won := 0
		for _, end := range ends {
			l := landed(t, end)
			if l.query.Has("code") {
				won++
				continue
			}
			l.refused(t, "bad_oauth_state")
		}
		if won != 1 {
			t.Errorf("%d callbacks won", won)
		}
	})
}

func TestOneIdentityThatComesManyTimesAtOnceIsOneAccount(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		backs := make([]string, 8)
		for n := range backs {
			b := s.browser(i)
			backs[n] = b.back(b.leave("provider=" + []string{"acme", "other"}[n%2] + pkce(verifier)))
		}
		ends, ids := make([]reply, len(backs)), make([]string, len(backs))
		crowded(len(backs), func(n int) reply {
			ends[n] = client{site: s}.do("GET", backs[n], nil)
			return ends[n]
		})
		for n, end := range ends {
			ids[n] = s.exchange(landed(t, end).query.Get("code"), verifier).want(t, 200, `{"user":{"identities":[{},{}]}}`).field("user.id")
		}
		for n, id := range ids {
			if id == "" || id != ids[0] {
				t.Errorf("the sign-ins ended at several accounts, or none: %d %q %q", n, id, ids[0])
			}
		}
	})
}

func TestASignInEndsOnlyWhereTheProjectLetsIt(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		for _, place := range []string{"https://evil.example/", "https://site.test.evil.example/", "https://site.test@evil.example/", "//evil.example",
			"https://site.test\\@evil.example", "javascript:alert(1)", "http://site.test/", ""} {
			if l := s.browser(i).signIn("provider=acme&redirect_to=" + url.QueryEscape(place)); l.place != landingPlace {
				t.Errorf("%q led to %s", place, l.place)
			}
		}
		r := s.get("authorize?provider=acme", "Host", "evil.example", "X-Forwarded-Host", "evil.example").want(t, 302)
		to, err := url.Parse(r.Header().Get("Location"))
		if err != nil || to.Query().Get("redirect_uri") != public+"/auth/v1/callback" {
			t.Errorf("%v %v", to, err)
		}
		s.get("authorize?provider=nobody").refused(t, 400, "validation_failed")
		s.get("authorize").refused(t, 400, "validation_failed")
	})
}

func TestASignInThatAnotherBrowserBeganIsRefused(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		attacker, victim := s.browser(i), s.browser(i)
		attacked := attacker.back(attacker.leave("provider=acme"))
		victim.leave("provider=acme")
		landed(t, victim.open(attacked)).refused(t, "bad_oauth_state")
		landed(t, attacker.open(attacked)).refused(t, "bad_oauth_state")

		r := victim.open("authorize?provider=acme")
		cookie := r.Result().Cookies()[0]
		if !cookie.HttpOnly || cookie.SameSite != 2 || cookie.Path != "/auth/v1/callback" || cookie.MaxAge != 600 || cookie.Domain != "" {
			t.Errorf("the cookie is %s", cookie)
		}
		first, second := victim.leave("provider=acme"), victim.leave("provider=acme")
		landed(t, victim.open(victim.back(first))).in(t, s)
		landed(t, victim.open(victim.back(second))).in(t, s)
	})
}

func TestWhoeverWantsTheAddressAloneGetsThePageThatBindsTheBrowser(t *testing.T) {
	t.Parallel()
	social(t, nil, func(t *testing.T, s *site, i *testkit.Issuer) {
		at := s.get("authorize?provider=acme&skip_http_redirect=true&redirect_to=https%3A%2F%2Fsite.test%2Fin").want(t, 200).field("url")
		path, ok := strings.CutPrefix(at, public)
		if !ok {
			t.Fatal(at)
		}
		b := s.browser(i)
		l := landed(t, b.open(b.back(b.open(path).Header().Get("Location"))))
		if l.in(t, s); l.place != "https://site.test/in" {
			t.Error(l.place)
		}
		s.get("authorize?provider=nobody&skip_http_redirect=true").refused(t, 400, "validation_failed")
	})
}

func TestAppleAndItsLike(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	s := open(t, files{"socle.yaml": "auth:\n  redirects: [ https://site.test ]\n  providers:\n    apple: { issuer: \"" + i.URL + "\", client_id: " + i.ClientID +
		", client_secret: \"${ISSUER_SECRET}\" }\n"}, "")
	b := s.browser(i)
	form := i.SignIn(t, b.leave("provider=apple"))
	// The page of the provider posts, so the browser sends no cookies of the site along.
	r := client{site: s}.do("POST", "callback", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", "https://appleid.apple.com").want(t, 303)
	path, ok := strings.CutPrefix(r.Header().Get("Location"), public)
	if !ok || strings.Contains(path, form.Get("code")) || strings.Contains(path, "Lee") {
		t.Fatal(path)
	}
	landed(t, s.browser(i).open("callback?answer=forged")).refused(t, "bad_oauth_callback")
	ann := landed(t, b.open(path)).in(t, s)
	ann.me().get("user").want(t, 200, `{"email":"ann@example.org","user_metadata":{"full_name":"Ann Lee"},"app_metadata":{"provider":"apple"}}`)
	landed(t, b.open(path)).refused(t, "bad_oauth_state")
	landed(t, client{site: s}.do("POST", "callback", "user="+strings.Repeat("x", 9<<10), "Content-Type", "application/x-www-form-urlencoded")).refused(t, "bad_oauth_callback")
}

func TestGitHubAndItsLike(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	authorize, token, user := i.OAuth("/user")
	s := open(t, files{"socle.yaml": "auth:\n  redirects: [ https://site.test ]\n  providers:\n    github: { client_id: " + i.ClientID + ", client_secret: \"${ISSUER_SECRET}\", auth_url: \"" +
		authorize + "\", token_url: \"" + token + "\", user_url: \"" + user + "\" }\n"}, "")
	i.Next(func(c map[string]any) { c["id"], c["login"], c["email"] = 583231, "ann", "profile@page.example" })
	i.Emails(map[string]any{"email": "old@example.org", "primary": false, "verified": true}, map[string]any{"email": "ann@example.org", "primary": true, "verified": true})
	ann := s.browser(i).signIn("provider=github&scopes=repo").in(t, s)
	ann.me().get("user").want(t, 200, `{"email":"ann@example.org","identities":[{"provider":"github","id":"583231"}]}`)
	s.post("token?grant_type=id_token", map[string]string{"provider": "github", "id_token": i.Token("", nil)}).refused(t, 400, "validation_failed")
}
