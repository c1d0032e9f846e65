package account

import (
	"maps"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/social"
	"github.com/socle-hq/socle/internal/value"
)

// essential are the members of an identity's data that are kept where all of them are too much for a token.
var essential = []string{"iss", "sub", "provider_id", "email", "email_verified", "phone_verified", "name", "full_name", "user_name"}

// furnished is an account's metadata with what an identity adds: members that are there stay as they are. What does not fit is left
// out; it stays with the identity.
func furnished(old, data map[string]any) (out map[string]any, v value.Value, err error) {
	few := map[string]any{}
	for _, key := range essential {
		if x, ok := data[key]; ok {
			few[key] = x
		}
	}
	for _, add := range []map[string]any{data, without(data, "custom_claims"), few, nil} {
		added := maps.Clone(add)
		maps.DeleteFunc(added, func(key string, _ any) bool { _, there := old[key]; return there })
		if out, v, err = merged(old, added, mostUserMetadata); err == nil {
			return out, v, nil
		}
	}
	return nil, v, err
}

func without(m map[string]any, key string) map[string]any {
	out := maps.Clone(m)
	delete(out, key)
	return out
}

// furnish completes an account by an identity: metadata that are missing, and a verified address where the account has none and
// nobody else has it. An anonymous account is none any more.
func (s *Service) furnish(tx *records.Tx, u *User, id *social.Identity, email string) error {
	_, data, err := furnished(u.UserMetadata, id.Data)
	if err != nil {
		return err
	}
	row := records.Row{"user_metadata": data, "is_anonymous": value.OfBool(false)}
	if u.Email == "" && email != "" && id.EmailVerified {
		other, err := user(tx, records.Is("email", value.OfText(email)))
		if err != nil {
			return err
		}
		if other == nil {
			row["email"], row["email_confirmed_at"] = value.OfText(email), records.Time(timeOf(tx))
		}
	}
	_, err = tx.Change("users", row, records.Is("id", value.OfUUID(u.ID)))
	return err
}

// proved reports whether somebody has shown that the account's address is theirs. Where a project lets addresses count at once,
// a sign-up by password shows nothing.
func proved(u *User) bool {
	if u.EmailConfirmedAt == nil || !u.EmailConfirmedAt.Equal(u.CreatedAt) {
		return u.EmailConfirmedAt != nil
	}
	typed := false
	for _, i := range u.Identities {
		verified, _ := i.Data["email_verified"].(bool)
		if verified && i.Email == u.Email {
			return true
		}
		typed = typed || i.Provider == "email"
	}
	return !typed
}

// strip takes from an account everything by which whoever made it could come back: what wipe takes, its own identities and the number.
func (s *Service) strip(tx *records.Tx, u *User, from Caller) error {
	if err := s.wipe(tx, u, "", from); err != nil {
		return err
	}
	if _, err := tx.Remove("identities", records.Is("user_id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	none := value.Value{}
	_, err := tx.Change("users", records.Row{"phone": none, "phone_confirmed_at": none}, records.Is("id", value.OfUUID(u.ID)))
	return err
}

// disarm takes from an account all that somebody knows or has, or was sent: passwords, second factors, passkeys, links and codes.
func disarm(tx *records.Tx, mine records.Cond) error {
	for _, of := range []string{"passwords", "secrets", "challenges", "passkeys", "recovery_codes", "factors"} {
		if _, err := tx.Remove(of, mine); err != nil {
			return err
		}
	}
	return nil
}

// disown leaves an account whose address nobody has proved to a sign-up by password: identities that came with the address, unverified,
// are no way into it any more.
func (s *Service) disown(tx *records.Tx, u *User) error {
	typed := false
	for _, i := range u.Identities {
		if typed = typed || i.Provider == "email"; i.Provider == "email" {
			continue
		}
		if _, err := tx.Remove("identities", records.Is("id", value.OfUUID(i.IdentityID))); err != nil {
			return err
		}
	}
	if typed {
		return nil
	}
	return s.identify(tx, u.ID, "email", u.ID, u.Email, byEmail(u.ID, u.Email, false))
}

// takeOver gives an account whose address nobody has proved to the one who has: what it was is gone but for its id, and, of an
// account that an administrator made, what they wrote.
func (s *Service) takeOver(tx *records.Tx, u *User, id *social.Identity, email string, from Caller) (*User, error) {
	if err := s.strip(tx, u, from); err != nil {
		return nil, err
	}
	before := u.UserMetadata
	if u.InvitedAt == nil {
		before = nil
	}
	_, data, err := furnished(before, id.Data)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Change("users", records.Row{"email_confirmed_at": records.Time(timeOf(tx)), "user_metadata": data,
		"is_anonymous": value.OfBool(false)}, records.Is("id", value.OfUUID(u.ID))); err != nil {
		return nil, err
	}
	if err := s.join(tx, u.ID, id, email); err != nil {
		return nil, err
	}
	if err := s.audit(tx, from, "account_taken_over", u.ID, u.ID, map[string]any{"provider": id.Provider}); err != nil {
		return nil, err
	}
	return userByID(tx, u.ID)
}
