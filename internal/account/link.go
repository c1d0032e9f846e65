package account

import (
	"net/url"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"time"
)

// What the type of a link says; the names are GoTrue's.
const (
	TypeSignup      = "signup"
	TypeInvite      = "invite"
	TypeMagicLink   = "magiclink"
	TypeRecovery    = "recovery"
	TypeEmailChange = "email_change"
	TypeEmail       = "email" // sign-up or magic link, whichever is there
	TypeSMS         = "sms"
	TypePhoneChange = "phone_change"
)

// Link is the address that spends a secret and ends at a place the project allows. It is under the project's own URL, never
// under one of a request.
func (s *Service) Link(token, kind, redirect string) string {
	return s.Settings.PublicURL + "/auth/v1/verify?" + url.Values{"token": {token}, "type": {kind}, "redirect_to": {s.Settings.Redirect(redirect)}}.Encode()
}

// mailable refuses what needs mail where none can be sent.
func (s *Service) mailable() error {
	switch {
	case s.Sender == nil:
		return Refuse(EmailDisabled, "This needs mail, and the project has no mail server: set mail.smtp and mail.from in socle.yaml")
	case s.Settings.PublicURL == "":
		return Refuse(EmailDisabled, "This needs links by mail, and the project has no address: set public_url in socle.yaml")
	}
	return nil
}

// send issues a secret and queues the message that brings it.
func (s *Service) send(tx *records.Tx, u *User, kind mail.Kind, secretKind, linkType, to, flow, redirect string, ttl time.Duration) error {
	x, err := s.issue(tx, u.ID, secretKind, to, flow, ttl)
	if err != nil {
		return err
	}
	d := mail.Data{Code: x.code, Email: u.Email, NewEmail: u.NewEmail, Name: name(u), Minutes: minutes(ttl)}
	if linkType != "" {
		d.Link = s.Link(x.token, linkType, redirect)
	}
	return s.queue(tx, kind, to, u.Locale, d, ttl)
}

// name is what an account's owner is called, "" where nobody said.
func name(u *User) string {
	for _, key := range []string{"full_name", "name"} {
		if text, ok := u.UserMetadata[key].(string); ok {
			return text
		}
	}
	return ""
}
