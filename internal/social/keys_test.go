package social

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

func on(curve elliptic.Curve) *ecdsa.PublicKey {
	k, _ := ecdsa.GenerateKey(curve, rand.Reader)
	return &k.PublicKey
}

// Of each kind of key, the algorithms it may verify: all others are refused, whatever a token says.
func TestAKeyVerifiesItsOwnKindOnly(t *testing.T) {
	t.Parallel()
	big2048 := new(big.Int).Lsh(big.NewInt(1), 2047)
	ed, _, _ := ed25519.GenerateKey(rand.Reader)
	for _, c := range []struct {
		key  key
		want string
	}{
		{key{public: &rsa.PublicKey{N: big2048, E: 65537}}, "RS256 RS384 RS512 PS256 PS384 PS512"},
		{key{public: &rsa.PublicKey{N: new(big.Int).Rsh(big2048, 1), E: 65537}}, ""},
		{key{public: &rsa.PublicKey{N: big2048, E: 65537}, algorithm: "PS256"}, "PS256"},
		{key{public: on(elliptic.P256())}, "ES256"},
		{key{public: on(elliptic.P384())}, "ES384"},
		{key{public: on(elliptic.P521())}, "ES512"},
		{key{public: on(elliptic.P224())}, ""},
		{key{public: on(elliptic.P256()), algorithm: "ES384"}, ""},
		{key{public: ed}, "EdDSA"},
		{key{public: []byte("secret")}, ""},
	} {
		var fits []string
		for _, a := range append([]string{"none", "HS256", "HS512", "ES256K", "RS1", ""}, asymmetric...) {
			if c.key.fits(a) {
				fits = append(fits, a)
			}
		}
		if got := strings.Join(fits, " "); got != c.want {
			t.Errorf("%T %s: %q, want %q", c.key.public, c.key.algorithm, got, c.want)
		}
	}
}

func TestASetsKeysAreThosePublishedForSignatures(t *testing.T) {
	t.Parallel()
	private, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	made := func(k any, members map[string]any) any {
		one, err := jwk.Import(k)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range members {
			_ = one.Set(name, value)
		}
		return one
	}
	raw, _ := json.Marshal(map[string]any{"keys": []any{
		made(on(elliptic.P256()), map[string]any{"kid": "a", "alg": "ES256", "issuer": "https://x/{tenantid}/v2.0"}),
		made(on(elliptic.P256()), map[string]any{"kid": "for encryption", "use": "enc"}),
		made([]byte("secret"), map[string]any{"kid": "a secret"}),
		made(private, map[string]any{"kid": "a private key"}),
		map[string]any{"kty": "unknown", "kid": "of the future"},
		map[string]any{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "not on the curve"},
	}})
	keys, err := readKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, k := range keys {
		if k.fits("ES256") {
			found = append(found, k.id)
		}
	}
	if strings.Join(found, ", ") != "a" || keys[0].algorithm != "ES256" {
		t.Errorf("%q", found)
	}
	for issuer, want := range map[string]bool{"https://x/1/v2.0": true, "https://y/1/v2.0": false, "https://x/1": false, "": false} {
		if keys[0].of(issuer) != want {
			t.Errorf("a key for the issuers of %s, %s: %v", keys[0].issuer, issuer, !want)
		}
	}
	if (key{issuer: "https://x"}).of("https://y") || !(key{issuer: "https://x"}).of("https://x") || !(key{}).of("https://y") {
		t.Error("a key of one issuer")
	}
	for _, bad := range []string{"", "[]", `{"keys":7}`, "<html>"} {
		if _, err := readKeys([]byte(bad)); err == nil {
			t.Errorf("%q is a set", bad)
		}
	}
}

func TestATokenWithoutAKeyIDNeedsASetWithoutAChoice(t *testing.T) {
	t.Parallel()
	one, two, other := key{id: "1", public: on(elliptic.P256())}, key{id: "2", public: on(elliptic.P256())}, key{id: "3", public: on(elliptic.P384())}
	for _, c := range []struct {
		kid  string
		keys []key
		want any
	}{
		{"", []key{one, other}, one.public}, {"", []key{one, two}, nil}, {"", nil, nil},
		{"2", []key{one, two}, two.public}, {"3", []key{one, other}, nil}, {"1", []key{one, {id: "1", public: two.public}}, nil},
		{"1", []key{{id: "1", public: one.public, issuer: "j"}}, nil}, {"1", []key{{id: "1", public: one.public, issuer: "i"}}, one.public},
	} {
		if got := pick(c.keys, &token{algorithm: "ES256", kid: c.kid}, "i"); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
