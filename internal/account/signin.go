package account

import (
	"context"
	"errors"

	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// SignIn is a sign-in by password.
type SignIn struct{ Email, Phone, Password string }

// SignIn begins a session for a password. An account that is not there, one without a password and a wrong password are one answer.
// Another one is for the password of the last sign-up, as long as nobody has proved the address since, whether that sign-up made an
// account or met one: it says that the address is not confirmed. Whatever is refused was two hashes of work.
func (s *Service) SignIn(ctx context.Context, r SignIn, from Caller) (*Signed, error) {
	who, err := addressed(r.Email, r.Phone)
	if err != nil {
		return nil, err
	}
	row, there, err := records.Find(s.Book.At(ctx), "users", who.is())
	if err != nil {
		return nil, err
	}
	uid := nobody
	if there {
		uid = row.Text("id")
	}
	hash, err := s.passwordOf(s.Book.At(ctx), uid)
	if err != nil {
		return nil, err
	}
	verdict, err := s.check(ctx, hash, r.Password)
	if err != nil {
		return nil, err
	}
	if proved := who.provedIn(row); !verdict.OK || proved.IsZero() {
		bait, err := lured(s.Book.At(ctx), uid, who, proved)
		if err != nil {
			return nil, err
		}
		lured, err := s.check(ctx, bait, r.Password)
		if err != nil {
			return nil, err
		}
		return nil, s.failed(ctx, row.Text("id"), who, verdict.OK || lured.OK, from)
	}
	fresh := ""
	if verdict.Outdated && !s.Settings.KeepHashes {
		if fresh, err = s.Hasher.Hash(ctx, r.Password); err != nil {
			fresh = "" // another time: the sign-in does not wait for it
		}
	}
	return s.signIn(ctx, uid, hash, fresh, r.Password, from)
}

// nobody is the id of no account: what is asked for one that is there is asked for it too.
const nobody = "00000000-0000-0000-0000-000000000000"

// addressed is by what an account is addressed, the e-mail address before the phone number.
func addressed(email, phone string) (handle, error) {
	if email == "" && phone == "" {
		return handle{}, malformed("missing email or phone")
	}
	if email != "" {
		typed, err := Email(email)
		return handle{"email", typed}, err
	}
	typed, err := Phone(phone)
	return handle{"phone", typed}, err
}

// passwordOf is the hash of an account's password, "" where it has none.
func (s *Service) passwordOf(r records.Reader, uid string) (string, error) {
	row, _, err := records.Find(r, "passwords", records.Is("user_id", value.OfUUID(uid)))
	return row.Text("hash"), err
}

// check compares a password; without a hash it takes as long and says no.
func (s *Service) check(ctx context.Context, hash, plain string) (password.Verdict, error) {
	if hash == "" {
		return password.Verdict{}, s.busy(s.Hasher.Waste(ctx, plain))
	}
	v, err := s.Hasher.Verify(ctx, hash, plain)
	return v, s.busy(err)
}

// failed is a sign-in that is refused, noted for the account, "" where there is none: unproved where the password is one of a sign-up
// with the address, otherwise the password is wrong.
func (s *Service) failed(ctx context.Context, uid string, who handle, unproved bool, from Caller) error {
	refused := invalidCredentials()
	switch {
	case unproved && who.field == "email":
		refused = Refuse(EmailNotConfirmed, "Email not confirmed")
	case unproved:
		refused = Refuse(PhoneNotConfirmed, "Phone not confirmed")
	}
	err := s.Book.Write(ctx, func(tx *records.Tx) error { return s.audit(tx, from, "login_failed", "", uid, nil) })
	return firstError(err, refused)
}

// signIn begins the session, if the password that was checked is still the account's. That is looked at last: whoever changes it waits
// for the session and ends it.
func (s *Service) signIn(ctx context.Context, uid, hash, fresh, plain string, from Caller) (*Signed, error) {
	var x *Session
	var u *User
	err := s.write(ctx, func(tx *records.Tx) (err error) {
		if u, err = s.User(tx, uid); err != nil {
			return err
		}
		if x, err = s.begin(tx, u, "password", from); err != nil {
			return err
		}
		now, err := s.passwordOf(tx, uid)
		if err == nil && now != hash {
			err = invalidCredentials()
		}
		if err != nil {
			return err
		}
		if fresh != "" {
			if err := s.setPassword(tx, uid, fresh); err != nil {
				return err
			}
		}
		return s.audit(tx, from, "login", uid, uid, map[string]any{"method": "password"})
	})
	if err != nil {
		return nil, err
	}
	out, err := s.sign(u, x)
	if err == nil {
		var weak *password.Weak
		errors.As(s.Settings.Rules.Check(plain), &weak)
		out.WeakPassword = weakReason(weak)
	}
	return out, err
}
