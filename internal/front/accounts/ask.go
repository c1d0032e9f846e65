package accounts

import (
	"net/http"

	"github.com/socle-hq/socle/internal/account"
)

// askRoutes ask for messages. Their answers say nothing about whether there is an account.
func (s *server) askRoutes() []route {
	return []route{
		{http.MethodPost, "otp", keyed, send, s.otp},
		{http.MethodPost, "magiclink", keyed, send, s.magicLink},
		{http.MethodPost, "recover", keyed, send, s.recover},
		{http.MethodPost, "resend", keyed, send, s.resend},
	}
}

// asking is a body of these routes.
type asking struct {
	Type   string         `json:"type"`
	Email  string         `json:"email"`
	Phone  string         `json:"phone"`
	Create *bool          `json:"create_user"`
	Data   map[string]any `json:"data"`
	challenge
}

// ask takes up what a body asks for, and answers with nothing.
func (s *server) ask(c *call, purpose func(*asking) (account.Purpose, error)) error {
	var b asking
	if err := c.body(&b); err != nil {
		return err
	}
	what, err := purpose(&b)
	if err == nil {
		err = c.messaged(b.Email, b.Phone)
	}
	if err != nil {
		return err
	}
	err = s.Accounts.Ask(c.Context(), account.Ask{For: what, Email: b.Email, Phone: b.Phone, Create: b.Create == nil || *b.Create, Data: b.Data,
		Locale: language(c.Request), Challenge: b.of(), Redirect: c.redirectTo()}, c.from)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct{}{})
}

func (s *server) otp(c *call) error {
	return s.ask(c, func(*asking) (account.Purpose, error) { return account.ToSignIn, nil })
}

func (s *server) magicLink(c *call) error {
	return s.ask(c, func(b *asking) (account.Purpose, error) {
		b.Phone = ""
		return account.ToSignIn, nil
	})
}

func (s *server) recover(c *call) error {
	return s.ask(c, func(b *asking) (account.Purpose, error) {
		b.Phone = ""
		return account.ToRecover, nil
	})
}

func (s *server) resend(c *call) error {
	return s.ask(c, func(b *asking) (account.Purpose, error) {
		switch {
		case b.Type == account.TypeSignup && b.Email != "":
			return account.ResendSignUp, nil
		case b.Type == account.TypeEmailChange && b.Email != "":
			return account.ResendEmailChange, nil
		case b.Type == account.TypeSMS && b.Phone != "":
			return account.ResendSMS, nil
		case b.Type == account.TypePhoneChange && b.Phone != "":
			return account.ResendPhoneChange, nil
		}
		return "", account.Refuse(account.ValidationFailed, "Missing one of these types: signup and email_change with an email, sms and phone_change with a phone")
	})
}
