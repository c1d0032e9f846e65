package passkey

import (
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// User is whom a passkey is for.
type User struct {
	ID          []byte // the 16 bytes of the account's UUID; the user handle that authenticators keep
	Name        string // tells accounts of one person apart: an address
	DisplayName string // how a person is called; Name where it is empty
	Credentials []Credential
}

// Credential is what must be kept of a passkey. Nothing in it is secret.
type Credential struct {
	ID             []byte   `json:"id"`
	PublicKey      []byte   `json:"public_key"`  // COSE
	Attestation    string   `json:"attestation"` // the format: "none", "packed", …
	Transports     []string `json:"transports,omitempty"`
	AAGUID         []byte   `json:"aaguid"` // the authenticator's model, all zero where it does not say
	SignCount      uint32   `json:"sign_count"`
	BackupEligible bool     `json:"backup_eligible"`
	BackedUp       bool     `json:"backed_up"`
	UserVerified   bool     `json:"user_verified"`
}

// owner is a User as the protocol's library wants to see it.
type owner struct{ *User }

func (o owner) WebAuthnID() []byte   { return o.ID }
func (o owner) WebAuthnName() string { return o.Name }

func (o owner) WebAuthnDisplayName() string {
	if o.DisplayName == "" {
		return o.Name
	}
	return o.DisplayName
}

func (o owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.Credentials))
	for i, c := range o.Credentials {
		out[i] = c.outward()
	}
	return out
}

func (c Credential) outward() webauthn.Credential {
	out := webauthn.Credential{
		ID: c.ID, PublicKey: c.PublicKey, AttestationFormat: c.Attestation,
		Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: c.UserVerified, BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
		Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID, SignCount: c.SignCount},
	}
	for _, t := range c.Transports {
		out.Transport = append(out.Transport, protocol.AuthenticatorTransport(t))
	}
	return out
}

func inward(c *webauthn.Credential) *Credential {
	out := &Credential{
		ID: c.ID, PublicKey: c.PublicKey, Attestation: c.AttestationFormat,
		AAGUID: c.Authenticator.AAGUID, SignCount: c.Authenticator.SignCount,
		BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState, UserVerified: c.Flags.UserVerified,
	}
	for _, t := range c.Transport {
		out.Transports = append(out.Transports, string(t))
	}
	return out
}
