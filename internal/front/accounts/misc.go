package accounts

import (
	"net/http"
)

// miscRoutes say what there is.
func (s *server) miscRoutes() []route {
	return []route{
		{http.MethodGet, "health", everyone, unbounded, s.health},
		{http.MethodGet, "settings", keyed, unbounded, s.settings},
		{http.MethodGet, ".well-known/jwks.json", everyone, unbounded, s.jwks},
		{http.MethodGet, ".well-known/openid-configuration", everyone, unbounded, s.discovery},
	}
}

func (s *server) health(c *call) error {
	return c.answer(http.StatusOK, map[string]string{"name": "GoTrue", "version": "socle", "description": "accounts and sign-in"})
}

// settings are what a sign-in form needs to know; the form is GoTrue's.
func (s *server) settings(c *call) error {
	set := s.Accounts.Settings
	external := map[string]bool{"email": true, "phone": s.Accounts.Texts != nil, "anonymous_users": set.Anonymous}
	if s.Accounts.Providers != nil {
		for _, name := range s.Accounts.Providers.Names() {
			external[name] = true
		}
	}
	return c.answer(http.StatusOK, map[string]any{"external": external, "disable_signup": !set.SignUp, "mailer_autoconfirm": !set.ConfirmEmail,
		"phone_autoconfirm": false, "sms_provider": "", "saml_enabled": false, "passkeys_enabled": s.Accounts.Party != nil})
}

// published is how long others may keep the keys: shorter than the overlap of a rotation.
const published = "public, max-age=300"

func (s *server) jwks(c *call) error {
	return c.document(s.Tokens.JWKS())
}

func (s *server) discovery(c *call) error {
	return c.document(s.Tokens.Discovery(s.Accounts.Settings.PublicURL))
}

func (c *call) document(raw []byte) error {
	h := c.ResponseWriter.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", published)
	_, _ = c.ResponseWriter.Write(raw) // a client that went away is nobody's matter
	return nil
}
