package social

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/socle-hq/socle/internal/clock"
)

// asymmetric are the algorithms whose verification key is public. Nothing else is ever allowed: no "none", no HMAC.
var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

const leastModulus = 2048 // bits of an RSA key

// key is one public key of an issuer.
type key struct {
	id, algorithm string // "" where the set does not say
	issuer        string // of Microsoft's sets, which serve several issuers
	public        crypto.PublicKey
}

// keySet is what an issuer publishes at its jwks_uri.
type keySet struct{ cache *cached[[]key] }

func newKeySet(c clock.Clock, get getter, address func(context.Context) (string, error)) keySet {
	return keySet{newCached(c, func(ctx context.Context) ([]key, error) {
		where, err := address(ctx)
		if err != nil {
			return nil, err
		}
		raw, err := get.bytes(ctx, where, "")
		if err != nil {
			return nil, err
		}
		return readKeys(raw)
	})}
}

// readKeys takes what can verify and leaves out the rest: secrets, encryption keys, kinds nobody knows.
func readKeys(raw []byte) ([]key, error) {
	set, err := jwk.Parse(raw, jwk.WithIgnoreParseError(true))
	if err != nil {
		return nil, err
	}
	var out []key
	for i := range set.Len() {
		k, _ := set.Key(i)
		if use, ok := k.KeyUsage(); ok && use != "sig" {
			continue
		}
		var public any
		if jwk.Export(k, &public) != nil {
			continue
		}
		one := key{public: public}
		one.id, _ = k.KeyID()
		if alg, ok := k.Algorithm(); ok {
			one.algorithm = alg.String()
		}
		_ = k.Get("issuer", &one.issuer)
		out = append(out, one)
	}
	return out, nil
}

// find is the key a token names. A key that is missing is looked for again at the issuer, at most once per interval.
func (s keySet) find(ctx context.Context, t *token, issuer string) (crypto.PublicKey, error) {
	keys, err := s.cache.get(ctx)
	if err != nil {
		return nil, err
	}
	if k := pick(keys, t, issuer); k != nil {
		return k, nil
	}
	keys, err = s.cache.renew(ctx)
	if err != nil {
		return nil, err
	}
	if k := pick(keys, t, issuer); k != nil {
		return k, nil
	}
	return nil, refuse(unknownKey)
}

// pick is the one key of the token's id that fits its algorithm and issuer. A token without an id fits where there is only one.
func pick(keys []key, t *token, issuer string) crypto.PublicKey {
	var found []crypto.PublicKey
	for _, k := range keys {
		if (t.kid == "" || k.id == t.kid) && k.fits(t.algorithm) && k.of(issuer) {
			found = append(found, k.public)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func (k key) fits(algorithm string) bool {
	if !slices.Contains(asymmetric, algorithm) || k.algorithm != "" && k.algorithm != algorithm {
		return false
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return slices.Contains([]string{"RS", "PS"}, algorithm[:2]) && public.N.BitLen() >= leastModulus
	case *ecdsa.PublicKey:
		return public.Curve.Params().Name == map[string]string{"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm]
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}

// of reports whether the key may sign for issuer. A template stands for the directory that the issuer names.
func (k key) of(issuer string) bool {
	before, after, template := strings.Cut(k.issuer, directoryTemplate)
	return k.issuer == "" || k.issuer == issuer ||
		template && strings.HasPrefix(issuer, before) && strings.HasSuffix(issuer, after)
}
