package account

import (
	"context"
	"encoding/json"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/factor"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Challenged is what a factor has to answer; the JSON form is GoTrue's.
type Challenged struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	ExpiresAt int64     `json:"expires_at"`
	WebAuthn  *Ceremony `json:"webauthn,omitempty"`
}

// Ceremony is what a browser has to do for a factor.
type Ceremony struct {
	Type    string           `json:"type"` // create or request
	Options CeremonyArgument `json:"credential_options"`
}

// CeremonyArgument is the argument of navigator.credentials.create or get.
type CeremonyArgument struct {
	PublicKey json.RawMessage `json:"publicKey"`
}

// ChallengeFactor begins the proof of a factor.
func (s *Service) ChallengeFactor(ctx context.Context, h auth.Holder, id string, from Caller) (*Challenged, error) {
	out := &Challenged{}
	err := s.write(ctx, func(tx *records.Tx) error {
		_, u, row, err := s.factorOf(tx, h, id)
		if err != nil {
			return err
		}
		now, state := timeOf(tx), []byte(nil)
		*out = Challenged{Type: row.Text("type"), ExpiresAt: now.Add(challengeTTL).Unix()}
		switch out.Type {
		case keyFactor:
			if out.WebAuthn, state, err = s.ceremony(tx, u, row); err != nil {
				return err
			}
		case totpFactor:
		default:
			return malformed("factor_type needs to be totp or webauthn")
		}
		if out.ID, err = s.challenge(tx, challengeOf("factor", u.ID, row.Text("id")), state); err != nil {
			return err
		}
		if _, err := tx.Change("factors", records.Row{"last_challenged_at": records.Time(now)}, records.Is("id", row["id"])); err != nil {
			return err
		}
		return s.audit(tx, from, "challenge_created", u.ID, u.ID, map[string]any{"factor_id": row.Text("id"), "factor_status": row.Text("status")})
	})
	return out, err
}

// FactorProof answers a challenge.
type FactorProof struct {
	Factor, Challenge string
	Code              string          // of totp
	Ceremony          string          // of webauthn: create or request
	Credential        json.RawMessage // of webauthn: what the browser gave
}

// VerifyFactor proves a factor, which counts from then on, and raises the session.
func (s *Service) VerifyFactor(ctx context.Context, h auth.Holder, p FactorProof, from Caller) (*Signed, error) {
	var x *Session
	var u *User
	err := s.kept(ctx, func(tx *records.Tx) (err error) {
		var row records.Row
		if x, u, row, err = s.factorOf(tx, h, p.Factor); err != nil {
			return err
		}
		switch row.Text("type") {
		case totpFactor:
			err = s.proveTOTP(tx, row, p)
		case keyFactor:
			err = s.proveKey(tx, u, row, p)
		default:
			err = malformed("factor_type needs to be totp or webauthn")
		}
		if err != nil {
			return firstError(s.attempted(tx, u, row, false, from), err)
		}
		if u, err = s.proved(tx, u, row); err != nil {
			return err
		}
		if err := s.raise(tx, x, row.Text("id"), methods[row.Text("type")]); err != nil {
			return err
		}
		return s.attempted(tx, u, row, true, from)
	})
	if err != nil {
		return nil, err
	}
	return s.sign(u, x)
}

func (s *Service) attempted(tx *records.Tx, u *User, row records.Row, ok bool, from Caller) error {
	return s.audit(tx, from, "verification_attempted", u.ID, u.ID, map[string]any{"factor_id": row.Text("id"), "factor_type": row.Text("type"), "verified": ok})
}

// proveTOTP accepts the code of a step that was not accepted yet: of several at once one is. Its challenge survives wrong codes.
func (s *Service) proveTOTP(tx *records.Tx, row records.Row, p FactorProof) error {
	now := timeOf(tx)
	if p.Code == "" {
		return malformed("Code needs to be non-empty")
	}
	if locked(row, now) {
		r := Refuse(VerificationFailed, "Too many wrong codes, try again in some minutes")
		r.Later = true
		return r
	}
	of := challengeOf("factor", row.Text("user_id"), row.Text("id"))
	if err := s.open(tx, of, p.Challenge); err != nil {
		return err
	}
	secret, err := s.sealer.Open(row.Text("sealed"))
	if err != nil {
		return err
	}
	step, ok := factor.CheckTOTP(string(secret), p.Code, now, row.Int("step"))
	if ok {
		rows, err := tx.Change("factors", records.Row{"step": value.OfInt(step), "tries": value.OfInt(0)}, records.Is("id", row["id"]),
			records.Upto("step", value.OfInt(step-1)))
		if err != nil {
			return err
		}
		ok = len(rows) == 1
	}
	if !ok {
		return firstError(missed(tx, row), Refuse(VerificationFailed, "Invalid TOTP code entered"))
	}
	_, err = s.spend(tx, of, p.Challenge)
	return err
}

// proved makes a factor count. Others of its type that were never proved are in the way then.
func (s *Service) proved(tx *records.Tx, u *User, row records.Row) (*User, error) {
	if row.Text("status") != Verified {
		if _, err := tx.Change("factors", records.Row{"status": value.OfText(Verified)}, records.Is("id", row["id"])); err != nil {
			return nil, err
		}
		if _, err := tx.Remove("factors", records.Is("user_id", value.OfUUID(u.ID)), records.Is("type", row["type"]),
			records.Is("status", value.OfText(unverified))); err != nil {
			return nil, err
		}
		if err := s.notify(tx, u, mail.FactorAdded, mail.Data{Extra: map[string]string{"factor": called(row)}}); err != nil {
			return nil, err
		}
	}
	return s.User(tx, u.ID)
}
