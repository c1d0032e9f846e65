package account

import (
	"context"
	"strconv"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/factor"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

const recoveryCodes = 10 // of one set

// RecoveryCodes are what stands in for a lost factor; the JSON form is GoTrue's. The codes are said once.
type RecoveryCodes struct {
	ID           string   `json:"id"`
	Type         string   `json:"type"`
	FriendlyName string   `json:"friendly_name,omitempty"`
	Total        int      `json:"total"`
	Remaining    *int     `json:"remaining,omitempty"`
	Codes        []string `json:"codes,omitempty"`
}

// recoverySet is the factor that an account's recovery codes are, nil where it has none.
func recoverySet(r records.Reader, uid string) (records.Row, error) {
	row, _, err := records.Find(r, "factors", records.Is("user_id", value.OfUUID(uid)), records.Is("type", value.OfText(recoveryFactor)))
	return row, err
}

func noRecoveryCodes() *Refusal {
	return Refuse(FactorNotFound, "The user has not enrolled recovery codes")
}

// RecoveryCodesOf says how many codes the holder has left.
func (s *Service) RecoveryCodesOf(ctx context.Context, h auth.Holder) (*RecoveryCodes, error) {
	u, err := s.Me(ctx, h)
	if err != nil {
		return nil, err
	}
	set, err := recoverySet(s.Book.At(ctx), u.ID)
	if err != nil || set == nil {
		return nil, firstError(err, noRecoveryCodes())
	}
	total, left, err := countCodes(s.Book.At(ctx), u.ID)
	return &RecoveryCodes{ID: set.Text("id"), Type: recoveryFactor, Total: total, Remaining: &left}, err
}

func countCodes(r records.Reader, uid string) (total, left int, err error) {
	rows, _, err := r.Read(records.Query{Of: "recovery_codes", Where: []records.Cond{records.Is("user_id", value.OfUUID(uid))}})
	for _, row := range rows {
		if row["used_at"].IsNull() {
			left++
		}
	}
	return len(rows), left, err
}

// MakeRecoveryCodes gives an account that has another factor its recovery codes.
func (s *Service) MakeRecoveryCodes(ctx context.Context, h auth.Holder, name string, from Caller) (*RecoveryCodes, error) {
	if err := friendly(name); err != nil {
		return nil, err
	}
	out := &RecoveryCodes{Type: recoveryFactor, FriendlyName: name, Total: recoveryCodes}
	err := s.write(ctx, func(tx *records.Tx) error {
		x, u, set, err := s.recovering(tx, h, "generate recovery codes")
		switch {
		case err != nil:
			return err
		case set != nil:
			return Refuse(VerifiedFactorExists, "Recovery codes are already enrolled for this user, use regenerate to rotate them")
		case u.verified(recoveryFactor) == 0:
			return Refuse(RecoveryCodesAlone, "At least one other verified factor is required to generate recovery codes")
		}
		set, err = s.addFactor(tx, x, u, records.Row{"type": value.OfText(recoveryFactor), "name": records.Text(name),
			"status": value.OfText(Verified), "step": value.OfInt(0)})
		if err != nil {
			return err
		}
		out.ID = set.Text("id")
		if out.Codes, err = s.addCodes(tx, u.ID); err != nil {
			return err
		}
		if err := s.notify(tx, u, mail.FactorAdded, mail.Data{Extra: map[string]string{"factor": called(set)}}); err != nil {
			return err
		}
		return s.audit(tx, from, "recovery_codes_generated", u.ID, u.ID, map[string]any{"factor_id": out.ID, "count": recoveryCodes})
	})
	return out, err
}

// recovering is somebody at aal2, and the factor that his recovery codes are, nil where he has none.
func (s *Service) recovering(tx *records.Tx, h auth.Holder, what string) (*Session, *User, records.Row, error) {
	x, u, err := s.acting(tx, h)
	if err == nil && x.AAL != aal2 {
		err = Refuse(InsufficientAAL, "AAL2 required to %s", what)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	set, err := recoverySet(tx, u.ID)
	return x, u, set, err
}

func (s *Service) sealRecoveryCode(uid, typed string) value.Value {
	return value.OfText(s.codes.seal(recoveryFactor, uid, factor.NormalRecoveryCode(typed)))
}

// addCodes makes the codes of an account, in place of those before.
func (s *Service) addCodes(tx *records.Tx, uid string) ([]string, error) {
	if _, err := tx.Remove("recovery_codes", records.Is("user_id", value.OfUUID(uid))); err != nil {
		return nil, err
	}
	codes, err := factor.RecoveryCodes(recoveryCodes, s.Clock.Random())
	if err != nil {
		return nil, err
	}
	for i, code := range codes {
		codes[i] = factor.NormalRecoveryCode(code)
		if _, err := tx.Add("recovery_codes", records.Row{"user_id": value.OfUUID(uid), "hash": s.sealRecoveryCode(uid, code)}); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// RenewRecoveryCodes gives new codes; the ones before are good for nothing then, and wrong ones are forgotten.
func (s *Service) RenewRecoveryCodes(ctx context.Context, h auth.Holder, from Caller) (*RecoveryCodes, error) {
	out := &RecoveryCodes{Type: recoveryFactor, Total: recoveryCodes}
	err := s.write(ctx, func(tx *records.Tx) error {
		_, u, set, err := s.recovering(tx, h, "regenerate recovery codes")
		if err != nil || set == nil {
			return firstError(err, noRecoveryCodes())
		}
		out.ID, out.FriendlyName = set.Text("id"), set.Text("name")
		if out.Codes, err = s.addCodes(tx, u.ID); err != nil {
			return err
		}
		if _, err := tx.Change("factors", records.Row{"tries": value.OfInt(0)}, records.Is("id", set["id"])); err != nil {
			return err
		}
		return s.audit(tx, from, "recovery_codes_regenerated", u.ID, u.ID, map[string]any{"factor_id": out.ID, "count": recoveryCodes})
	})
	return out, err
}

// DropRecoveryCodes takes the codes away. The sessions that they raised fall back.
func (s *Service) DropRecoveryCodes(ctx context.Context, h auth.Holder, from Caller) (id string, err error) {
	err = s.write(ctx, func(tx *records.Tx) error {
		_, u, set, err := s.recovering(tx, h, "delete recovery codes")
		if err != nil || set == nil {
			return firstError(err, noRecoveryCodes())
		}
		id = set.Text("id")
		return s.dropFactor(tx, u, set, u.ID, from)
	})
	return id, err
}

// VerifyRecoveryCode raises the session for a code, once: of several at once one is accepted.
func (s *Service) VerifyRecoveryCode(ctx context.Context, h auth.Holder, code string, from Caller) (*Signed, error) {
	if factor.NormalRecoveryCode(code) == "" {
		return nil, malformed("Code needs to be non-empty")
	}
	var x *Session
	var u *User
	err := s.kept(ctx, func(tx *records.Tx) (err error) {
		if x, u, err = s.acting(tx, h); err != nil {
			return err
		}
		set, err := recoverySet(tx, u.ID)
		switch {
		case err != nil:
			return err
		case set == nil:
			return Refuse(VerificationFailed, "Invalid recovery code entered")
		case locked(set, timeOf(tx)):
			return Refuse(RecoveryCodesLocked, "Too many failed verification attempts, try again later")
		}
		rows, err := tx.Change("recovery_codes", records.Row{"used_at": records.Time(timeOf(tx))}, records.Is("user_id", value.OfUUID(u.ID)),
			records.Is("hash", s.sealRecoveryCode(u.ID, code)), records.Null("used_at"))
		switch {
		case err != nil:
			return err
		case len(rows) != 1:
			if err := missed(tx, set); err != nil {
				return err
			}
			return firstError(s.attempted(tx, u, set, false, from), Refuse(VerificationFailed, "Invalid recovery code entered"))
		}
		return s.recovered(tx, x, u, set, from)
	})
	if err != nil {
		return nil, err
	}
	return s.sign(u, x)
}

// recovered is what a code that was good brings with it.
func (s *Service) recovered(tx *records.Tx, x *Session, u *User, set records.Row, from Caller) error {
	if _, err := tx.Change("factors", records.Row{"tries": value.OfInt(0)}, records.Is("id", set["id"])); err != nil {
		return err
	}
	_, left, err := countCodes(tx, u.ID)
	if err != nil {
		return err
	}
	if err := s.raise(tx, x, set.Text("id"), methods[recoveryFactor]); err != nil {
		return err
	}
	if err := s.notify(tx, u, mail.RecoveryCodesUsed, mail.Data{Extra: map[string]string{"left": strconv.Itoa(left)}}); err != nil {
		return err
	}
	return s.audit(tx, from, "recovery_codes_verified", u.ID, u.ID, map[string]any{"factor_id": set.Text("id"), "remaining": left})
}
