package passkey

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// BeginAuthentication makes the options of a sign-in, as PublicKeyCredential.parseRequestOptionsFromJSON() takes them: with one of u's
// passkeys, or with any that the browser finds where u is nil. State is for FinishAuthentication.
func (p *Party) BeginAuthentication(u *User) (options, state []byte, err error) {
	challenge, err := p.challenge()
	if err != nil {
		return nil, nil, err
	}
	var (
		assertion *protocol.CredentialAssertion
		session   *webauthn.SessionData
	)
	switch {
	case u == nil:
		assertion, session, err = p.rp.BeginDiscoverableLogin(webauthn.WithChallenge(challenge))
	case len(u.ID) == 0:
		return nil, nil, errors.New("a sign-in by passkey needs a user with an id")
	case len(u.Credentials) == 0:
		return nil, nil, refuse("this account has no passkey")
	default:
		assertion, session, err = p.rp.BeginLogin(owner{u}, webauthn.WithChallenge(challenge))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("begin a sign-in by passkey: %w", err)
	}
	return p.keep(authentication, assertion.Response, session)
}

// FinishAuthentication proves that response, an AuthenticationResponseJSON, answers the options of state with a passkey of the user
// whom find gives. UserHandle is what the authenticator says, or the user whom the options were for. Find answers nil where it knows
// nobody; its errors come back as they are. The credential is to be stored: its counter went on, its backup may have changed.
func (p *Party) FinishAuthentication(find func(credentialID, userHandle []byte) (*User, error), state, response []byte) (*User, *Credential, error) {
	session, err := p.resume(authentication, state)
	if err != nil {
		return nil, nil, err
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, nil, &Refused{"this is not the answer of navigator.credentials.get(): send what its toJSON() gives", err}
	}
	u, err := whose(find, session, answer)
	if err != nil {
		return nil, nil, err
	}
	used, err := p.prove(u, session, answer)
	if err != nil {
		return nil, nil, because(err, answer.Response.CollectedClientData, answer.Response.AuthenticatorData, session, p.rp.Config.RPOrigins)
	}
	if used.Authenticator.CloneWarning {
		return nil, nil, ErrCloned
	}
	return u, inward(used), nil
}

// whose finds the user of an answer, who has the passkey it was given with.
func whose(find func(credentialID, userHandle []byte) (*User, error), session webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData) (*User, error) {
	handle := answer.Response.UserHandle
	if len(handle) == 0 {
		handle = session.UserID
	}
	switch {
	case len(handle) == 0:
		return nil, refuse("this passkey does not say whose it is: name the account first")
	case len(session.UserID) > 0 && !bytes.Equal(handle, session.UserID):
		return nil, refuse("this passkey is of another account")
	}
	u, err := find(answer.RawID, handle)
	if err != nil {
		return nil, err
	}
	if u == nil || !bytes.Equal(u.ID, handle) {
		return nil, ErrUnknown
	}
	for _, c := range u.Credentials {
		if bytes.Equal(c.ID, answer.RawID) {
			return u, nil
		}
	}
	return nil, ErrUnknown
}

func (p *Party) prove(u *User, session webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if len(session.UserID) > 0 {
		return p.rp.ValidateLogin(owner{u}, session, answer)
	}
	_, used, err := p.rp.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return owner{u}, nil }, session, answer)
	return used, err
}
