package account

import (
	"context"

	"github.com/socle-hq/socle/internal/records"
)

// signUpByPhone makes an account of a phone number and a password. The number is proved by a code that is sent to it; for one that is
// taken the answer is the same, and nothing is sent.
func (s *Service) signUpByPhone(ctx context.Context, r SignUp, from Caller) (u *User, err error) {
	if err := s.textable(); err != nil {
		return nil, err
	}
	if r.Phone, err = Phone(r.Phone); err != nil {
		return nil, err
	}
	p, err := s.choose(ctx, r.Password, r.handle())
	if err != nil {
		return nil, err
	}
	err = s.settle(ctx, func(tx *records.Tx) error {
		row, there, err := records.Find(tx, "users", r.handle().is())
		if err != nil {
			return err
		}
		if there {
			old, err := met(tx, row)
			if err == nil {
				u, err = s.repeatedByPhone(tx, old, r, p, from)
			}
			return err
		}
		if u, err = s.register(tx, asked{Ask{Phone: r.Phone, Data: r.Data, Locale: r.Locale}, from}); err != nil {
			return err
		}
		if err := s.setPassword(tx, u.ID, p.hash); err != nil {
			return err
		}
		return s.textConfirmation(tx, u)
	})
	return u, err
}

// repeatedByPhone is repeated for a phone number. The owner of a number that is proved is not disturbed: messages to phones cost.
func (s *Service) repeatedByPhone(tx *records.Tx, old *User, r SignUp, p chosen, from Caller) (*User, error) {
	if err := s.audit(tx, from, "user_repeated_signup", "", old.ID, nil); err != nil {
		return nil, err
	}
	var err error
	if old.ConfirmedAt != nil {
		if err = lure(tx, old.ID, r.handle(), p.hash); err == nil {
			err = s.decoys(tx, 4)
		}
	} else if err = s.keep(tx, old, r, p); err == nil {
		err = s.textConfirmation(tx, old)
	}
	if err != nil {
		return nil, err
	}
	u, err := s.madeUp(r, timeOf(tx))
	if err != nil {
		return nil, err
	}
	u.Phone, u.AppMetadata = r.Phone, map[string]any{"provider": "phone", "providers": []string{"phone"}}
	id := &u.Identities[0]
	id.Provider, id.Data = "phone", byPhone(u.ID, r.Phone, false)
	return u, nil
}
