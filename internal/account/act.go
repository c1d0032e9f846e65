package account

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// The levels of assurance: one proof of who somebody is, or two.
const (
	aal1 = "aal1"
	aal2 = "aal2"
)

// byPasskey is amr's word for a sign-in by passkey. Such a session is at aal2 as it begins: a passkey is possession, and its user
// was verified.
const byPasskey = "passkey"

// kept is a transaction whose refusals keep what was done before them: the tried code counts, the challenge is spent.
func (s *Service) kept(ctx context.Context, act func(*records.Tx) error) error {
	var refused error
	err := s.write(ctx, func(tx *records.Tx) error {
		refused = nil
		err := act(tx)
		if r := (*Refusal)(nil); errors.As(err, &r) {
			refused = err
			return nil
		}
		return err
	})
	return firstError(err, refused)
}

// hold keeps other acts on an account waiting until the transaction ends: of two that come at once one sees what the other did.
func hold(tx *records.Tx, uid string) error {
	_, err := tx.Change("users", records.Row{"updated_at": records.Time(timeOf(tx))}, records.Is("id", value.OfUUID(uid)))
	return err
}

// heldUser is an account that is held, as all acts before have left it; nil where there is none.
func heldUser(tx *records.Tx, who records.Cond) (*User, error) {
	return heldBy(tx, records.Row{"updated_at": records.Time(timeOf(tx))}, who)
}

// heldBy is heldUser by a change of one's own.
func heldBy(tx *records.Tx, change records.Row, who records.Cond) (*User, error) {
	rows, err := tx.Change("users", change, who)
	if err != nil || len(rows) != 1 {
		return nil, err
	}
	u, err := userOf(rows[0])
	if err != nil {
		return nil, err
	}
	return u, u.complete(tx)
}

// acting is the session and the account of somebody who acts on factors or passkeys. The account is held until the transaction ends:
// what is counted or compared until then stays true.
func (s *Service) acting(tx *records.Tx, h auth.Holder) (*Session, *User, error) {
	gone := Refuse(SessionNotFound, "Session from session_id claim in JWT does not exist")
	if h.Session == "" {
		return nil, nil, gone
	}
	now, uid := timeOf(tx), value.OfUUID(h.Actor.UID)
	if err := hold(tx, h.Actor.UID); err != nil {
		return nil, nil, err
	}
	row, ok, err := records.Find(tx, "sessions", records.Is("id", value.OfUUID(h.Session)), records.Is("user_id", uid))
	if err != nil || !ok {
		return nil, nil, firstError(err, gone)
	}
	x, err := sessionOf(row)
	if err != nil {
		return nil, nil, err
	}
	u, err := s.User(tx, x.UserID)
	switch {
	case err != nil:
		return nil, nil, err
	case u.Banned(now):
		return nil, nil, Refuse(UserBanned, "User is banned")
	case s.over(x, now):
		return nil, nil, Refuse(SessionExpired, "Session has expired")
	}
	return x, u, nil
}

// verified counts the second factors that were proved, of every type but those named.
func (u *User) verified(but ...string) (n int) {
	for _, f := range u.Factors {
		if f.Status == Verified && !slices.Contains(but, f.Type) {
			n++
		}
	}
	return n
}

// strong refuses a session that has not shown the second factor which its account has.
func strong(x *Session, u *User, what string) error {
	if x.AAL != aal2 && u.verified() > 0 {
		return Refuse(InsufficientAAL, "AAL2 required to %s", what)
	}
	return nil
}

// raise puts a session at aal2, as a factor was proved. Its refresh token is another one from then on.
func (s *Service) raise(tx *records.Tx, x *Session, factor, method string) error {
	now := timeOf(tx)
	amr := []auth.Method{{Method: method, Timestamp: now.Unix()}}
	for _, m := range x.AMR {
		if m.Method != method {
			amr = append(amr, m)
		}
	}
	if err := s.level(tx, x, aal2, amr, factor); err != nil {
		return err
	}
	return s.advance(tx, x, now)
}

// level notes how strong a session is, and by which factor. x is then as it is stored.
func (s *Service) level(tx *records.Tx, x *Session, aal string, amr []auth.Method, factor string) error {
	v, err := records.JSON(amr)
	if err != nil {
		return err
	}
	rows, err := tx.Change("sessions", records.Row{"aal": value.OfText(aal), "amr": v, "factor_id": records.UUID(factor)},
		records.Is("id", value.OfUUID(x.ID)))
	if err != nil || len(rows) != 1 {
		return firstError(err, Refuse(SessionNotFound, "Session from session_id claim in JWT does not exist"))
	}
	stored, err := sessionOf(rows[0])
	if err == nil {
		*x = *stored
	}
	return err
}

// lower puts the sessions that a factor has raised back to what they are without it.
func (s *Service) lower(tx *records.Tx, factor, method string) error {
	rows, _, err := tx.Read(records.Query{Of: "sessions", Where: []records.Cond{records.Is("factor_id", value.OfUUID(factor))}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		x, err := sessionOf(row)
		if err != nil {
			return err
		}
		aal, amr := aal1, []auth.Method{}
		for _, m := range x.AMR {
			if m.Method == byPasskey {
				aal = aal2
			}
			if m.Method != method {
				amr = append(amr, m)
			}
		}
		if err := s.level(tx, x, aal, amr, ""); err != nil {
			return err
		}
	}
	return nil
}

// Wrong codes of one factor: mostTries of them, then none is looked at for a while.
// Servers whose clocks differ have it last for five minutes at least.
const lockout = 2 * auth.Apart

func locked(row records.Row, now time.Time) bool {
	return row.Int("tries") >= mostTries && now.Before(row.Time("tried_at").Add(lockout))
}

// missed counts a wrong code of a factor. The count begins anew after a while without any.
func missed(tx *records.Tx, row records.Row) error {
	now, tries := timeOf(tx), row.Int("tries")
	if now.After(row.Time("tried_at").Add(lockout)) {
		tries = 0
	}
	_, err := tx.Change("factors", records.Row{"tries": value.OfInt(tries + 1), "tried_at": records.Time(now)}, records.Is("id", row["id"]))
	return err
}

// identifier is a uuid as it is stored; ok is false for any other text.
func identifier(s string) (v value.Value, ok bool) {
	id, err := uuid.Parse(s)
	return value.OfUUID(id.String()), err == nil && len(s) == 36
}

const longestName = 120 // characters of what people call their factors and passkeys

// friendly refuses a name that cannot be shown as it is.
func friendly(name string) error {
	if utf8.RuneCountInString(name) > longestName {
		return malformed("friendly_name must be %d characters or less", longestName)
	}
	for _, c := range name {
		if unicode.IsControl(c) {
			return malformed("friendly_name must be one line of plain text")
		}
	}
	return nil
}
