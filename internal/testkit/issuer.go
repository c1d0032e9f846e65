package testkit

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/clock"
)

// Issuer is an OpenID Connect provider on loopback, with the forms of a few well-known ones beside it: discovery, keys, a page to
// sign in at that needs no person, a token endpoint that checks everything it is given, and user info. It can be told to be
// hostile. Its URL is also the issuer of its tokens.
//
//	issuer := testkit.NewIssuer(t)
//	… auth.providers: { acme: { issuer: issuer.URL, client_id: issuer.ClientID, client_secret: issuer.ClientSecret } }
//	issuer.Next(func(c map[string]any) { c["email"] = "ann@example.org" })
//	back := issuer.SignIn(t, authorizeURL) // what the browser is sent back with
type Issuer struct {
	URL                    string
	ClientID, ClientSecret string // what it takes; a test may write others before the first request
	// Secret judges a client's secret in place of the comparison with ClientSecret.
	Secret func(id, secret string) bool
	Clock  clock.Clock // of its tokens; the system's
	// Discovery changes the discovery document.
	Discovery func(document map[string]any)

	mu       sync.Mutex
	next     func(map[string]any)
	behave   map[Misbehaviour]bool
	codes    map[string]grant
	tokens   map[string]map[string]any // access token → the user's claims
	emails   []map[string]any
	asked    map[string]int // path → requests
	slow     chan struct{}  // told when a request is held
	release  chan struct{}
	retired  bool
	lastForm url.Values
}

// grant is what a code stands for.
type grant struct {
	redirect, challenge, nonce, client string
	user                               map[string]any
}

// NewIssuer starts one that ends with the test.
func NewIssuer(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{ClientID: "socle-test", ClientSecret: "a-secret-of-the-client", Clock: clock.System(), behave: map[Misbehaviour]bool{},
		codes: map[string]grant{}, tokens: map[string]map[string]any{}, asked: map[string]int{},
		slow: make(chan struct{}, 16), release: make(chan struct{})}
	server := httptest.NewServer(i.counted(i.routes()))
	i.URL = server.URL
	t.Cleanup(func() {
		close(i.release)
		server.Close()
	})
	return i
}

func (i *Issuer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /userinfo", i.userinfo)
	mux.HandleFunc("GET /user", i.userinfo)
	mux.HandleFunc("GET /user/emails", i.userEmails)
	mux.HandleFunc("GET /users/@me", i.userinfo)
	mux.HandleFunc("GET /round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	return mux
}

func (i *Issuer) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.asked[r.URL.Path]++
		i.mu.Unlock()
		switch {
		case i.is(Down):
			http.Error(w, "no", http.StatusServiceUnavailable)
		case i.is(GiantBody):
			_, _ = w.Write([]byte(`{"filler":"` + strings.Repeat("a", 4<<20) + `"}`))
		case i.is(RedirectLoop) && r.URL.Path != "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Asked is how often a path was requested: "/keys".
func (i *Issuer) Asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

// Held waits until a request hangs at the token endpoint (SlowToken).
func (i *Issuer) Held() { <-i.slow }

// Form is the last form the token endpoint got.
func (i *Issuer) Form() url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.lastForm
}

// Next sets who signs in from now on: change is applied to the claims of every token and user that is made. It may take claims
// away.
func (i *Issuer) Next(change func(claims map[string]any)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.next = change
}

// PersonalDirectory is what Microsoft's tenant "consumers" stands for.
const PersonalDirectory = "9188040d-6c67-4c5b-b112-36a304b66dad"

// Directory is the issuer in the form of Microsoft's shared tenants: a provider's issuer setting for this one.
func (i *Issuer) Directory(tenant string) string { return i.URL + "/" + tenant + "/v2.0" }

func (i *Issuer) discovery(w http.ResponseWriter, r *http.Request) {
	issuer := i.URL
	if tenant := r.PathValue("tenant"); tenant != "" {
		switch tenant {
		case "common", "organizations":
			tenant = "{tenantid}"
		case "consumers":
			tenant = PersonalDirectory
		}
		issuer = i.Directory(tenant)
	}
	if i.is(DiscoveryIssuer) {
		issuer = "https://accounts.example.org"
	}
	document := map[string]any{"issuer": issuer, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
		"userinfo_endpoint": i.URL + "/userinfo", "jwks_uri": i.URL + "/keys", "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"}, "code_challenge_methods_supported": []string{"S256"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256"}}
	switch {
	case i.is(DiscoveryElsewhere):
		document["jwks_uri"] = "http://keys.example.org/keys"
	case i.is(DiscoveryAllowsAll):
		document["id_token_signing_alg_values_supported"] = []string{"none", "HS256", "RS256"}
	}
	if i.Discovery != nil {
		i.Discovery(document)
	}
	answer(w, http.StatusOK, document)
}

// authorize signs in whoever Next describes, at once, and sends the browser back.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != i.ClientID || q.Get("response_type") != "code" || q.Get("redirect_uri") == "" {
		http.Error(w, "client, response_type or redirect_uri is wrong", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	switch {
	case i.is(Denies):
		back.Set("error", "access_denied")
		back.Set("error_description", "the user said <no>")
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		back.Set("error", "invalid_request")
	default:
		code := random()
		back.Set("code", code)
		g := grant{q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce"), q.Get("client_id"), i.user()}
		i.mu.Lock()
		i.codes[code] = g
		i.mu.Unlock()
	}
	if q.Get("response_mode") == "form_post" {
		back.Set("user", `{"name":{"firstName":"Ann","lastName":"Lee"},"email":"somebody@else.example"}`)
		w.Header().Set("X-Form-Post", q.Get("redirect_uri"))
		_, _ = w.Write([]byte(back.Encode()))
		return
	}
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "redirect_uri", http.StatusBadRequest)
		return
	}
	merged := to.Query()
	for name := range back {
		merged.Set(name, back.Get(name))
	}
	to.RawQuery = merged.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// token exchanges a code, once, for whoever proves to be the client and to have asked for the code.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	i.mu.Lock()
	i.lastForm = r.PostForm
	g, known := i.codes[r.PostForm.Get("code")]
	delete(i.codes, r.PostForm.Get("code"))
	i.mu.Unlock()
	if i.is(SlowToken) {
		i.slow <- struct{}{}
		select {
		case <-i.release:
		case <-r.Context().Done():
		}
		return
	}
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case !i.client(id, secret):
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
	case !known || r.PostForm.Get("grant_type") != "authorization_code" || g.redirect != r.PostForm.Get("redirect_uri") || g.client != id,
		g.challenge != "" && g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": r.PostForm.Get("code")})
	default:
		i.issue(w, g)
	}
}

func (i *Issuer) client(id, secret string) bool {
	if i.Secret != nil {
		return id == i.ClientID && i.Secret(id, secret)
	}
	return id == i.ClientID && secret == i.ClientSecret
}

func (i *Issuer) issue(w http.ResponseWriter, g grant) {
	access := random()
	i.mu.Lock()
	i.tokens[access] = g.user
	i.mu.Unlock()
	out := map[string]any{"access_token": access, "refresh_token": random(), "token_type": "Bearer", "expires_in": 3600}
	if !i.is(NoIDToken) {
		out["id_token"] = i.signed(i.claims(g.user, g.nonce, access))
	}
	answer(w, http.StatusOK, out)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
