package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
)

// FuzzToken reads anything as a token, and any claims out of tokens that are signed: what is refused has its code and no holder,
// and whoever is let in is no service_role.
func FuzzToken(f *testing.F) {
	k, dir := keysOf(f, "HS256", "ES256", "RS256")
	tokens := auth.NewTokens(k, "i", at(noon))
	tokens.Accept(&party{rules: map[string]string{"a.b": "c", "m": "*", "acr": "auth.aal"}})
	private := stored(f, dir)[0] // HS256 is the quickest
	alg, _ := private.Algorithm()
	kid, _ := private.KeyID()
	var secret []byte
	if err := jwk.Export(private, &secret); err != nil {
		f.Fatal(err)
	}
	head := jws.NewHeaders()
	if err := head.Set("kid", kid); err != nil {
		f.Fatal(err)
	}
	good := grant(f, tokens)
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(good, ".")[1])
	for _, token := range []string{good, made(nil), "", "..", "a.b.c", "e30.e30.", good + "."} {
		f.Add(token, payload)
	}
	for _, claims := range []string{`{}`, `null`, `[]`, `{"iss":"i","aud":["authenticated"],"exp":1e300}`, `{"amr":[{"method":1}],"session_id":{}}`} {
		f.Add(good, []byte(claims))
	}
	f.Fuzz(func(t *testing.T, token string, claims []byte) {
		signed, err := jws.Sign(claims, jws.WithKey(alg, secret, jws.WithProtectedHeaders(head)))
		if err != nil {
			t.Skip()
		}
		theirs := "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".acme"
		for _, candidate := range []string{token, string(signed), theirs} {
			h, err := tokens.Hold(t.Context(), candidate)
			if err == nil {
				if h.Actor.Role != "authenticated" && h.Actor.Role != "anon" || !json.Valid([]byte(h.Actor.Claims.Str())) || h.Expires.Add(30e9).Before(noon) && !h.Foreign {
					t.Fatalf("%q is %+v", candidate, h)
				}
				continue
			}
			if c := code(err); c != fault.InvalidToken && c != fault.InvalidClaims || h.Actor.Role != "" {
				t.Fatalf("%q: %v (%s), %+v", candidate, err, c, h)
			}
		}
	})
}
