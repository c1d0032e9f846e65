package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/socle-hq/socle/internal/clock"
)

// Authenticator holds one passkey (ES256) in software and answers as a browser with a security key does. Its exported fields make
// it lie; as it is made it is honest.
type Authenticator struct {
	RPID           string // signs for this relying party, not for that of the options
	Challenge      string // answers this challenge, not that of the options
	CrossOrigin    bool   // says that it was asked within a page of another site
	Absent         bool   // nobody touched it
	Unverified     bool   // did not verify its user
	BackupEligible bool   // may be copied by its vendor
	BackedUp       bool   // was copied
	Packed         bool   // attests with its own key; says "none" otherwise
	Handleless     bool   // does not say whose its passkey is
	SignCount      uint32 // of the last answer; each goes on by one

	t    testing.TB
	id   []byte
	user []byte
	key  *ecdsa.PrivateKey
}

// NewAuthenticator has a new key and no user yet.
func NewAuthenticator(t testing.TB) *Authenticator {
	t.Helper()
	a := &Authenticator{t: t, id: make([]byte, 32)}
	_, err := io.ReadFull(clock.System().Random(), a.id)
	a.must(err)
	a.NewKey()
	return a
}

// NewKey changes the key, and keeps the id of the passkey.
func (a *Authenticator) NewKey() {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), clock.System().Random())
	a.must(err)
	a.key = key
}

// ID is the passkey's.
func (a *Authenticator) ID() []byte { return a.id }

// asked is what an authenticator reads of PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON.
type asked struct {
	Challenge string
	RPID      string `json:"rpId"`
	RP        struct{ ID string }
	User      struct{ ID string }
}

// Register answers creation options on a page of origin: a RegistrationResponseJSON.
func (a *Authenticator) Register(options []byte, origin string) []byte {
	a.t.Helper()
	o := a.read(options)
	user, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	a.must(err)
	a.user = user
	client := a.client("webauthn.create", o, origin)
	data := append(a.data(o.RP.ID, 0x40), a.attested()...)
	statement, format := map[string]any{}, "none"
	if a.Packed {
		statement, format = map[string]any{"alg": -7, "sig": a.sign(data, client)}, "packed"
	}
	spki, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	a.must(err)
	return a.answer(map[string]any{
		"clientDataJSON":     encoded(client),
		"attestationObject":  encoded(a.cbor(map[string]any{"fmt": format, "attStmt": statement, "authData": data})),
		"authenticatorData":  encoded(data),
		"publicKey":          encoded(spki),
		"publicKeyAlgorithm": -7,
		"transports":         []string{"internal", "hybrid"},
	})
}

// Authenticate answers request options on a page of origin: an AuthenticationResponseJSON.
func (a *Authenticator) Authenticate(options []byte, origin string) []byte {
	a.t.Helper()
	o := a.read(options)
	client := a.client("webauthn.get", o, origin)
	data := a.data(o.RPID, 0)
	response := map[string]any{
		"clientDataJSON":    encoded(client),
		"authenticatorData": encoded(data),
		"signature":         encoded(a.sign(data, client)),
	}
	if !a.Handleless {
		response["userHandle"] = encoded(a.user)
	}
	return a.answer(response)
}

func (a *Authenticator) read(options []byte) (o asked) {
	a.t.Helper()
	a.must(json.Unmarshal(options, &o))
	return o
}

func (a *Authenticator) client(kind string, o asked, origin string) []byte {
	challenge := o.Challenge
	if a.Challenge != "" {
		challenge = a.Challenge
	}
	return a.json(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": a.CrossOrigin})
}

// data is the authenticator data without the part that a new passkey adds (Web Authentication, 6.1).
func (a *Authenticator) data(rpID string, flags byte) []byte {
	if a.RPID != "" {
		rpID = a.RPID
	}
	for _, f := range []struct {
		set bool
		bit byte
	}{{!a.Absent, 0x01}, {!a.Unverified, 0x04}, {a.BackupEligible, 0x08}, {a.BackedUp, 0x10}} {
		if f.set {
			flags |= f.bit
		}
	}
	a.SignCount++
	hash := sha256.Sum256([]byte(rpID))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), a.SignCount)
}

// attested is the part of a new passkey: no model, its id, its key in COSE.
func (a *Authenticator) attested() []byte {
	a.t.Helper()
	point, err := a.key.PublicKey.Bytes()
	a.must(err)
	out := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(a.id)))
	return append(append(out, a.id...), a.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})...)
}

func (a *Authenticator) sign(data, client []byte) []byte {
	a.t.Helper()
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(clock.System().Random(), a.key, digest[:])
	a.must(err)
	return signature
}

func (a *Authenticator) answer(response map[string]any) []byte {
	return a.json(map[string]any{
		"id": encoded(a.id), "rawId": encoded(a.id), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	})
}

func (a *Authenticator) json(v any) []byte {
	a.t.Helper()
	out, err := json.Marshal(v)
	a.must(err)
	return out
}

func (a *Authenticator) cbor(v any) []byte {
	a.t.Helper()
	mode, err := cbor.CTAP2EncOptions().EncMode()
	a.must(err)
	out, err := mode.Marshal(v)
	a.must(err)
	return out
}

func (a *Authenticator) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
