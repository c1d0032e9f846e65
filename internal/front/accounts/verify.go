package accounts

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/account"
)

// verifyRoutes spend what was sent to an address.
func (s *server) verifyRoutes() []route {
	return []route{
		{http.MethodPost, "verify", keyed, signIn, s.verify},
		{http.MethodGet, "verify", everyone, signIn, s.follow}, // a link in a mail brings no key
	}
}

func (s *server) verify(c *call) error {
	var b struct {
		Type  string `json:"type"`
		Token string `json:"token"`
		Hash  string `json:"token_hash"`
		Email string `json:"email"`
		Phone string `json:"phone"`
	}
	err := c.body(&b)
	if err == nil {
		err = c.guessed(b.Email, b.Phone)
	}
	if err != nil {
		return err
	}
	out, err := s.Accounts.Verify(c.Context(), account.Proof{Type: b.Type, Link: b.Hash, Code: b.Token, Email: b.Email, Phone: b.Phone}, c.from)
	switch {
	case err != nil:
		return err
	case out.Session == nil:
		return c.answer(http.StatusOK, map[string]any{"code": strconv.Itoa(http.StatusOK), "msg": account.HalfWay})
	}
	return c.answer(http.StatusOK, out.Session)
}

// follow is a link that somebody opens: whatever comes of it, the browser ends at a place that the project allows, and nowhere else.
func (s *server) follow(c *call) error {
	q := c.URL.Query()
	place := s.Accounts.Settings.Redirect(q.Get("redirect_to"))
	if c.Method == http.MethodHead { // those who look at links before their readers do spend nothing
		return c.lead(place)
	}
	token := q.Get("token")
	if token == "" {
		token = q.Get("token_hash")
	}
	out, err := s.Accounts.Verify(c.Context(), account.Proof{Type: q.Get("type"), Link: token, Browser: true}, c.from)
	pkce := strings.HasPrefix(token, "pkce_")
	switch {
	case err != nil:
		return c.leadAstray(place, err, pkce)
	case out.Code != "":
		return c.lead(with(place, url.Values{"code": {out.Code}}, nil))
	case out.Session == nil:
		said := url.Values{"message": {account.HalfWay}}
		if pkce {
			return c.lead(with(place, said, said))
		}
		return c.lead(with(place, nil, said))
	}
	return c.lead(with(place, nil, fragment(out.Session, q.Get("type"))))
}

// fragment is a session as a client finds it behind the # of its address, which no server gets to see.
func fragment(x *account.Signed, kind string) url.Values {
	out := tokens(x)
	out.Set("type", kind)
	return out
}

// with puts members into the query and the fragment of a place.
func with(place string, query, fragment url.Values) string {
	u, err := url.Parse(place)
	if err != nil {
		return place
	}
	if len(query) > 0 {
		all := u.Query()
		for name, v := range query {
			all[name] = v
		}
		u.RawQuery = all.Encode()
	}
	if len(fragment) == 0 {
		return u.String()
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String() + "#" + fragment.Encode()
}

// lead sends the browser on.
func (c *call) lead(place string) error {
	if place == "" {
		return account.Refuse(account.ValidationFailed, "The project says no place to go to: set auth.redirects or public_url in socle.yaml")
	}
	return c.elsewhere(http.StatusSeeOther, place)
}

// wrongs are the words of OAuth 2 for statuses.
var wrongs = map[int]string{http.StatusBadRequest: "invalid_request", http.StatusUnauthorized: "unauthorized_client",
	http.StatusForbidden: "access_denied", http.StatusInternalServerError: "server_error", http.StatusServiceUnavailable: "temporarily_unavailable"}

// leadAstray sends the browser on with what went wrong; what is nobody's fault outside is answered here.
func (c *call) leadAstray(place string, err error, pkce bool) error {
	var r *account.Refusal
	if !errors.As(err, &r) || place == "" {
		return err
	}
	description := r.Message
	if r.Code == account.OTPExpired {
		description = "Email link is invalid or has expired"
	}
	word, ok := wrongs[statusOf(r.Code)]
	if !ok {
		word = "invalid_request"
	}
	said := url.Values{"error": {word}, "error_code": {string(r.Code)}, "error_description": {description}}
	u, parsed := url.Parse(place)
	if parsed != nil {
		return err
	}
	u.RawQuery = ""
	if pkce {
		return c.lead(with(u.String(), said, said))
	}
	return c.lead(with(u.String(), nil, said))
}
