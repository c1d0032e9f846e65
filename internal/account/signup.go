package account

import (
	"context"
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// SignUp asks for an account.
type SignUp struct {
	Email, Phone, Password string
	Data                   map[string]any // user_metadata
	Locale                 string         // of the browser, where the data say none
	Challenge              Challenge
	Redirect               string
}

// handle is by what the account is addressed that is asked for.
func (r SignUp) handle() handle {
	if r.Email != "" {
		return handle{"email", r.Email}
	}
	return handle{"phone", r.Phone}
}

// SignUp makes an account. Where its address has to be confirmed first, the answer is the bare account, and the same for an
// address that is taken; otherwise it is a session.
func (s *Service) SignUp(ctx context.Context, r SignUp, from Caller) (*Signed, *User, error) {
	switch {
	case !s.Settings.SignUp:
		return nil, nil, Refuse(SignupDisabled, "Signups not allowed for this instance")
	case r.Email == "" && r.Phone == "" && r.Password == "":
		return s.signUpAnonymously(ctx, r, from)
	case r.Phone != "" && r.Email == "":
		u, err := s.signUpByPhone(ctx, r, from)
		return nil, u, err
	case r.Phone != "":
		return nil, nil, malformed("Only an email address or phone number should be provided on signup.")
	}
	email, err := Email(r.Email)
	if err == nil {
		err = r.Challenge.Check()
	}
	if err == nil && s.Settings.ConfirmEmail {
		err = s.mailable()
	}
	if err != nil {
		return nil, nil, err
	}
	r.Email = email
	p, err := s.choose(ctx, r.Password, r.handle())
	if err != nil {
		return nil, nil, err
	}
	return s.signUp(ctx, r, p, from)
}

// hash judges a new password and hashes it.
func (s *Service) hash(ctx context.Context, plain string) (string, error) {
	if err := s.judge(plain); err != nil {
		return "", err
	}
	hash, err := s.Hasher.Hash(ctx, plain)
	return hash, s.busy(err)
}

// judge is why a password is not good enough for a new one.
func (s *Service) judge(plain string) error {
	if plain == "" {
		return malformed("Signup requires a valid password")
	}
	var weak *password.Weak
	if err := s.Settings.Rules.Check(plain); errors.As(err, &weak) {
		return &Refusal{Code: WeakPassword, Message: weak.Message, Reasons: weak.Reasons}
	} else if err != nil {
		return err
	}
	return nil
}

// busy turns a full queue of hashes into an answer that says to try later.
func (s *Service) busy(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return Refuse(RequestLimit, "Too many sign-ins at this moment, try again shortly").Because(err)
	}
	return err
}

func (s *Service) signUp(ctx context.Context, r SignUp, p chosen, from Caller) (out *Signed, u *User, err error) {
	var x *Session
	err = s.settle(ctx, func(tx *records.Tx) error {
		x = nil
		row, there, err := records.Find(tx, "users", r.handle().is())
		switch {
		case err != nil:
			return err
		case there && s.Settings.ConfirmEmail:
			u, err = s.repeated(tx, row, r, p, from)
			return err
		case there && !(row.Time("email_confirmed_at").IsZero() && row.Time("phone_confirmed_at").IsZero()):
			return Refuse(UserExists, "User already registered")
		case there:
			if u, err = met(tx, row); err == nil && u.ConfirmedAt != nil {
				err = Refuse(UserExists, "User already registered")
			}
			if err == nil {
				err = s.again(tx, u, r, p)
			}
			if err == nil {
				u, err = userByID(tx, u.ID)
			}
		default:
			u, err = s.create(tx, r, p, from)
		}
		if err != nil {
			return err
		}
		if u.EmailConfirmedAt != nil {
			x, err = s.begin(tx, u, "password", from)
			return err
		}
		return s.confirm(tx, u, r)
	})
	if err != nil || x == nil {
		return nil, u, err
	}
	out, err = s.sign(u, x)
	return out, u, err
}

// confirm sends what proves the address.
func (s *Service) confirm(tx *records.Tx, u *User, r SignUp) error {
	flow, err := s.flow(tx, u.ID, confirmation, "otp", r.Challenge)
	if err != nil {
		return err
	}
	if err := s.send(tx, u, mail.Confirmation, confirmation, TypeSignup, u.Email, flow, r.Redirect, linkTTL); err != nil {
		return err
	}
	return s.stamp(tx, u, "confirmation_sent_at", &u.ConfirmationSentAt)
}

// stamp sets an instant of an account to now.
func (s *Service) stamp(tx *records.Tx, u *User, field string, at **time.Time) error {
	now := timeOf(tx)
	*at = &now
	_, err := tx.Change("users", records.Row{field: records.Time(now)}, records.Is("id", value.OfUUID(u.ID)))
	return err
}

// create makes the account of a sign-up by e-mail and password.
func (s *Service) create(tx *records.Tx, r SignUp, p chosen, from Caller) (*User, error) {
	_, data, err := merged(nil, r.Data, mostUserMetadata)
	if err != nil {
		return nil, err
	}
	row := records.Row{"email": value.OfText(r.Email), "user_metadata": data, "locale": records.Text(locale(r.Data, r.Locale))}
	if !s.Settings.ConfirmEmail {
		row["email_confirmed_at"] = records.Time(timeOf(tx))
	}
	row, err = tx.Add("users", row)
	if err != nil {
		return nil, err
	}
	id := row.Text("id")
	if err := s.setPassword(tx, id, p.hash); err != nil {
		return nil, err
	}
	if err := s.identify(tx, id, "email", id, r.Email, byEmail(id, r.Email, false)); err != nil {
		return nil, err
	}
	if err := s.audit(tx, from, "user_signedup", id, id, map[string]any{"provider": "email"}); err != nil {
		return nil, err
	}
	return userByID(tx, id)
}

// setPassword gives an account a password, or another one.
func (s *Service) setPassword(tx *records.Tx, uid, hash string) error {
	mine := records.Is("user_id", value.OfUUID(uid))
	rows, err := tx.Change("passwords", records.Row{"hash": value.OfText(hash)}, mine)
	if err == nil && len(rows) == 0 {
		_, err = tx.Add("passwords", records.Row{"user_id": value.OfUUID(uid), "hash": value.OfText(hash)})
	}
	return err
}

// identify gives an account an identity.
func (s *Service) identify(tx *records.Tx, uid, provider, subject, email string, data map[string]any) error {
	v, err := records.JSON(data)
	if err != nil {
		return err
	}
	_, err = tx.Add("identities", records.Row{"user_id": value.OfUUID(uid), "provider": value.OfText(provider), "subject": value.OfText(subject),
		"email": records.Text(email), "data": v})
	return err
}

// locale is the language of an account: what its data say, else its browser's.
func locale(data map[string]any, browser string) string {
	if text, ok := data["locale"].(string); ok && len(text) <= 35 {
		return text
	}
	return browser
}

func (s *Service) signUpAnonymously(ctx context.Context, r SignUp, from Caller) (out *Signed, u *User, err error) {
	if !s.Settings.Anonymous {
		return nil, nil, Refuse(AnonymousDisabled, "Anonymous sign-ins are disabled")
	}
	_, data, err := merged(nil, r.Data, mostUserMetadata)
	if err != nil {
		return nil, nil, err
	}
	var x *Session
	err = s.write(ctx, func(tx *records.Tx) error {
		row, err := tx.Add("users", records.Row{"is_anonymous": value.OfBool(true), "user_metadata": data, "locale": records.Text(locale(r.Data, r.Locale))})
		if err != nil {
			return err
		}
		if u, err = userByID(tx, row.Text("id")); err != nil {
			return err
		}
		if x, err = s.begin(tx, u, "anonymous", from); err != nil {
			return err
		}
		return s.audit(tx, from, "user_signedup", u.ID, u.ID, map[string]any{"provider": "anonymous"})
	})
	if err != nil {
		return nil, nil, err
	}
	out, err = s.sign(u, x)
	return out, u, err
}
