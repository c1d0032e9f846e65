package account

import (
	"context"
	"time"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Invite makes an account without a password and sends its owner a link in. Somebody who began to sign up with the address and never
// proved it is no longer known by what was set then.
func (s *Service) Invite(ctx context.Context, email string, data map[string]any, redirect string, from Caller) (u *User, err error) {
	if email, err = Email(email); err == nil {
		err = s.mailable()
	}
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(tx *records.Tx) error {
		if u, err = s.invited(tx, email, data, from); err != nil {
			return err
		}
		return s.send(tx, u, mail.Invite, invitation, TypeInvite, u.Email, "", redirect, inviteTTL)
	})
	return u, taken(err)
}

// invited is the account of an invitation, made where there is none.
func (s *Service) invited(tx *records.Tx, email string, data map[string]any, from Caller) (*User, error) {
	u, err := s.unproved(tx, email, data, from)
	if err != nil {
		return nil, err
	}
	if err := s.stamp(tx, u, "invited_at", &u.InvitedAt); err != nil {
		return nil, err
	}
	if err := s.stamp(tx, u, "confirmation_sent_at", &u.ConfirmationSentAt); err != nil {
		return nil, err
	}
	return u, s.audit(tx, from, "user_invited", "", u.ID, map[string]any{"by": "admin"})
}

// unproved is the account of an address that is proved later. Where there is one already, nobody knows who made it: whatever somebody
// could sign in with goes, and with data it gets these.
func (s *Service) unproved(tx *records.Tx, email string, data map[string]any, from Caller) (*User, error) {
	u, err := heldUser(tx, records.Is("email", value.OfText(email)))
	switch {
	case err != nil:
		return nil, err
	case u == nil:
		return s.make(tx, attributes{Attributes: Attributes{Email: email, UserMetadata: data}}, from)
	case u.EmailConfirmedAt != nil:
		return nil, Refuse(EmailExists, "A user with this email address has already been registered")
	}
	if err := s.wipe(tx, u, "", from); err != nil {
		return nil, err
	}
	if err := s.known(tx, u.ID, u.Email, "", false, false); err != nil {
		return nil, err
	}
	if data != nil {
		_, v, err := merged(nil, data, mostUserMetadata)
		if err == nil {
			_, err = tx.Change("users", records.Row{"user_metadata": v}, records.Is("id", value.OfUUID(u.ID)))
		}
		if err != nil {
			return nil, err
		}
	}
	return userByID(tx, u.ID)
}

// LinkRequest asks for a link that somebody else will send; the JSON form is GoTrue's.
type LinkRequest struct {
	Type     string         `json:"type"`
	Email    string         `json:"email"`
	NewEmail string         `json:"new_email,omitempty"`
	Password string         `json:"password,omitempty"` // of a sign-up
	Data     map[string]any `json:"data,omitempty"`
	Redirect string         `json:"redirect_to,omitempty"`
}

// Generated is a link and the account it is of; the JSON form is GoTrue's.
type Generated struct {
	*User
	ActionLink       string `json:"action_link"`
	Code             string `json:"email_otp"`
	Token            string `json:"hashed_token"`
	VerificationType string `json:"verification_type"`
	Redirect         string `json:"redirect_to"`
}

// Types of links beside those of verify.
const (
	typeChangeCurrent = "email_change_current"
	typeChangeNew     = "email_change_new"
)

// linkKind is what a link of a type is made of.
type linkKind struct {
	secret, verify string
	ttl            time.Duration
}

var linkKinds = map[string]linkKind{
	TypeSignup: {confirmation, TypeSignup, linkTTL}, TypeInvite: {invitation, TypeInvite, inviteTTL},
	TypeMagicLink: {magicLink, TypeMagicLink, linkTTL}, TypeRecovery: {recovery, TypeRecovery, linkTTL},
	typeChangeCurrent: {emailChangeOld, TypeEmailChange, linkTTL}, typeChangeNew: {emailChangeNew, TypeEmailChange, linkTTL},
}

// GenerateLink makes a link and sends it to nobody.
func (s *Service) GenerateLink(ctx context.Context, r LinkRequest, from Caller) (out *Generated, err error) {
	if _, ok := linkKinds[r.Type]; !ok {
		return nil, malformed("Invalid email action link type requested: %s", cutText(r.Type, 40))
	}
	if s.Settings.PublicURL == "" {
		return nil, malformed("A link needs the project's address: set public_url in socle.yaml")
	}
	if r.Email, err = Email(r.Email); err != nil {
		return nil, err
	}
	change := r.Type == typeChangeCurrent || r.Type == typeChangeNew
	if change {
		if r.NewEmail, err = Email(r.NewEmail); err != nil {
			return nil, err
		}
	}
	hash := ""
	if r.Type == TypeSignup && r.Password != "" {
		if hash, err = s.hash(ctx, r.Password); err != nil {
			return nil, err
		}
	}
	err = s.write(ctx, func(tx *records.Tx) error {
		out, err = s.generate(tx, r, hash, from)
		return err
	})
	return out, taken(err)
}

func (s *Service) generate(tx *records.Tx, r LinkRequest, hash string, from Caller) (*Generated, error) {
	u, err := s.linked(tx, &r, hash, from)
	if err != nil {
		return nil, err
	}
	k, address := linkKinds[r.Type], u.Email
	if r.Type == typeChangeNew {
		address = r.NewEmail
	}
	x, err := s.issue(tx, u.ID, k.secret, address, "", k.ttl)
	if err != nil {
		return nil, err
	}
	if err := s.audit(tx, from, "link_generated", "", u.ID, map[string]any{"by": "admin", "type": r.Type}); err != nil {
		return nil, err
	}
	return &Generated{u, s.Link(x.token, k.verify, r.Redirect), x.code, x.token, r.Type, s.Settings.Redirect(r.Redirect)}, nil
}

// linked is the account a link is of, ready for it. A magic link for an address that has no account is a sign-up.
func (s *Service) linked(tx *records.Tx, r *LinkRequest, hash string, from Caller) (*User, error) {
	u, err := heldUser(tx, records.Is("email", value.OfText(r.Email)))
	if err != nil {
		return nil, err
	}
	if u == nil && r.Type == TypeMagicLink {
		r.Type = TypeSignup
	}
	switch r.Type {
	case TypeInvite:
		return s.invited(tx, r.Email, r.Data, from)
	case TypeSignup:
		return s.signingUp(tx, *r, hash, from)
	}
	if u == nil {
		return nil, Refuse(UserNotFound, "User with this email not found")
	}
	if r.Type == TypeMagicLink || r.Type == TypeRecovery {
		return u, s.stamp(tx, u, "recovery_sent_at", &u.RecoverySentAt)
	}
	return u, s.changing(tx, u, r.NewEmail)
}

func (s *Service) signingUp(tx *records.Tx, r LinkRequest, hash string, from Caller) (*User, error) {
	u, err := s.unproved(tx, r.Email, r.Data, from)
	if err == nil && hash != "" {
		err = s.setPassword(tx, u.ID, hash)
	}
	if err != nil {
		return nil, err
	}
	return u, s.stamp(tx, u, "confirmation_sent_at", &u.ConfirmationSentAt)
}

// changing notes the address an account is to have. Links for another one are void.
func (s *Service) changing(tx *records.Tx, u *User, to string) error {
	if err := free(tx, u.ID, to, ""); err != nil {
		return err
	}
	if u.NewEmail != to {
		for _, kind := range []string{emailChangeOld, emailChangeNew} {
			if _, err := tx.Remove("secrets", records.Is("user_id", value.OfUUID(u.ID)), records.Is("kind", value.OfText(kind))); err != nil {
				return err
			}
		}
	}
	u.NewEmail = to
	if _, err := tx.Change("users", records.Row{"new_email": value.OfText(to)}, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	return s.stamp(tx, u, "email_change_sent_at", &u.EmailChangeSentAt)
}

// cutText is the first bytes of a text that a message repeats.
func cutText(text string, n int) string {
	if len(text) > n {
		return text[:n] + "…"
	}
	return text
}
