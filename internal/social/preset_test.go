package social_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/testkit"
)

// preset is a preset's provider whose addresses lead to the issuer of the test.
func preset(i *testkit.Issuer, name string) social.Settings {
	s := social.Settings{Name: name, ClientID: i.ClientID, ClientSecret: i.ClientSecret}
	switch name {
	case "github":
		s.AuthURL, s.TokenURL, s.UserURL = i.OAuth("/user")
	case "discord":
		s.AuthURL, s.TokenURL, s.UserURL = i.OAuth("/users/@me")
	case "azure", "microsoft":
		s.Issuer = i.Directory("common")
	default:
		s.Issuer = i.URL
	}
	return s
}

const directory = "11111111-2222-3333-4444-555555555555"

// Each preset with the user as its provider writes one, and the identity that comes out; "URL" stands for the issuer's.
func TestEachPresetReadsItsProvidersForm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user map[string]any
		want social.Identity
	}{
		"google": {map[string]any{"sub": "110169", "email": "ann@corp.example", "email_verified": true, "name": "Ann Lee", "given_name": "Ann",
			"picture": "https://lh3.example/a", "hd": "corp.example"},
			social.Identity{Subject: "110169", Email: "ann@corp.example", EmailVerified: true, Data: map[string]any{"iss": "URL", "name": "Ann Lee",
				"full_name": "Ann Lee", "given_name": "Ann", "picture": "https://lh3.example/a", "avatar_url": "https://lh3.example/a",
				"custom_claims": map[string]any{"hd": "corp.example"}}}},
		"gitlab": {map[string]any{"sub": "77", "auth_time": 1.0, "userinfo": map[string]any{"email": "ann@example.org", "email_verified": true,
			"name": "Ann", "nickname": "ann", "preferred_username": "ann", "profile": "https://gitlab.example/ann", "groups": []any{"x"}}},
			social.Identity{Subject: "77", Email: "ann@example.org", EmailVerified: true, Data: map[string]any{"iss": "URL", "name": "Ann",
				"full_name": "Ann", "nickname": "ann", "preferred_username": "ann", "user_name": "ann", "profile": "https://gitlab.example/ann",
				"custom_claims": map[string]any{"auth_time": json.Number("1")}}}},
		"slack_oidc": {map[string]any{"sub": "U1", "email": "ann@example.org", "email_verified": true, "name": "Ann",
			"https://slack.com/team_id": "T1"},
			social.Identity{Subject: "U1", Email: "ann@example.org", EmailVerified: true, Data: map[string]any{"iss": "URL", "name": "Ann",
				"full_name": "Ann", "custom_claims": map[string]any{"https://slack.com/team_id": "T1"}}}},
		"azure": {map[string]any{"iss": "URL/" + directory + "/v2.0", "tid": directory, "sub": "s", "email": "ann@example.org", "xms_edov": "1",
			"name": "Ann", "preferred_username": "ann@example.org", "ver": "2.0"},
			social.Identity{Subject: "s", Email: "ann@example.org", EmailVerified: true, Data: map[string]any{"iss": "URL/" + directory + "/v2.0",
				"name": "Ann", "full_name": "Ann", "preferred_username": "ann@example.org", "user_name": "ann@example.org",
				"custom_claims": map[string]any{"tid": directory, "xms_edov": "1"}}}},
		"github": {map[string]any{"id": 583231, "login": "ann", "name": "Ann Lee", "email": "profile@example.org", "avatar_url": "https://a.example/1"},
			social.Identity{Subject: "583231", Email: "ann@example.org", EmailVerified: true, Data: map[string]any{"iss": "URL", "name": "Ann Lee",
				"full_name": "Ann Lee", "preferred_username": "ann", "user_name": "ann", "picture": "https://a.example/1", "avatar_url": "https://a.example/1"}}},
		"discord": {map[string]any{"id": "80351110224678912", "username": "ann", "global_name": "Ann", "discriminator": "0", "avatar": "a_1f",
			"email": "ann@example.org", "verified": true, "locale": "fr"},
			social.Identity{Subject: "80351110224678912", Email: "ann@example.org", EmailVerified: true, Data: map[string]any{"iss": "URL",
				"name": "Ann", "full_name": "Ann", "preferred_username": "ann", "user_name": "ann", "locale": "fr",
				"picture":       "https://cdn.discordapp.com/avatars/80351110224678912/a_1f.gif",
				"avatar_url":    "https://cdn.discordapp.com/avatars/80351110224678912/a_1f.gif",
				"custom_claims": map[string]any{"global_name": "Ann"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := testkit.NewIssuer(t)
			here := func(v any) any { s, _ := v.(string); return strings.Replace(s, "URL", i.URL, 1) }
			if iss, ok := c.user["iss"]; ok {
				c.user["iss"] = here(iss)
			}
			i.Next(func(claims map[string]any) { clear(claims); maps.Copy(claims, c.user) })
			i.Emails(map[string]any{"email": "old@example.org", "primary": false, "verified": true},
				map[string]any{"email": "ann@example.org", "primary": true, "verified": true},
				map[string]any{"email": "work@example.org", "primary": false, "verified": true})
			got, err := signIn(t, i, provider(t, preset(i, name), social.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			want.Provider, want.AccessToken, want.RefreshToken = name, got.AccessToken, got.RefreshToken
			maps.Copy(want.Data, map[string]any{"iss": here(want.Data["iss"]), "sub": want.Subject, "provider_id": want.Subject,
				"email": want.Email, "email_verified": true, "phone_verified": false})
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What each provider is asked for, at its real address.
func TestPresetsLeadToTheirProviders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"github":  "https://github.com/login/oauth/authorize?client_id=id&redirect_uri=" + url.QueryEscape(callback) + "&response_type=code&scope=user%3Aemail%20repo&state=s",
		"discord": "https://discord.com/oauth2/authorize?client_id=id&redirect_uri=" + url.QueryEscape(callback) + "&response_type=code&scope=identify%20email%20repo&state=s",
	} {
		p := provider(t, social.Settings{Name: name, ClientID: "id"}, social.Options{})
		got, err := p.AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Nonce: "n", Redirect: callback, Scopes: []string{"repo", "repo"}})
		if got != want || err != nil {
			t.Errorf("%s: %s %v", name, got, err)
		}
	}
}

func TestTheCallersParametersArePassedOnByName(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	s := acme(i)
	s.ClientID, s.Scopes = "first, second", []string{"groups"}
	to, err := provider(t, s, social.Options{}).AuthorizeURL(context.Background(), social.AuthRequest{State: "a b", Nonce: "n", Challenge: "c",
		Redirect: callback, Scopes: []string{"email", "extra"}, Params: url.Values{"prompt": {"consent"}, "login_hint": {"ann+x@example.org"},
			"redirect_uri": {"https://evil.example.org"}, "client_id": {"x"}, "response_type": {"token"}, "state": {"x"}, "nonce": {"x"},
			"code_challenge": {"x"}, "scope": {"x"}, "request_uri": {"x"}, "response_mode": {"fragment"}}})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(to)
	want := url.Values{"client_id": {"first"}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"a b"}, "nonce": {"n"},
		"code_challenge": {"c"}, "code_challenge_method": {"S256"}, "scope": {"openid email profile groups extra"},
		"prompt": {"consent"}, "login_hint": {"ann+x@example.org"}}
	if diff := cmp.Diff(want, u.Query()); diff != "" || strings.Contains(u.RawQuery, "+") {
		t.Error(diff, u.RawQuery)
	}
}

func TestARequestThatCannotBeMadeIsNot(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	for _, r := range []social.AuthRequest{{Redirect: callback}, {State: "s"}, {State: "s", Redirect: callback, Scopes: []string{"a b"}},
		{State: "s", Redirect: callback, Scopes: []string{`"`}}, {State: "s", Redirect: callback, Scopes: []string{""}}} {
		if to, err := p.AuthorizeURL(context.Background(), r); err == nil {
			t.Errorf("%+v: %s", r, to)
		}
	}
}

// An address counts as verified only where somebody who can know says so.
func TestAnAddressIsVerifiedOnlyWhereTheProviderSaysSo(t *testing.T) {
	t.Parallel()
	is := func(more map[string]any) func(string, map[string]any) {
		return func(_ string, c map[string]any) { maps.Copy(c, more) }
	}
	in := func(more map[string]any) func(string, map[string]any) {
		return func(url string, c map[string]any) {
			c["tid"], c["iss"] = directory, url+"/"+directory+"/v2.0"
			maps.Copy(c, more)
		}
	}
	for _, c := range []struct {
		name, preset string
		user         func(url string, claims map[string]any)
		email        string
		verified     bool
	}{
		{"yes", "google", is(nil), "ann@example.org", true},
		{"yes, as a text", "apple", is(map[string]any{"email_verified": "true"}), "ann@example.org", true},
		{"no", "google", is(map[string]any{"email_verified": false}), "ann@example.org", false},
		{"no, as a text", "apple", is(map[string]any{"email_verified": "false"}), "ann@example.org", false},
		{"something", "google", is(map[string]any{"email_verified": 1}), "ann@example.org", false},
		{"unsaid", "google", func(_ string, c map[string]any) { delete(c, "email_verified") }, "ann@example.org", false},
		{"no address", "google", is(map[string]any{"email": "nothing"}), "", false},
		{"two addresses", "google", is(map[string]any{"email": "a@example.org,b@example.org"}), "", false},
		{"a line break", "google", is(map[string]any{"email": "a@example.org\r\nBcc: b@example.org"}), "", false},
		{"unsaid, and user info is about another address", "google", func(_ string, c map[string]any) {
			delete(c, "email_verified")
			delete(c, "name")
			c["userinfo"] = map[string]any{"email": "other@example.org", "email_verified": true}
		}, "ann@example.org", false},
		{"a directory's word", "azure", in(map[string]any{"email_verified": true}), "ann@example.org", false},
		{"a directory that owns the domain", "azure", in(map[string]any{"xms_edov": true}), "ann@example.org", true},
		{"… as a number", "microsoft", in(map[string]any{"xms_edov": 1}), "ann@example.org", true},
		{"a directory that does not", "azure", in(map[string]any{"xms_edov": "0", "email_verified": true}), "ann@example.org", false},
		{"Discord: not yet", "discord", is(map[string]any{"id": "80", "verified": false, "email_verified": true}), "ann@example.org", false},
		{"GitHub: not yet", "github", is(map[string]any{"id": 7, "email_verified": false}), "ann@example.org", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := testkit.NewIssuer(t)
			i.Next(func(claims map[string]any) { c.user(i.URL, claims) })
			id, err := signIn(t, i, provider(t, preset(i, c.preset), social.Options{}))
			if err != nil || id.Email != c.email || id.EmailVerified != c.verified || id.Data["email_verified"] != c.verified {
				t.Errorf("%+v %v", id, err)
			}
		})
	}
}

func TestUserInfoSpeaksOfTheSameSubject(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	i.Next(func(c map[string]any) { delete(c, "email") })
	i.Misbehave(testkit.UserinfoOfAnother)
	if _, err := signIn(t, i, provider(t, acme(i), social.Options{})); told(err) != "refused: The provider's user info is of another subject than its token." {
		t.Errorf("got %v", err)
	}
}

func TestASharedTenantTakesEachDirectoryAtItsWord(t *testing.T) {
	t.Parallel()
	const personal, no = testkit.PersonalDirectory, "refused: The token is of another issuer."
	for _, c := range []struct{ tenant, tid, iss, want string }{
		{"common", directory, directory, ""},
		{"common", personal, personal, ""},
		{"organizations", directory, directory, ""},
		{"organizations", personal, personal, no},
		{"consumers", personal, personal, ""},
		{"consumers", directory, directory, no},
		{directory, directory, directory, ""},
		{directory, personal, personal, no},
		{"common", directory, personal, no},
		{"common", "", "{tenantid}", no},
		{"common", "{tenantid}", "{tenantid}", no},
		{"common", directory + "/../x", directory + "/../x", no},
	} {
		i := testkit.NewIssuer(t)
		s := preset(i, "azure")
		s.Issuer = i.Directory(c.tenant)
		i.Next(func(claims map[string]any) { claims["tid"], claims["iss"] = c.tid, i.Directory(c.iss) })
		if _, err := signIn(t, i, provider(t, s, social.Options{})); told(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestAppleIsToldWhoWeAreByASignature(t *testing.T) {
	t.Parallel()
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	der, _ := x509.MarshalPKCS8PrivateKey(private)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for name, written := range map[string]string{"as lines": text, "as one line": strings.ReplaceAll(text, "\n", `\n`)} {
		i := testkit.NewIssuer(t)
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		i.Clock = clock.Fixed(at, rand.Reader)
		i.Secret = func(id, secret string) bool { return signedByApple(t, i, secret, private, at) }
		s := preset(i, "apple")
		s.ClientSecret, s.TeamID, s.KeyID = written, "TEAM", "KEY"
		p := provider(t, s, social.Options{Clock: i.Clock})
		to, _ := p.AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Redirect: callback})
		if u, _ := url.Parse(to); u.Query().Get("response_mode") != "form_post" || !strings.Contains(to, "scope=openid%20email%20name") {
			t.Errorf("%s: %s", name, to)
		}
		i.Next(func(c map[string]any) { delete(c, "name"); c["is_private_email"] = "true" })
		id, err := signIn(t, i, p)
		if err != nil {
			t.Fatal(err)
		}
		if id.Email != "ann@example.org" || id.Data["full_name"] != "Ann Lee" || id.Data["custom_claims"].(map[string]any)["is_private_email"] != "true" {
			t.Errorf("%s: %+v", name, id)
		}
	}
}

func signedByApple(t *testing.T, i *testkit.Issuer, secret string, private *ecdsa.PrivateKey, at time.Time) bool {
	payload, err := jws.Verify([]byte(secret), jws.WithKey(jwa.ES256(), &private.PublicKey))
	message, _ := jws.Parse([]byte(secret))
	if err != nil || len(message.Signatures()) != 1 {
		t.Errorf("the secret: %v", err)
		return false
	}
	kid, _ := message.Signatures()[0].ProtectedHeaders().KeyID()
	var c map[string]any
	_ = json.Unmarshal(payload, &c)
	want := map[string]any{"iss": "TEAM", "sub": i.ClientID, "aud": i.URL, "iat": float64(at.Unix()), "exp": float64(at.Unix() + 300)}
	return kid == "KEY" && cmp.Equal(c, want)
}

func TestAServerOfOnesOwnIsDescribedByItsAddresses(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	s := social.Settings{Name: "forum", ClientID: i.ClientID, ClientSecret: i.ClientSecret}
	s.AuthURL, s.TokenURL, s.UserURL = i.OAuth("/userinfo")
	i.Next(func(c map[string]any) { delete(c, "sub"); c["id"] = 12; c["roles"] = "admin" })
	id, err := signIn(t, i, provider(t, s, social.Options{}))
	if err != nil || id.Subject != "12" || id.Email != "ann@example.org" || !id.EmailVerified || id.Data["iss"] != i.URL || id.Data["custom_claims"] != nil {
		t.Errorf("%+v %v", id, err)
	}
	if i.Form().Get("client_secret") != i.ClientSecret {
		t.Error("the secret is not in the form")
	}
	i.Next(func(c map[string]any) { delete(c, "sub") })
	if _, err := signIn(t, i, provider(t, s, social.Options{})); told(err) != "refused: The token has no subject." {
		t.Errorf("nobody: %v", err)
	}
	if _, err := provider(t, s, social.Options{}).IDToken(context.Background(), i.Token("", nil), "", ""); told(err) != "refused: The provider forum gives no ID tokens." {
		t.Errorf("an ID token: %v", err)
	}
}

func TestSettingsThatCannotWorkAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	private, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	der, _ := x509.MarshalPKCS8PrivateKey(private)
	wrongCurve := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, c := range []struct {
		s    social.Settings
		want string
	}{
		{social.Settings{Name: "google"}, "client_id is missing"},
		{social.Settings{Name: "google", ClientID: " , "}, "client_id is missing"},
		{social.Settings{Name: "acme", ClientID: "x"}, "add issuer"},
		{social.Settings{Name: "Acme", ClientID: "x"}, "a name has"},
		{social.Settings{Name: "acme", ClientID: "x", Issuer: "http://id.example.org"}, "issuer must be an https address"},
		{social.Settings{Name: "acme", ClientID: "x", Issuer: "id.example.org"}, "issuer must be an https address"},
		{social.Settings{Name: "acme", ClientID: "x", Issuer: "https://u:p@id.example.org"}, "issuer must be an https address"},
		{social.Settings{Name: "acme", ClientID: "x", Issuer: "https://a.example", AuthURL: "https://b.example"}, "an issuer tells its own"},
		{social.Settings{Name: "acme", ClientID: "x", Issuer: "https://a.example", Tenant: "x"}, "tenant is for azure"},
		{social.Settings{Name: "acme", ClientID: "x", Issuer: "https://a.example", Scopes: []string{"a b"}}, "is not a scope"},
		{social.Settings{Name: "forum", ClientID: "x", AuthURL: "https://a.example", TokenURL: "https://a.example"}, "user_url must be"},
		{social.Settings{Name: "github", ClientID: "x", TokenURL: "http://github.example"}, "token_url must be"},
		{social.Settings{Name: "github", ClientID: "x", Issuer: "https://github.example"}, "give auth_url"},
		{social.Settings{Name: "azure", ClientID: "x", Tenant: "contoso.com"}, "tenant must be"},
		{social.Settings{Name: "azure", ClientID: "x", Tenant: "common", Issuer: "https://a.example/common/v2.0"}, "not both"},
		{social.Settings{Name: "azure", ClientID: "x", Issuer: "https://login.microsoftonline.com/common"}, "issuer must be like"},
		{social.Settings{Name: "apple", ClientID: "x", ClientSecret: wrongCurve}, "add team_id and key_id"},
		{social.Settings{Name: "apple", ClientID: "x", ClientSecret: wrongCurve, TeamID: "t", KeyID: "k"}, "P-256"},
		{social.Settings{Name: "apple", ClientID: "x", ClientSecret: "-----BEGIN canary", TeamID: "t", KeyID: "k"}, "cannot be read"},
	} {
		_, err := social.New([]social.Settings{c.s}, social.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "auth.providers."+c.s.Name) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: %v, want %q", c.s, err, c.want)
		}
	}
	two := []social.Settings{{Name: "google", ClientID: "x"}, {Name: "apple", ClientID: "x"}}
	all, err := social.New(two, social.Options{})
	if err != nil || !slices.Equal(all.Names(), []string{"google", "apple"}) {
		t.Errorf("%v", err)
	}
	if _, err := social.New(append(two, two[0]), social.Options{}); err == nil {
		t.Error("one name twice")
	}
	if p, ok := all.Get("gitlab"); ok || p != nil {
		t.Error("a provider nobody set up")
	}
	for _, tenant := range []string{"", "common", "organizations", "consumers", directory} {
		if _, err := social.New([]social.Settings{{Name: "microsoft", ClientID: "x", Tenant: tenant}}, social.Options{}); err != nil {
			t.Errorf("%s: %v", tenant, err)
		}
	}
}

// Without a client of the caller's, providers on private addresses are out of reach.
func TestTheDefaultClientReachesPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	all, err := social.New([]social.Settings{acme(i)}, social.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := all.Get("acme")
	var unavailable *social.Unavailable
	if _, err := p.AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Redirect: callback}); !errors.As(err, &unavailable) || i.Asked("/.well-known/openid-configuration") > 0 {
		t.Errorf("got %v", err)
	}
}
