package account

import (
	"context"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// chosen is the password of a sign-up: hashed, for an address without an account; for one whose account nobody has proved, what that
// account's hash was if the password is the same. Otherwise there is neither: the account is to have no password.
type chosen struct{ hash, same string }

// choose judges the password of a sign-up, and hashes or compares it: one hash, whatever there is at the address.
func (s *Service) choose(ctx context.Context, plain string, who records.Cond) (chosen, error) {
	if err := s.judge(plain); err != nil {
		return chosen{}, err
	}
	row, there, err := records.Find(s.Book.At(ctx), "users", who)
	if err != nil {
		return chosen{}, err
	}
	uid := nobody
	if there && row.Time("email_confirmed_at").IsZero() && row.Time("phone_confirmed_at").IsZero() {
		uid = row.Text("id")
	}
	before, err := s.passwordOf(s.Book.At(ctx), uid)
	if err != nil {
		return chosen{}, err
	}
	if !there {
		hash, err := s.Hasher.Hash(ctx, plain)
		return chosen{hash: hash}, s.busy(err)
	}
	if v, err := s.check(ctx, before, plain); err != nil || !v.OK {
		return chosen{}, err
	}
	return chosen{same: before}, nil
}

// accountGone is the refusal of a sign-up whose address had an account when its password was looked at, and has none any more.
func accountGone() error {
	return Refuse(Conflict, "The account of this address was deleted at this moment, sign up again")
}

// again is a sign-up for an address that nobody has proved yet.
func (s *Service) again(tx *records.Tx, old *User, r SignUp, p chosen) (*User, error) {
	if err := s.keep(tx, old, r, p); err != nil {
		return nil, err
	}
	if err := s.disown(tx, old); err != nil {
		return nil, err
	}
	return userByID(tx, old.ID)
}

// keep leaves an account that nobody has proved its password if this sign-up knows it too. Otherwise several people may have signed
// up, and whoever proves the address need not be who chose a password or wrote metadata: none of them is kept.
func (s *Service) keep(tx *records.Tx, old *User, r SignUp, p chosen) error {
	now, err := s.passwordOf(tx, old.ID)
	if err != nil {
		return err
	}
	mine, given := records.Is("user_id", value.OfUUID(old.ID)), r.Data
	if p.same != "" && p.same == now {
		err = s.setPassword(tx, old.ID, now) // as much work as taking it away
	} else {
		given = nil
		_, err = tx.Remove("passwords", mine)
	}
	if err != nil {
		return err
	}
	_, data, err := merged(nil, given, mostUserMetadata)
	if err != nil {
		return err
	}
	_, err = tx.Change("users", records.Row{"user_metadata": data}, records.Is("id", value.OfUUID(old.ID)))
	return err
}
