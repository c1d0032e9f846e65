package passkey

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

type ceremony string

const (
	registration   ceremony = "registration"
	authentication ceremony = "authentication"
)

// state is what the server keeps between the halves of a ceremony. The session's own expiry stays unset: it would be
// compared with the system's clock.
type state struct {
	Ceremony ceremony             `json:"ceremony"`
	Expires  time.Time            `json:"expires"`
	Session  webauthn.SessionData `json:"session"`
}

func (p *Party) challenge() (protocol.URLEncodedBase64, error) {
	challenge := make([]byte, protocol.ChallengeLength)
	if _, err := io.ReadFull(p.clock.Random(), challenge); err != nil {
		return nil, fmt.Errorf("make a challenge: %w", err)
	}
	return challenge, nil
}

// keep writes both halves' first results: the options for the browser, the state for the server.
func (p *Party) keep(kind ceremony, publicKey any, session *webauthn.SessionData) (options, kept []byte, err error) {
	if options, err = json.Marshal(publicKey); err != nil {
		return nil, nil, fmt.Errorf("write the options of a %s: %w", kind, err)
	}
	kept, err = json.Marshal(state{kind, p.clock.Now().Add(Lifetime).UTC(), *session})
	if err != nil {
		return nil, nil, fmt.Errorf("write the state of a %s: %w", kind, err)
	}
	return options, kept, nil
}

// resume reads a state, which is the server's own: one that cannot be read, or is of another ceremony, is no refusal.
func (p *Party) resume(kind ceremony, kept []byte) (webauthn.SessionData, error) {
	var s state
	if err := json.Unmarshal(kept, &s); err != nil {
		return webauthn.SessionData{}, fmt.Errorf("read the state of a %s: %w", kind, err)
	}
	if s.Ceremony != kind {
		return webauthn.SessionData{}, refuse("this challenge is not for the %s of a passkey: begin again", kind)
	}
	if !p.clock.Now().Before(s.Expires) {
		return webauthn.SessionData{}, ErrExpired
	}
	if s.Session.RelyingPartyID != p.ID() {
		return webauthn.SessionData{}, refuse("this challenge is of another site: begin again")
	}
	return s.Session, nil
}
