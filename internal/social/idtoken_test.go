package social_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestAnAppBringsItsOwnIDToken(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	s := acme(i)
	s.ClientID = i.ClientID + ",ios-app,android-app"
	p := provider(t, s, social.Options{})
	access := "an-access-token"
	sum := sha256.Sum256([]byte(access))
	atHash := base64.RawURLEncoding.EncodeToString(sum[:16])
	bound := func(c map[string]any) { c["at_hash"] = atHash }
	for _, c := range []struct {
		name          string
		inToken       string // nonce
		change        func(map[string]any)
		nonce, access string
		want          string
		keeps         bool // the access token
	}{
		{"for the first client", "", nil, "", "", "", false},
		{"for an app of ours", "", func(c map[string]any) { c["aud"] = "ios-app" }, "", "", "", false},
		{"for an app of ours, issued to another of ours", "", func(c map[string]any) { c["azp"] = "android-app" }, "", "", "", false},
		{"for several, issued to ours", "", func(c map[string]any) { c["aud"], c["azp"] = []string{"x", "ios-app"}, "ios-app" }, "", "", "", false},
		{"for several, issued to nobody", "", func(c map[string]any) { c["aud"] = []string{"x", "ios-app"} }, "", "", "refused: The token was issued to another party.", false},
		{"for a stranger", "", func(c map[string]any) { c["aud"] = "stranger" }, "", "", "refused: The token was made for another audience.", false},
		{"for a part of a name", "", func(c map[string]any) { c["aud"] = "ios" }, "", "", "refused: The token was made for another audience.", false},
		{"for nobody", "", func(c map[string]any) { delete(c, "aud") }, "", "", "refused: The token was made for another audience.", false},
		{"for a number", "", func(c map[string]any) { c["aud"] = []any{1, i.ClientID} }, "", "", "refused: The token was made for another audience.", false},
		{"a nonce that is the hash", hashed("raw"), nil, "raw", "", "", false},
		{"a nonce as it stands in the token", "raw", nil, "raw", "", "refused: The nonce of the token is not the one of this sign-in.", false},
		{"a nonce the app does not know", hashed("raw"), nil, "", "", "refused: The nonce of the token is not the one of this sign-in.", false},
		{"a nonce the token lacks", "", nil, "raw", "", "refused: The token has no nonce, and this sign-in has one.", false},
		{"its access token", "", bound, "", access, "", true},
		{"another access token", "", bound, "", "stolen", "refused: The token does not belong to the access token.", false},
		{"an access token nothing vouches for", "", nil, "", access, "", false},
		{"no access token", "", bound, "", "", "", false},
	} {
		id, err := p.IDToken(context.Background(), i.Token(c.inToken, c.change), c.nonce, c.access)
		if told(err) != c.want || err == nil && (id.Subject != "248289761001" || (id.AccessToken == access) != c.keeps) {
			t.Errorf("%s: %+v %v", c.name, id, err)
		}
	}
}

// A code that was given to the browser's client yields a token for that client, not for another one of ours.
func TestTheBrowsersTokenIsForTheFirstClient(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	s := acme(i)
	s.ClientID = i.ClientID + ",ios-app"
	i.Next(func(c map[string]any) { c["aud"] = "ios-app" })
	if _, err := signIn(t, i, provider(t, s, social.Options{})); told(err) != "refused: The token was made for another audience." {
		t.Errorf("got %v", err)
	}
}

func TestTextsThatAreNoTokens(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	good := i.Token("", nil)
	parts := strings.Split(good, ".")
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, text := range []string{"", "a", "..", "a.b.c", good + ".x", good + "=", " " + good, parts[0] + "." + parts[1], strings.Repeat("a", 1<<20),
		encode(`null`) + "." + parts[1] + "." + parts[2], encode(`{"alg":1}`) + "." + parts[1] + "." + parts[2], encode(`{"alg":"R"}`) + "." + parts[1] + "." + parts[2],
		encode(`{"alg":""}`) + "." + parts[1] + ".", parts[0] + "." + encode(`[]`) + "." + parts[2], parts[0] + "." + encode(`{}{}`) + "." + parts[2],
		parts[0] + "." + encode(strings.Repeat("[", 8000)) + "." + parts[2], encode(`{"alg":"RS256","b64":false}`) + "." + parts[1] + "." + parts[2]} {
		id, err := p.IDToken(context.Background(), text, "", "")
		if id != nil || !strings.HasPrefix(told(err), "refused: ") {
			t.Errorf("%.80q: %v", text, err)
		}
	}
	if _, err := p.IDToken(context.Background(), good, "", ""); err != nil {
		t.Error(err)
	}
}

// Whatever is changed in a token, it does not hold any more.
func TestNoTokenSurvivesAChange(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	rapid.Check(t, func(t *rapid.T) {
		good := i.Sign(rapid.SampledFrom([]string{"RS256", "ES256"}).Draw(t, "algorithm"), map[string]any{"iss": i.URL, "aud": i.ClientID, "sub": "1",
			"iat": i.Clock.Now().Unix(), "exp": i.Clock.Now().Unix() + 60})
		at := rapid.IntRange(0, len(good)-1).Draw(t, "place")
		with := letters[rapid.IntRange(0, len(letters)-1).Draw(t, "letter")]
		if good[at] == with {
			return
		}
		if id, err := p.IDToken(context.Background(), good[:at]+string(with)+good[at+1:], "", ""); err == nil {
			t.Fatalf("%c at %d of %s gives %+v", with, at, good, id)
		}
	})
}

// The times of a token against a plain statement of the rule: 30 seconds of leeway on each side, iat and exp required.
func TestTimesHoldWithThirtySecondsOfLeeway(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	m := newMoving()
	p := provider(t, acme(i), social.Options{Clock: m})
	rapid.Check(t, func(t *rapid.T) {
		now := m.Now().Unix()
		shift := func(name string) (int64, bool) {
			near := rapid.SampledFrom([]int64{-31, -30, -29, 0, 29, 30, 31})
			return rapid.OneOf(near, rapid.Int64Range(-1000, 1000)).Draw(t, name), rapid.IntRange(0, 9).Draw(t, name+" is there") > 0
		}
		c := map[string]any{"iss": i.URL, "aud": i.ClientID, "sub": "1"}
		holds := true
		for _, name := range []string{"exp", "iat", "nbf"} {
			by, there := shift(name)
			switch {
			case there:
				c[name] = now + by
				holds = holds && (name == "exp" && by >= -30 || name != "exp" && by <= 30)
			case name != "nbf":
				holds = false
			}
		}
		if _, err := p.IDToken(context.Background(), i.Sign("ES256", c), "", ""); (err == nil) != holds {
			t.Fatalf("now %d, %v: %v", now, c, err)
		}
	})
	for name, value := range map[string]any{"exp": "soon", "iat": true, "nbf": map[string]any{}} {
		token := i.Token("", func(c map[string]any) { c[name] = value })
		if _, err := p.IDToken(context.Background(), token, "", ""); told(err) != "refused: The token does not say when it was issued and when it expires." {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Names of claims count exactly as they are written: a claim that differs in case is another claim.
func TestClaimsAreNotMixedUpByCase(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	id, err := p.IDToken(context.Background(), i.Token("", func(c map[string]any) {
		c["Sub"], c["SUB"], c["Email"], c["EMAIL_VERIFIED"], c["email_verified"] = "admin", "admin", "admin@example.org", true, false
	}), "", "")
	if err != nil || id.Subject != "248289761001" || id.Email != "ann@example.org" || id.EmailVerified {
		t.Errorf("%+v %v", id, err)
	}
}

func TestWhatAUserWritesOfThemselvesIsTakenWithCare(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	id, err := p.IDToken(context.Background(), i.Token("", func(c map[string]any) {
		c["picture"], c["website"], c["nickname"], c["given_name"], c["locale"] = "javascript:alert(1)", "data:text/html,x", "a\x00b", strings.Repeat("a", 3000), 7
		c["phone_number"], c["phone_number_verified"], c["role"] = "+33123456789", false, "admin"
	}), "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"picture", "avatar_url", "website", "nickname", "given_name", "locale", "phone", "role"} {
		if v, there := id.Data[name]; there {
			t.Errorf("%s: %v", name, v)
		}
	}
	if id.Phone != "" || id.Data["phone_verified"] != false {
		t.Errorf("%+v", id)
	}
	id, _ = p.IDToken(context.Background(), i.Token("", func(c map[string]any) { c["phone_number"], c["phone_number_verified"] = "+33123456789", true }), "", "")
	if id == nil || id.Phone != "+33123456789" || id.Data["phone_verified"] != true {
		t.Errorf("%+v", id)
	}
}

func TestKeysAreFetchedSeldom(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	m := newMoving()
	i.Clock = m
	p := provider(t, acme(i), social.Options{Clock: m})
	verify := func() string {
		_, err := p.IDToken(context.Background(), i.Token("", nil), "", "")
		return told(err)
	}
	fetches := func(want int, why string) {
		t.Helper()
		if got := i.Asked("/keys"); got != want {
			t.Errorf("%s: keys were fetched %d times, want %d", why, got, want)
		}
	}
	fetches(0, "before anybody needs them")
	for range 20 {
		if said := verify(); said != "" {
			t.Fatal(said)
		}
	}
	fetches(1, "twenty tokens")
	i.Misbehave(testkit.UnknownKey)
	for n := range 20 {
		if said := verify(); said != "refused: The token is signed with a key its issuer does not publish." {
			t.Fatal(n, said)
		}
	}
	fetches(1, "unknown keys, right after a fetch")
	m.pass(61 * time.Second)
	for range 20 {
		verify()
	}
	fetches(2, "unknown keys, a minute later")
	i.Behave()
	i.Rotate()
	if said := verify(); said == "" {
		t.Error("the new key is known without a fetch")
	}
	m.pass(61 * time.Second)
	if said := verify(); said != "" {
		t.Error("the new key is not found:", said)
	}
	fetches(3, "a new key")
	i.Misbehave(testkit.Down)
	if m.pass(2 * time.Hour); verify() != "" {
		t.Error("known keys do not serve while the issuer is down")
	}
	if m.pass(23 * time.Hour); !strings.HasPrefix(verify(), "unavailable: ") {
		t.Error("known keys serve for ever: ", verify())
	}
	i.Behave()
	if m.pass(6 * time.Second); verify() != "" {
		t.Error("no recovery: ", verify())
	}
}

func TestManyWhoComeAtOnceCauseOneFetch(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	token := i.Token("", nil)
	var wg sync.WaitGroup
	said := make([]string, 50)
	for n := range said {
		wg.Go(func() {
			_, err := p.IDToken(context.Background(), token, "", "")
			said[n] = told(err)
		})
	}
	wg.Wait()
	if strings.Join(said, "") != "" || i.Asked("/keys") != 1 || i.Asked("/.well-known/openid-configuration") != 1 {
		t.Errorf("%q; keys %d, discovery %d", said, i.Asked("/keys"), i.Asked("/.well-known/openid-configuration"))
	}
}

func TestACallerWhoIsGoneSaysNothingOfTheProvider(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	gone, cancel := context.WithCancel(context.Background())
	left := make(chan struct{})
	var once sync.Once
	i.Discovery = func(map[string]any) {
		once.Do(func() {
			cancel()
			<-left
		})
	}
	if _, err := p.IDToken(gone, i.Token("", nil), "", ""); !strings.HasPrefix(told(err), "unavailable: ") {
		t.Errorf("got %v", err)
	}
	close(left)
	if _, err := p.IDToken(context.Background(), i.Token("", nil), "", ""); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func ExampleRefused() {
	err := error(&social.Refused{Reason: "The token has expired."})
	fmt.Println(err)
	// Output: The token has expired.
}
