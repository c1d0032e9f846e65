package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// User is an account as its owner and administrators see it; the JSON form is GoTrue's.
type User struct {
	ID                     string         `json:"id"`
	Aud                    string         `json:"aud"`
	Role                   string         `json:"role"`
	Email                  string         `json:"email"`
	EmailConfirmedAt       *time.Time     `json:"email_confirmed_at,omitempty"`
	InvitedAt              *time.Time     `json:"invited_at,omitempty"`
	Phone                  string         `json:"phone"`
	PhoneConfirmedAt       *time.Time     `json:"phone_confirmed_at,omitempty"`
	ConfirmationSentAt     *time.Time     `json:"confirmation_sent_at,omitempty"`
	ConfirmedAt            *time.Time     `json:"confirmed_at,omitempty"`
	RecoverySentAt         *time.Time     `json:"recovery_sent_at,omitempty"`
	NewEmail               string         `json:"new_email,omitempty"`
	EmailChangeSentAt      *time.Time     `json:"email_change_sent_at,omitempty"`
	NewPhone               string         `json:"new_phone,omitempty"`
	PhoneChangeSentAt      *time.Time     `json:"phone_change_sent_at,omitempty"`
	ReauthenticationSentAt *time.Time     `json:"reauthentication_sent_at,omitempty"`
	LastSignInAt           *time.Time     `json:"last_sign_in_at,omitempty"`
	AppMetadata            map[string]any `json:"app_metadata"`
	UserMetadata           map[string]any `json:"user_metadata"`
	Factors                []Factor       `json:"factors,omitempty"`
	Identities             []Identity     `json:"identities"`
	CreatedAt              time.Time      `json:"created_at"`
	UpdatedAt              time.Time      `json:"updated_at"`
	BannedUntil            *time.Time     `json:"banned_until,omitempty"`
	IsAnonymous            bool           `json:"is_anonymous"`

	Locale string `json:"-"`
}

// Identity is one way in which an account is known.
type Identity struct {
	IdentityID   string         `json:"identity_id"`
	ID           string         `json:"id"` // at the provider
	UserID       string         `json:"user_id"`
	Data         map[string]any `json:"identity_data"`
	Provider     string         `json:"provider"`
	LastSignInAt *time.Time     `json:"last_sign_in_at"`
	CreatedAt    time.Time      `json:"created_at"`
	UpdatedAt    time.Time      `json:"updated_at"`
	Email        string         `json:"email,omitempty"`
}

// Factor is a second factor as its owner sees it.
type Factor struct {
	ID               string     `json:"id"`
	FriendlyName     string     `json:"friendly_name,omitempty"`
	Type             string     `json:"factor_type"`
	Status           string     `json:"status"`
	Phone            string     `json:"phone,omitempty"`
	LastChallengedAt *time.Time `json:"last_challenged_at,omitempty"`
	CreatedAt        time.Time  `json:"created_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
}

// Verified is the status of a factor that counts.
const Verified = "verified"

func instant(r records.Row, field string) *time.Time {
	t := r.Time(field)
	if t.IsZero() {
		return nil
	}
	return &t
}

// metadata is a JSON object of a row, never nil.
func metadata(r records.Row, field string) (map[string]any, error) {
	out := map[string]any{}
	if err := r.JSON(field, &out); err != nil {
		return nil, err
	}
	if out == nil {
		out = map[string]any{}
	}
	return out, nil
}

func userOf(r records.Row) (*User, error) {
	u := &User{ID: r.Text("id"), Aud: auth.Audience, Role: "authenticated", Email: r.Text("email"), Phone: r.Text("phone"),
		EmailConfirmedAt: instant(r, "email_confirmed_at"), PhoneConfirmedAt: instant(r, "phone_confirmed_at"),
		InvitedAt: instant(r, "invited_at"), ConfirmationSentAt: instant(r, "confirmation_sent_at"), RecoverySentAt: instant(r, "recovery_sent_at"),
		NewEmail: r.Text("new_email"), EmailChangeSentAt: instant(r, "email_change_sent_at"), NewPhone: r.Text("new_phone"),
		PhoneChangeSentAt: instant(r, "phone_change_sent_at"), ReauthenticationSentAt: instant(r, "reauthentication_sent_at"),
		LastSignInAt: instant(r, "last_sign_in_at"), CreatedAt: r.Time("created_at"), UpdatedAt: r.Time("updated_at"),
		BannedUntil: instant(r, "banned_until"), IsAnonymous: r.Bool("is_anonymous"), Locale: r.Text("locale"), Identities: []Identity{}}
	u.ConfirmedAt = u.EmailConfirmedAt
	if u.ConfirmedAt == nil || u.PhoneConfirmedAt != nil && u.PhoneConfirmedAt.Before(*u.ConfirmedAt) {
		u.ConfirmedAt = u.PhoneConfirmedAt
	}
	var err, err2 error
	u.AppMetadata, err = metadata(r, "app_metadata")
	u.UserMetadata, err2 = metadata(r, "user_metadata")
	return u, errors.Join(err, err2)
}

// Banned reports whether the account may not sign in now.
func (u *User) Banned(now time.Time) bool { return u.BannedUntil != nil && u.BannedUntil.After(now) }

// user is the account for which the conditions hold, with its identities and factors; nil where there is none.
func user(r records.Reader, where ...records.Cond) (*User, error) {
	row, ok, err := records.Find(r, "users", where...)
	if err != nil || !ok {
		return nil, err
	}
	u, err := userOf(row)
	if err != nil {
		return nil, err
	}
	return u, u.complete(r)
}

func userByID(r records.Reader, id string) (*User, error) {
	return user(r, records.Is("id", value.OfUUID(id)))
}

// complete adds identities and factors, and the providers to the metadata as GoTrue does.
func (u *User) complete(r records.Reader) error {
	mine := []records.Cond{records.Is("user_id", value.OfUUID(u.ID))}
	rows, _, err := r.Read(records.Query{Of: "identities", Where: mine, Order: []string{"created_at", "id"}})
	if err != nil {
		return err
	}
	var providers []string
	for _, row := range rows {
		data, err := metadata(row, "data")
		if err != nil {
			return err
		}
		u.Identities = append(u.Identities, Identity{IdentityID: row.Text("id"), ID: row.Text("subject"), UserID: u.ID, Data: data,
			Provider: row.Text("provider"), LastSignInAt: instant(row, "last_sign_in_at"), CreatedAt: row.Time("created_at"),
			UpdatedAt: row.Time("updated_at"), Email: row.Text("email")})
		if p := row.Text("provider"); !slices.Contains(providers, p) {
			providers = append(providers, p)
		}
	}
	if len(providers) > 0 {
		u.AppMetadata["provider"], u.AppMetadata["providers"] = providers[0], providers
	}
	rows, _, err = r.Read(records.Query{Of: "factors", Where: mine, Order: []string{"created_at", "id"}})
	for _, row := range rows {
		u.Factors = append(u.Factors, factorOf(row))
	}
	return err
}

func factorOf(row records.Row) Factor {
	return Factor{ID: row.Text("id"), FriendlyName: row.Text("name"), Type: row.Text("type"), Status: row.Text("status"),
		Phone: row.Text("phone"), LastChallengedAt: instant(row, "last_challenged_at"), CreatedAt: row.Time("created_at"), UpdatedAt: row.Time("updated_at")}
}

// User is an account by its id.
func (s *Service) User(r records.Reader, id string) (*User, error) {
	u, err := userByID(r, id)
	if err == nil && u == nil {
		err = Refuse(UserNotFound, "User from sub claim in JWT does not exist")
	}
	return u, err
}

// Bounds of what an account carries into each of its tokens, in bytes of JSON.
const (
	mostUserMetadata = 3 << 10
	mostAppMetadata  = 1536
)

// merged is metadata with changes over it: a member that is null goes.
func merged(old, changes map[string]any, most int) (map[string]any, value.Value, error) {
	out := make(map[string]any, len(old)+len(changes))
	for _, m := range []map[string]any{old, changes} {
		for k, v := range m {
			if out[k] = v; v == nil {
				delete(out, k)
			}
		}
	}
	raw, err := json.Marshal(out)
	if err != nil || len(raw) > most {
		return nil, value.Value{}, malformed("The metadata are larger than %d bytes; they are part of every token", most).Because(err)
	}
	v, err := records.JSON(out)
	if err != nil {
		return nil, v, malformed("The metadata are not JSON that can be stored").Because(err)
	}
	return out, v, nil
}

// Me is the holder's account, as long as the session is there. Tokens that were signed without a session have none to miss.
func (s *Service) Me(ctx context.Context, h auth.Holder) (*User, error) {
	r := s.Book.At(ctx)
	if err := s.present(r, h); err != nil {
		return nil, err
	}
	u, err := userByID(r, h.Actor.UID)
	if err == nil && u == nil {
		err = Refuse(SessionNotFound, "User from sub claim in JWT does not exist")
	}
	return u, err
}

// present refuses a holder whose session is gone.
func (s *Service) present(r records.Reader, h auth.Holder) error {
	if h.Session == "" {
		return nil
	}
	_, ok, err := records.Find(r, "sessions", records.Is("id", value.OfUUID(h.Session)))
	if err == nil && !ok {
		err = Refuse(SessionNotFound, "Session from session_id claim in JWT does not exist")
	}
	return err
}
