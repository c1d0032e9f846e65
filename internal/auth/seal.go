package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Sealer closes small texts (cursors) so that only this project can open or make them. Sealing is deterministic, the
// nonce being a MAC of the text: one answer has one form, from whichever node it comes.
type Sealer struct {
	aead cipher.AEAD
	mac  []byte
}

var errSeal = errors.New("not sealed by this project")

// Sealer gives the sealer of the key set.
func (k *Keys) Sealer() (*Sealer, error) {
	block, err := aes.NewCipher(derive(k.sealing, "seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead, derive(k.sealing, "nonce")}, nil
}

// Purpose is the 32-byte key of one purpose, made of the key set: the same for every node, and none tells another. Rotations
// leave it as it is.
func (k *Keys) Purpose(name string) []byte { return derive(k.sealing, "purpose "+name) }

// derive makes the 32-byte key of one purpose.
func derive(key []byte, purpose string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("socle " + purpose))
	return m.Sum(nil)
}

// Seal encrypts and authenticates plain. The result is URL-safe.
func (s *Sealer) Seal(plain []byte) string {
	m := hmac.New(sha256.New, s.mac)
	m.Write(plain)
	nonce := m.Sum(nil)[:s.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, nil))
}

// Open gives back what Seal was given; anything else is an error.
func (s *Sealer) Open(sealed string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return nil, errSeal
	}
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, raw[:n], raw[n:], nil)
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}
