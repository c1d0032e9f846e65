package accounts

import (
	"net/http"

	"github.com/socle-hq/socle/internal/account"
)

// profileRoutes change the account of whoever is signed in.
func (s *server) profileRoutes() []route {
	return []route{
		{http.MethodPut, "user", holder, signIn, s.modify},
		{http.MethodGet, "reauthenticate", holder, send, s.reauthenticate},
	}
}

// modify reads what an account's owner may change, and nothing else of the body.
func (s *server) modify(c *call) error {
	var b struct {
		Email    string         `json:"email"`
		Phone    string         `json:"phone"`
		Password string         `json:"password"`
		Current  string         `json:"current_password"`
		Nonce    string         `json:"nonce"`
		Data     map[string]any `json:"data"`
		challenge
	}
	err := c.body(&b)
	if err == nil && (b.Email != "" || b.Phone != "") {
		err = s.messaged(b.Email, b.Phone)
	}
	if err == nil && (b.Password != "" || b.Current != "" || b.Nonce != "") {
		err = s.meters.pass(perAccount, c.holder.Actor.UID)
	}
	if err != nil {
		return err
	}
	u, err := s.Accounts.Modify(c.Context(), c.holder, account.Change{Email: b.Email, Phone: b.Phone, Password: b.Password, Current: b.Current,
		Nonce: b.Nonce, Data: b.Data, Challenge: b.of(), Redirect: c.redirectTo()}, c.from)
	if account.Refused(err, account.InsufficientAAL) {
		return &status{http.StatusUnauthorized, account.Refuse(account.InsufficientAAL, "%s", err)}
	}
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, u)
}

func (s *server) reauthenticate(c *call) error {
	if c.Method == http.MethodHead {
		return c.empty() // it would send a message
	}
	if err := s.meters.pass(perMailbox, c.holder.Actor.UID); err != nil {
		return err
	}
	if err := s.Accounts.Reauthenticate(c.Context(), c.holder, c.from); err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct{}{})
}
