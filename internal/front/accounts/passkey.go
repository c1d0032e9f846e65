package accounts

import (
	"encoding/json"
	"net/http"

	"github.com/socle-hq/socle/internal/account"
)

// passkeyRoutes are passkeys: two ceremonies, and what their owner sees of them.
func (s *server) passkeyRoutes() []route {
	return []route{
		{http.MethodPost, "passkeys/registration/options", holder, signIn, s.beginPasskey},
		{http.MethodPost, "passkeys/registration/verify", holder, signIn, s.finishPasskey},
		{http.MethodPost, "passkeys/authentication/options", keyed, signIn, s.beginPasskeySignIn},
		{http.MethodPost, "passkeys/authentication/verify", keyed, signIn, s.finishPasskeySignIn},
		{http.MethodGet, "passkeys", holder, unbounded, s.passkeys},
		{http.MethodPatch, "passkeys/:passkey", holder, unbounded, s.renamePasskey},
		{http.MethodDelete, "passkeys/:passkey", holder, unbounded, s.removePasskey},
	}
}

// ceremony is the body that ends one.
type ceremony struct {
	Challenge  string          `json:"challenge_id"`
	Credential json.RawMessage `json:"credential"`
}

func (c *call) ceremony() (b ceremony, err error) {
	err = c.body(&b)
	switch {
	case err != nil:
	case b.Challenge == "":
		err = account.Refuse(account.ValidationFailed, "challenge_id is required")
	case len(b.Credential) == 0 || string(b.Credential) == "null":
		err = account.Refuse(account.ValidationFailed, "credential is required")
	}
	return b, err
}

func (s *server) beginPasskey(c *call) error {
	return c.gives(s.Accounts.BeginPasskey(c.Context(), c.holder))
}

func (s *server) finishPasskey(c *call) error {
	b, err := c.ceremony()
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.FinishPasskey(c.Context(), c.holder, b.Challenge, b.Credential, c.from))
}

func (s *server) beginPasskeySignIn(c *call) error {
	return c.gives(s.Accounts.BeginPasskeySignIn(c.Context()))
}

func (s *server) finishPasskeySignIn(c *call) error {
	b, err := c.ceremony()
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.FinishPasskeySignIn(c.Context(), b.Challenge, b.Credential, c.from))
}

func (s *server) passkeys(c *call) error {
	return c.gives(s.Accounts.Passkeys(c.Context(), c.holder))
}

func (s *server) renamePasskey(c *call) error {
	var b struct {
		Name string `json:"friendly_name"`
	}
	if err := c.body(&b); err != nil {
		return err
	}
	return c.gives(s.Accounts.RenamePasskey(c.Context(), c.holder, c.params["passkey"], b.Name, c.from))
}

func (s *server) removePasskey(c *call) error {
	if err := s.Accounts.RemovePasskey(c.Context(), c.holder, c.params["passkey"], c.from); err != nil {
		return err
	}
	return c.empty()
}
