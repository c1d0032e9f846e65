package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// Prefixes of the API keys. Clients tell the two kinds apart, and both from a JWT, by them.
const (
	publishablePrefix = "sb_publishable_"
	secretPrefix      = "sb_secret_"
)

// keyFormat is the version of the stored form.
const keyFormat = 1

// Keys is a project's key set. It is immutable.
type Keys struct {
	Publishable string // names the project: anonymous calls, safe in a browser
	Secret      string // acts as service_role

	sealing     []byte     // 32 bytes
	signing     []*signing // every accepted key; the first signs new tokens
	fingerprint string
	past        []string // fingerprints before rotations, the last one first
}

// stored is the JSON of the keys file and of SOCLE_KEYS.
type stored struct {
	Format      int               `json:"format"`
	Publishable string            `json:"publishable"`
	Secret      string            `json:"secret"`
	Sealing     []byte            `json:"sealing"`
	Signing     []json.RawMessage `json:"signing"`        // private JWKs; the first signs
	Past        []string          `json:"past,omitempty"` // fingerprints before rotations
}

// generate draws a new key set, whose signing key is of an algorithm.
func generate(algorithm string, random io.Reader) ([]byte, error) {
	var raw [32 + 32 + 32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return nil, fmt.Errorf("draw keys: %w", err)
	}
	key, err := newSigningKey(algorithm, random)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	text := base64.RawURLEncoding
	return json.MarshalIndent(stored{
		Format:      keyFormat,
		Publishable: publishablePrefix + text.EncodeToString(raw[:24]),
		Secret:      secretPrefix + text.EncodeToString(raw[32:64]),
		Sealing:     raw[64:],
		Signing:     []json.RawMessage{key},
	}, "", "  ")
}

// parse reads the stored form. The error never quotes key material.
func parse(raw []byte) (*Keys, error) {
	var s stored
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("the key set is not the JSON this product writes")
	}
	if s.Format != keyFormat {
		return nil, fmt.Errorf("the key set has format %d; this version reads format %d", s.Format, keyFormat)
	}
	if !keyLike(s.Publishable, publishablePrefix) || !keyLike(s.Secret, secretPrefix) || len(s.Sealing) != 32 || len(s.Signing) == 0 {
		return nil, fmt.Errorf("the key set is incomplete")
	}
	k := &Keys{Publishable: s.Publishable, Secret: s.Secret, sealing: s.Sealing}
	for i, text := range s.Signing {
		key, err := parseSigning(text)
		if err != nil {
			return nil, fmt.Errorf("signing key %d of the key set is none of %v", i+1, Algorithms)
		}
		k.signing = append(k.signing, key)
	}
	k.fingerprint, k.past = fingerprint(s), s.Past
	return k, nil
}

func keyLike(key, prefix string) bool {
	return len(key) >= len(prefix)+16 && key[:len(prefix)] == prefix
}

// fingerprint is a one-way image of everything a node must share with the others.
func fingerprint(s stored) string {
	h := sha256.New()
	fmt.Fprintf(h, "socle key set %d\n%s\n%s\n%x\n", s.Format, s.Publishable, s.Secret, s.Sealing)
	for _, key := range s.Signing {
		var compact any
		_ = json.Unmarshal(key, &compact) // valid: parsed before
		text, _ := json.Marshal(compact)
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Fingerprint names the key set without telling anything about it. The database keeps it, so that a node with other
// keys is noticed.
func (k *Keys) Fingerprint() string { return k.fingerprint }

// Fingerprints are the key set's present one and those before its rotations: a database that keeps one of them is its own.
func (k *Keys) Fingerprints() []string { return append([]string{k.fingerprint}, k.past...) }

// Algorithm is what new tokens are signed with: one of Algorithms.
func (k *Keys) Algorithm() string { return k.signing[0].alg.String() }
