package account

import (
	"context"
	"encoding/json"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Purpose is what a message is asked for.
type Purpose string

// The purposes. The resent ones repeat what an earlier act has sent.
const (
	ToSignIn          Purpose = "sign_in"
	ToRecover         Purpose = "recover"
	ResendSignUp      Purpose = "resend_signup"
	ResendEmailChange Purpose = "resend_email_change"
	ResendSMS         Purpose = "resend_sms"
	ResendPhoneChange Purpose = "resend_phone_change"
)

// Ask asks for a message with a link or a code, by an address that anybody may have typed.
type Ask struct {
	For          Purpose
	Email, Phone string
	Create       bool           // ToSignIn: make an account where there is none
	Data         map[string]any // … with these user_metadata
	Locale       string
	Challenge    Challenge
	Redirect     string
}

// asking is the kind of a row of the outbox that is an Ask yet to be looked at.
const asking = "ask"

// asked is an Ask as it waits in the outbox.
type asked struct {
	Ask
	From Caller
}

// Ask takes up what was asked. Whether there is such an account is looked up later, by who delivers: until the answer, addresses that
// are known and those that are not are the same work and the same time.
func (s *Service) Ask(ctx context.Context, a Ask, from Caller) error {
	address, err := s.askable(&a)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(asked{a, from})
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *records.Tx) error { return s.enqueue(tx, asking, address, a.Locale, raw, linkTTL) })
}

// askable checks all that can be checked without the account, and writes the address in its one form.
func (s *Service) askable(a *Ask) (address string, err error) {
	if _, _, err := merged(nil, a.Data, mostUserMetadata); err != nil {
		return "", err
	}
	if err := a.Challenge.Check(); err != nil {
		return "", err
	}
	switch {
	case a.Email != "" && a.Phone != "":
		return "", malformed("Only an email address or phone number should be provided")
	case a.Email != "":
		if a.Email, err = Email(a.Email); err == nil {
			err = s.mailable()
		}
		return a.Email, err
	case a.Phone != "":
		if err := s.textable(); err != nil {
			return "", err
		}
		a.Phone, err = Phone(a.Phone)
		return a.Phone, err
	}
	return "", malformed("One of email or phone must be set")
}

// attend does what was asked, once. An account that is not there, or may not sign in, gets nothing.
func (s *Service) attend(ctx context.Context, r records.Row) error {
	raw, err := s.sealer.Open(r.Text("sealed"))
	if err != nil {
		return err
	}
	var a asked
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	return s.write(ctx, func(tx *records.Tx) error {
		gone, err := tx.Remove("outbox", records.Is("id", r["id"]))
		if err != nil || len(gone) == 0 {
			return err
		}
		who := records.Is("email", value.OfText(a.Email))
		if a.Email == "" {
			who = records.Is("phone", value.OfText(a.Phone))
		}
		u, err := user(tx, who)
		if err == nil && u == nil && a.Create && a.For == ToSignIn && s.Settings.SignUp {
			u, err = s.register(tx, a)
		}
		if err != nil || u == nil || u.Banned(timeOf(tx)) {
			return err
		}
		return s.respond(tx, u, a)
	})
}

// register makes an account that has no password.
func (s *Service) register(tx *records.Tx, a asked) (*User, error) {
	_, data, err := merged(nil, a.Data, mostUserMetadata)
	if err != nil {
		return nil, err
	}
	row, err := tx.Add("users", records.Row{"email": records.Text(a.Email), "phone": records.Text(a.Phone), "user_metadata": data,
		"locale": records.Text(locale(a.Data, a.Locale))})
	if err != nil {
		return nil, err
	}
	id := row.Text("id")
	if err := s.known(tx, id, a.Email, a.Phone, false, false); err != nil {
		return nil, err
	}
	provider := "email"
	if a.Email == "" {
		provider = "phone"
	}
	if err := s.audit(tx, a.From, "user_signedup", id, id, map[string]any{"provider": provider}); err != nil {
		return nil, err
	}
	return userByID(tx, id)
}

// respond sends an account what was asked for, where that fits its state.
func (s *Service) respond(tx *records.Tx, u *User, a asked) error {
	switch a.For {
	case ToSignIn:
		if a.Email == "" {
			return s.textSignIn(tx, u, a.From)
		}
		return s.mailLink(tx, u, a, mail.MagicLink, magicLink, TypeMagicLink)
	case ToRecover:
		return s.mailLink(tx, u, a, mail.Recovery, recovery, TypeRecovery)
	case ResendSignUp:
		if u.EmailConfirmedAt == nil {
			return s.confirm(tx, u, SignUp{Challenge: a.Challenge, Redirect: a.Redirect})
		}
		bait, err := lured(tx, u.ID, handle{"email", u.Email}, *u.EmailConfirmedAt)
		if err == nil && bait != "" {
			err = s.tell(tx, u) // that is what the sign-up has sent
		}
		return err
	case ResendEmailChange:
		if u.NewEmail != "" {
			return s.sendEmailChange(tx, u, a.Challenge, a.Redirect)
		}
	case ResendSMS:
		if u.PhoneConfirmedAt == nil {
			return s.textConfirmation(tx, u)
		}
	case ResendPhoneChange:
		if u.NewPhone != "" {
			return s.textPhoneChange(tx, u)
		}
	}
	return nil
}

// mailLink sends a link and a code that sign the account's owner in.
func (s *Service) mailLink(tx *records.Tx, u *User, a asked, kind mail.Kind, secretKind, linkType string) error {
	flow, err := s.flow(tx, u.ID, secretKind, "otp", a.Challenge)
	if err != nil {
		return err
	}
	if err := s.send(tx, u, kind, secretKind, linkType, u.Email, flow, a.Redirect, linkTTL); err != nil {
		return err
	}
	if err := s.stamp(tx, u, "recovery_sent_at", &u.RecoverySentAt); err != nil {
		return err
	}
	return s.audit(tx, a.From, "user_recovery_requested", "", u.ID, map[string]any{"kind": secretKind})
}
