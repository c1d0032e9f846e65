package account

import (
	"context"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Change is what an account's owner changes of it. What is empty stays.
type Change struct {
	Email, Phone string
	Password     string
	Current      string // the password so far; with it, no nonce is needed
	Nonce        string // the code that Reauthenticate has sent
	Data         map[string]any
	Challenge    Challenge
	Redirect     string
}

// recent is how long after its sign-in a session may change the password without further proof.
const recent = 24 * time.Hour

// Modify changes the holder's account. New addresses are asked for proof first; a new password ends all other sessions.
func (s *Service) Modify(ctx context.Context, h auth.Holder, c Change, from Caller) (*User, error) {
	m := modification{Service: s, holder: h, Change: c, from: from}
	if err := m.check(ctx); err != nil {
		return nil, err
	}
	err := s.write(ctx, m.carryOut)
	if err = firstError(taken(err), m.refused); err != nil {
		return nil, err
	}
	return m.user, nil
}

// modification is a Change on its way.
type modification struct {
	*Service
	Change
	holder auth.Holder
	from   Caller

	hash   string // of the new password
	before string // the hash that was looked at
	nonce  bool   // the nonce is needed

	user    *User
	refused error
}

// check checks all that needs no transaction; passwords are hashed here.
func (m *modification) check(ctx context.Context) (err error) {
	r := m.Book.At(ctx)
	u, err := m.Me(ctx, m.holder)
	if err == nil {
		err = m.addresses(u)
	}
	if err == nil {
		err = m.Challenge.Check()
	}
	if err != nil {
		return err
	}
	if m.Email == "" && m.Phone == "" && m.Password == "" {
		return nil
	}
	aal, began, err := m.strength(r)
	switch {
	case err != nil:
		return err
	case aal != "aal2" && u.guarded():
		return Refuse(InsufficientAAL, "AAL2 session is required to update email or password when MFA is enabled.")
	case m.Password == "":
		return nil
	case u.IsAnonymous && m.Email == "" && m.Phone == "":
		return malformed("Updating password of an anonymous user without an email or phone is not allowed")
	}
	m.nonce = m.Settings.Reproof && m.Current == "" && m.now().After(began.Add(recent))
	if m.nonce && m.Nonce == "" {
		return Refuse(ReauthenticationNeed, "Password update requires reauthentication")
	}
	return m.password(ctx, r, u)
}

// addresses writes the addresses in their one form; those that the account has already are no change.
func (m *modification) addresses(u *User) (err error) {
	if m.Email != "" {
		if m.Email, err = Email(m.Email); err != nil {
			return err
		}
		if m.Email == u.Email {
			m.Email = ""
		} else if err := m.mailable(); err != nil && !m.atOnce(u) {
			return err
		}
	}
	if m.Phone != "" {
		if m.Phone, err = Phone(m.Phone); err != nil {
			return err
		}
		if m.Phone == u.Phone {
			m.Phone = ""
		} else if err := m.textable(); err != nil {
			return err
		}
	}
	return nil
}

// atOnce reports whether an address needs no proof: the first one of a project that asks for none.
func (m *modification) atOnce(u *User) bool { return u.IsAnonymous && !m.Settings.ConfirmEmail }

// strength is the assurance of the holder's session, and when it began; a token without one is as old as can be.
func (m *modification) strength(r records.Reader) (aal string, began time.Time, err error) {
	if m.holder.Session == "" {
		return m.holder.Actor.AAL, time.Time{}, nil
	}
	row, ok, err := records.Find(r, "sessions", records.Is("id", value.OfUUID(m.holder.Session)))
	if err != nil || !ok {
		return "", time.Time{}, firstError(err, Refuse(SessionNotFound, "Session from session_id claim in JWT does not exist"))
	}
	return row.Text("aal"), row.Time("created_at"), nil
}

// guarded reports whether the account has a second factor.
func (u *User) guarded() bool {
	for _, f := range u.Factors {
		if f.Status == Verified {
			return true
		}
	}
	return false
}

// password judges and hashes the new password, and compares it with the one so far.
func (m *modification) password(ctx context.Context, r records.Reader, u *User) (err error) {
	if err := m.judge(m.Password); err != nil {
		return err
	}
	if m.before, err = m.passwordOf(r, u.ID); err != nil {
		return err
	}
	if m.Current != "" {
		if v, err := m.Service.check(ctx, m.before, m.Current); err != nil || !v.OK {
			return firstError(err, invalidCredentials())
		}
	}
	if m.before != "" {
		if v, err := m.Service.check(ctx, m.before, m.Password); err != nil || v.OK {
			return firstError(err, Refuse(SamePassword, "New password should be different from the old password."))
		}
	}
	m.hash, err = m.Service.hash(ctx, m.Password)
	return err
}

// carryOut is the transaction.
func (m *modification) carryOut(tx *records.Tx) (err error) {
	m.refused = nil
	if err := hold(tx, m.holder.Actor.UID); err != nil {
		return err
	}
	if err := m.present(tx, m.holder); err != nil {
		return err
	}
	if m.user, err = m.User(tx, m.holder.Actor.UID); err != nil {
		return err
	}
	if m.nonce {
		got, err := m.redeemCode(tx, m.user.ID, "", m.Nonce, reauthentication)
		if err != nil {
			return err
		}
		if got == nil {
			m.refused = Refuse(ReauthenticationBad, "Nonce has expired or is invalid")
			return m.audit(tx, m.from, "reauthentication_failed", "", m.user.ID, nil)
		}
	}
	for _, step := range []func(*records.Tx) error{m.data, m.repass, m.remail, m.rephone} {
		if err := step(tx); err != nil {
			return err
		}
	}
	if err := m.audit(tx, m.from, "user_modified", m.user.ID, m.user.ID, nil); err != nil {
		return err
	}
	m.user, err = m.User(tx, m.user.ID)
	return err
}

func (m *modification) data(tx *records.Tx) error {
	if m.Data == nil {
		return nil
	}
	_, data, err := merged(m.user.UserMetadata, m.Data, mostUserMetadata)
	if err != nil {
		return err
	}
	row := records.Row{"user_metadata": data}
	if tag, ok := m.Data["locale"].(string); ok {
		row["locale"] = records.Text(locale(m.Data, m.user.Locale))
		m.user.Locale = tag
	}
	_, err = tx.Change("users", row, records.Is("id", value.OfUUID(m.user.ID)))
	return err
}

// repass sets the password, if it is still the one that was looked at. Everybody else who is signed in, or holds a link or a code that
// signs in, is so no more.
func (m *modification) repass(tx *records.Tx) error {
	if m.hash == "" {
		return nil
	}
	uid := m.user.ID
	now, err := m.passwordOf(tx, uid)
	if err == nil && now != m.before {
		err = Refuse(Conflict, "The password was changed by somebody else at this moment")
	}
	if err != nil {
		return err
	}
	if err := m.setPassword(tx, uid, m.hash); err != nil {
		return err
	}
	if err := drop(tx, uid, recovery, magicLink, phoneCode, reauthentication); err != nil {
		return err
	}
	if _, err := tx.Remove("flows", records.Is("user_id", value.OfUUID(uid))); err != nil {
		return err
	}
	if err := m.endAll(tx, m.from, "logout", uid, m.holder.Session); err != nil {
		return err
	}
	if err := m.notify(tx, m.user, mail.PasswordChanged, mail.Data{}); err != nil {
		return err
	}
	return m.audit(tx, m.from, "user_updated_password", uid, uid, nil)
}

func (m *modification) remail(tx *records.Tx) error {
	switch {
	case m.Email == "":
		return nil
	case m.atOnce(m.user):
		return m.moveTo(tx, m.user, m.Email, m.from)
	case !m.Settings.ConfirmEmail: // whether an address is taken is then no secret: a sign-up says it too
		if err := free(tx, m.user.ID, m.Email, ""); err != nil {
			return err
		}
	}
	return m.requestEmailChange(tx, m.user, m.Email, m.Challenge, m.Redirect)
}

func (m *modification) rephone(tx *records.Tx) error {
	if m.Phone == "" {
		return nil
	}
	return m.requestPhoneChange(tx, m.user, m.Phone)
}

// Reauthenticate sends the holder a code with which the password can be changed, to an address that is proved.
func (s *Service) Reauthenticate(ctx context.Context, h auth.Holder, from Caller) error {
	return s.write(ctx, func(tx *records.Tx) error {
		if err := hold(tx, h.Actor.UID); err != nil {
			return err
		}
		if err := s.present(tx, h); err != nil {
			return err
		}
		u, err := s.User(tx, h.Actor.UID)
		if err != nil {
			return err
		}
		switch {
		case u.EmailConfirmedAt != nil:
			if err = s.mailable(); err == nil {
				err = s.send(tx, u, mail.Reauthentication, reauthentication, "", u.Email, "", "", codeTTL)
			}
		case u.PhoneConfirmedAt != nil:
			err = s.text(tx, u, textedReproof, reauthentication, u.Phone)
		default:
			err = malformed("Reauthentication requires the user to have a confirmed email or phone number")
		}
		if err != nil {
			return err
		}
		if err := s.stamp(tx, u, "reauthentication_sent_at", &u.ReauthenticationSentAt); err != nil {
			return err
		}
		return s.audit(tx, from, "user_reauthenticate_requested", u.ID, u.ID, nil)
	})
}
