package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Imported is an account of another product.
type Imported struct {
	Line         int             `json:"line"` // of its file
	ID           string          `json:"id"`
	Email        string          `json:"email"`
	Phone        string          `json:"phone"`
	EmailProved  bool            `json:"email_proved"`
	PhoneProved  bool            `json:"phone_proved"`
	Hash         string          `json:"hash"` // of its password, as package password reads it; "" where it has none
	UserMetadata map[string]any  `json:"user_metadata"`
	AppMetadata  map[string]any  `json:"app_metadata"`
	CreatedAt    time.Time       `json:"created_at"`
	LastSignIn   time.Time       `json:"last_sign_in"`
	BannedUntil  time.Time       `json:"banned_until"`
	Known        []ImportedKnown `json:"known"` // at providers
}

// ImportedKnown is an identity at a provider.
type ImportedKnown struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
	Email    string `json:"email"`
}

// ImportOptions say how accounts are imported.
type ImportOptions struct {
	Update bool `json:"update"` // accounts that are there already
	Dry    bool `json:"dry"`    // keep nothing
}

// Outcome is what became of one imported account.
type Outcome struct {
	Line    int    `json:"line"`
	Became  string `json:"became"` // Added, Updated, Passed or Wrong
	Problem string `json:"problem,omitempty"`
}

// What becomes of an imported account.
const (
	Added   = "added"
	Updated = "updated"
	Passed  = "passed" // it is there already
	Wrong   = "wrong"
)

// named is the namespace of ids that are made of the ids of other products.
var named = uuid.MustParse("6f0a7a2e-3f5e-5c0b-9a53-2f1d6c6f7d11")

// errRehearsal ends a transaction of which nothing is to be kept.
var errRehearsal = errors.New("account: a rehearsal")

// Import brings accounts in, all of them in one transaction. What is wrong with one is in its outcome and does not keep the others
// out.
func (s *Service) Import(ctx context.Context, list []Imported, o ImportOptions, from Caller) (out []Outcome, err error) {
	reasons := make([]error, len(list))
	for i := range list {
		reasons[i] = list[i].tidy()
	}
	err = s.write(ctx, func(tx *records.Tx) error {
		out = make([]Outcome, len(list))
		for i := range list {
			one := Outcome{Line: list[i].Line, Became: Wrong}
			err := reasons[i]
			if err == nil {
				one.Became, err = s.bring(tx, &list[i], o, from)
			}
			var r *Refusal
			switch {
			case errors.As(err, &r):
				one.Became, one.Problem = Wrong, r.Message
			case err != nil:
				return err
			}
			out[i] = one
		}
		if o.Dry {
			return errRehearsal
		}
		return nil
	})
	if errors.Is(err, errRehearsal) {
		err = nil
	}
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == fault.UniqueViolation {
		err = Refuse(Conflict, "Somebody took an address of these accounts at the same time: import them again")
	}
	return out, err
}

// tidy brings addresses, id and hash into the form in which they are kept.
func (i *Imported) tidy() (err error) {
	if i.Email == "" && i.Phone == "" && len(i.Known) == 0 {
		return malformed("it has neither an e-mail address nor a phone number, nor an identity at a provider")
	}
	if i.Email != "" {
		if i.Email, err = Email(i.Email); err != nil {
			return malformed("the e-mail address is not one")
		}
	}
	if i.Phone != "" {
		if i.Phone, err = Phone(i.Phone); err != nil {
			return malformed("the phone number is not one as E.164 writes it")
		}
	}
	if i.Hash != "" {
		if i.Hash, err = password.Import(i.Hash); err != nil {
			return malformed("%s", err)
		}
	}
	if i.ID == "" {
		return nil
	}
	if id, err := uuid.Parse(i.ID); err == nil && len(i.ID) == 36 {
		i.ID = id.String()
		return nil
	}
	data := own(i.AppMetadata)
	data["imported_id"] = i.ID
	i.ID, i.AppMetadata = uuid.NewSHA1(named, []byte(i.ID)).String(), data
	return nil
}

// bring adds an account, or finds it by its id or one of its addresses.
func (s *Service) bring(tx *records.Tx, i *Imported, o ImportOptions, from Caller) (string, error) {
	old, err := i.find(tx)
	if err != nil || old != nil && !o.Update {
		return Passed, err
	}
	uid := ""
	if old != nil {
		uid = old.ID
	}
	if err := i.possible(tx, uid); err != nil {
		return "", err
	}
	if old != nil {
		if old, err = heldOne(tx, uid); err != nil {
			return "", err
		}
	}
	if old == nil {
		return Added, s.add(tx, i, from)
	}
	return Updated, s.renew(tx, old, i, from)
}

// find gives the account that has the identity.
func (k ImportedKnown) find(tx *records.Tx) (uid string, there bool, err error) {
	row, there, err := records.Find(tx, "identities", records.Is("provider", value.OfText(k.Provider)), records.Is("subject", value.OfText(k.Subject)))
	return row.Text("user_id"), there, err
}

// possible refuses what cannot be written, before anything is: the identities and addresses of another account.
func (i *Imported) possible(tx *records.Tx, uid string) error {
	for _, k := range i.Known {
		if of, there, err := k.find(tx); err != nil || there && of != uid {
			return firstError(err, Refuse(IdentityExists, "its identity at %s is another account's", k.Provider))
		}
	}
	return free(tx, uid, i.Email, i.Phone)
}

func (i *Imported) find(tx *records.Tx) (*User, error) {
	for _, c := range []struct {
		field string
		v     value.Value
	}{{"id", records.UUID(i.ID)}, {"email", records.Text(i.Email)}, {"phone", records.Text(i.Phone)}} {
		if c.v.IsNull() {
			continue
		}
		if u, err := user(tx, records.Is(c.field, c.v)); err != nil || u != nil {
			return u, err
		}
	}
	return nil, nil
}

// row is what is kept with the account itself.
func (i *Imported) row(old *User) (records.Row, error) {
	_, data, err := merged(old.UserMetadata, i.UserMetadata, mostUserMetadata)
	if err != nil {
		return nil, err
	}
	_, app, err := merged(own(old.AppMetadata), own(i.AppMetadata), mostAppMetadata)
	if err != nil {
		return nil, err
	}
	row := records.Row{"user_metadata": data, "app_metadata": app}
	for field, text := range map[string]string{"email": i.Email, "phone": i.Phone} {
		if text != "" {
			row[field] = value.OfText(text)
		}
	}
	for field, at := range map[string]time.Time{"created_at": i.CreatedAt, "last_sign_in_at": i.LastSignIn, "banned_until": i.BannedUntil} {
		if !at.IsZero() {
			row[field] = records.Time(at)
		}
	}
	return row, nil
}

func (s *Service) add(tx *records.Tx, i *Imported, from Caller) error {
	row, err := i.row(&User{})
	if err != nil {
		return err
	}
	if i.ID != "" {
		row["id"] = value.OfUUID(i.ID)
	}
	i.prove(tx, &User{}, row)
	if row, err = tx.Add("users", row); err != nil {
		return err
	}
	id := row.Text("id")
	if err := s.belong(tx, id, i); err != nil {
		return err
	}
	return s.audit(tx, from, "user_imported", "", id, nil)
}

// prove stamps the addresses that were proved elsewhere.
func (i *Imported) prove(tx *records.Tx, old *User, row records.Row) {
	at := i.CreatedAt
	if at.IsZero() {
		at = timeOf(tx)
	}
	if i.EmailProved && i.Email != "" && old.EmailConfirmedAt == nil {
		row["email_confirmed_at"] = records.Time(at)
	}
	if i.PhoneProved && i.Phone != "" && old.PhoneConfirmedAt == nil {
		row["phone_confirmed_at"] = records.Time(at)
	}
}

// belong gives an imported account its password and its identities.
func (s *Service) belong(tx *records.Tx, id string, i *Imported) error {
	if i.Hash != "" {
		if err := s.setPassword(tx, id, i.Hash); err != nil {
			return err
		}
	}
	if err := s.known(tx, id, i.Email, i.Phone, i.EmailProved, i.PhoneProved); err != nil {
		return err
	}
	for _, k := range i.Known {
		if _, there, err := k.find(tx); err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.identify(tx, id, k.Provider, k.Subject, k.Email, map[string]any{"sub": k.Subject, "email": k.Email}); err != nil {
			return err
		}
	}
	return nil
}

// renew brings an account that is there up to date. Another password ends its sessions.
func (s *Service) renew(tx *records.Tx, old *User, i *Imported, from Caller) error {
	row, err := i.row(old)
	if err != nil {
		return err
	}
	i.prove(tx, old, row)
	if _, err := tx.Change("users", row, records.Is("id", value.OfUUID(old.ID))); err != nil {
		return err
	}
	before, err := s.passwordOf(tx, old.ID)
	if err == nil {
		err = s.belong(tx, old.ID, i)
	}
	if err != nil {
		return err
	}
	if i.Hash != "" && i.Hash != before || i.BannedUntil.After(timeOf(tx)) {
		if err := s.expel(tx, old.ID, from); err != nil {
			return err
		}
	}
	return s.audit(tx, from, "user_imported", "", old.ID, nil)
}
