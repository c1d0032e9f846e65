package social_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/testkit"
)

// The secret travels the way the provider names, by HTTP Basic where it can.
func TestTheSecretTravelsAsTheProviderWants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		methods any
		body    bool
	}{
		"unsaid": {nil, false}, "both": {[]string{"client_secret_post", "client_secret_basic"}, false}, "body only": {[]string{"client_secret_post"}, true},
	} {
		i := testkit.NewIssuer(t)
		i.ClientSecret = "s e+c:r%e/t"
		i.Discovery = func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = c.methods }
		if _, err := signIn(t, i, provider(t, acme(i), social.Options{})); err != nil || i.Form().Has("client_secret") != c.body {
			t.Errorf("%s: %v, in the body: %v", name, err, i.Form().Has("client_secret"))
		}
	}
}

func TestAClientMayHaveNoSecret(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	i.ClientSecret = ""
	if _, err := signIn(t, i, provider(t, acme(i), social.Options{})); err != nil || i.Form().Get("client_id") != i.ClientID {
		t.Errorf("%v", err)
	}
}

func TestASilentDocumentMeansTheAlgorithmAllHave(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	i.Discovery = func(d map[string]any) { delete(d, "id_token_signing_alg_values_supported") }
	p := provider(t, acme(i), social.Options{})
	claims := map[string]any{"iss": i.URL, "aud": i.ClientID, "sub": "1", "iat": i.Clock.Now().Unix(), "exp": i.Clock.Now().Unix() + 60}
	for algorithm, holds := range map[string]bool{"RS256": true, "ES256": false} {
		if _, err := p.IDToken(context.Background(), i.Sign(algorithm, claims), "", ""); (err == nil) != holds {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

func TestADocumentThatLacksWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"no keys":                func(d map[string]any) { delete(d, "jwks_uri") },
		"no place to sign in":    func(d map[string]any) { delete(d, "authorization_endpoint") },
		"no place for codes":     func(d map[string]any) { delete(d, "token_endpoint") },
		"another kind of member": func(d map[string]any) { d["token_endpoint"] = 7 },
		"a name and a password":  func(d map[string]any) { d["token_endpoint"] = "https://u:p@id.example.org/token" },
		"plain http elsewhere":   func(d map[string]any) { d["userinfo_endpoint"] = "http://id.example.org/me" },
		"a file":                 func(d map[string]any) { d["jwks_uri"] = "file:///etc/passwd" },
		"an issuer with a slash": func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" },
	} {
		i := testkit.NewIssuer(t)
		i.Discovery = change
		_, err := provider(t, acme(i), social.Options{}).AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Redirect: callback})
		if !strings.HasPrefix(told(err), "unavailable: its discovery document ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A client that the caller brings need not limit what it reads.
func TestAnAnswerIsBoundedWhateverTheClient(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	i.Discovery = func(d map[string]any) { d["filler"] = strings.Repeat("a", 1<<20) }
	_, err := provider(t, acme(i), social.Options{Client: new(http.Client)}).AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Redirect: callback})
	if !strings.HasPrefix(told(err), "unavailable: its discovery document ") {
		t.Errorf("got %v", err)
	}
}

// What a provider's API may answer in place of a user.
func TestAnAPIThatSaysNothingOfTheUser(t *testing.T) {
	t.Parallel()
	const hidden = "refused: The provider does not show who the user is; it may lack a scope."
	for _, c := range []struct{ preset, path, want string }{
		{"github", "/missing", hidden},
		{"github", "/userinfo", hidden}, // there is no /userinfo/emails
		{"discord", "/missing", hidden},
		{"discord", "/user/emails", "unavailable: what it says of the user cannot be read"},
		{"discord", "/user", "refused: The token has no subject."},
		{"forum", "/missing", hidden},
		{"forum", "/round", "unavailable: it does not say who the user is"},
	} {
		i := testkit.NewIssuer(t)
		s := social.Settings{Name: c.preset, ClientID: i.ClientID, ClientSecret: i.ClientSecret}
		s.AuthURL, s.TokenURL, s.UserURL = i.OAuth(c.path)
		i.Next(func(u map[string]any) { u["id"] = "no-number" })
		if id, err := signIn(t, i, provider(t, s, social.Options{})); told(err) != c.want || id != nil {
			t.Errorf("%s at %s: %v", c.preset, c.path, err)
		}
	}
}
