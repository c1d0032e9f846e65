package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Attributes are what an administrator says of an account; the JSON form is GoTrue's. What is empty stays as it is.
type Attributes struct {
	ID           string         `json:"id,omitempty"` // of a new account alone
	Email        string         `json:"email,omitempty"`
	Phone        string         `json:"phone,omitempty"`
	Password     *string        `json:"password,omitempty"`
	PasswordHash string         `json:"password_hash,omitempty"`
	EmailConfirm bool           `json:"email_confirm,omitempty"`
	PhoneConfirm bool           `json:"phone_confirm,omitempty"`
	UserMetadata map[string]any `json:"user_metadata,omitempty"`
	AppMetadata  map[string]any `json:"app_metadata,omitempty"`
	BanDuration  string         `json:"ban_duration,omitempty"` // such as 24h; none: no longer
}

// attributes are Attributes that were checked, their password hashed.
type attributes struct {
	Attributes
	hash string
	ban  time.Duration
}

// checked checks what can be checked without the account, and hashes the password.
func (s *Service) checked(ctx context.Context, a Attributes) (out attributes, err error) {
	out.Attributes = a
	if a.ID != "" {
		id, err := uuid.Parse(a.ID)
		if err != nil {
			return out, malformed("id has to be a uuid")
		}
		out.ID = id.String()
	}
	if a.Email != "" {
		if out.Email, err = Email(a.Email); err != nil {
			return out, err
		}
	}
	if a.Phone != "" {
		if out.Phone, err = Phone(a.Phone); err != nil {
			return out, err
		}
	}
	if out.ban, err = banned(a.BanDuration); err != nil {
		return out, err
	}
	switch {
	case a.Password != nil && a.PasswordHash != "":
		return out, malformed("Only a password or a password hash should be provided")
	case a.Password != nil:
		out.hash, err = s.hash(ctx, *a.Password)
	case a.PasswordHash != "":
		if out.hash, err = password.Import(a.PasswordHash); err != nil {
			err = malformed("password_hash: %s", err)
		}
	}
	return out, err
}

// mostBan is the longest ban in words of a duration: a hundred years.
const mostBan = 100 * 365 * 24 * time.Hour

// banned reads how long a ban lasts; none and 0 are no ban.
func banned(text string) (time.Duration, error) {
	if text == "" || text == "none" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > mostBan {
		return 0, malformed("ban_duration has to be a duration such as 24h, at most 876000h, or none")
	}
	return d, nil
}

// Create makes an account. Nothing is sent to anybody.
func (s *Service) Create(ctx context.Context, a Attributes, from Caller) (u *User, err error) {
	if a.Email == "" && a.Phone == "" {
		return nil, malformed("Cannot create a user without either an email or phone")
	}
	if a.Password != nil && *a.Password == "" {
		a.Password = nil
	}
	good, err := s.checked(ctx, a)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(tx *records.Tx) error {
		u, err = s.make(tx, good, from)
		return err
	})
	return u, taken(err)
}

// make makes an account with its identities.
func (s *Service) make(tx *records.Tx, a attributes, from Caller) (*User, error) {
	if err := free(tx, "", a.Email, a.Phone); err != nil {
		return nil, err
	}
	row := records.Row{"email": records.Text(a.Email), "phone": records.Text(a.Phone)}
	if a.ID != "" {
		if u, err := userByID(tx, a.ID); err != nil || u != nil {
			return nil, firstError(err, Refuse(UserExists, "An account with this id is there already"))
		}
		row["id"] = value.OfUUID(a.ID)
	}
	if err := a.put(tx, &User{}, row); err != nil {
		return nil, err
	}
	row, err := tx.Add("users", row)
	if err != nil {
		return nil, err
	}
	id := row.Text("id")
	if a.hash != "" {
		if err := s.setPassword(tx, id, a.hash); err != nil {
			return nil, err
		}
	}
	if err := s.known(tx, id, a.Email, a.Phone, a.EmailConfirm, a.PhoneConfirm); err != nil {
		return nil, err
	}
	if err := s.audit(tx, from, "user_signedup", "", id, map[string]any{"by": "admin"}); err != nil {
		return nil, err
	}
	return userByID(tx, id)
}

// put puts what is kept with the account itself into its row.
func (a attributes) put(tx *records.Tx, old *User, row records.Row) (err error) {
	now := timeOf(tx)
	if a.EmailConfirm && old.EmailConfirmedAt == nil && (a.Email != "" || old.Email != "") {
		row["email_confirmed_at"] = records.Time(now)
	}
	if a.PhoneConfirm && old.PhoneConfirmedAt == nil && (a.Phone != "" || old.Phone != "") {
		row["phone_confirmed_at"] = records.Time(now)
	}
	if a.UserMetadata != nil {
		if _, row["user_metadata"], err = merged(old.UserMetadata, a.UserMetadata, mostUserMetadata); err != nil {
			return err
		}
	}
	if a.AppMetadata != nil {
		if _, row["app_metadata"], err = merged(own(old.AppMetadata), own(a.AppMetadata), mostAppMetadata); err != nil {
			return err
		}
	}
	if a.BanDuration != "" {
		row["banned_until"] = value.Value{}
		if a.ban > 0 {
			row["banned_until"] = records.Time(now.Add(a.ban))
		}
	}
	return nil
}

// own is app_metadata without what is made of the identities.
func own(data map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range data {
		if k != "provider" && k != "providers" {
			out[k] = v
		}
	}
	return out
}

// free refuses addresses that another account has.
func free(tx *records.Tx, but, email, phone string) error {
	for _, at := range []struct {
		field, address string
		refusal        *Refusal
	}{{"email", email, Refuse(EmailExists, "A user with this email address has already been registered")},
		{"phone", phone, Refuse(PhoneExists, "A user with this phone number has already been registered")}} {
		if at.address == "" {
			continue
		}
		row, ok, err := records.Find(tx, "users", records.Is(at.field, value.OfText(at.address)))
		if err != nil {
			return err
		}
		if ok && row.Text("id") != but {
			return at.refusal
		}
	}
	return nil
}

// taken is the refusal for an address that somebody else has taken meanwhile.
func taken(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == fault.UniqueViolation {
		return Refuse(EmailExists, "A user with this address has already been registered").Because(err)
	}
	return err
}

// known gives an account the identities of its addresses, or brings those it has up to date.
func (s *Service) known(tx *records.Tx, id, email, phone string, emailProved, phoneProved bool) error {
	if email != "" {
		if err := s.reidentify(tx, id, "email", email, byEmail(id, email, emailProved)); err != nil {
			return err
		}
	}
	if phone != "" {
		return s.reidentify(tx, id, "phone", "", byPhone(id, phone, phoneProved))
	}
	return nil
}

// byEmail and byPhone are the data of the identities that an account's own addresses are.
func byEmail(uid, email string, verified bool) map[string]any {
	return map[string]any{"sub": uid, "email": email, "email_verified": verified, "phone_verified": false}
}

func byPhone(uid, phone string, verified bool) map[string]any {
	return map[string]any{"sub": uid, "phone": phone, "email_verified": false, "phone_verified": verified}
}

func (s *Service) reidentify(tx *records.Tx, id, provider, email string, data map[string]any) error {
	v, err := records.JSON(data)
	if err != nil {
		return err
	}
	rows, err := tx.Change("identities", records.Row{"email": records.Text(email), "data": v},
		records.Is("provider", value.OfText(provider)), records.Is("subject", value.OfText(id)))
	if err == nil && len(rows) == 0 {
		err = s.identify(tx, id, provider, id, email, data)
	}
	return err
}

// Update changes an account as an administrator says. A new password and a ban end every session at once; a new password or
// address voids what was sent before.
func (s *Service) Update(ctx context.Context, id string, a Attributes, from Caller) (u *User, err error) {
	a.ID = ""
	good, err := s.checked(ctx, a)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(tx *records.Tx) error {
		old, err := heldOne(tx, id)
		if err == nil {
			err = s.update(tx, old, good, from)
		}
		if err == nil {
			u, err = userByID(tx, id)
		}
		return err
	})
	return u, taken(err)
}

// one is an account that is there.
func one(r records.Reader, id string) (*User, error) {
	u, err := userByID(r, id)
	if err == nil && u == nil {
		err = Refuse(UserNotFound, "User not found")
	}
	return u, err
}

// heldOne is an account that is there, held: nobody changes what is decided on, or signs in, until the transaction ends.
func heldOne(tx *records.Tx, id string) (*User, error) {
	u, err := heldUser(tx, records.Is("id", value.OfUUID(id)))
	if err == nil && u == nil {
		err = Refuse(UserNotFound, "User not found")
	}
	return u, err
}

func (s *Service) update(tx *records.Tx, old *User, a attributes, from Caller) error {
	row := records.Row{}
	if err := free(tx, old.ID, a.Email, a.Phone); err != nil {
		return err
	}
	if err := a.put(tx, old, row); err != nil {
		return err
	}
	if err := s.readdress(tx, old, a, row); err != nil {
		return err
	}
	if a.hash != "" {
		if err := s.repassword(tx, old, a.hash); err != nil {
			return err
		}
	}
	if len(row) > 0 {
		if _, err := tx.Change("users", row, records.Is("id", value.OfUUID(old.ID))); err != nil {
			return err
		}
	}
	if a.hash != "" || a.ban > 0 {
		if err := s.expel(tx, old.ID, from); err != nil {
			return err
		}
	}
	return s.audit(tx, from, "user_modified", "", old.ID, a.traits())
}

// readdress puts new addresses into the account's row and its identities. An account that was proved stays so: the administrator
// vouches for the address.
func (s *Service) readdress(tx *records.Tx, old *User, a attributes, row records.Row) error {
	email, phone := a.Email, a.Phone
	proved := old.EmailConfirmedAt != nil || a.EmailConfirm
	if a.EmailConfirm && email == "" {
		email = old.Email
	}
	phoneProved := old.PhoneConfirmedAt != nil || a.PhoneConfirm
	if a.PhoneConfirm && phone == "" {
		phone = old.Phone
	}
	if a.Email != "" && a.Email != old.Email {
		row["email"], row["new_email"], row["email_change_sent_at"] = value.OfText(a.Email), value.Value{}, value.Value{}
		if err := s.notify(tx, old, mail.EmailChanged, mail.Data{NewEmail: a.Email}); err != nil {
			return err
		}
	}
	if a.Phone != "" && a.Phone != old.Phone {
		row["phone"], row["new_phone"], row["phone_change_sent_at"] = value.OfText(a.Phone), value.Value{}, value.Value{}
	}
	if len(row) > 0 && (row["email"] != value.Value{} || row["phone"] != value.Value{}) {
		if err := void(tx, old.ID); err != nil {
			return err
		}
	}
	if old.IsAnonymous && (email != "" && proved || phone != "" && phoneProved) {
		row["is_anonymous"] = value.OfBool(false)
	}
	return s.known(tx, old.ID, email, phone, proved, phoneProved)
}

// repassword sets a password in place of one that somebody may still know. A sign-in that is under way with PKCE ends too.
func (s *Service) repassword(tx *records.Tx, u *User, hash string) error {
	if err := void(tx, u.ID); err != nil {
		return err
	}
	if _, err := tx.Remove("flows", records.Is("user_id", value.OfUUID(u.ID))); err != nil {
		return err
	}
	if err := s.setPassword(tx, u.ID, hash); err != nil {
		return err
	}
	return s.notify(tx, u, mail.PasswordChanged, mail.Data{})
}

// void makes every link and code that was sent to an account worthless.
func void(tx *records.Tx, uid string) error {
	_, err := tx.Remove("secrets", records.Is("user_id", value.OfUUID(uid)))
	return err
}

// expel ends every session of an account, and every token of it that was signed without one.
func (s *Service) expel(tx *records.Tx, uid string, from Caller) error {
	if err := uncollected(tx, uid); err != nil {
		return err
	}
	if err := s.endAll(tx, from, "logout", uid, ""); err != nil {
		return err
	}
	return s.revoke(tx, "", uid, timeOf(tx))
}

// traits say what was changed, never to what.
func (a attributes) traits() map[string]any {
	var changed []string
	for name, is := range map[string]bool{"email": a.Email != "", "phone": a.Phone != "", "password": a.hash != "", "ban": a.BanDuration != "",
		"user_metadata": a.UserMetadata != nil, "app_metadata": a.AppMetadata != nil, "email_confirm": a.EmailConfirm, "phone_confirm": a.PhoneConfirm} {
		if is {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return map[string]any{"by": "admin", "changed": changed}
}

// Delete takes an account away, with everything that goes with it. Its tokens end at once; its audit trail stays.
func (s *Service) Delete(ctx context.Context, id string, from Caller) error {
	err := s.write(ctx, func(tx *records.Tx) error {
		if _, err := heldOne(tx, id); err != nil {
			return err
		}
		return s.takeAway(tx, id, from, "admin")
	})
	var f *fault.Fault
	if errors.As(err, &f) && refersTo(err) {
		return Refuse(Conflict, "The account cannot be deleted, as rows of the project refer to it: %s. Delete them first, or say on_delete where they refer to it", f.Message).Because(err)
	}
	return err
}

// Expel ends every session of an account.
func (s *Service) Expel(ctx context.Context, id string, from Caller) error {
	return s.write(ctx, func(tx *records.Tx) error {
		if _, err := heldOne(tx, id); err != nil {
			return err
		}
		return s.expel(tx, id, from)
	})
}
