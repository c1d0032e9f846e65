package account

import (
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
)

// repeated is a sign-up for an address that has an account. Whoever asks is told the same as for any other address, by an answer
// that is made up anew each time and after as much work; the mail goes to the owner. An account that is proved by any of its
// addresses is somebody's: it stays as it is, also where the address that was typed is not the proved one.
func (s *Service) repeated(tx *records.Tx, row records.Row, r SignUp, p chosen, from Caller) (*User, error) {
	old, err := met(tx, row)
	if err != nil {
		return nil, err
	}
	if err := s.audit(tx, from, "user_repeated_signup", "", old.ID, nil); err != nil {
		return nil, err
	}
	if old.ConfirmedAt != nil {
		err = s.pretend(tx, old, r, p)
	} else if err = s.again(tx, old, r, p); err == nil {
		err = s.confirm(tx, old, r)
	}
	if err != nil {
		return nil, err
	}
	return s.madeUp(r, timeOf(tx))
}

// met is the account that a sign-up meets, held: its owner may be about to prove it, and others to sign up. Nobody sees that.
func met(tx *records.Tx, row records.Row) (*User, error) {
	u, err := heldBy(tx, records.Row{"updated_at": row["updated_at"]}, records.Is("id", row["id"]))
	if err == nil && u == nil {
		err = Refuse(Conflict, "The account of this address was deleted at this moment, sign up again")
	}
	return u, err
}

// pretend writes as much for an address that is taken as its account took to make, and tells the owner.
func (s *Service) pretend(tx *records.Tx, old *User, r SignUp, p chosen) error {
	if _, err := s.flow(tx, old.ID, decoy, decoy, r.Challenge); err != nil {
		return err
	}
	if err := lure(tx, old.ID, r.handle(), p.hash); err != nil {
		return err
	}
	if err := s.tell(tx, old); err != nil {
		return err
	}
	return s.decoys(tx, 3)
}

// tell tells the owner of an address that somebody tried to open an account with it.
func (s *Service) tell(tx *records.Tx, u *User) error {
	return s.queue(tx, mail.AccountExists, u.Email, u.Locale, mail.Data{Email: u.Email}, noticeTTL)
}

// madeUp is the account that a sign-up would have made.
func (s *Service) madeUp(r SignUp, now time.Time) (*User, error) {
	metadata, _, err := merged(nil, r.Data, mostUserMetadata)
	if err != nil {
		return nil, err
	}
	var ids [2]string
	for i := range ids {
		if ids[i], err = s.ids.Next(s.Clock); err != nil {
			return nil, err
		}
	}
	return &User{ID: ids[0], Aud: auth.Audience, Role: "authenticated", Email: r.Email, ConfirmationSentAt: &now, CreatedAt: now, UpdatedAt: now,
		AppMetadata: map[string]any{"provider": "email", "providers": []string{"email"}}, UserMetadata: metadata,
		Identities: []Identity{{IdentityID: ids[1], ID: ids[0], UserID: ids[0], Provider: "email", Email: r.Email, CreatedAt: now, UpdatedAt: now,
			Data: byEmail(ids[0], r.Email, false)}}}, nil
}
