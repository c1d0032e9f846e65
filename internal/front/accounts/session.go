package accounts

import (
	"net/http"
	"strings"

	"github.com/socle-hq/socle/internal/account"
)

// sessionRoutes are sign-up, sign-in by password, refresh and sign-out.
func (s *server) sessionRoutes() []route {
	return []route{
		{http.MethodPost, "signup", keyed, signIn, s.signUp},
		{http.MethodPost, "token", keyed, unbounded, s.token},
		{http.MethodGet, "user", holder, unbounded, s.user},
		{http.MethodPost, "logout", holder, unbounded, s.logout},
	}
}

// challenge is PKCE's part of a body.
type challenge struct {
	Code   string `json:"code_challenge"`
	Method string `json:"code_challenge_method"`
}

func (c challenge) of() account.Challenge { return account.Challenge{Code: c.Code, Method: c.Method} }

func (s *server) signUp(c *call) error {
	var b struct {
		Email    string         `json:"email"`
		Phone    string         `json:"phone"`
		Password string         `json:"password"`
		Data     map[string]any `json:"data"`
		challenge
	}
	if err := c.body(&b); err != nil {
		return err
	}
	if err := c.messaged(b.Email, b.Phone); err != nil {
		return err
	}
	session, user, err := s.Accounts.SignUp(c.Context(), account.SignUp{Email: b.Email, Phone: b.Phone, Password: b.Password, Data: b.Data,
		Locale: language(c.Request), Challenge: b.of(), Redirect: c.redirectTo()}, c.from)
	switch {
	case err != nil:
		return err
	case session != nil:
		return c.answer(http.StatusOK, session)
	}
	return c.answer(http.StatusOK, user)
}

// token gives a session for a proof.
func (s *server) token(c *call) error {
	switch grant := c.URL.Query().Get("grant_type"); grant {
	case "password":
		return s.byPassword(c)
	case "refresh_token":
		return s.byRefreshToken(c)
	case "pkce":
		return s.byCode(c)
	case "id_token":
		return s.byIDToken(c)
	default:
		return account.Refuse(account.ValidationFailed, "unsupported_grant_type")
	}
}

func (s *server) byPassword(c *call) error {
	var b struct{ Email, Phone, Password string }
	err := c.body(&b)
	if err == nil {
		err = s.meters.pass(signIn, c.from.Address)
	}
	if err == nil {
		err = c.tried(b.Email, b.Phone)
	}
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.SignIn(c.Context(), account.SignIn{Email: b.Email, Phone: b.Phone, Password: b.Password}, c.from))
}

func (s *server) byRefreshToken(c *call) error {
	var b struct {
		Token string `json:"refresh_token"`
	}
	err := c.body(&b)
	if err == nil {
		err = s.meters.pass(refresh, c.from.Address)
	}
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.Refresh(c.Context(), b.Token, c.from))
}

func (s *server) byCode(c *call) error {
	var b struct {
		Code     string `json:"auth_code"`
		Verifier string `json:"code_verifier"`
	}
	err := c.body(&b)
	if err == nil {
		err = s.meters.pass(signIn, c.from.Address)
	}
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.Exchange(c.Context(), b.Code, b.Verifier, c.from))
}

func (s *server) user(c *call) error {
	return c.gives(s.Accounts.Me(c.Context(), c.holder))
}

func (s *server) logout(c *call) error {
	scope := c.URL.Query().Get("scope")
	switch scope {
	case "", account.Global, account.Local, account.Others:
	default:
		return account.Refuse(account.ValidationFailed, "Unsupported logout scope %q", scope)
	}
	if err := s.Accounts.SignOut(c.Context(), c.holder, scope, c.from); err != nil {
		return err
	}
	return c.empty()
}

// redirectTo is where a link is to end, as the client asks; the project decides whether it may.
func (c *call) redirectTo() string {
	if place := c.URL.Query().Get("redirect_to"); place != "" {
		return place
	}
	return c.Request.Header.Get("Redirect_to")
}

// language is the first language of the browser.
func language(r *http.Request) string {
	tag, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
	if tag == "*" || len(tag) > 35 || strings.ContainsFunc(tag, func(c rune) bool { return c != '-' && (c < '0' || c > 'z') }) {
		return ""
	}
	return tag
}
