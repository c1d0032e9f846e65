package passkey

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Refused says why an answer is not accepted. Its reason is safe to show to whoever gave the answer; the cause behind Unwrap is not.
// Every other error of this package is the server's own.
type Refused struct {
	Reason string
	cause  error
}

// Error is the reason.
func (r *Refused) Error() string { return r.Reason }

// Unwrap is the private cause, nil where there is none.
func (r *Refused) Unwrap() error { return r.cause }

var (
	// ErrExpired refuses an answer that came after Lifetime. A new ceremony helps.
	ErrExpired error = &Refused{Reason: "this took too long: begin again"}

	// ErrExists refuses a registration of a passkey that the account has.
	ErrExists error = &Refused{Reason: "this passkey is registered already"}

	// ErrUnknown refuses a sign-in with a passkey that nobody has here, or somebody else.
	ErrUnknown error = &Refused{Reason: "this passkey is not known here"}

	// ErrCloned refuses a passkey whose counter did not go forward: its key is likely to be in two places.
	ErrCloned error = &Refused{Reason: "this passkey's counter went back, as that of a copy does: remove it from the account and make a new one"}
)

func refuse(format string, args ...any) error {
	return &Refused{Reason: fmt.Sprintf(format, args...)}
}

// because makes the refusal of an answer that the library does not accept: err decides, the reason only explains.
func because(err error, client protocol.CollectedClientData, auth protocol.AuthenticatorData, session webauthn.SessionData, origins []string) error {
	id := sha256.Sum256([]byte(session.RelyingPartyID))
	reason := "the passkey's answer is not right"
	switch {
	case client.Challenge != session.Challenge:
		reason = "this answers another challenge: begin again"
	case !protocol.IsOriginInHaystack(client.Origin, origins):
		reason = fmt.Sprintf("pages of %q may not use the passkeys of %s", client.Origin, session.RelyingPartyID)
	case client.CrossOrigin:
		reason = "passkeys cannot be used within a page of another site"
	case !bytes.Equal(auth.RPIDHash, id[:]):
		reason = fmt.Sprintf("this passkey is not one of %s", session.RelyingPartyID)
	case !auth.Flags.HasUserPresent():
		reason = "nobody touched the authenticator"
	case !auth.Flags.HasUserVerified():
		reason = "the authenticator did not verify its user: set up a PIN, a fingerprint or a face there"
	}
	return &Refused{Reason: reason, cause: err}
}
