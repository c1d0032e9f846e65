package passkey

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// BeginRegistration makes the options of a new passkey, as PublicKeyCredential.parseCreationOptionsFromJSON() takes them: user
// verification and a discoverable credential are required, the user's present passkeys excluded. State is for FinishRegistration.
func (p *Party) BeginRegistration(u User) (options, state []byte, err error) {
	if len(u.ID) == 0 || u.Name == "" {
		return nil, nil, errors.New("a passkey needs a user with an id and a name")
	}
	challenge, err := p.challenge()
	if err != nil {
		return nil, nil, err
	}
	creation, session, err := p.rp.BeginRegistration(owner{&u},
		webauthn.WithExclusions(webauthn.Credentials(owner{&u}.WebAuthnCredentials()).CredentialDescriptors()),
		webauthn.WithCredentialParameters(webauthn.CredentialParametersRecommendedL3()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error {
			o.Challenge = challenge
			return nil
		})
	if err != nil {
		return nil, nil, fmt.Errorf("begin the registration of a passkey: %w", err)
	}
	return p.keep(registration, creation.Response, session)
}

// FinishRegistration proves that response, a RegistrationResponseJSON, answers the options of state, and gives the new passkey. Whether
// another account has its ID already is for the caller to see: the answer must be refused then (Web Authentication, 7.1).
func (p *Party) FinishRegistration(u User, state, response []byte) (*Credential, error) {
	session, err := p.resume(registration, state)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(session.UserID, u.ID) {
		return nil, refuse("this challenge is of another account: begin again")
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, &Refused{"this is not the answer of navigator.credentials.create(): send what its toJSON() gives", err}
	}
	created, err := p.rp.CreateCredential(owner{&u}, session, answer)
	if err != nil {
		return nil, because(err, answer.Response.CollectedClientData, answer.Response.AttestationObject.AuthData, session, p.rp.Config.RPOrigins)
	}
	if slices.ContainsFunc(u.Credentials, func(c Credential) bool { return bytes.Equal(c.ID, created.ID) }) {
		return nil, ErrExists
	}
	return inward(created), nil
}
