package accounts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/social"
)

// socialRoutes are sign-in at other parties, and the identities that come of it.
func (s *server) socialRoutes() []route {
	return []route{
		{http.MethodGet, "authorize", everyone, signIn, s.authorize},
		{http.MethodGet, "callback", everyone, refresh, s.callback},
		{http.MethodPost, "callback", everyone, refresh, s.posted},
		{http.MethodGet, "user/identities/authorize", holder, signIn, s.linkIdentity},
		{http.MethodDelete, "user/identities/:id", holder, signIn, s.unlinkIdentity},
	}
}

// getOnly refuses HEAD where a GET begins or ends something: what looks ahead at links must not.
func (c *call) getOnly() error {
	if c.Method == http.MethodGet {
		return nil
	}
	return &status{http.StatusMethodNotAllowed, account.Refuse(account.ValidationFailed, "Unsupported HTTP method: %s", c.Method)}
}

// skip asks for the address instead of a redirect.
const skip = "skip_http_redirect"

func (c *call) leaving() account.Away {
	q := c.URL.Query()
	return account.Away{Provider: q.Get("provider"), Params: q, Redirect: c.redirectTo(), Locale: language(c.Request),
		Scopes:    strings.FieldsFunc(q.Get("scopes"), func(r rune) bool { return r == ' ' || r == ',' }),
		Challenge: account.Challenge{Code: q.Get("code_challenge"), Method: q.Get("code_challenge_method")}}
}

// authorize sends the browser to a provider. Whoever wants the address alone gets the one of this very page: the browser has to come
// by, as it carries the bond.
func (s *server) authorize(c *call) error {
	if err := c.getOnly(); err != nil {
		return err
	}
	a := c.leaving()
	if q := c.URL.Query(); q.Get(skip) == "true" {
		if _, err := s.Accounts.Provider(a.Provider); err != nil {
			return err
		}
		q.Del(skip)
		return c.answer(http.StatusOK, map[string]string{"url": s.Accounts.Settings.PublicURL + Prefix + "/authorize?" + q.Encode()})
	}
	d, err := s.Accounts.Leave(c.Context(), a)
	var gone *social.Unavailable
	switch {
	case errors.As(err, &gone):
		return c.land(account.Landing{Redirect: s.Accounts.Settings.Redirect(a.Redirect), Err: err})
	case err != nil:
		return err
	}
	if d.Bond != "" {
		http.SetCookie(c.ResponseWriter, s.bond(d.State, d.Bond, int(account.BondAge.Seconds())))
	}
	return c.redirect(d.Address)
}

// linkIdentity begins the linking of an identity to the holder's account.
func (s *server) linkIdentity(c *call) error {
	if err := c.getOnly(); err != nil {
		return err
	}
	a := c.leaving()
	a.Holder = &c.holder
	d, err := s.Accounts.Leave(c.Context(), a)
	if err != nil {
		return err
	}
	if c.URL.Query().Get(skip) == "true" {
		return c.answer(http.StatusOK, map[string]string{"url": d.Address})
	}
	return c.redirect(d.Address)
}

func (s *server) unlinkIdentity(c *call) error {
	if err := s.Accounts.Unlink(c.Context(), c.holder, c.params["id"], c.from); err != nil {
		return err
	}
	return c.answer(http.StatusOK, map[string]any{})
}

// bond is the cookie by which a browser shows that it began a sign-in: only this server can set and read it, scripts cannot, and
// browsers send it along when a provider sends them back, but not with what other sites have them post.
func (s *server) bond(state, value string, age int) *http.Cookie {
	sum := sha256.Sum256([]byte(state))
	out := &http.Cookie{Name: "socle-" + hex.EncodeToString(sum[:8]), Value: value, Path: account.CallbackPath, MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteLaxMode}
	u, err := url.Parse(s.Accounts.Settings.PublicURL)
	switch {
	case err != nil:
	case u.Scheme == "https":
		out.Name, out.Path, out.Secure = "__Host-"+out.Name, "/", true
	default:
		out.Path = u.Path + account.CallbackPath
	}
	return out
}

// sealedForm is the parameter with which a posted answer comes back.
const sealedForm = "answer"

// posted takes an answer that the provider's page posts (Apple's form_post), and has the browser follow with it: cookies come with
// that.
func (s *server) posted(c *call) error {
	raw, err := readAll(c.Request)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return account.Refuse(account.BadOAuthCallback, "The provider's answer is not a form")
	}
	kept, err := s.Accounts.Post(form)
	if err != nil {
		return c.land(account.Landing{Redirect: s.Accounts.Settings.Home(), Err: err})
	}
	return c.elsewhere(http.StatusSeeOther, s.Accounts.Settings.PublicURL+account.CallbackPath+"?"+url.Values{sealedForm: {kept}}.Encode())
}

// callback is where a provider sends the browser back to.
func (s *server) callback(c *call) error {
	if err := c.getOnly(); err != nil {
		return err
	}
	form := c.URL.Query()
	if form.Has(sealedForm) {
		var err error
		if form, err = s.Accounts.Posted(form.Get(sealedForm)); err != nil {
			return c.land(account.Landing{Redirect: s.Accounts.Settings.Home(), Err: err})
		}
	}
	carried := ""
	cookie := s.bond(form.Get("state"), "", -1)
	if given, err := c.Request.Cookie(cookie.Name); err == nil {
		carried = given.Value
		http.SetCookie(c.ResponseWriter, cookie)
	}
	return c.land(s.Accounts.Return(c.Context(), form, carried, c.from))
}

// land ends a journey where the project lets it end.
func (c *call) land(l account.Landing) error {
	switch {
	case l.Redirect == "" && l.Err != nil:
		return l.Err
	case l.Redirect == "":
		return account.Refuse(account.BadOAuthCallback, "There is no place to go on at: set public_url or auth.redirects in socle.yaml")
	case l.Err != nil:
		told := c.told(l)
		return c.redirect(with(l.Redirect, told, told))
	case l.Signed != nil:
		return c.redirect(with(l.Redirect, nil, tokens(l.Signed)))
	}
	return c.redirect(with(l.Redirect, url.Values{"code": {l.Code}}, nil))
}

// told is an error as clients read it from the address they are sent to.
func (c *call) told(l account.Landing) url.Values {
	code, r := c.refused(l.Err)
	kind := "access_denied"
	var gone *social.Unavailable
	switch {
	case l.Said != "":
		kind = l.Said
	case errors.As(l.Err, &gone):
		kind = "temporarily_unavailable"
	case code >= http.StatusInternalServerError:
		kind = "server_error"
	case code == http.StatusBadRequest:
		kind = "invalid_request"
	}
	return url.Values{"error": {kind}, "error_code": {string(r.Code)}, "error_description": {r.Message}}
}

// tokens is a session as clients read it from a fragment.
func tokens(x *account.Signed) url.Values {
	out := url.Values{"access_token": {x.AccessToken}, "token_type": {x.TokenType}, "expires_in": {strconv.FormatInt(x.ExpiresIn, 10)},
		"expires_at": {strconv.FormatInt(x.ExpiresAt, 10)}, "refresh_token": {x.RefreshToken}}
	for name, value := range map[string]string{"provider_token": x.ProviderToken, "provider_refresh_token": x.ProviderRefreshToken} {
		if value != "" {
			out.Set(name, value)
		}
	}
	return out
}

// redirect sends the browser on.
func (c *call) redirect(to string) error { return c.elsewhere(http.StatusFound, to) }

// elsewhere sends the browser on, without telling the next place where it was.
func (c *call) elsewhere(status int, to string) error {
	h := c.ResponseWriter.Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", to)
	c.WriteHeader(status)
	return nil
}

// byIDToken signs in with an ID token that an app got by itself, or links its identity to the holder's account.
func (s *server) byIDToken(c *call) error {
	var b struct {
		Provider    string `json:"provider"`
		IDToken     string `json:"id_token"`
		AccessToken string `json:"access_token"`
		Nonce       string `json:"nonce"`
		Link        bool   `json:"link_identity"`
	}
	err := c.body(&b)
	if err == nil {
		err = s.meters.pass(signIn, c.from.Address)
	}
	r := account.IDToken{Provider: b.Provider, Token: b.IDToken, AccessToken: b.AccessToken, Nonce: b.Nonce, Redirect: c.redirectTo(),
		Locale: language(c.Request)}
	if err == nil && b.Link {
		if err = s.admit(c, holder); err == nil {
			r.Holder = &c.holder
		}
	}
	if err != nil {
		return err
	}
	return c.gives(s.Accounts.SignInByIDToken(c.Context(), r, c.from))
}
