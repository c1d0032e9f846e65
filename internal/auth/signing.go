package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// DefaultAlgorithm signs the tokens of a project that chose no other.
const DefaultAlgorithm = "ES256"

// Algorithms are those a signing key can be of. What an HS256 key signed nobody else can check.
var Algorithms = []string{DefaultAlgorithm, "RS256", "HS256"}

const (
	rsaBits    = 2048
	rsaLargest = 4096
	hmacBytes  = 32
)

// signing is a signing key: its name, its only algorithm and its halves belong together.
type signing struct {
	kid     string
	alg     jwa.SignatureAlgorithm
	private any     // *ecdsa.PrivateKey, *rsa.PrivateKey or []byte
	check   any     // what verifies: the public half, or the secret of HS256
	public  jwk.Key // nil for HS256, which has no half to publish
}

// newSigningKey draws a key of one of Algorithms and gives its private JWK.
func newSigningKey(algorithm string, random io.Reader) (json.RawMessage, error) {
	var private any
	var err error
	switch algorithm {
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), random)
	case "RS256":
		private, err = rsa.GenerateKey(random, rsaBits)
	case "HS256":
		secret := make([]byte, hmacBytes)
		_, err = io.ReadFull(random, secret)
		private = secret
	default:
		err = fmt.Errorf("no tokens are signed with %q: it is one of %v", algorithm, Algorithms)
	}
	if err != nil {
		return nil, err
	}
	key, err := jwk.Import(private)
	if err != nil {
		return nil, err
	}
	if err := name(key, algorithm); err != nil {
		return nil, err
	}
	return json.Marshal(key)
}

// name sets the members a verifier relies on: kid, alg, use.
func name(key jwk.Key, algorithm string) error {
	kid, err := kid(key)
	if err != nil {
		return err
	}
	alg, _ := jwa.LookupSignatureAlgorithm(algorithm)
	for member, v := range map[string]any{jwk.KeyIDKey: kid, jwk.AlgorithmKey: alg, jwk.KeyUsageKey: "sig"} {
		if err := key.Set(member, v); err != nil {
			return err
		}
	}
	return nil
}

// kid names a key: by its RFC 7638 thumbprint, or where that would be a hash of a secret, by a key derived of the secret.
func kid(key jwk.Key) (string, error) {
	if key.KeyType() == jwa.OctetSeq() {
		var secret []byte
		err := jwk.Export(key, &secret)
		return base64.RawURLEncoding.EncodeToString(derive(secret, "kid")), err
	}
	print, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(print), err
}

// parseSigning reads a private JWK. The algorithm is what the key is made for, never what a member of it claims.
func parseSigning(text []byte) (*signing, error) {
	key, err := jwk.ParseKey(text)
	if err != nil {
		return nil, err
	}
	s := &signing{}
	switch key.KeyType() {
	case jwa.EC():
		err = s.elliptic(key)
	case jwa.RSA():
		err = s.rsa(key)
	case jwa.OctetSeq():
		err = s.secret(key)
	default:
		err = fmt.Errorf("a key of another kind")
	}
	if err != nil {
		return nil, err
	}
	return s, s.publish()
}

func (s *signing) elliptic(key jwk.Key) error {
	var private ecdsa.PrivateKey
	if err := jwk.Export(key, &private); err != nil {
		return err
	}
	if private.Curve != elliptic.P256() {
		return fmt.Errorf("not on P-256")
	}
	s.alg, s.private, s.check = jwa.ES256(), &private, &private.PublicKey
	return nil
}

func (s *signing) rsa(key jwk.Key) error {
	var private rsa.PrivateKey
	if err := jwk.Export(key, &private); err != nil {
		return err
	}
	if bits := private.N.BitLen(); bits < rsaBits || bits > rsaLargest {
		return fmt.Errorf("not of %d to %d bits", rsaBits, rsaLargest)
	}
	if err := private.Validate(); err != nil {
		return err
	}
	s.alg, s.private, s.check = jwa.RS256(), &private, &private.PublicKey
	return nil
}

func (s *signing) secret(key jwk.Key) error {
	var secret []byte
	if err := jwk.Export(key, &secret); err != nil {
		return err
	}
	if len(secret) < hmacBytes {
		return fmt.Errorf("shorter than %d bytes", hmacBytes)
	}
	s.alg, s.private, s.check = jwa.HS256(), secret, secret
	return nil
}

// publish names the key, and makes the half that others may have.
func (s *signing) publish() error {
	key, err := jwk.Import(s.check)
	if err != nil {
		return err
	}
	if err := name(key, s.alg.String()); err != nil {
		return err
	}
	s.kid, _ = key.KeyID()
	if _, secret := s.check.([]byte); !secret {
		s.public = key
	}
	return nil
}
