package social_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/outgoing"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/testkit"
)

const callback = "https://api.example.org/auth/v1/callback"

func loopback() *http.Client { return outgoing.New(outgoing.Options{AllowLoopback: true}) }

// moving is a clock that a test sets.
type moving struct {
	clock.Clock
	mu  sync.Mutex
	now time.Time
}

func newMoving() *moving { return &moving{Clock: clock.System(), now: time.Now()} }

func (m *moving) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *moving) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// acme is an OpenID Connect issuer that no preset knows.
func acme(i *testkit.Issuer) social.Settings {
	return social.Settings{Name: "acme", ClientID: i.ClientID, ClientSecret: i.ClientSecret, Issuer: i.URL}
}

func provider(t *testing.T, s social.Settings, o social.Options) *social.Provider {
	t.Helper()
	if o.Client == nil {
		o.Client = loopback()
	}
	all, err := social.New([]social.Settings{s}, o)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := all.Get(s.Name)
	if !ok {
		t.Fatalf("no provider %s among %q", s.Name, all.Names())
	}
	return p
}

const (
	nonce    = "the-nonce-of-this-sign-in"
	verifier = "a-verifier-of-at-least-forty-three-characters-0123"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// round goes to the provider and comes back.
func round(t *testing.T, i *testkit.Issuer, p *social.Provider) social.Callback {
	t.Helper()
	to, err := p.AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Nonce: nonce, Challenge: challenge(), Redirect: callback})
	if err != nil {
		t.Fatal(err)
	}
	form := i.SignIn(t, to)
	if form.Get("state") != "s" {
		t.Fatalf("the browser came back with %v", form)
	}
	return social.Callback{Code: form.Get("code"), Verifier: verifier, Redirect: callback, Nonce: nonce, Form: form}
}

func signIn(t *testing.T, i *testkit.Issuer, p *social.Provider) (*social.Identity, error) {
	t.Helper()
	return p.Exchange(context.Background(), round(t, i, p))
}

// told is what an error says: "refused: …", "unavailable: …", "" for none.
func told(err error) string {
	var refused *social.Refused
	var unavailable *social.Unavailable
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return "refused: " + refused.Reason
	case errors.As(err, &unavailable):
		return "unavailable: " + unavailable.Reason
	}
	return err.Error()
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestSomebodySignsInAtAnIssuerFoundByDiscovery(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	id, err := signIn(t, i, provider(t, acme(i), social.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if id.Provider != "acme" || id.Subject != "248289761001" || id.Email != "ann@example.org" || !id.EmailVerified ||
		id.AccessToken == "" || id.RefreshToken == "" {
		t.Errorf("%+v", id)
	}
	for name, want := range map[string]any{"iss": i.URL, "sub": "248289761001", "provider_id": "248289761001", "name": "Ann Lee",
		"full_name": "Ann Lee", "picture": "https://img.example.org/ann.png", "avatar_url": "https://img.example.org/ann.png",
		"preferred_username": "ann", "user_name": "ann", "email": "ann@example.org", "email_verified": true, "phone_verified": false} {
		if id.Data[name] != want {
			t.Errorf("%s is %v, want %v", name, id.Data[name], want)
		}
	}
	for _, name := range []string{"aud", "nonce", "at_hash", "exp", "custom_claims"} {
		if _, there := id.Data[name]; there {
			t.Errorf("%s is in the data", name)
		}
	}
}

// Every way in which a provider, or somebody between, can cheat, and what is said of it.
func TestAHostileProviderIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		how  testkit.Misbehaviour
		want string
	}{
		{"wrong issuer", testkit.WrongIssuer, "refused: The token is of another issuer."},
		{"wrong audience", testkit.WrongAudience, "refused: The token was made for another audience."},
		{"issued to another", testkit.OtherParty, "refused: The token was issued to another party."},
		{"wrong nonce", testkit.WrongNonce, "refused: The nonce of the token is not the one of this sign-in."},
		{"no nonce", testkit.NoNonce, "refused: The token has no nonce, and this sign-in has one."},
		{"expired", testkit.Expired, "refused: The token has expired."},
		{"not yet valid", testkit.NotYetValid, "refused: The token is not valid yet."},
		{"no times", testkit.NoTimes, "refused: The token does not say when it was issued and when it expires."},
		{"no subject", testkit.NoSubject, "refused: The token has no subject."},
		{"alg none", testkit.AlgNone, "refused: The token is signed with an algorithm that is not allowed."},
		{"HMAC with the public key", testkit.AlgHMAC, "refused: The token is signed with an algorithm that is not allowed."},
		{"unknown key", testkit.UnknownKey, "refused: The token is signed with a key its issuer does not publish."},
		{"foreign key", testkit.ForeignKey, "refused: The signature of the token does not hold."},
		{"RSA and EC swapped", testkit.SwappedKeys, "refused: The token is signed with a key its issuer does not publish."},
		{"brings its own key", testkit.OwnKey, "refused: The signature of the token does not hold."},
		{"critical extension", testkit.Critical, "refused: The token is not a signed JWT."},
		{"another kind of token", testkit.LogoutToken, "refused: The token is not a signed JWT."},
		{"giant token", testkit.GiantToken, "refused: The token is too long."},
		{"another access token", testkit.WrongAccessHash, "refused: The token does not belong to the access token."},
		{"no ID token", testkit.NoIDToken, "refused: The provider's answer has no ID token."},
		{"the user says no", testkit.Denies, "refused: The provider refused the sign-in: access_denied."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := testkit.NewIssuer(t)
			p := provider(t, acme(i), social.Options{})
			i.Misbehave(c.how)
			id, err := signIn(t, i, p)
			if told(err) != c.want || id != nil {
				t.Errorf("%q, want %q", told(err), c.want)
			}
			i.Behave()
			if _, err := signIn(t, i, p); err != nil {
				t.Errorf("afterwards, honestly: %v", err)
			}
		})
	}
}

// A discovery document cannot allow what is never allowed.
func TestTheListOfAlgorithmsIsNotTheProvidersToWiden(t *testing.T) {
	t.Parallel()
	for _, how := range []testkit.Misbehaviour{testkit.AlgNone, testkit.AlgHMAC} {
		i := testkit.NewIssuer(t)
		i.Misbehave(testkit.DiscoveryAllowsAll, how)
		if _, err := signIn(t, i, provider(t, acme(i), social.Options{})); told(err) != "refused: The token is signed with an algorithm that is not allowed." {
			t.Errorf("%v: %v", how, err)
		}
	}
	i := testkit.NewIssuer(t)
	i.Misbehave(testkit.DiscoveryAllowsAll)
	i.Next(nil)
	if _, err := provider(t, acme(i), social.Options{}).IDToken(context.Background(), i.Sign("ES256", map[string]any{"iss": i.URL}), "", ""); !strings.Contains(told(err), "algorithm") {
		t.Errorf("ES256 where the document names RS256: %v", err)
	}
}

func TestAProviderThatCannotBeAskedIsUnavailable(t *testing.T) {
	t.Parallel()
	const discovery = "unavailable: its discovery document cannot be had or does not hold"
	for _, how := range []testkit.Misbehaviour{testkit.Down, testkit.GiantBody, testkit.RedirectLoop, testkit.DiscoveryIssuer, testkit.DiscoveryElsewhere} {
		i := testkit.NewIssuer(t)
		i.Misbehave(how)
		m := newMoving()
		p := provider(t, acme(i), social.Options{Clock: m})
		ask := func() error {
			_, err := p.AuthorizeURL(context.Background(), social.AuthRequest{State: "s", Redirect: callback})
			return err
		}
		if err := ask(); told(err) != discovery {
			t.Errorf("%v: %v", how, err)
		}
		i.Behave()
		if err := ask(); told(err) != discovery {
			t.Errorf("%v: asked again at once: %v", how, err)
		}
		if m.pass(6 * time.Second); ask() != nil {
			t.Errorf("%v: not asked again later: %v", how, ask())
		}
	}
}

// fails is the exchange of a code at a provider that turned bad after the browser left for it.
func fails(t *testing.T, how testkit.Misbehaviour) error {
	t.Helper()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	x := round(t, i, p)
	i.Misbehave(how)
	_, err := p.Exchange(context.Background(), x)
	return err
}

func TestAnExchangeThatBreaksOffIsNotARefusal(t *testing.T) {
	t.Parallel()
	for _, how := range []testkit.Misbehaviour{testkit.Down, testkit.GiantBody, testkit.RedirectLoop} {
		if err := fails(t, how); told(err) != "unavailable: the code could not be exchanged" {
			t.Errorf("%v: %v", how, err)
		}
	}
}

func TestACallerWhoLeavesEndsTheExchange(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	x := round(t, i, p)
	i.Misbehave(testkit.SlowToken)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := p.Exchange(ctx, x)
		ended <- err
	}()
	i.Held()
	cancel()
	if err := <-ended; told(err) != "unavailable: the code could not be exchanged" || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestACodeIsForItsOwnBrowserAndForOnce(t *testing.T) {
	t.Parallel()
	const not = "refused: The provider did not take the code: invalid_grant."
	for name, change := range map[string]func(*social.Callback){
		"another verifier": func(x *social.Callback) { x.Verifier = strings.Repeat("x", 43) },
		"no verifier":      func(x *social.Callback) { x.Verifier = "" },
		"another redirect": func(x *social.Callback) { x.Redirect = "https://evil.example.org" },
		"another code":     func(x *social.Callback) { x.Code = "guessed" },
	} {
		i := testkit.NewIssuer(t)
		p := provider(t, acme(i), social.Options{})
		x := round(t, i, p)
		change(&x)
		if _, err := p.Exchange(context.Background(), x); told(err) != not {
			t.Errorf("%s: %v", name, err)
		}
	}
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	x := round(t, i, p)
	if _, err := p.Exchange(context.Background(), x); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Exchange(context.Background(), x); told(err) != not {
		t.Errorf("the second time: %v", err)
	}
}

func TestAWrongSecretIsARefusal(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	s := acme(i)
	s.ClientSecret = "canary-of-the-secret"
	_, err := signIn(t, i, provider(t, s, social.Options{}))
	if told(err) != "refused: The provider did not take the code: invalid_client." {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerOfAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()
	i := testkit.NewIssuer(t)
	p := provider(t, acme(i), social.Options{})
	for from, want := range map[string]string{i.URL: "", "https://other.example.org": "refused: The answer is of another issuer than the one that was asked."} {
		x := round(t, i, p)
		x.Form.Set("iss", from)
		if _, err := p.Exchange(context.Background(), x); told(err) != want {
			t.Errorf("%s: %v", from, err)
		}
	}
	if _, err := p.Exchange(context.Background(), social.Callback{Form: url.Values{"error": {"<script>"}}}); told(err) != "refused: The provider refused the sign-in: an error without a code." {
		t.Errorf("got %v", err)
	}
	if _, err := p.Exchange(context.Background(), social.Callback{}); told(err) != "refused: The provider's answer has no code." {
		t.Errorf("got %v", err)
	}
}

// Whatever goes wrong, nothing secret is said.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	for how := testkit.WrongIssuer; how <= testkit.Down; how++ {
		if how == testkit.SlowToken {
			continue
		}
		i := testkit.NewIssuer(t)
		i.ClientSecret = "canary-secret-" + rand.Text()
		p := provider(t, acme(i), social.Options{})
		x := round(t, i, p)
		if x.Code == "" {
			x.Code = "canary-code"
		}
		i.Misbehave(how)
		_, err := p.Exchange(context.Background(), x)
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			for _, secret := range []string{i.ClientSecret, x.Code, verifier, "eyJ"} {
				if strings.Contains(cause.Error(), secret) {
					t.Errorf("%v: %v", how, cause)
				}
			}
		}
	}
}
