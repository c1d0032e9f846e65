package auth_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
)

// keysOf makes a key set whose signing keys are of the algorithms, the first one current.
func keysOf(t testing.TB, algorithms ...string) (*auth.Keys, string) {
	t.Helper()
	dir := t.TempDir()
	k, err := auth.Load(dir, "", at(noon))
	for n, algorithm := range slices.Backward(algorithms) {
		if err == nil {
			k, err = auth.Rotate(dir, auth.Rotation{Signing: true, Algorithm: algorithm, Revoke: n == len(algorithms)-1}, at(noon))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return k, dir
}

func grant(t testing.TB, tokens *auth.Tokens) string {
	t.Helper()
	token, err := tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour, Claims: account(sessionAt(noon))})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestEveryAlgorithmSignsAndRotatesWithTheOthers(t *testing.T) {
	t.Parallel()
	_, dir := keysOf(t)
	older := ""
	for _, algorithm := range []string{"ES256", "RS256", "HS256", "", "ES256"} {
		k, err := auth.Rotate(dir, auth.Rotation{Signing: true, Algorithm: algorithm}, at(noon))
		if err != nil {
			t.Fatal(err)
		}
		if algorithm == "" {
			algorithm = "HS256" // as before
		}
		tokens := auth.NewTokens(k, "i", at(noon))
		token := grant(t, tokens)
		raw, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
		var header map[string]string
		if err := json.Unmarshal(raw, &header); err != nil || header["alg"] != algorithm || header["kid"] == "" || k.Algorithm() != algorithm {
			t.Errorf("%s: header %s, %v", algorithm, raw, err)
		}
		for _, held := range []string{token, older} {
			if held == "" {
				continue
			}
			if _, err := auth.NewTokens(k, "i", at(noon)).Verify(t.Context(), held); err != nil {
				t.Errorf("%s: %v", algorithm, err)
			}
		}
		older = token
	}
	if _, err := auth.Rotate(dir, auth.Rotation{Signing: true, Algorithm: "none"}, at(noon)); err == nil || !strings.Contains(err.Error(), "[ES256 RS256 HS256]") {
		t.Errorf("rotated to none: %v", err)
	}
}

func TestNoKeyVerifiesWithAnAlgorithmThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	k, _ := keysOf(t, "ES256", "RS256", "HS256")
	tokens := auth.NewTokens(k, "i", at(noon))
	payload := strings.Split(grant(t, tokens), ".")[1]
	public, err := jwk.Parse(tokens.JWKS())
	if err != nil || public.Len() != 2 {
		t.Fatalf("%v, %d public keys", err, public.Len())
	}
	text := base64.RawURLEncoding
	for i := range public.Len() {
		key, _ := public.Key(i)
		kid, _ := key.KeyID()
		var raw any
		if err := jwk.Export(key, &raw); err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(raw)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, _ := json.Marshal(key)
		for form, secret := range map[string][]byte{
			"PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "DER": der, "JWK": asJSON, "nothing": {},
		} {
			for _, alg := range []string{"HS256", "hs256", "none", "None", "ES256", "RS256", "ES384", "PS256", "HS512", "EdDSA", ""} {
				head := text.EncodeToString([]byte(`{"typ":"JWT","alg":"` + alg + `","kid":"` + kid + `"}`))
				m := hmac.New(sha256.New, secret)
				m.Write([]byte(head + "." + payload))
				for _, signature := range []string{text.EncodeToString(m.Sum(nil)), ""} {
					if _, err := tokens.Verify(t.Context(), head+"."+payload+"."+signature); code(err) != fault.InvalidToken {
						t.Errorf("%s with the %s of key %d: %v", alg, form, i, err)
					}
				}
			}
		}
	}
}

func TestAKeyIsNamedByNothingButItsName(t *testing.T) {
	t.Parallel()
	k, dir := keysOf(t, "RS256", "HS256", "ES256")
	tokens := auth.NewTokens(k, "i", at(noon))
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(grant(t, tokens), ".")[1])
	privates := stored(t, dir)
	sign := func(n int, header map[string]any) string {
		h := jws.NewHeaders()
		for name, v := range header {
			if err := h.Set(name, v); err != nil {
				t.Fatal(err)
			}
		}
		alg, _ := privates[n].Algorithm()
		var raw any
		if err := jwk.Export(privates[n], &raw); err != nil {
			t.Fatal(err)
		}
		signed, err := jws.Sign(payload, jws.WithKey(alg, raw, jws.WithProtectedHeaders(h)))
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	for n := range privates {
		kid, _ := privates[n].KeyID()
		next, _ := privates[(n+1)%3].KeyID()
		if _, err := tokens.Verify(t.Context(), sign(n, map[string]any{"kid": kid})); err != nil {
			t.Errorf("key %d under its name: %v", n, err)
		}
		for _, other := range []string{next, "", "0", kid + " ", kid + "\x00", strings.ToUpper(kid), "../keys", "' OR 1=1 --", "https://evil.test/jwks"} {
			if _, err := tokens.Verify(t.Context(), sign(n, map[string]any{"kid": other})); code(err) != fault.InvalidToken {
				t.Errorf("key %d as %q: %v", n, other, err)
			}
		}
		if _, err := tokens.Verify(t.Context(), sign(n, map[string]any{"jku": "https://evil.test/jwks"})); code(err) != fault.InvalidToken {
			t.Errorf("key %d without a name: %v", n, err)
		}
	}
}

// stored are the private keys of a data directory.
func stored(t testing.TB, dir string) []jwk.Key {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, auth.KeysFile))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Signing []json.RawMessage }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	var out []jwk.Key
	for _, text := range file.Signing {
		key, err := jwk.ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, key)
	}
	return out
}

func TestOthersVerifyWithThePublishedKeysAndFindNoSecretThere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ order, published []string }{
		{[]string{"ES256", "RS256", "HS256"}, []string{"ES256", "RS256"}},
		{[]string{"HS256", "RS256", "ES256"}, []string{"RS256", "ES256"}},
		{[]string{"HS256"}, nil},
	} {
		k, _ := keysOf(t, c.order...)
		tokens := auth.NewTokens(k, "i", at(noon))
		token := grant(t, tokens)
		raw := tokens.JWKS()
		var document struct{ Keys []map[string]any }
		if err := json.Unmarshal(raw, &document); err != nil || document.Keys == nil {
			t.Fatalf("%s: %v", raw, err)
		}
		var got []string
		for _, key := range document.Keys {
			got = append(got, key["alg"].(string))
			for member := range key {
				if !slices.Contains([]string{"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}, member) {
					t.Errorf("%v publishes %q", c.order, member)
				}
			}
		}
		if !slices.Equal(got, c.published) {
			t.Errorf("%v publishes %v, want %v", c.order, got, c.published)
		}
		if c.order[0] == "HS256" {
			continue
		}
		set, err := jwk.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jws.Verify([]byte(token), jws.WithKeySet(set)); err != nil {
			t.Errorf("%v: %v", c.order, err)
		}
		key, _ := set.Key(0)
		kid, _ := key.KeyID()
		print, err := key.Thumbprint(crypto.SHA256)
		if err != nil || kid != base64.RawURLEncoding.EncodeToString(print) {
			t.Errorf("kid %s is not the thumbprint", kid)
		}
	}
}

func TestSigningKeysThatAreTooWeakAreRefused(t *testing.T) {
	t.Parallel()
	_, dir := keysOf(t)
	path := filepath.Join(dir, auth.KeysFile)
	raw, _ := os.ReadFile(path)
	var file map[string]any
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]any{
		"a short secret": map[string]any{"kty": "oct", "k": "c2hvcnQ"},
		"no secret":      map[string]any{"kty": "oct", "k": ""},
		"a public half":  json.RawMessage(publicHalf(t, dir)),
		"another curve":  map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},
		"nothing":        map[string]any{},
	} {
		file["signing"] = []any{key}
		text, _ := json.Marshal(file)
		if _, err := auth.Load(t.TempDir(), string(text), at(noon)); err == nil || !strings.Contains(err.Error(), "signing key 1") || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func publicHalf(t *testing.T, dir string) []byte {
	t.Helper()
	public, err := stored(t, dir)[0].PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := public.Set(jwk.AlgorithmKey, jwa.HS256()); err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(public)
	return raw
}

func TestTheDiscoveryDocumentLeadsToTheKeys(t *testing.T) {
	t.Parallel()
	for public, want := range map[string][2]string{
		"https://api.test": {"https://api.test/auth/v1", "https://api.test/auth/v1/.well-known/jwks.json"},
		"":                 {"socle", "/auth/v1/.well-known/jwks.json"},
	} {
		k, _ := keysOf(t, "RS256")
		var got struct {
			Issuer     string
			JWKS       string   `json:"jwks_uri"`
			Algorithms []string `json:"id_token_signing_alg_values_supported"`
		}
		raw := auth.NewTokens(k, auth.Issuer(public), at(noon)).Discovery(public)
		if err := json.Unmarshal(raw, &got); err != nil || got.Issuer != want[0] || got.JWKS != want[1] || !slices.Equal(got.Algorithms, []string{"RS256"}) {
			t.Errorf("%q: %s, %v", public, raw, err)
		}
	}
}
