package social

import "errors"

// Refused says that the provider said no, or that what it sent does not hold. Reason is a sentence that is safe to show: it
// quotes no token, code or secret.
type Refused struct{ Reason string }

func (r *Refused) Error() string { return r.Reason }

// Unavailable says that a provider could not be asked, or answered something that is no answer. It may pass by itself.
type Unavailable struct {
	Provider string // the provider's name, or the issuer
	Reason   string // safe to show
	cause    error
}

func (u *Unavailable) Error() string { return u.Provider + " cannot be used at present: " + u.Reason }

// Unwrap is the cause, which is for logs; it holds no token, code or secret.
func (u *Unavailable) Unwrap() error { return u.cause }

// Temporary says that the token itself may be right.
func (u *Unavailable) Temporary() bool { return true }

func refuse(reason string) error { return &Refused{reason} }

// Reasons for which a token is refused.
const (
	notAToken      = "The token is not a signed JWT."
	tooLong        = "The token is too long."
	wrongAlgorithm = "The token is signed with an algorithm that is not allowed."
	unknownKey     = "The token is signed with a key its issuer does not publish."
	wrongSignature = "The signature of the token does not hold."
	unreadable     = "The claims of the token cannot be read."
	wrongIssuer    = "The token is of another issuer."
	wrongAudience  = "The token was made for another audience."
	wrongParty     = "The token was issued to another party."
	expired        = "The token has expired."
	notYet         = "The token is not valid yet."
	noTime         = "The token does not say when it was issued and when it expires."
	noSubject      = "The token has no subject."
	noNonce        = "The token has no nonce, and this sign-in has one."
	wrongNonce     = "The nonce of the token is not the one of this sign-in."
	wrongAccess    = "The token does not belong to the access token."
)

// unavailable adds the provider's name to what asking it ended in; refusals stay what they are.
func unavailable(provider, reason string, cause error) error {
	var refused *Refused
	var already *Unavailable
	if errors.As(cause, &refused) || errors.As(cause, &already) {
		return cause
	}
	return &Unavailable{provider, reason, cause}
}
