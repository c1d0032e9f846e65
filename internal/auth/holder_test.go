package auth_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

// account is what the claims of an account's token are.
func account(session string) map[string]any {
	return map[string]any{"email": "ann@example.org", "phone": "+33100000000", "aal": "aal2", "session_id": session,
		"amr":          []auth.Method{{Method: "password", Timestamp: 1772366400}, {Method: "totp", Timestamp: 1772366460}},
		"is_anonymous": false, "app_metadata": map[string]any{"provider": "email"}, "user_metadata": map[string]any{"name": "Ann"}}
}

func TestAHolderIsAllThatATokenSays(t *testing.T) {
	t.Parallel()
	tokens := auth.NewTokens(keys(t), "i", at(noon))
	session := sessionAt(noon)
	token, err := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour, Claims: account(strings.ToUpper(session))})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second from the cache
		h, err := tokens.Hold(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		claims := h.Actor.Claims.Str()
		h.Actor.Claims = policy.Actor{}.Claims
		want := auth.Holder{Actor: policy.Actor{Role: "authenticated", UID: ann, Email: "ann@example.org", AAL: "aal2"}, Session: session,
			AMR: []auth.Method{{Method: "password", Timestamp: 1772366400}, {Method: "totp", Timestamp: 1772366460}}, IssuedAt: noon, Expires: noon.Add(time.Hour)}
		if !reflect.DeepEqual(h, want) || claims != `{"provider":"email"}` {
			t.Errorf("%+v, claims %s", h, claims)
		}
	}
}

func TestClaimsOfASessionAreChecked(t *testing.T) {
	t.Parallel()
	tokens := auth.NewTokens(keys(t), "i", at(noon))
	const amr = "The JWT 'amr' claim must be an array of methods with their timestamps"
	for name, c := range map[string]struct {
		claim   string
		value   any
		message string
	}{
		"session number":    {"session_id", 7, "The JWT 'session_id' claim must be a string"},
		"session no uuid":   {"session_id", "mine", "The JWT 'session_id' claim must be a uuid"},
		"session in braces": {"session_id", "{" + ann + "}", "The JWT 'session_id' claim must be a uuid"},
		"session null":      {"session_id", nil, ""},
		"amr text":          {"amr", "password", amr},
		"amr texts":         {"amr", []string{"password"}, amr},
		"amr no method":     {"amr", []map[string]any{{"timestamp": 1}}, amr},
		"amr wrong time":    {"amr", []map[string]any{{"method": "password", "timestamp": "1"}}, amr},
		"amr null":          {"amr", nil, ""},
		"amr empty":         {"amr", []string{}, ""},
		"anonymous text":    {"is_anonymous", "yes", "The JWT 'is_anonymous' claim must be a boolean"},
	} {
		_, err := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour, Claims: map[string]any{c.claim: c.value}})
		if c.message == "" && err != nil || c.message != "" && (err == nil || !strings.HasSuffix(err.Error(), c.message)) {
			t.Errorf("%s: %v, want %q", name, err, c.message)
		}
	}
}

func TestTheGateKnowsWhoseTokenABearerIs(t *testing.T) {
	t.Parallel()
	k := keys(t)
	tokens := auth.NewTokens(k, "i", at(noon))
	gate := auth.NewGate(k, tokens)
	token, _ := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour, Claims: account(sessionAt(noon))})
	for name, c := range map[string]struct {
		apikey, authorization string
		ok                    bool
		code                  fault.Code
	}{
		"nothing":            {},
		"a key alone":        {apikey: k.Publishable},
		"a key twice":        {apikey: k.Publishable, authorization: "Bearer " + k.Publishable},
		"the secret twice":   {apikey: k.Secret, authorization: "Bearer " + k.Secret},
		"an account":         {apikey: k.Publishable, authorization: "Bearer " + token, ok: true},
		"an account, no key": {authorization: "bearer " + token, ok: true},
		"a wrong key":        {apikey: "sb_publishable_x", authorization: "Bearer " + token, code: fault.InvalidToken},
		"a wrong key alone":  {apikey: "sb_publishable_x", code: fault.InvalidToken},
		"a damaged token":    {apikey: k.Secret, authorization: "Bearer " + token + "x", code: fault.InvalidToken},
		"another scheme":     {authorization: "Basic YTpi", code: fault.InvalidToken},
		"an empty bearer":    {apikey: k.Publishable, authorization: "Bearer ", code: fault.InvalidToken},
	} {
		h, ok, err := gate.Holder(context.Background(), c.apikey, c.authorization)
		if ok != c.ok || code(err) != c.code || ok != (h.Actor.UID == ann) || ok != (h.Session == sessionAt(noon)) {
			t.Errorf("%s: %+v, %v, %v", name, h, ok, err)
		}
	}
}
