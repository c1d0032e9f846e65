package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Session is a family of refresh tokens: one sign-in on one device.
type Session struct {
	ID, UserID, AAL string
	AMR             []auth.Method // how it was proved, the last proof first
	counter         int64
	refreshedAt     time.Time
	createdAt       time.Time
	endsAt          time.Time
}

// Signed is what a client gets for a session; the JSON form is GoTrue's.
type Signed struct {
	AccessToken          string      `json:"access_token"`
	TokenType            string      `json:"token_type"`
	ExpiresIn            int64       `json:"expires_in"`
	ExpiresAt            int64       `json:"expires_at"`
	RefreshToken         string      `json:"refresh_token"`
	User                 *User       `json:"user"`
	ProviderToken        string      `json:"provider_token,omitempty"`
	ProviderRefreshToken string      `json:"provider_refresh_token,omitempty"`
	WeakPassword         *WeakReason `json:"weak_password,omitempty"`
}

// WeakReason tells somebody who signed in with a password that today's rules refuse.
type WeakReason struct {
	Reasons []string `json:"reasons"`
	Message string   `json:"message"`
}

func weakReason(w *password.Weak) *WeakReason {
	if w == nil {
		return nil
	}
	return &WeakReason{w.Reasons, w.Message}
}

func sessionOf(r records.Row) (*Session, error) {
	s := &Session{ID: r.Text("id"), UserID: r.Text("user_id"), AAL: r.Text("aal"), counter: r.Int("counter"),
		refreshedAt: r.Time("refreshed_at"), createdAt: r.Time("created_at"), endsAt: r.Time("ends_at")}
	return s, r.JSON("amr", &s.AMR)
}

// over reports whether a session's time is up.
func (s *Service) over(x *Session, now time.Time) bool {
	return s.Settings.Idle > 0 && now.After(x.refreshedAt.Add(s.Settings.Idle)) || s.Settings.Max > 0 && now.After(x.createdAt.Add(s.Settings.Max)) ||
		!x.endsAt.IsZero() && now.After(x.endsAt)
}

// crowded is how close sign-ins of one account may be that need not all be noted: each would wait for the one before.
const crowded = time.Second

// begin starts a session that a method has proved. Whoever may not sign in now is refused. As the session refers to its account, acts
// that hold the account wait from then on until the transaction ends, and see the session: what they may have changed before is
// looked at afterwards.
func (s *Service) begin(tx *records.Tx, u *User, method string, from Caller) (*Session, error) {
	now := time.UnixMicro(tx.Now()).UTC()
	if u.Banned(now) {
		return nil, Refuse(UserBanned, "User is banned")
	}
	amr, err := records.JSON([]auth.Method{{Method: method, Timestamp: now.Unix()}})
	if err != nil {
		return nil, err
	}
	account, err := s.note(tx, u, now)
	if err != nil {
		return nil, err
	}
	row, err := tx.Add("sessions", records.Row{"user_id": value.OfUUID(u.ID), "aal": value.OfText("aal1"), "amr": amr, "counter": value.OfInt(0),
		"agent": records.Text(from.Agent), "address": records.Text(from.Address), "refreshed_at": records.Time(now)})
	if err != nil {
		return nil, deserted(err)
	}
	if account == nil {
		if account, _, err = records.Find(tx, "users", records.Is("id", value.OfUUID(u.ID))); err != nil {
			return nil, err
		}
	}
	if account.Time("banned_until").After(now) {
		_, err := tx.Remove("sessions", records.Is("id", row["id"]))
		return nil, firstError(err, Refuse(UserBanned, "User is banned"))
	}
	return sessionOf(row)
}

// note takes down when an account's owner signed in last, and gives the account's row; none where that was a moment ago.
func (s *Service) note(tx *records.Tx, u *User, now time.Time) (records.Row, error) {
	if u.LastSignInAt != nil && now.Sub(*u.LastSignInAt).Abs() < crowded {
		return nil, nil
	}
	rows, err := tx.Change("users", records.Row{"last_sign_in_at": records.Time(now)}, records.Is("id", value.OfUUID(u.ID)))
	if err != nil || len(rows) != 1 {
		return nil, firstError(err, deleted())
	}
	u.LastSignInAt = &now
	return rows[0], nil
}

func deleted() *Refusal { return Refuse(UserNotFound, "The account was deleted at this moment") }

// deserted is the error of a session that cannot be added, as its account is gone.
func deserted(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == fault.ForeignKeyViolation {
		return deleted().Because(err)
	}
	return err
}

// sign gives a session's tokens, after the transaction that began or changed it was kept.
func (s *Service) sign(u *User, x *Session) (*Signed, error) {
	claims := map[string]any{"aal": x.AAL, "amr": x.AMR, "session_id": x.ID, "is_anonymous": u.IsAnonymous, "phone": "", "email": "",
		"app_metadata": u.AppMetadata, "user_metadata": u.UserMetadata}
	if u.EmailConfirmedAt != nil {
		claims["email"] = u.Email
	}
	if u.PhoneConfirmedAt != nil {
		claims["phone"] = u.Phone
	}
	if err := s.Hook.ask(claims, u.ID); err != nil {
		return nil, fmt.Errorf("sign a session: %w", err)
	}
	now := s.Clock.Now()
	token, err := s.Tokens.Issue(auth.Grant{Sub: u.ID, Claims: claims, TTL: s.Settings.AccessTTL})
	var f *fault.Fault
	if errors.As(err, &f) && f.Code == fault.InvalidClaims {
		return nil, Refuse(SessionNotFound, "The session ended at this moment").Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("sign a session: %w", err)
	}
	return &Signed{AccessToken: token, TokenType: "bearer", ExpiresIn: int64(s.Settings.AccessTTL / time.Second),
		ExpiresAt: now.Add(s.Settings.AccessTTL).Unix(), RefreshToken: s.refresh.token(x.ID, x.counter), User: u}, nil
}

// refresher makes refresh tokens: the session's id, a counter and a MAC over both. The database keeps the counter alone.
type refresher struct{ key []byte }

const refreshMAC = 16 // bytes

func (r refresher) token(session string, counter int64) string {
	id := uuid.MustParse(session)
	raw := binary.BigEndian.AppendUint64(id[:], uint64(counter))
	return base64.RawURLEncoding.EncodeToString(append(raw, r.mac(raw)...))
}

func (r refresher) mac(raw []byte) []byte {
	m := hmac.New(sha256.New, r.key)
	m.Write(raw)
	return m.Sum(nil)[:refreshMAC]
}

// read gives back what a token was made of; ok is false for a token that was not made here.
func (r refresher) read(token string) (session string, counter int64, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 24+refreshMAC || !hmac.Equal(raw[24:], r.mac(raw[:24])) {
		return "", 0, false
	}
	return uuid.UUID(raw[:16]).String(), int64(binary.BigEndian.Uint64(raw[16:24])), true
}

// Refresh exchanges a refresh token. The current one is spent; the one before it, or an older one within the interval of reuse,
// gives the current session, as the answer may have been lost on its way or several tabs may have asked at once. Anything
// older was stolen from somebody: the whole session ends.
func (s *Service) Refresh(ctx context.Context, token string, from Caller) (*Signed, error) {
	id, counter, ok := s.refresh.read(token)
	if !ok {
		return nil, Refuse(RefreshNotFound, "Invalid Refresh Token: Refresh Token Not Found")
	}
	var x *Session
	var u *User
	var refused error
	err := s.Book.Write(ctx, func(tx *records.Tx) (err error) {
		refused = nil
		x, u, err = s.held(tx, id)
		if err != nil {
			return err
		}
		now := time.UnixMicro(tx.Now()).UTC()
		switch {
		case counter > x.counter:
			return Refuse(RefreshNotFound, "Invalid Refresh Token: Refresh Token Not Found")
		case s.over(x, now):
			refused = Refuse(SessionExpired, "Invalid Refresh Token: Session Expired")
			return s.end(tx, from, "session_expired", x)
		case u.Banned(now):
			refused = Refuse(UserBanned, "User is banned")
			return s.end(tx, from, "user_banned", x)
		case counter == x.counter:
			return s.advance(tx, x, now)
		case counter == x.counter-1, now.Before(x.refreshedAt.Add(s.Settings.Reuse)):
			return nil
		}
		refused = Refuse(RefreshUsed, "Invalid Refresh Token: Already Used")
		return s.end(tx, from, "token_revoked", x)
	})
	if err != nil || refused != nil {
		return nil, firstError(err, refused)
	}
	return s.sign(u, x)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// held is a session and its account.
func (s *Service) held(r records.Reader, id string) (*Session, *User, error) {
	row, ok, err := records.Find(r, "sessions", records.Is("id", value.OfUUID(id)))
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, Refuse(RefreshNotFound, "Invalid Refresh Token: Refresh Token Not Found")
	}
	x, err := sessionOf(row)
	if err != nil {
		return nil, nil, err
	}
	u, err := s.User(r, x.UserID)
	return x, u, err
}

// advance spends the current refresh token. Of several at once one advances; the others find themselves one behind. x is then as it is
// stored: a factor may have been taken from it meanwhile.
func (s *Service) advance(tx *records.Tx, x *Session, now time.Time) error {
	rows, err := tx.Change("sessions", records.Row{"counter": value.OfInt(x.counter + 1), "refreshed_at": records.Time(now)},
		records.Is("id", value.OfUUID(x.ID)), records.Is("counter", value.OfInt(x.counter)))
	if err != nil {
		return err
	}
	row := first(rows)
	if row == nil {
		var ok bool
		if row, ok, err = records.Find(tx, "sessions", records.Is("id", value.OfUUID(x.ID))); err != nil || !ok {
			return firstError(err, Refuse(RefreshNotFound, "Invalid Refresh Token: Refresh Token Not Found"))
		}
	}
	stored, err := sessionOf(row)
	if err == nil {
		*x = *stored
	}
	return err
}

// end ends sessions: no refresh token of theirs holds from then on, and on every server within a second no access token.
func (s *Service) end(tx *records.Tx, from Caller, action string, sessions ...*Session) error {
	now := time.UnixMicro(tx.Now()).UTC()
	for _, x := range sessions {
		if _, err := tx.Remove("sessions", records.Is("id", value.OfUUID(x.ID))); err != nil {
			return err
		}
		if err := s.revoke(tx, x.ID, "", now); err != nil {
			return err
		}
		if err := s.audit(tx, from, action, x.UserID, x.UserID, map[string]any{"session_id": x.ID}); err != nil {
			return err
		}
	}
	return nil
}

// sessions are those of an account.
func sessions(r records.Reader, uid string) ([]*Session, error) {
	rows, _, err := r.Read(records.Query{Of: "sessions", Where: []records.Cond{records.Is("user_id", value.OfUUID(uid))}})
	out := make([]*Session, len(rows))
	for i, row := range rows {
		if out[i], err = sessionOf(row); err != nil {
			return nil, err
		}
	}
	return out, err
}

// endAll ends the sessions of an account but one; "" keeps none.
func (s *Service) endAll(tx *records.Tx, from Caller, action, uid, but string) error {
	all, err := sessions(tx, uid)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID == but {
			continue
		}
		if err := s.end(tx, from, action, x); err != nil {
			return err
		}
	}
	return nil
}

// The scopes of a sign-out.
const (
	Global = "global"
	Local  = "local"
	Others = "others"
)

// SignOut ends sessions of the holder's account.
func (s *Service) SignOut(ctx context.Context, h auth.Holder, scope string, from Caller) error {
	return s.write(ctx, func(tx *records.Tx) error {
		if scope == Local {
			return s.end(tx, from, "logout", &Session{ID: h.Session, UserID: h.Actor.UID})
		}
		if err := hold(tx, h.Actor.UID); err != nil {
			return err
		}
		if err := uncollected(tx, h.Actor.UID); err != nil {
			return err
		}
		but := ""
		if scope == Others {
			but = h.Session
		}
		return s.endAll(tx, from, "logout", h.Actor.UID, but)
	})
}

// digest is under what a secret of enough randomness is stored.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
