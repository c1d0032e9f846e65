package account

import (
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// confirmed is added to the kind of a secret of an e-mail change that was spent while the other address has not answered: a secret
// that nobody knows keeps the place of the one that is gone.
const confirmed = "_confirmed"

// requestEmailChange writes down the address that an account is to have, and asks for proof of it, and of the present one where that
// is proved. An address that is another account's gets no mail, which only its owner could tell.
func (s *Service) requestEmailChange(tx *records.Tx, u *User, email string, c Challenge, redirect string) error {
	if err := drop(tx, u.ID, emailChangeOld, emailChangeNew, emailChangeOld+confirmed, emailChangeNew+confirmed); err != nil {
		return err
	}
	if _, err := tx.Change("users", records.Row{"new_email": value.OfText(email)}, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	u.NewEmail = email
	return s.sendEmailChange(tx, u, c, redirect)
}

// sendEmailChange sends what of a change was not answered yet.
func (s *Service) sendEmailChange(tx *records.Tx, u *User, c Challenge, redirect string) error {
	flow, err := s.flow(tx, u.ID, TypeEmailChange, "otp", c)
	if err != nil {
		return err
	}
	if u.EmailConfirmedAt != nil {
		if err := s.sendHalf(tx, u, emailChangeOld, u.Email, flow, redirect); err != nil {
			return err
		}
	}
	if free(tx, u.ID, u.NewEmail, "") == nil {
		if err := s.sendHalf(tx, u, emailChangeNew, u.NewEmail, flow, redirect); err != nil {
			return err
		}
	}
	return s.stamp(tx, u, "email_change_sent_at", &u.EmailChangeSentAt)
}

func (s *Service) sendHalf(tx *records.Tx, u *User, kind, to, flow, redirect string) error {
	done, err := answered(tx, u, kind)
	if err != nil || done {
		return err
	}
	if u.Email == "" { // to its owner it is a first address, not a change
		first := *u
		first.Email = to
		return s.send(tx, &first, mail.Confirmation, kind, TypeEmailChange, to, flow, redirect, linkTTL)
	}
	return s.send(tx, u, mail.EmailChange, kind, TypeEmailChange, to, flow, redirect, linkTTL)
}

// answered reports whether one of the two addresses has agreed to the change.
func answered(tx *records.Tx, u *User, kind string) (bool, error) {
	_, ok, err := records.Find(tx, "secrets", records.Is("user_id", value.OfUUID(u.ID)), records.Is("kind", value.OfText(kind+confirmed)),
		records.Is("address", value.OfText(u.NewEmail)), records.From("expires_at", records.Time(timeOf(tx))))
	return ok, err
}

// changeEmail takes the answer of one of two addresses. The change happens with the second, or with that of the new address where the
// present one was never proved.
func (s *Service) changeEmail(tx *records.Tx, u *User, got *spent, from Caller) (half bool, err error) {
	other, address := emailChangeOld, u.NewEmail
	if got.kind == emailChangeOld {
		other, address = emailChangeNew, u.Email
	}
	if u.NewEmail == "" || got.address != address {
		return false, expired() // it is of an earlier change
	}
	if u.EmailConfirmedAt != nil {
		done, err := answered(tx, u, other)
		if err != nil {
			return false, err
		}
		if !done {
			_, err := s.issue(tx, u.ID, got.kind+confirmed, u.NewEmail, "", linkTTL)
			return true, err
		}
	}
	return false, s.moveTo(tx, u, u.NewEmail, from)
}

// moveTo gives an account an address that is proved. The one before it learns of it, and nothing that was sent to it counts any more.
func (s *Service) moveTo(tx *records.Tx, u *User, email string, from Caller) error {
	if err := free(tx, u.ID, email, ""); err != nil {
		return err
	}
	if err := s.notify(tx, u, mail.EmailChanged, mail.Data{NewEmail: email}); err != nil {
		return err
	}
	if err := void(tx, u.ID); err != nil {
		return err
	}
	row := records.Row{"email": value.OfText(email), "email_confirmed_at": records.Time(timeOf(tx)), "new_email": value.Value{},
		"is_anonymous": value.OfBool(false)}
	if _, err := tx.Change("users", row, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	if err := s.known(tx, u.ID, email, "", true, false); err != nil {
		return err
	}
	return s.audit(tx, from, "user_modified", u.ID, u.ID, map[string]any{"changed": []string{"email"}})
}

// requestPhoneChange writes down the number that an account is to have, and asks for proof of it.
func (s *Service) requestPhoneChange(tx *records.Tx, u *User, phone string) error {
	if _, err := tx.Change("users", records.Row{"new_phone": value.OfText(phone)}, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	u.NewPhone = phone
	if free(tx, u.ID, "", phone) != nil {
		return s.stamp(tx, u, "phone_change_sent_at", &u.PhoneChangeSentAt) // another account's: its owner hears nothing
	}
	return s.textPhoneChange(tx, u)
}

// changePhone gives an account the number that a code was sent to.
func (s *Service) changePhone(tx *records.Tx, u *User, got *spent, from Caller) error {
	if got.address != u.NewPhone {
		return expired()
	}
	if err := free(tx, u.ID, "", got.address); err != nil {
		return err
	}
	if err := drop(tx, u.ID, phoneCode, reauthentication); err != nil {
		return err
	}
	row := records.Row{"phone": value.OfText(got.address), "phone_confirmed_at": records.Time(timeOf(tx)), "new_phone": value.Value{},
		"is_anonymous": value.OfBool(false)}
	if _, err := tx.Change("users", row, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	if err := s.known(tx, u.ID, "", got.address, false, true); err != nil {
		return err
	}
	return s.audit(tx, from, "user_modified", u.ID, u.ID, map[string]any{"changed": []string{"phone"}})
}

// drop makes what was sent of some kinds worthless.
func drop(tx *records.Tx, uid string, kinds ...string) error {
	for _, k := range kinds {
		if _, err := tx.Remove("secrets", records.Is("user_id", value.OfUUID(uid)), records.Is("kind", value.OfText(k))); err != nil {
			return err
		}
	}
	return nil
}
