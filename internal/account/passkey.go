package account

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

const mostPasskeys = 10

// Kinds of challenges that passkeys answer.
const (
	registration   = "passkey_registration"
	authentication = "passkey_authentication"
)

// Offer is what a browser is asked; the JSON form is GoTrue's.
type Offer struct {
	ChallengeID string          `json:"challenge_id"`
	Options     json.RawMessage `json:"options"`
	ExpiresAt   int64           `json:"expires_at"`
}

// Passkey is a passkey as its owner sees it.
type Passkey struct {
	ID           string     `json:"id"`
	FriendlyName string     `json:"friendly_name,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty"`
}

func passkeyOf(r records.Row) Passkey {
	return Passkey{ID: r.Text("id"), FriendlyName: r.Text("name"), CreatedAt: r.Time("created_at"), LastUsedAt: instant(r, "last_used_at")}
}

// party refuses where there are no passkeys.
func (s *Service) party() error {
	if s.Party == nil {
		return Refuse(PasskeyDisabled, "Passkeys are disabled")
	}
	return nil
}

// offer keeps the server's half of a ceremony and gives the browser's.
func (s *Service) offer(tx *records.Tx, of target, options, state []byte) (*Offer, error) {
	id, err := s.challenge(tx, of, state)
	return &Offer{ChallengeID: id, Options: options, ExpiresAt: timeOf(tx).Add(challengeTTL).Unix()}, err
}

// registering is the owner of a passkey that is being made, if there may be one more.
func (s *Service) registering(tx *records.Tx, h auth.Holder) (*User, passkey.User, error) {
	x, u, err := s.acting(tx, h)
	if err != nil {
		return nil, passkey.User{}, err
	}
	if err := strong(x, u, "manage passkeys"); err != nil {
		return nil, passkey.User{}, err
	}
	all, err := keys(tx, u.ID)
	if err == nil && len(keysOf(all, "")) >= mostPasskeys {
		err = Refuse(TooManyPasskeys, "Maximum number of passkeys reached, delete one to continue")
	}
	if err != nil {
		return nil, passkey.User{}, err
	}
	owner, err := u.owner(all...)
	return u, owner, err
}

// BeginPasskey begins the registration of a passkey.
func (s *Service) BeginPasskey(ctx context.Context, h auth.Holder) (out *Offer, err error) {
	if err := s.party(); err != nil {
		return nil, err
	}
	err = s.write(ctx, func(tx *records.Tx) error {
		u, owner, err := s.registering(tx, h)
		if err != nil {
			return err
		}
		options, state, err := s.Party.BeginRegistration(owner)
		if err != nil {
			return err
		}
		out, err = s.offer(tx, ceremonyOf(registration, u.ID), options, state)
		return err
	})
	return out, err
}

// FinishPasskey keeps the passkey that a browser has made. Its challenge is spent whatever comes of it.
func (s *Service) FinishPasskey(ctx context.Context, h auth.Holder, challenge string, answer json.RawMessage, from Caller) (out *Passkey, err error) {
	if err := s.party(); err != nil {
		return nil, err
	}
	err = s.kept(ctx, func(tx *records.Tx) error {
		u, owner, err := s.registering(tx, h)
		if err != nil {
			return err
		}
		state, err := s.spend(tx, ceremonyOf(registration, u.ID), challenge)
		if err != nil {
			return err
		}
		made, err := s.Party.FinishRegistration(owner, state, answer)
		if err != nil {
			return unfit(err)
		}
		row, err := addKey(tx, u.ID, "", made)
		if err != nil {
			return unfit(err)
		}
		p := passkeyOf(row)
		out = &p
		if err := s.notify(tx, u, mail.PasskeyAdded, mail.Data{}); err != nil {
			return err
		}
		return s.audit(tx, from, "passkey_created", u.ID, u.ID, map[string]any{"passkey_id": p.ID})
	})
	if f := (*fault.Fault)(nil); errors.As(err, &f) && f.Code == fault.UniqueViolation {
		err = unfit(passkey.ErrExists) // two accounts at once
	}
	return out, err
}

// unfit is the refusal of what a browser gave.
func unfit(err error) error {
	var r *passkey.Refused
	switch {
	case !errors.As(err, &r):
		return err
	case errors.Is(err, passkey.ErrExpired):
		return Refuse(KeyChallengeExpired, "Challenge has expired")
	case errors.Is(err, passkey.ErrExists):
		return Refuse(KeyExists, "This passkey is already registered")
	case errors.Is(err, passkey.ErrUnknown):
		return Refuse(KeyNotFound, "This passkey is not known here")
	}
	return Refuse(KeyRefused, "%s", r.Reason).Because(err)
}

// BeginPasskeySignIn begins a sign-in with whatever passkey a browser finds. It tells nothing of any account.
func (s *Service) BeginPasskeySignIn(ctx context.Context) (out *Offer, err error) {
	if err := s.party(); err != nil {
		return nil, err
	}
	options, state, err := s.Party.BeginAuthentication(nil)
	if err != nil {
		return nil, err
	}
	err = s.Book.Write(ctx, func(tx *records.Tx) (err error) {
		out, err = s.offer(tx, ceremonyOf(authentication, ""), options, state)
		return err
	})
	return out, err
}

// FinishPasskeySignIn begins a session. Its challenge is spent whatever comes of it.
func (s *Service) FinishPasskeySignIn(ctx context.Context, challenge string, answer json.RawMessage, from Caller) (*Signed, error) {
	if err := s.party(); err != nil {
		return nil, err
	}
	var x *Session
	var u *User
	err := s.kept(ctx, func(tx *records.Tx) error {
		x, u = nil, nil
		state, err := s.spend(tx, ceremonyOf(authentication, ""), challenge)
		if err != nil {
			return err
		}
		var row records.Row
		_, used, err := s.Party.FinishAuthentication(func(id, _ []byte) (_ *passkey.User, err error) {
			u, row, err = s.keyholder(tx, id)
			if err != nil || u == nil {
				return nil, err
			}
			owner, err := u.owner(row)
			return &owner, err
		}, state, answer)
		if err != nil {
			return firstError(s.failedKey(tx, u, row, err, from), unfit(err))
		}
		if err := usedKey(tx, row, used); err != nil {
			return err
		}
		x, err = s.beginByKey(tx, u, row, used, from)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.sign(u, x)
}

// keyholder is whose a passkey is, nil where it is nobody's. The passkey is held until the transaction ends, so that its counter is
// the last one.
func (s *Service) keyholder(tx *records.Tx, id []byte) (*User, records.Row, error) {
	rows, err := tx.Change("passkeys", records.Row{"updated_at": records.Time(timeOf(tx))}, records.Is("credential_id", value.OfBytes(string(id))),
		records.Null("factor_id"))
	if err != nil || len(rows) != 1 {
		return nil, nil, err
	}
	u, err := userByID(tx, rows[0].Text("user_id"))
	return u, rows[0], err
}

// failedKey notes a passkey that was refused.
func (s *Service) failedKey(tx *records.Tx, u *User, row records.Row, cause error, from Caller) error {
	if r := (*passkey.Refused)(nil); !errors.As(cause, &r) {
		return cause
	}
	action, uid, traits := "login_failed", "", map[string]any{"method": byPasskey}
	if errors.Is(cause, passkey.ErrCloned) {
		action = "passkey_cloned"
	}
	if u != nil {
		uid, traits["passkey_id"] = u.ID, row.Text("id")
	}
	return s.audit(tx, from, action, "", uid, traits)
}

// beginByKey starts the session of a passkey that was used. It is at aal2 where the authenticator has verified its user.
func (s *Service) beginByKey(tx *records.Tx, u *User, row records.Row, used *passkey.Credential, from Caller) (*Session, error) {
	switch {
	case u.Email != "" && u.EmailConfirmedAt == nil:
		return nil, Refuse(EmailNotConfirmed, "Email not confirmed")
	case u.Email == "" && u.Phone != "" && u.PhoneConfirmedAt == nil:
		return nil, Refuse(PhoneNotConfirmed, "Phone not confirmed")
	}
	x, err := s.begin(tx, u, byPasskey, from)
	if err == nil && used.UserVerified {
		err = s.level(tx, x, aal2, x.AMR, "")
	}
	if err != nil {
		return nil, err
	}
	return x, s.audit(tx, from, "login", u.ID, u.ID, map[string]any{"method": byPasskey, "passkey_id": row.Text("id")})
}
