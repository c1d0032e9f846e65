package accounts

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
)

// declared is who may call each route. A route that is missing here is one that nobody thought about twice.
var declared = map[caller][]string{
	everyone: {"GET health", "GET .well-known/jwks.json", "GET .well-known/openid-configuration", "GET verify", "GET authorize", "GET callback", "POST callback"},
	keyed: {"POST signup", "POST token", "POST otp", "POST magiclink", "POST recover", "POST resend", "POST verify", "GET settings",
		"POST passkeys/authentication/options", "POST passkeys/authentication/verify"},
	holder: {"GET user", "PUT user", "POST logout", "GET reauthenticate", "GET user/identities/authorize", "DELETE user/identities/:id",
		"POST factors", "POST factors/:factor/challenge", "POST factors/:factor/verify", "DELETE factors/:factor",
		"GET factors/recovery-codes", "POST factors/recovery-codes", "DELETE factors/recovery-codes",
		"POST factors/recovery-codes/regenerate", "POST factors/recovery-codes/verify",
		"POST passkeys/registration/options", "POST passkeys/registration/verify", "GET passkeys", "PATCH passkeys/:passkey", "DELETE passkeys/:passkey"},
	admin: {"GET admin/users", "POST admin/users", "GET admin/users/:id", "PUT admin/users/:id", "DELETE admin/users/:id", "POST admin/users/:id/logout",
		"GET admin/users/:id/factors", "DELETE admin/users/:id/factors/:factor", "GET admin/users/:id/passkeys",
		"DELETE admin/users/:id/passkeys/:passkey", "POST admin/generate_link", "GET admin/audit", "POST invite"},
}

// statuses by who comes: with nothing, the publishable key, an account's token, a token of nobody's, the secret key.
var admitted = map[caller][5]int{
	everyone: {204, 204, 204, 204, 204},
	keyed:    {401, 204, 204, 403, 204},
	holder:   {401, 401, 204, 403, 401},
	admin:    {401, 403, 403, 403, 204},
}

func TestEveryRouteAdmitsWhomItDeclares(t *testing.T) {
	t.Parallel()
	s, credentials := gated(t)
	var seen []string
	for i := range s.routes {
		rt := &s.routes[i]
		name := rt.method + " " + rt.path
		seen = append(seen, name)
		if !slices.Contains(declared[rt.who], name) {
			t.Errorf("%s is not in the table of those for %d", name, rt.who)
		}
		rt.serve, rt.rate = (*call).empty, unbounded
		for i, want := range admitted[rt.who] {
			r := httptest.NewRequest(rt.method, Prefix+"/"+rt.path, nil)
			for header, text := range credentials[i] {
				r.Header.Set(header, text)
			}
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s as the caller %d: %d %s, want %d", name, i, w.Code, w.Body, want)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %v", name, w.Header())
			}
		}
	}
	for who, names := range declared {
		for _, name := range names {
			if !slices.Contains(seen, name) {
				t.Errorf("the table says %s for %d, and there is no such route", name, who)
			}
		}
	}
}

// gated is a server with a gate and nothing behind it, and what each kind of caller sends.
func gated(t *testing.T) (*server, [5]map[string]string) {
	t.Helper()
	keys, err := auth.Load(t.TempDir(), "", clock.System())
	if err != nil {
		t.Fatal(err)
	}
	tokens := auth.NewTokens(keys, "https://app.test/auth/v1", clock.System())
	grant := auth.Grant{Sub: uuid.NewString(), TTL: time.Hour}
	mine, err := tokens.Issue(grant)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := auth.NewTokens(keys, "https://other.test/auth/v1", clock.System()).Issue(grant)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{Gate: auth.NewGate(keys, tokens), Tokens: tokens, Clock: clock.System(), Rates: DefaultRates()})
	if err != nil {
		t.Fatal(err)
	}
	return h.(*server), [5]map[string]string{{}, {"Apikey": keys.Publishable}, {"Apikey": keys.Publishable, "Authorization": "Bearer " + mine},
		{"Apikey": keys.Publishable, "Authorization": "Bearer " + foreign}, {"Apikey": keys.Secret, "Authorization": "Bearer " + keys.Secret}}
}

// Whoever is counted is the peer, or what the outermost of the configured proxies saw; nothing else that a client writes counts.
func TestNobodyChoosesTheAddressThatIsCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proxies   int
		peer      string
		forwarded []string
		want      string
	}{
		{0, "192.0.2.1:99", nil, "192.0.2.1"},
		{0, "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{1, "192.0.2.1:99", nil, "192.0.2.1"},
		{1, "192.0.2.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{1, "192.0.2.1:99", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{1, "192.0.2.1:99", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		{1, "192.0.2.1:99", []string{"203.0.113.9,, 198.51.100.7"}, "198.51.100.7"},
		{1, "192.0.2.1:99", []string{"somebody"}, "192.0.2.1"},
		{1, "192.0.2.1:99", []string{"203.0.113.9, 198.51.100.7:80"}, "192.0.2.1"},
		{2, "192.0.2.1:99", []string{"1.1.1.1, 203.0.113.9, 198.51.100.7"}, "203.0.113.9"},
		{2, "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{0, "[2001:db8:1:2:aaaa::1]:99", nil, "2001:db8:1:2::"},
		{0, "[2001:db8:1:2:bbbb::9]:99", nil, "2001:db8:1:2::"},
		{1, "192.0.2.1:99", []string{"2001:db8:1:2:cccc::3"}, "2001:db8:1:2::"},
		{0, "[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		{1, "192.0.2.1:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/auth/v1/otp", nil)
		r.RemoteAddr = c.peer
		for _, text := range c.forwarded {
			r.Header.Add("X-Forwarded-For", text)
		}
		for _, spoofed := range []string{"X-Real-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Client-Ip"} {
			r.Header.Set(spoofed, "203.0.113.200")
		}
		r.Header.Set("Forwarded", "for=203.0.113.200")
		s := &server{Config: Config{Proxies: c.proxies}}
		if got := s.address(r); got != c.want {
			t.Errorf("%d proxies, peer %s, forwarded %q: %s, want %s", c.proxies, c.peer, c.forwarded, got, c.want)
		}
	}
}

// What is counted stays bounded, however many come, and whoever has used up what is theirs is not let in by that.
func TestCountingStaysBounded(t *testing.T) {
	t.Parallel()
	m := newMeters(clock.System(), DefaultRates())
	for i := range mostMeters + mostMeters/2 {
		if err := m.pass(perAccount, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if len(m.by) > mostMeters {
			t.Fatal(len(m.by))
		}
	}
	if len(m.by) < fewMeters {
		t.Errorf("%d are left: too many were forgotten", len(m.by))
	}
}
