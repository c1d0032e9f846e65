package accounts_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// landingPlace is where sign-ins end that name no place.
const landingPlace = "https://site.test"

// at is a project whose people may sign in at an issuer, twice: as acme and as other, two names of one provider. Further lines belong
// to the section auth.
func atIssuer(i *testkit.Issuer, further ...string) files {
	auth := "auth:\n  redirects: [ https://site.test, https://site.test/** ]\n"
	for _, line := range further {
		auth += "  " + line + "\n"
	}
	auth += "  providers:\n"
	for _, name := range []string{"acme", "other"} {
		auth += fmt.Sprintf("    %s: { issuer: %q, client_id: %q, client_secret: %q }\n", name, i.URL, i.ClientID, "${ISSUER_SECRET}")
	}
	return files{"socle.yaml": auth}
}

// social runs a story on both engines, each with an issuer of its own.
func social(t *testing.T, further []string, story func(t *testing.T, s *site, i *testkit.Issuer)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		i := testkit.NewIssuer(t)
		story(t, open(t, atIssuer(i, further...), ""), i)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		i := testkit.NewIssuer(t)
		story(t, open(t, atIssuer(i, further...), testkit.PostgresURL(t)), i)
	})
}

// who is somebody at an issuer.
func who(subject, email string, verified bool) func(map[string]any) {
	return func(c map[string]any) { c["sub"], c["email"], c["email_verified"] = subject, email, verified }
}

// browser keeps the cookies of a site, as a browser does.
type browser struct {
	*site
	issuer *testkit.Issuer
	jar    map[string]*http.Cookie
}

func (s *site) browser(i *testkit.Issuer) *browser {
	return &browser{site: s, issuer: i, jar: map[string]*http.Cookie{}}
}

// open follows a path of the site with the cookies the browser has for it.
func (b *browser) open(path string) reply {
	b.t.Helper()
	var cookies []string
	for _, c := range b.jar {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	r := client{site: b.site}.do("GET", path, nil, "Cookie", strings.Join(cookies, "; "))
	for _, c := range r.Result().Cookies() {
		if b.jar[c.Name] = c; c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
	return r
}

// leave begins a sign-in and gives the provider's address.
func (b *browser) leave(query string) string {
	b.t.Helper()
	r := b.open("authorize?"+query).want(b.t, 302)
	return r.Header().Get("Location")
}

// back is what the browser is sent to the site with, after the provider.
func (b *browser) back(address string) string {
	b.t.Helper()
	return "callback?" + b.issuer.SignIn(b.t, address).Encode()
}

// signIn goes the whole way, and gives where it ends.
func (b *browser) signIn(query string) landing {
	b.t.Helper()
	return landed(b.t, b.open(b.back(b.leave(query))))
}

// landing is where a browser ends: the place, the query and the fragment.
type landing struct {
	place           string
	query, fragment url.Values
}

func landed(t testing.TB, r reply) landing {
	t.Helper()
	u, err := url.Parse(r.want(t, 302).Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	fragment, err := url.ParseQuery(u.Fragment)
	if err != nil {
		t.Fatal(err)
	}
	return landing{u.Scheme + "://" + u.Host + u.Path, u.Query(), fragment}
}

// refused fails the test unless the browser was sent on with an error, and with nothing else.
func (l landing) refused(t testing.TB, code string) landing {
	t.Helper()
	if l.fragment.Get("error_code") != code || l.query.Get("error_code") != code || l.fragment.Get("error_description") == "" {
		t.Fatalf("%s ended with %v and %v, want %s", l.place, l.query, l.fragment, code)
	}
	if l.fragment.Has("access_token") || l.query.Has("code") {
		t.Fatalf("a refusal came with %v and %v", l.query, l.fragment)
	}
	return l
}

// in fails the test unless the browser came back with a session, and gives whose.
func (l landing) in(t testing.TB, s *site) *person {
	t.Helper()
	p := &person{site: s, access: l.fragment.Get("access_token"), refresh: l.fragment.Get("refresh_token")}
	if p.access == "" || p.refresh == "" || l.fragment.Get("token_type") != "bearer" || l.fragment.Get("expires_in") != "3600" {
		t.Fatalf("%s ended without a session: %v %v", l.place, l.query, l.fragment)
	}
	r := p.me().get("user").want(t, 200)
	p.id, p.email = r.field("id"), r.field("email")
	return p
}

// pkce is a verifier and the parameters of its challenge.
func pkce(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return "&code_challenge_method=s256&code_challenge=" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// sha is the SHA-256 of a text in hexadecimal.
func sha(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

const verifier = "a-verifier-of-the-client-that-is-long-enough-1234"

// exchange takes the session of a code.
func (s *site) exchange(code, verifier string) reply {
	return s.post("token?grant_type=pkce", map[string]string{"auth_code": code, "code_verifier": verifier})
}

// crowded asks n times at once and counts the answers by status.
func crowded(n int, ask func(n int) reply) map[int]int {
	var done sync.WaitGroup
	start, codes, out := make(chan struct{}), make([]int, n), map[int]int{}
	for k := range n {
		done.Go(func() {
			<-start
			codes[k] = ask(k).Code
		})
	}
	close(start)
	done.Wait()
	for _, code := range codes {
		out[code]++
	}
	return out
}
