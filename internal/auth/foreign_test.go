package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
)

const acme = "https://acme.test"

// party is a third party whose tokens hold where their signature is its name.
type party struct {
	rules map[string]string
	err   error
	asked atomic.Int32
}

func (p *party) Verify(_ context.Context, token string) ([]byte, map[string]string, bool, error) {
	p.asked.Add(1)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, false, nil
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var c struct{ Iss string }
	if json.Unmarshal(payload, &c) != nil || c.Iss != acme {
		return nil, nil, false, nil
	}
	if p.err != nil {
		return nil, nil, true, p.err
	}
	if parts[2] != "acme" {
		return nil, nil, true, errors.New("The signature of the token does not hold.")
	}
	return payload, p.rules, true, nil
}

// made is a token of the party with claims of its own.
func made(claims map[string]any) string {
	all := map[string]any{"iss": acme, "aud": "api", "sub": "user_1", "exp": noon.Add(time.Hour).Unix(), "iat": noon.Unix()}
	for name, v := range claims {
		if all[name] = v; v == nil {
			delete(all, name)
		}
	}
	payload, _ := json.Marshal(all)
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".acme"
}

func TestTokensOfThirdPartiesAreTheirAccountsAndNoMore(t *testing.T) {
	t.Parallel()
	uid := auth.ForeignUID(acme, "user_1")
	for name, c := range map[string]struct {
		claims map[string]any
		rules  map[string]string
		want   string // uid, email, aal, anonymous, claims
	}{
		"a subject of its own form": {nil, nil, uid + " - - {}"},
		"a uuid":                    {map[string]any{"sub": strings.ToUpper(ann)}, nil, ann + " - - {}"},
		"a role that is not ours to give": {map[string]any{"role": "service_role", "roles": []string{"service_role"}, "aal": "aal2", "amr": []string{"otp"}, "session_id": "x"}, nil,
			uid + " - - {}"},
		"an address":            {map[string]any{"email": "ann@example.org"}, nil, uid + " - - {}"},
		"a disputed address":    {map[string]any{"email": "ann@example.org", "email_verified": false}, nil, uid + " - - {}"},
		"a verified address":    {map[string]any{"email": "ann@example.org", "email_verified": true}, nil, uid + " ann@example.org - {}"},
		"verified, as text":     {map[string]any{"email": "ann@example.org", "email_verified": "true"}, nil, uid + " ann@example.org - {}"},
		"verified, as a number": {map[string]any{"email": "ann@example.org", "email_verified": 1}, nil, uid + " - - {}"},
		"verified, a list":      {map[string]any{"email": []string{"a@example.org"}, "email_verified": true}, nil, uid + " - - {}"},
		"its own claims": {map[string]any{"org": "o1", "app_metadata": map[string]any{"admin": true}, "user_metadata": map[string]any{"admin": true},
			"name": "Ann", "scope": "all", "https://acme.test/tier": "gold"}, nil, uid + ` - - {"org":"o1","https://acme.test/tier":"gold"}`},
		"rules, and nothing else": {map[string]any{"org": "o1", "tier": "gold", "realm": map[string]any{"roles": []string{"a"}}, "https://a.b/c": 1},
			map[string]string{"realm.roles": "roles", "https://a.b/c": "c", "not.there": "x"}, uid + ` - - {"c":1,"roles":["a"]}`},
		"metadata by a rule": {map[string]any{"app_metadata": map[string]any{"team": "red", "org": 2}, "org": 1},
			map[string]string{"app_metadata": "*"}, uid + ` - - {"org":2,"team":"red"}`},
		"a level by a rule":       {map[string]any{"acr": "aal2"}, map[string]string{"acr": "auth.aal"}, uid + " - aal2 {}"},
		"a level of another kind": {map[string]any{"acr": "urn:high"}, map[string]string{"acr": "auth.aal"}, uid + " - - {}"},
		"two rules for one name":  {map[string]any{"b": 2, "a": 1}, map[string]string{"b": "x", "a": "x"}, uid + ` - - {"x":1}`},
	} {
		tokens := auth.NewTokens(keys(t), "i", at(noon))
		p := &party{rules: c.rules}
		tokens.Accept(p)
		token := made(c.claims)
		for range 2 { // the second from the cache
			h, err := tokens.Hold(t.Context(), token)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := strings.Join([]string{h.Actor.UID, or(h.Actor.Email), or(h.Actor.AAL), h.Actor.Claims.Str()}, " ")
			if got != c.want || h.Actor.Role != "authenticated" || !h.Foreign || h.Session != "" || h.AMR != nil || !h.Expires.Equal(noon.Add(time.Hour)) {
				t.Errorf("%s: %s, want %s (%+v)", name, got, c.want, h)
			}
		}
		if p.asked.Load() != 1 {
			t.Errorf("%s: asked %d times", name, p.asked.Load())
		}
	}
}

func or(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// late passes by itself.
type late struct{ error }

func (late) Temporary() bool { return true }

func TestWhatAThirdPartyRefusesIsRefused(t *testing.T) {
	t.Parallel()
	known := fault.New(fault.InvalidClaims, "JWT expired")
	for name, c := range map[string]struct {
		token   string
		err     error
		code    fault.Code
		message string
	}{
		"another signature": {strings.TrimSuffix(made(nil), "acme") + "evil", nil, fault.InvalidToken, "The signature of the token does not hold"},
		"cannot be asked":   {made(nil), late{errors.New("dial")}, fault.Unavailable, "The issuer of the JWT cannot be asked for its keys at present"},
		"a fault":           {made(nil), known, fault.InvalidClaims, "JWT expired"},
		"no subject":        {made(map[string]any{"sub": nil}), nil, fault.InvalidClaims, "The JWT has no 'sub' claim"},
		"a number for sub":  {made(map[string]any{"sub": 7}), nil, fault.InvalidClaims, "The JWT 'sub' claim must be a string"},
		"no end":            {made(map[string]any{"exp": nil}), nil, fault.InvalidClaims, "The JWT has no 'exp' claim"},
		"nobody's":          {made(map[string]any{"iss": "https://other.test"}), nil, fault.InvalidToken, "Wrong or unsupported encoding algorithm"},
		"no issuer":         {made(map[string]any{"iss": nil}), nil, fault.InvalidToken, "Wrong or unsupported encoding algorithm"},
		"ours by name":      {made(map[string]any{"iss": "i"}), nil, fault.InvalidToken, "Wrong or unsupported encoding algorithm"},
	} {
		tokens := auth.NewTokens(keys(t), "i", at(noon))
		tokens.Accept(&party{err: c.err})
		h, err := tokens.Hold(t.Context(), c.token)
		if code(err) != c.code || err.Error() != c.message || h.Actor.UID != "" {
			t.Errorf("%s: %v, want %q", name, err, c.message)
		}
	}
}

func TestOwnTokensAreNotShownToThirdParties(t *testing.T) {
	t.Parallel()
	k := keys(t)
	tokens, p := auth.NewTokens(k, "i", at(noon)), &party{}
	tokens.Accept(p)
	if _, err := tokens.Verify(t.Context(), grant(t, tokens)); err != nil || p.asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, p.asked.Load())
	}
	gate := auth.NewGate(k, tokens)
	foreign := "Bearer " + made(nil)
	if a, err := gate.Admit(t.Context(), k.Publishable, foreign); err != nil || a.UID != auth.ForeignUID(acme, "user_1") {
		t.Errorf("the data: %+v, %v", a, err)
	}
	for range 2 { // now it is in the cache
		if h, ok, err := gate.Holder(context.Background(), k.Publishable, foreign); err == nil || ok || h.Actor.UID != "" {
			t.Errorf("the accounts: %+v, %v", h, ok)
		}
	}
}

func TestATokenOfAThirdPartyIsForgottenWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	m := &moving{clock.System(), noon}
	tokens, p := auth.NewTokens(keys(t), "i", m), &party{}
	tokens.Accept(p)
	short, long := made(map[string]any{"exp": noon.Add(time.Minute).Unix()}), made(map[string]any{"exp": noon.Add(1000 * time.Hour).Unix()})
	for _, c := range []struct {
		after time.Duration
		token string
		asked int32
	}{{0, short, 1}, {90 * time.Second, short, 1}, {91 * time.Second, short, 2}, {0, long, 3}, {time.Hour, long, 3}, {time.Hour + time.Second, long, 4}} {
		m.now = noon.Add(c.after)
		if _, err := tokens.Verify(t.Context(), c.token); err != nil || p.asked.Load() != c.asked {
			t.Errorf("after %v: %v, asked %d times, want %d", c.after, err, p.asked.Load(), c.asked)
		}
	}
}

func TestAccountsOfThirdPartiesKeepTheirUUIDs(t *testing.T) {
	t.Parallel()
	if got := auth.ForeignUID(acme, "user_1"); got != uuid.NewSHA1(uuid.MustParse("c2f7a1de-5b0c-4f0b-9a53-6d1f0e8b7a24"), []byte("https://acme.test\nuser_1")).String() {
		t.Errorf("got %s", got)
	}
	seen := map[string]string{}
	for _, of := range [][2]string{{acme, "user_1"}, {acme, "user_2"}, {acme, "USER_1"}, {"https://b.test", "user_1"}, {acme, "urn:uuid:" + ann}, {acme, "{" + ann + "}"},
		{acme, strings.ReplaceAll(ann, "-", "")}, {acme, ann}} {
		uid := auth.ForeignUID(of[0], of[1])
		if other, taken := seen[uid]; taken {
			t.Errorf("%v and %s are one account", of, other)
		}
		seen[uid] = of[1]
	}
}
