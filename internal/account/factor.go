package account

import (
	"context"
	"net/url"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/factor"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// The types of second factors.
const (
	totpFactor     = "totp"
	phoneFactor    = "phone"
	keyFactor      = "webauthn"
	recoveryFactor = "recovery_code"
)

// methods are amr's words for factors that were proved.
var methods = map[string]string{totpFactor: "totp", phoneFactor: "mfa/phone", keyFactor: "mfa/webauthn", recoveryFactor: "mfa/recovery_code"}

const (
	mostFactors = 10
	abandoned   = time.Hour // after which a factor that nobody proved is in nobody's way
	unverified  = "unverified"
)

// NewFactor asks for a second factor.
type NewFactor struct {
	Type, Name string
	Issuer     string // totp alone: what the app shows; "": the project
}

// Enrolled is a factor that is to be proved; the JSON form is GoTrue's.
type Enrolled struct {
	ID           string      `json:"id"`
	Type         string      `json:"type"`
	FriendlyName string      `json:"friendly_name,omitempty"`
	TOTP         *TOTPSecret `json:"totp,omitempty"`
}

// TOTPSecret is what an authenticator app gets. It is said once.
type TOTPSecret struct {
	QRCode string `json:"qr_code"`
	Secret string `json:"secret"`
	URI    string `json:"uri"`
}

// Enroll makes a factor, which counts for nothing until it is proved. An account that has one already adds another at aal2 alone.
func (s *Service) Enroll(ctx context.Context, h auth.Holder, r NewFactor, from Caller) (*Enrolled, error) {
	if err := s.enrollable(r); err != nil {
		return nil, err
	}
	out := &Enrolled{Type: r.Type, FriendlyName: r.Name}
	fields := records.Row{"type": value.OfText(r.Type), "name": records.Text(r.Name), "status": value.OfText(unverified), "step": value.OfInt(0)}
	if r.Type == totpFactor {
		made, err := s.newTOTP(ctx, h, r.Issuer)
		if err != nil {
			return nil, err
		}
		out.TOTP = &TOTPSecret{made.QRCode, made.Secret, made.URI}
		fields["sealed"] = value.OfText(s.sealer.Seal([]byte(made.Secret)))
	}
	err := s.write(ctx, func(tx *records.Tx) error {
		x, u, err := s.acting(tx, h)
		if err != nil {
			return err
		}
		row, err := s.addFactor(tx, x, u, fields)
		if err != nil {
			return err
		}
		out.ID = row.Text("id")
		return s.audit(tx, from, "factor_in_progress", u.ID, u.ID, map[string]any{"factor_id": out.ID, "factor_type": r.Type})
	})
	return out, err
}

func (s *Service) enrollable(r NewFactor) error {
	switch {
	case r.Type == phoneFactor:
		return Refuse(PhoneFactorDisabled, "MFA enroll is disabled for Phone")
	case r.Type == totpFactor && !s.Settings.TOTP:
		return Refuse(TOTPEnrollDisabled, "MFA enroll is disabled for TOTP")
	case r.Type == keyFactor && s.Party == nil:
		return Refuse(WebAuthnDisabled, "MFA enroll is disabled for WebAuthn")
	case r.Type != totpFactor && r.Type != keyFactor:
		return malformed("factor_type needs to be totp, phone, or webauthn")
	}
	return friendly(r.Name)
}

// newTOTP is a secret that the account's owner can tell from others in an app.
func (s *Service) newTOTP(ctx context.Context, h auth.Holder, issuer string) (factor.TOTP, error) {
	u, err := s.Me(ctx, h)
	if err != nil {
		return factor.TOTP{}, err
	}
	if issuer == "" {
		issuer = s.Settings.Project
	}
	if site, err := url.Parse(s.Settings.PublicURL); err == nil && issuer == "" {
		issuer = site.Hostname()
	}
	made, err := factor.NewTOTP(issuer, u.label(), s.Clock.Random())
	if err != nil {
		return made, malformed("This factor cannot be made: %s", err)
	}
	return made, nil
}

// label tells the accounts of one person apart.
func (u *User) label() string {
	switch {
	case u.Email != "":
		return u.Email
	case u.Phone != "":
		return u.Phone
	}
	return u.ID
}

// addFactor adds a row, if there is room for it. Factors that were never proved make room after a while.
func (s *Service) addFactor(tx *records.Tx, x *Session, u *User, fields records.Row) (records.Row, error) {
	old, err := tx.Remove("factors", records.Is("user_id", value.OfUUID(u.ID)), records.Is("status", value.OfText(unverified)),
		records.Upto("created_at", records.Time(timeOf(tx).Add(-abandoned))))
	if err != nil {
		return nil, err
	}
	if len(old) > 0 {
		if u, err = s.User(tx, u.ID); err != nil {
			return nil, err
		}
	}
	name := fields.Text("name")
	for _, f := range u.Factors {
		if name != "" && f.FriendlyName == name {
			return nil, Refuse(FactorNameConflict, "A factor with the friendly name %q for this user already exists", name)
		}
	}
	if len(u.Factors) >= mostFactors {
		return nil, Refuse(TooManyFactors, "Maximum number of factors reached, unenroll one to continue")
	}
	if err := strong(x, u, "enroll a new factor"); err != nil {
		return nil, err
	}
	fields["user_id"] = value.OfUUID(u.ID)
	return tx.Add("factors", fields)
}

// factorOf is a factor of somebody who acts on it.
func (s *Service) factorOf(tx *records.Tx, h auth.Holder, id string) (*Session, *User, records.Row, error) {
	x, u, err := s.acting(tx, h)
	if err != nil {
		return nil, nil, nil, err
	}
	missing := Refuse(FactorNotFound, "Factor not found")
	v, ok := identifier(id)
	if !ok {
		return nil, nil, nil, missing
	}
	row, ok, err := records.Find(tx, "factors", records.Is("id", v), records.Is("user_id", value.OfUUID(u.ID)))
	if err == nil && !ok {
		err = missing
	}
	return x, u, row, err
}

// Unenroll takes a factor away. The sessions that it raised fall back, this one too.
func (s *Service) Unenroll(ctx context.Context, h auth.Holder, id string, from Caller) error {
	return s.write(ctx, func(tx *records.Tx) error {
		x, u, row, err := s.factorOf(tx, h, id)
		if err != nil {
			return err
		}
		proved := row.Text("status") == Verified
		switch {
		case row.Text("type") == recoveryFactor:
			return malformed("Recovery codes cannot be unenrolled with this endpoint, use DELETE /factors/recovery-codes")
		case proved && x.AAL != aal2:
			return Refuse(InsufficientAAL, "AAL2 required to unenroll verified factor")
		case proved && u.verified(recoveryFactor) == 1 && u.verified() > 1:
			return Refuse(RecoveryCodesAlone, "Recovery codes cannot be the only verified factor: enroll another factor first, or delete the recovery codes")
		}
		return s.dropFactor(tx, u, row, u.ID, from)
	})
}

// dropFactor takes a factor of an account away, whoever does it.
func (s *Service) dropFactor(tx *records.Tx, u *User, row records.Row, actor string, from Caller) error {
	id, kind := row.Text("id"), row.Text("type")
	if _, err := tx.Remove("factors", records.Is("id", row["id"])); err != nil {
		return err
	}
	if kind == recoveryFactor {
		if _, err := tx.Remove("recovery_codes", records.Is("user_id", value.OfUUID(u.ID))); err != nil {
			return err
		}
	}
	if err := s.lower(tx, id, methods[kind]); err != nil {
		return err
	}
	if row.Text("status") == Verified {
		if err := s.notify(tx, u, mail.FactorRemoved, mail.Data{Extra: map[string]string{"factor": called(row)}}); err != nil {
			return err
		}
	}
	traits := map[string]any{"factor_id": id, "factor_type": kind, "factor_status": row.Text("status")}
	if actor == "" {
		traits["by"] = "admin"
	}
	return s.audit(tx, from, "factor_unenrolled", actor, u.ID, traits)
}

// kinds are what people call factors that have no name of their own.
var kinds = map[string]string{totpFactor: "TOTP", keyFactor: "WebAuthn", recoveryFactor: "recovery codes"}

// called is how messages name a factor.
func called(row records.Row) string {
	if name := row.Text("name"); name != "" {
		return name
	}
	return kinds[row.Text("type")]
}
