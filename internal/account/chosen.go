package account

import (
	"context"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// chosen is the password of a sign-up: its hash, and for an address whose account nobody has proved what that account's hash is if
// the password is the same.
type chosen struct{ hash, same string }

// choose judges the password of a sign-up, compares it and hashes it: as much work, whatever there is at the address.
func (s *Service) choose(ctx context.Context, plain string, h handle) (p chosen, err error) {
	if err := s.judge(plain); err != nil {
		return p, err
	}
	row, there, err := records.Find(s.Book.At(ctx), "users", h.is())
	if err != nil {
		return p, err
	}
	uid := nobody
	if there && row.Time("email_confirmed_at").IsZero() && row.Time("phone_confirmed_at").IsZero() {
		uid = row.Text("id")
	}
	before, err := s.passwordOf(s.Book.At(ctx), uid)
	if err != nil {
		return p, err
	}
	v, err := s.check(ctx, before, plain)
	if err != nil {
		return p, err
	}
	if v.OK {
		p.same = before
	}
	p.hash, err = s.Hasher.Hash(ctx, plain)
	return p, s.busy(err)
}

// again is a sign-up for an address that nobody has proved yet.
func (s *Service) again(tx *records.Tx, old *User, r SignUp, p chosen) error {
	if err := s.keep(tx, old, r, p); err != nil {
		return err
	}
	return s.disown(tx, old)
}

// keep leaves an account that nobody has proved its password if this sign-up knows it too. Otherwise several people may have signed
// up, and whoever proves the address need not be who chose a password or wrote metadata: none of them is kept.
func (s *Service) keep(tx *records.Tx, old *User, r SignUp, p chosen) error {
	now, err := s.passwordOf(tx, old.ID)
	if err != nil {
		return err
	}
	given := r.Data
	if p.same != "" && p.same == now {
		if err = s.setPassword(tx, old.ID, now); err == nil { // as much work as taking it away
			err = drop(tx, old.ID, r.handle().decoy())
		}
	} else {
		given = nil
		if _, err = tx.Remove("passwords", records.Is("user_id", value.OfUUID(old.ID))); err == nil {
			err = lure(tx, old.ID, r.handle(), p.hash)
		}
	}
	if err != nil {
		return err
	}
	kept, data, err := merged(nil, given, mostUserMetadata)
	if err != nil {
		return err
	}
	old.UserMetadata = kept
	_, err = tx.Change("users", records.Row{"user_metadata": data}, records.Is("id", value.OfUUID(old.ID)))
	return err
}
