package account

import (
	"context"
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/value"
)

// visit is how somebody came back from a provider.
type visit struct {
	Redirect, Locale string
	Challenge        Challenge
}

// ProviderEmailUnverified refuses a sign-in until the address that came with it is confirmed.
const ProviderEmailUnverified Code = "provider_email_needs_verification"

// attempts is how often a write begins anew: an identity may be of two providers and an address at the same instant.
const attempts = 3

// errLost is that of an identity which its account lost at this moment.
var errLost = errors.New("account: an identity is not its account's any more")

// settle writes, and again where somebody else came first with the same identity or address: it is found then; or took an identity
// from its account.
func (s *Service) settle(ctx context.Context, f func(*records.Tx) error) (err error) {
	for range attempts {
		err = s.write(ctx, f)
		var refused *fault.Fault
		if !errors.Is(err, errLost) && (!errors.As(err, &refused) || refused.Code != fault.UniqueViolation) {
			return err
		}
	}
	return err
}

// landSignIn signs an identity in: a session at once, or with PKCE the code for one.
func (s *Service) landSignIn(ctx context.Context, id *social.Identity, v visit, from Caller) (code string, out *Signed, err error) {
	var x *Session
	var u *User
	var refused error
	err = s.settle(ctx, func(tx *records.Tx) error {
		x, code = nil, ""
		if u, refused, err = s.admit(tx, id, v, from); err != nil || refused != nil {
			return err
		}
		if v.Challenge.Code != "" {
			code, err = s.deposit(tx, u.ID, bySocial, v.Challenge, &social.Identity{AccessToken: id.AccessToken, RefreshToken: id.RefreshToken})
			return err
		}
		if x, err = s.begin(tx, u, oauth, from); err != nil {
			return err
		}
		return s.audit(tx, from, "login", u.ID, u.ID, map[string]any{"method": oauth, "provider": id.Provider})
	})
	if err != nil || refused != nil || x == nil {
		return code, nil, firstError(err, refused)
	}
	if out, err = s.sign(u, x); err == nil {
		out.ProviderToken, out.ProviderRefreshToken = id.AccessToken, id.RefreshToken
	}
	return "", out, err
}

// deposit leaves something for the client that proves to have begun; it gets it for the code.
func (s *Service) deposit(tx *records.Tx, uid, kind string, c Challenge, cargo *social.Identity) (string, error) {
	flow, err := s.laden(tx, uid, kind, c, cargo)
	if err != nil {
		return "", err
	}
	return s.code(tx, flow, uid)
}

// laden is a flow that keeps something for its client; there is none without PKCE.
func (s *Service) laden(tx *records.Tx, uid, kind string, c Challenge, cargo *social.Identity) (flow string, err error) {
	if flow, err = s.flow(tx, uid, kind, oauth, c); err != nil || flow == "" {
		return "", err
	}
	sealed, err := s.seal(cargoFor, cargo)
	if err != nil {
		return "", err
	}
	_, err = tx.Change("flows", records.Row{"sealed": value.OfText(sealed), "provider": records.Text(cargo.Provider)},
		records.Is("id", value.OfUUID(flow)))
	return flow, err
}

// admit finds the account of an identity, or makes it. refused is a refusal whose changes are to be kept. An address that the provider
// does not vouch for finds no account: its owner is asked by mail, or where the project asks nobody, it is left out.
func (s *Service) admit(tx *records.Tx, id *social.Identity, v visit, from Caller) (u *User, refused, err error) {
	email := addressOf(id)
	row, known, err := identityRow(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if known {
		return s.welcome(tx, row, id, email, v, from)
	}
	var owner *User
	if email != "" && (id.EmailVerified || s.Settings.ConfirmEmail) {
		if owner, err = heldUser(tx, records.Is("email", value.OfText(email))); err != nil {
			return nil, nil, err
		}
	}
	unvouched := email != "" && !id.EmailVerified
	switch {
	case (owner == nil || unvouched) && !s.Settings.SignUp:
		return nil, nil, Refuse(SignupDisabled, "Signups not allowed for this instance")
	case unvouched && s.Settings.ConfirmEmail:
		refused, err = s.introduce(tx, owner, id, email, v, from)
		return nil, refused, err
	case owner == nil:
		u, err = s.newcomer(tx, id, email, v, from)
		return u, nil, err
	case owner.Banned(timeOf(tx)):
		return nil, nil, Refuse(UserBanned, "User is banned")
	case proved(owner):
		u, err = s.attach(tx, owner, id, email, from)
		return u, nil, err
	}
	u, err = s.takeOver(tx, owner, id, email, from)
	return u, nil, err
}

// addressOf is an identity's address in the form of accounts, "" where it has none.
func addressOf(id *social.Identity) string {
	email, err := Email(id.Email)
	if err != nil {
		return ""
	}
	return email
}

func identityRow(r records.Reader, id *social.Identity) (records.Row, bool, error) {
	return records.Find(r, "identities", records.Is("provider", value.OfText(id.Provider)), records.Is("subject", value.OfText(id.Subject)))
}

// welcome is the sign-in of an identity that has an account, unless the account has lost it before the account was held.
func (s *Service) welcome(tx *records.Tx, row records.Row, id *social.Identity, email string, v visit, from Caller) (u *User, refused, err error) {
	if err := hold(tx, row.Text("user_id")); err != nil {
		return nil, nil, err
	}
	if u, err = s.User(tx, row.Text("user_id")); err != nil {
		return nil, nil, err
	}
	if u.Banned(timeOf(tx)) {
		return nil, nil, Refuse(UserBanned, "User is banned")
	}
	if id.EmailVerified && email != "" && email == u.Email && u.EmailConfirmedAt == nil {
		u, err = s.takeOver(tx, u, id, email, from)
		return u, nil, err
	}
	if u.Email != "" && u.ConfirmedAt == nil && s.Settings.ConfirmEmail {
		refused, err = s.introduce(tx, u, id, u.Email, v, from)
		return u, refused, err
	}
	changes, err := s.described(id, email, timeOf(tx))
	if err != nil {
		return nil, nil, err
	}
	if rows, err := tx.Change("identities", changes, records.Is("id", row["id"])); err != nil || len(rows) != 1 {
		return nil, nil, firstError(err, errLost)
	}
	if err := s.furnish(tx, u, id, email); err != nil {
		return nil, nil, err
	}
	u, err = userByID(tx, u.ID)
	return u, nil, err
}

// newcomer makes the account of an identity. It has the address that the provider vouches for, or none.
func (s *Service) newcomer(tx *records.Tx, id *social.Identity, email string, v visit, from Caller) (*User, error) {
	_, data, err := furnished(nil, id.Data)
	if err != nil {
		return nil, err
	}
	row := records.Row{"locale": records.Text(locale(id.Data, v.Locale)), "user_metadata": data}
	if email != "" && id.EmailVerified {
		row["email"], row["email_confirmed_at"] = value.OfText(email), records.Time(timeOf(tx))
	}
	if row, err = tx.Add("users", row); err != nil {
		return nil, err
	}
	if err := s.join(tx, row.Text("id"), id, email); err != nil {
		return nil, err
	}
	u, err := userByID(tx, row.Text("id"))
	if err != nil {
		return nil, err
	}
	return u, s.audit(tx, from, "user_signedup", u.ID, u.ID, map[string]any{"provider": id.Provider})
}

// attach links an identity to an account, and tells its owner.
func (s *Service) attach(tx *records.Tx, u *User, id *social.Identity, email string, from Caller) (*User, error) {
	if err := s.join(tx, u.ID, id, email); err != nil {
		return nil, err
	}
	if err := s.furnish(tx, u, id, email); err != nil {
		return nil, err
	}
	u, err := userByID(tx, u.ID)
	if err != nil {
		return nil, err
	}
	if err := s.notify(tx, u, mail.IdentityLinked, mail.Data{Name: name(u), Extra: map[string]string{"provider": id.Provider}}); err != nil {
		return nil, err
	}
	return u, s.audit(tx, from, "identity_linked", u.ID, u.ID, map[string]any{"provider": id.Provider})
}

// join stores an identity of an account.
func (s *Service) join(tx *records.Tx, uid string, id *social.Identity, email string) error {
	row, err := s.described(id, email, timeOf(tx))
	if err != nil {
		return err
	}
	row["user_id"], row["provider"], row["subject"] = value.OfUUID(uid), value.OfText(id.Provider), value.OfText(id.Subject)
	_, err = tx.Add("identities", row)
	return err
}

// described is what a provider says of an identity now.
func (s *Service) described(id *social.Identity, email string, now time.Time) (records.Row, error) {
	data, err := records.JSON(id.Data)
	if err != nil {
		if data, err = records.JSON(without(id.Data, "custom_claims")); err != nil {
			return nil, err
		}
	}
	return records.Row{"email": records.Text(email), "data": data, "last_sign_in_at": records.Time(now)}, nil
}
