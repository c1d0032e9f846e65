package accounts

import (
	"encoding/json"
	"net/http"

	"github.com/socle-hq/socle/internal/account"
)

// factorRoutes are second factors. What is fixed in a path comes before what stands for an id.
func (s *server) factorRoutes() []route {
	return []route{
		{http.MethodGet, "factors/recovery-codes", holder, unbounded, s.recoveryCodes},
		{http.MethodPost, "factors/recovery-codes", holder, unbounded, s.makeRecoveryCodes},
		{http.MethodDelete, "factors/recovery-codes", holder, unbounded, s.dropRecoveryCodes},
		{http.MethodPost, "factors/recovery-codes/regenerate", holder, unbounded, s.renewRecoveryCodes},
		{http.MethodPost, "factors/recovery-codes/verify", holder, signIn, s.verifyRecoveryCode},
		{http.MethodPost, "factors", holder, unbounded, s.enroll},
		{http.MethodPost, "factors/:factor/challenge", holder, signIn, s.challengeFactor},
		{http.MethodPost, "factors/:factor/verify", holder, signIn, s.verifyFactor},
		{http.MethodDelete, "factors/:factor", holder, unbounded, s.unenroll},
	}
}

func (s *server) enroll(c *call) error {
	var b struct {
		Type   string `json:"factor_type"`
		Name   string `json:"friendly_name"`
		Issuer string `json:"issuer"`
	}
	if err := c.body(&b); err != nil {
		return err
	}
	return c.gives(s.Accounts.Enroll(c.Context(), c.holder, account.NewFactor{Type: b.Type, Name: b.Name, Issuer: b.Issuer}, c.from))
}

// challengeFactor begins a proof. What a browser says of itself does not count: the server knows the site that its passkeys are of.
func (s *server) challengeFactor(c *call) error {
	if err := c.body(&struct{}{}); err != nil {
		return err
	}
	return c.gives(s.Accounts.ChallengeFactor(c.Context(), c.holder, c.params["factor"], c.from))
}

func (s *server) verifyFactor(c *call) error {
	var b struct {
		Challenge string `json:"challenge_id"`
		Code      string `json:"code"`
		WebAuthn  struct {
			Type     string          `json:"type"`
			Response json.RawMessage `json:"credential_response"`
		} `json:"webauthn"`
	}
	if err := c.body(&b); err != nil {
		return err
	}
	return c.gives(s.Accounts.VerifyFactor(c.Context(), c.holder, account.FactorProof{Factor: c.params["factor"], Challenge: b.Challenge, Code: b.Code,
		Ceremony: b.WebAuthn.Type, Credential: b.WebAuthn.Response}, c.from))
}

func (s *server) unenroll(c *call) error {
	if err := s.Accounts.Unenroll(c.Context(), c.holder, c.params["factor"], c.from); err != nil {
		return err
	}
	return c.answer(http.StatusOK, map[string]string{"id": c.params["factor"]})
}

func (s *server) recoveryCodes(c *call) error {
	return c.gives(s.Accounts.RecoveryCodesOf(c.Context(), c.holder))
}

func (s *server) makeRecoveryCodes(c *call) error {
	var b struct {
		Name string `json:"friendly_name"`
	}
	if err := c.body(&b); err != nil {
		return err
	}
	return c.gives(s.Accounts.MakeRecoveryCodes(c.Context(), c.holder, b.Name, c.from))
}

func (s *server) renewRecoveryCodes(c *call) error {
	return c.gives(s.Accounts.RenewRecoveryCodes(c.Context(), c.holder, c.from))
}

func (s *server) dropRecoveryCodes(c *call) error {
	id, err := s.Accounts.DropRecoveryCodes(c.Context(), c.holder, c.from)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, map[string]string{"id": id})
}

func (s *server) verifyRecoveryCode(c *call) error {
	var b struct{ Code string }
	if err := c.body(&b); err != nil {
		return err
	}
	return c.gives(s.Accounts.VerifyRecoveryCode(c.Context(), c.holder, b.Code, c.from))
}
