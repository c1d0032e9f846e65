package accounts_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const elsewhere = "https://site.test/welcome?from=mail"

// arrival is where a link led: its address without the fragment, and the members of query and fragment.
type arrival struct {
	place           string
	query, fragment url.Values
}

// follow opens a link as a browser does.
func (s *site) follow(t *testing.T, path string, headers ...string) arrival {
	t.Helper()
	return arrived(t, s.get(path, append([]string{"Apikey", ""}, headers...)...))
}

func arrived(t *testing.T, r reply) arrival {
	t.Helper()
	r.want(t, 303)
	u, err := url.Parse(r.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	fragment, err := url.ParseQuery(u.EscapedFragment())
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
	return arrival{u.String(), query, fragment}
}

// signsIn fails the test unless a link has ended in a session of this type; it gives the access token.
func (l arrival) signsIn(t *testing.T, s *site, kind string) string {
	t.Helper()
	f := l.fragment
	if f.Get("type") != kind || f.Get("token_type") != "bearer" || f.Get("expires_in") != "3600" || f.Get("expires_at") == "" || f.Get("refresh_token") == "" {
		t.Fatalf("the link ended in %+v", l)
	}
	s.as(f.Get("access_token")).get("user").want(t, 200)
	return f.Get("access_token")
}

// fails fails the test unless a link has ended in an error.
func (l arrival) fails(t *testing.T, code string) {
	t.Helper()
	if f := l.fragment; f.Get("error_code") != code || f.Get("error") == "" || f.Get("error_description") == "" || f.Get("access_token") != "" || l.query.Get("code") != "" {
		t.Fatalf("the link ended in %+v", l)
	}
}

// pair is a PKCE verifier and what a client says of it.
func pair(n int) (verifier string, challenge map[string]any) {
	verifier = fmt.Sprintf("verifier-%040d", n)
	sum := sha256.Sum256([]byte(verifier))
	return verifier, map[string]any{"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "s256"}
}

// and is a body with further members.
func and(body map[string]any, more map[string]any) map[string]any {
	out := map[string]any{}
	for _, m := range []map[string]any{body, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func TestALinkInAMailConfirmsAnAddressAndSignsInOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.post("signup?redirect_to="+url.QueryEscape(elsewhere), map[string]any{"email": "Ada@Example.org", "password": secret}).want(t, 200)
		link := s.pathOf(s.mail("ada@example.org"))
		s.do("HEAD", link, nil).want(t, 303)
		end := s.follow(t, link)
		if end.place != "https://site.test/welcome" || end.query.Get("from") != "mail" {
			t.Errorf("it ended at %+v", end)
		}
		token := end.signsIn(t, s, "signup")
		s.as(token).get("user").want(t, 200, `{"email":"ada@example.org","identities":[{"identity_data":{"email_verified":true}}]}`)
		end = s.follow(t, link)
		end.fails(t, "otp_expired")
		if end.place != "https://site.test/welcome" || len(end.query) != 0 || end.fragment.Get("error") != "access_denied" {
			t.Errorf("a second time it ended at %+v", end)
		}
		s.post("token?grant_type=password", map[string]string{"email": "ADA@EXAMPLE.ORG", "password": secret}).want(t, 200)
	})
}

func TestOfAHundredWhoFollowALinkAtOnceOneIsSignedIn(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		s.post("otp", map[string]any{"email": "ada@example.org"}).want(t, 200, `{}`)
		link := s.pathOf(s.mail("ada@example.org"))
		ready, ends := make(chan struct{}), make([]string, 100)
		var all sync.WaitGroup
		for i := range ends {
			all.Go(func() {
				<-ready
				ends[i] = s.get(link).Header().Get("Location")
			})
		}
		close(ready)
		all.Wait()
		won := 0
		for _, end := range ends {
			if strings.Contains(end, "access_token=") {
				won++
			} else if !strings.Contains(end, "error_code=otp_expired") {
				t.Errorf("one ended at %q", end)
			}
		}
		if won != 1 {
			t.Errorf("%d were signed in", won)
		}
	})
}

func TestALinkIsGoodForAnHourAndForItsOwnPurpose(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		s.post("recover", map[string]any{"email": "ada@example.org"}).want(t, 200, `{}`)
		link := s.pathOf(s.mail("ada@example.org"))
		for _, kind := range []string{"signup", "magiclink", "email", "invite", "email_change"} {
			s.follow(t, strings.Replace(link, "type=recovery", "type="+kind, 1)).fails(t, "otp_expired")
		}
		for _, kind := range []string{"sms", "phone_change", "nothing", ""} {
			s.follow(t, strings.Replace(link, "type=recovery", "type="+kind, 1)).fails(t, "validation_failed")
		}
		s.follow(t, link).signsIn(t, s, "recovery")
		s.clock.advance(time.Minute)
		s.post("recover", map[string]any{"email": "ada@example.org"}).want(t, 200, `{}`)
		link = s.pathOf(s.mail("ada@example.org"))
		s.clock.advance(time.Hour + time.Second)
		s.follow(t, link).fails(t, "otp_expired")
	})
}

func TestALaterLinkVoidsTheOneBefore(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		var sent []string
		for range 2 {
			s.clock.advance(time.Minute)
			s.post("magiclink", map[string]any{"email": "ada@example.org"}).want(t, 200, `{}`)
			sent = append(sent, s.pathOf(s.mail("ada@example.org")))
		}
		s.follow(t, sent[0]).fails(t, "otp_expired")
		s.follow(t, sent[1]).signsIn(t, s, "magiclink")
	})
}

func TestALinkOfPKCEEndsInACodeForWhoeverBegan(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		verifier, challenge := pair(1)
		for path, purpose := range map[string]string{"otp": "magiclink", "recover": "recovery"} {
			for _, right := range []bool{false, true} {
				s.clock.advance(time.Minute)
				s.post(path, and(map[string]any{"email": "ada@example.org"}, challenge), "redirect_to", elsewhere).want(t, 200)
				link := s.pathOf(s.mail("ada@example.org"))
				if !strings.Contains(link, "token=pkce_") || !strings.Contains(link, "type="+purpose) {
					t.Fatal(link)
				}
				end := s.follow(t, link)
				if len(end.fragment) != 0 || end.query.Get("code") == "" || end.place != "https://site.test/welcome" {
					t.Fatalf("it ended in %+v", end)
				}
				ask := map[string]string{"auth_code": end.query.Get("code"), "code_verifier": verifier}
				if !right {
					s.post("token?grant_type=pkce", map[string]string{"auth_code": ask["auth_code"], "code_verifier": strings.Repeat("x", 43)}).refused(t, 400, "bad_code_verifier")
					s.post("token?grant_type=pkce", ask).refused(t, 404, "flow_state_not_found")
					continue
				}
				s.post("token?grant_type=pkce", ask).want(t, 200, `{"user":{"email":"ada@example.org"}}`)
				s.post("token?grant_type=pkce", ask).refused(t, 404, "flow_state_not_found")
				end = s.follow(t, link)
				end.fails(t, "otp_expired")
				if end.query.Get("error_code") != "otp_expired" {
					t.Errorf("the query says %v", end.query)
				}
			}
		}
		s.post("otp", map[string]any{"email": "ada@example.org", "code_challenge": challenge["code_challenge"]}).refused(t, 400, "validation_failed")
	})
}

func TestALinkLeadsNowhereButWhereTheProjectAllowsIt(t *testing.T) {
	t.Parallel()
	s := open(t, files{"socle.yaml": "auth: { redirects: [ https://site.test/home, \"https://*.site.test/in/*\", https://app.example.org/**, myapp://back ] }\n"}, "")
	for place, allowed := range map[string]bool{
		"https://site.test/home": true, "https://site.test/home?a=b": true, "https://a.site.test/in/x": true, "https://app.example.org/any/where#x": true,
		"http://app.test/own": true, "myapp://back": true,
		"https://site.test/": false, "https://site.test/home/x": false, "http://site.test/home": false, "https://a.b.site.test/in/x": false,
		"https://site.test.evil.org/home": false, "https://evil.org/https://site.test/home": false, "//site.test/home": false, "/home": false,
		"https://site.test@evil.org/home": false, "https://user:pw@app.example.org/": false, "https://app.example.org\\@evil.org/": false,
		"https://app.example.org/a/../../b": false, "https://app.example.org/%2e%2e/x": false, "https://app.example.org:444/": false,
		"javascript:alert(1)": false, "data:text/html,x": false, "https://app.example.org/\r\nSet-Cookie: a=b": false, "": false,
		"https://a.evil.org/.site.test/in/x": false, "https://.site.test/in/x": false, "HTTPS://evil.org": false,
	} {
		end := arrived(t, s.get("verify?token=x&type=signup&redirect_to="+url.QueryEscape(place)))
		want := "https://site.test/home"
		if u, err := url.Parse(place); allowed && err == nil {
			u.RawQuery, u.Fragment = "", ""
			want = u.String()
		}
		if end.place != want {
			t.Errorf("%q led to %q, not %q", place, end.place, want)
		}
		end.fails(t, "otp_expired")
	}
}

func TestNoHeaderOfARequestGetsIntoALink(t *testing.T) {
	t.Parallel()
	everywhere(t, nil, func(t *testing.T, s *site) {
		s.person(t, "ada@example.org")
		s.post("recover", map[string]any{"email": "ada@example.org"}, "Host", "evil.org", "X-Forwarded-Host", "evil.org", "X-Forwarded-Proto", "gopher",
			"Forwarded", "host=evil.org", "Origin", "https://evil.org", "Referer", "https://evil.org/", "redirect_to", "https://evil.org/").want(t, 200)
		m := s.mail("ada@example.org")
		if strings.Contains(string(m.Raw), "evil.org") || strings.Contains(m.HTML()+m.Text(), "evil.org") {
			t.Errorf("the mail names the attacker:\n%s", m.Text())
		}
		if end := s.follow(t, s.pathOf(m), "Host", "evil.org", "Referer", "https://evil.org/"); end.place != "https://site.test" && end.place != "https://site.test/" {
			t.Errorf("the link led to %s", end.place)
		}
	})
}
