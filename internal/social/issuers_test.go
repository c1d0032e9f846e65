package social_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/testkit"
)

func issuers(t testing.TB, o social.Options, s ...social.IssuerSettings) *social.Issuers {
	t.Helper()
	if o.Client == nil {
		o.Client = loopback()
	}
	out, err := social.NewIssuers(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forAPI is a token for the data API.
func forAPI(c map[string]any) { c["aud"] = "api" }

func TestATokenOfAThirdPartyGivesItsClaimsAsTheyWereSigned(t *testing.T) {
	t.Parallel()
	clerk, keycloak := testkit.NewIssuer(t), testkit.NewIssuer(t)
	rules := map[string]string{"role": "claims.org_role"}
	all := issuers(t, social.Options{},
		social.IssuerSettings{Issuer: clerk.URL, Audience: "api", JWKS: clerk.URL + "/keys", Rules: rules},
		social.IssuerSettings{Issuer: keycloak.URL, Audience: "web, api"})
	token := clerk.Token("", func(c map[string]any) {
		forAPI(c)
		c["org_role"], c["n"] = "admin", json.Number("12345678901234567890")
	})
	payload, got, ok, err := all.Verify(context.Background(), token)
	if !ok || err != nil || !cmp.Equal(got, rules) || !strings.Contains(string(payload), `"n":12345678901234567890`) {
		t.Errorf("%s %v %v %v", payload, got, ok, err)
	}
	if clerk.Asked("/.well-known/openid-configuration") != 0 {
		t.Error("discovery was asked although the settings say where the keys are")
	}
	if _, got, ok, err := all.Verify(context.Background(), keycloak.Token("", forAPI)); !ok || err != nil || got != nil {
		t.Errorf("by discovery: %v %v %v", got, ok, err)
	}
}

// Keys, algorithm and audience belong to one issuer: what is right at another one does not help.
func TestIssuersAreNotMixed(t *testing.T) {
	t.Parallel()
	a, b := testkit.NewIssuer(t), testkit.NewIssuer(t)
	b.Rotate()
	all := issuers(t, social.Options{},
		social.IssuerSettings{Issuer: a.URL, Audience: "api", Algorithms: []string{"RS256"}},
		social.IssuerSettings{Issuer: b.URL, Audience: "other", Algorithms: []string{"ES256"}})
	exp := time.Now().Add(time.Hour).Unix()
	claims := func(issuer, audience string) map[string]any {
		return map[string]any{"iss": issuer, "aud": audience, "exp": exp}
	}
	for _, c := range []struct{ name, token, want string }{
		{"a's own", a.Sign("RS256", claims(a.URL, "api")), ""},
		{"b's own", b.Sign("ES256", claims(b.URL, "other")), ""},
		{"a's token with b's key", b.Sign("RS256", claims(a.URL, "api")), "refused: The token is signed with a key its issuer does not publish."},
		{"a's token with b's algorithm", a.Sign("ES256", claims(a.URL, "api")), "refused: The token is signed with an algorithm that is not allowed."},
		{"b's token with a's algorithm", b.Sign("RS256", claims(b.URL, "other")), "refused: The token is signed with an algorithm that is not allowed."},
		{"a's token for b's audience", a.Sign("RS256", claims(a.URL, "other")), "refused: The token was made for another audience."},
	} {
		payload, _, ok, err := all.Verify(context.Background(), c.token)
		if !ok || told(err) != c.want || (payload != nil) != (c.want == "") {
			t.Errorf("%s: %s %v %v", c.name, payload, ok, err)
		}
	}
}

func TestAHostileTokenForTheAPIIsRefused(t *testing.T) {
	t.Parallel()
	for how, want := range map[testkit.Misbehaviour]string{
		testkit.AlgNone:     "refused: The token is signed with an algorithm that is not allowed.",
		testkit.AlgHMAC:     "refused: The token is signed with an algorithm that is not allowed.",
		testkit.UnknownKey:  "refused: The token is signed with a key its issuer does not publish.",
		testkit.ForeignKey:  "refused: The signature of the token does not hold.",
		testkit.SwappedKeys: "refused: The token is signed with a key its issuer does not publish.",
		testkit.OwnKey:      "refused: The signature of the token does not hold.",
		testkit.LogoutToken: "refused: The token is not a signed JWT.",
		testkit.Expired:     "refused: The token has expired.",
		testkit.NotYetValid: "refused: The token is not valid yet.",
		testkit.NoTimes:     "refused: The token does not say when it was issued and when it expires.",
		testkit.Down:        "unavailable: its keys cannot be had",
		testkit.GiantBody:   "unavailable: its keys cannot be had",
	} {
		i := testkit.NewIssuer(t)
		all := issuers(t, social.Options{}, social.IssuerSettings{Issuer: i.URL, Audience: "api"})
		i.Misbehave(how)
		if payload, _, ok, err := all.Verify(context.Background(), i.Token("", forAPI)); !ok || payload != nil || told(err) != want {
			t.Errorf("%v: %s %v %v", how, payload, ok, err)
		}
	}
}

func TestATokenOfNobodyHereIsSomebodyElsesToJudge(t *testing.T) {
	t.Parallel()
	i, stranger := testkit.NewIssuer(t), testkit.NewIssuer(t)
	all := issuers(t, social.Options{}, social.IssuerSettings{Issuer: i.URL, Audience: "api"})
	for name, token := range map[string]string{"another issuer": stranger.Token("", forAPI), "no token": "x", "nothing": "",
		"almost the issuer": i.Token("", func(c map[string]any) { forAPI(c); c["iss"] = i.URL + "/" }),
		"no issuer":         i.Token("", func(c map[string]any) { forAPI(c); delete(c, "iss") })} {
		if payload, rules, ok, err := all.Verify(context.Background(), token); ok || err != nil || payload != nil || rules != nil {
			t.Errorf("%s: %s %v %v", name, payload, ok, err)
		}
	}
	if i.Asked("/keys") != 0 || stranger.Asked("/keys") != 0 {
		t.Error("somebody was asked")
	}
	if _, _, ok, err := issuers(t, social.Options{}).Verify(context.Background(), i.Token("", forAPI)); ok || err != nil {
		t.Errorf("no issuers at all: %v %v", ok, err)
	}
}

func TestIssuersThatCannotWorkAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	good := social.IssuerSettings{Issuer: "https://a.example", Audience: "api"}
	for want, s := range map[string]social.IssuerSettings{
		"item 2: issuer must be": {Issuer: "http://a.example", Audience: "api"},
		"audience is missing":    {Issuer: "https://b.example"},
		"jwks must be":           {Issuer: "https://b.example", Audience: "api", JWKS: "http://b.example/keys"},
		`algorithm "HS256"`:      {Issuer: "https://b.example", Audience: "api", Algorithms: []string{"HS256"}},
		`algorithm "none"`:       {Issuer: "https://b.example", Audience: "api", Algorithms: []string{"RS256", "none"}},
		"is there twice":         good,
	} {
		if _, err := social.NewIssuers([]social.IssuerSettings{good, s}, social.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	i := testkit.NewIssuer(b)
	all := issuers(b, social.Options{}, social.IssuerSettings{Issuer: i.URL, Audience: "api"})
	for _, algorithm := range []string{"RS256", "ES256"} {
		token := i.Sign(algorithm, map[string]any{"iss": i.URL, "aud": []string{"api"}, "exp": time.Now().Add(time.Hour).Unix(), "roles": slices.Repeat([]string{"r"}, 10)})
		b.Run(algorithm, func(b *testing.B) {
			for b.Loop() {
				if _, _, _, err := all.Verify(context.Background(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
