package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// MostPerPage bounds a page of accounts, or of the audit trail.
const MostPerPage = 1000

// Page is a part of a list; the first is 1.
type Page struct {
	Page    int64  `json:"page"`
	PerPage int64  `json:"per_page"`
	Filter  string `json:"filter,omitempty"` // a part of the e-mail address
	Email   string `json:"email,omitempty"`  // the whole address
}

func (p Page) query(of string, order ...string) records.Query {
	return records.Query{Of: of, Order: order, Limit: p.PerPage, Offset: (p.Page - 1) * p.PerPage, Count: true}
}

// List gives accounts, the newest first, and how many there are on all pages.
func (s *Service) List(ctx context.Context, p Page) (users []*User, total int64, err error) {
	q := p.query("users", "-created_at", "-id")
	if p.Filter != "" {
		q.Where = append(q.Where, records.Contains("email", strings.ToLower(p.Filter)))
	}
	if p.Email != "" {
		email, err := Email(p.Email)
		if err != nil {
			return nil, 0, err
		}
		q.Where = append(q.Where, records.Is("email", value.OfText(email)))
	}
	r := s.Book.At(ctx)
	rows, total, err := r.Read(q)
	if err != nil {
		return nil, 0, err
	}
	users = make([]*User, len(rows))
	for i, row := range rows {
		if users[i], err = userOf(row); err != nil {
			return nil, 0, err
		}
	}
	return users, total, completeAll(r, users)
}

// completeAll is complete for many.
func completeAll(r records.Reader, users []*User) error {
	if len(users) == 0 {
		return nil
	}
	ids := make([]value.Value, len(users))
	for i, u := range users {
		ids[i] = value.OfUUID(u.ID)
	}
	of := map[string]map[string][]records.Row{}
	for _, name := range []string{"identities", "factors"} {
		rows, _, err := r.Read(records.Query{Of: name, Where: []records.Cond{records.Among("user_id", ids)}, Order: []string{"created_at", "id"}})
		if err != nil {
			return err
		}
		of[name] = map[string][]records.Row{}
		for _, row := range rows {
			uid := row.Text("user_id")
			of[name][uid] = append(of[name][uid], row)
		}
	}
	for _, u := range users {
		if err := u.complete(belongings{of, u.ID}); err != nil {
			return err
		}
	}
	return nil
}

// belongings are rows that were read for many accounts, as one of them would read them.
type belongings struct {
	of  map[string]map[string][]records.Row // by collection, by account
	uid string
}

func (b belongings) Read(q records.Query) ([]records.Row, int64, error) {
	rows := b.of[q.Of][b.uid]
	return rows, int64(len(rows)), nil
}

// Account is an account by its id or its e-mail address.
func (s *Service) Account(ctx context.Context, id string) (*User, error) {
	r := s.Book.At(ctx)
	if email, err := Email(id); err == nil {
		u, err := user(r, records.Is("email", value.OfText(email)))
		if err == nil && u == nil {
			err = Refuse(UserNotFound, "No account has the e-mail address %s", email)
		}
		return u, err
	}
	parsed, err := uuid.Parse(id)
	if err != nil {
		return nil, malformed("An account is named by its e-mail address or its id, a uuid")
	}
	return one(r, parsed.String())
}

// Entry is an entry of the audit trail; the JSON form is GoTrue's.
type Entry struct {
	ID      string         `json:"id"`
	Payload map[string]any `json:"payload"`
	At      time.Time      `json:"created_at"`
	Address string         `json:"ip_address"`
}

// Trail gives entries of the audit trail, the newest first, and how many there are on all pages.
func (s *Service) Trail(ctx context.Context, p Page) ([]Entry, int64, error) {
	rows, total, err := s.Book.At(ctx).Read(p.query("audit", "-at", "-id"))
	if err != nil {
		return nil, 0, err
	}
	out := make([]Entry, len(rows))
	for i, r := range rows {
		traits, err := metadata(r, "traits")
		if err != nil {
			return nil, 0, err
		}
		out[i] = Entry{r.Text("id"), map[string]any{"action": r.Text("action"), "actor_id": r.Text("actor_id"), "user_id": r.Text("user_id"),
			"traits": traits}, r.Time("at"), r.Text("address")}
	}
	return out, total, nil
}

// Factors are the second factors of an account, never nil.
func (s *Service) Factors(ctx context.Context, id string) ([]Factor, error) {
	u, err := one(s.Book.At(ctx), id)
	if err != nil {
		return nil, err
	}
	return append([]Factor{}, u.Factors...), nil
}

// DropFactor takes a second factor from an account. The sessions proved with it end, as whoever has it may be somebody else; its
// owner is told. Recovery codes do not stay behind as the only factor.
func (s *Service) DropFactor(ctx context.Context, id, factor string, from Caller) (f Factor, err error) {
	err = s.write(ctx, func(tx *records.Tx) error {
		u, err := heldOne(tx, id)
		if err != nil {
			return err
		}
		rows, _, err := tx.Read(records.Query{Of: "factors", Where: []records.Cond{records.Is("user_id", value.OfUUID(id))}})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(rows, func(r records.Row) bool { return r.Text("id") == factor })
		if at < 0 {
			return Refuse(FactorNotFound, "Factor not found")
		}
		f = factorOf(rows[at])
		if err := s.endProved(tx, id, factor, from); err != nil {
			return err
		}
		if err := s.dropFactor(tx, u, rows[at], "", from); err != nil {
			return err
		}
		return s.dropLeftCodes(tx, u, slices.Delete(rows, at, at+1), from)
	})
	return f, err
}

// dropLeftCodes takes recovery codes away where no other factor is left that they could stand in for.
func (s *Service) dropLeftCodes(tx *records.Tx, u *User, left []records.Row, from Caller) error {
	if slices.ContainsFunc(left, func(r records.Row) bool { return r.Text("type") != recoveryFactor && r.Text("status") == Verified }) {
		return nil
	}
	for _, row := range left {
		if row.Text("type") == recoveryFactor {
			return s.dropFactor(tx, u, row, "", from)
		}
	}
	return nil
}

// endProved ends the sessions that a factor has proved.
func (s *Service) endProved(tx *records.Tx, uid, factor string, from Caller) error {
	rows, _, err := tx.Read(records.Query{Of: "sessions", Where: []records.Cond{records.Is("user_id", value.OfUUID(uid)),
		records.Is("factor_id", value.OfUUID(factor))}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := s.end(tx, from, "logout", &Session{ID: row.Text("id"), UserID: uid}); err != nil {
			return err
		}
	}
	return nil
}

// Key is a passkey as its owner sees it.
type Key struct {
	ID         string     `json:"id"`
	Name       string     `json:"friendly_name,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

// KeysOf are the passkeys of an account, never nil.
func (s *Service) KeysOf(ctx context.Context, id string) ([]Key, error) {
	r := s.Book.At(ctx)
	if _, err := one(r, id); err != nil {
		return nil, err
	}
	rows, _, err := r.Read(records.Query{Of: "passkeys", Where: []records.Cond{records.Is("user_id", value.OfUUID(id)), records.Null("factor_id")},
		Order: []string{"created_at", "id"}})
	out := []Key{}
	for _, row := range rows {
		out = append(out, Key{row.Text("id"), row.Text("name"), row.Time("created_at"), instant(row, "last_used_at")})
	}
	return out, err
}

// DropKey takes a passkey from an account.
func (s *Service) DropKey(ctx context.Context, id, key string, from Caller) error {
	return s.write(ctx, func(tx *records.Tx) error {
		rows, err := tx.Remove("passkeys", records.Is("id", value.OfUUID(key)), records.Is("user_id", value.OfUUID(id)), records.Null("factor_id"))
		if err != nil || len(rows) == 0 {
			return firstError(err, Refuse(PasskeyNotFound, "Passkey not found"))
		}
		return s.audit(tx, from, "passkey_deleted", "", id, map[string]any{"by": "admin", "passkey_id": key})
	})
}
