package account

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// keys are the public keys of an account: its passkeys, and those of its factors, which sign nobody in.
func keys(r records.Reader, uid string) ([]records.Row, error) {
	rows, _, err := r.Read(records.Query{Of: "passkeys", Where: []records.Cond{records.Is("user_id", value.OfUUID(uid))}, Order: []string{"created_at", "id"}})
	return rows, err
}

// owner is an account as authenticators know it, with some of its keys.
func (u *User) owner(rows ...records.Row) (passkey.User, error) {
	id, err := uuid.Parse(u.ID)
	if err != nil {
		return passkey.User{}, err
	}
	out := passkey.User{ID: id[:], Name: u.label(), DisplayName: name(u), Credentials: make([]passkey.Credential, len(rows))}
	for i, row := range rows {
		if err := row.JSON("credential", &out.Credentials[i]); err != nil {
			return passkey.User{}, err
		}
	}
	return out, nil
}

// addKey keeps a new public key. One that anybody has already is refused.
func addKey(tx *records.Tx, uid, factor string, c *passkey.Credential) (records.Row, error) {
	id := value.OfBytes(string(c.ID))
	_, taken, err := records.Find(tx, "passkeys", records.Is("credential_id", id))
	if err != nil || taken {
		return nil, firstError(err, passkey.ErrExists)
	}
	v, err := records.JSON(c)
	if err != nil {
		return nil, err
	}
	return tx.Add("passkeys", records.Row{"user_id": value.OfUUID(uid), "factor_id": records.UUID(factor), "credential_id": id, "credential": v})
}

// usedKey keeps what a key's use has changed: its counter went on.
func usedKey(tx *records.Tx, row records.Row, c *passkey.Credential) error {
	v, err := records.JSON(c)
	if err != nil {
		return err
	}
	_, err = tx.Change("passkeys", records.Row{"credential": v, "last_used_at": records.Time(timeOf(tx))}, records.Is("id", row["id"]))
	return err
}

// ceremony begins what a browser does for a factor: a new key for one that was never proved, otherwise the use of its key.
func (s *Service) ceremony(tx *records.Tx, u *User, row records.Row) (*Ceremony, []byte, error) {
	if s.Party == nil {
		return nil, nil, Refuse(WebAuthnDisabled, "MFA verification is disabled for WebAuthn")
	}
	all, err := keys(tx, u.ID)
	if err != nil {
		return nil, nil, err
	}
	if row.Text("status") != Verified {
		owner, err := u.owner(all...)
		if err != nil {
			return nil, nil, err
		}
		options, state, err := s.Party.BeginRegistration(owner)
		return &Ceremony{"create", CeremonyArgument{options}}, state, err
	}
	owner, err := u.owner(keysOf(all, row.Text("id"))...)
	if err != nil {
		return nil, nil, err
	}
	options, state, err := s.Party.BeginAuthentication(&owner)
	return &Ceremony{"request", CeremonyArgument{options}}, state, err
}

// keysOf are those of a factor; "": the passkeys.
func keysOf(rows []records.Row, factor string) (out []records.Row) {
	for _, row := range rows {
		if row.Text("factor_id") == factor {
			out = append(out, row)
		}
	}
	return out
}

// proveKey accepts what a browser gave for a factor. The challenge is spent whatever comes of it.
func (s *Service) proveKey(tx *records.Tx, u *User, row records.Row, p FactorProof) error {
	want := "request"
	if row.Text("status") != Verified {
		want = "create"
	}
	switch {
	case s.Party == nil:
		return Refuse(WebAuthnDisabled, "MFA verification is disabled for WebAuthn")
	case p.Ceremony != want:
		return malformed("The webauthn type of this factor must be %q now", want)
	case len(p.Credential) == 0:
		return malformed("credential_response required")
	}
	state, err := s.spend(tx, challengeOf("factor", u.ID, row.Text("id")), p.Challenge)
	if err != nil {
		return err
	}
	if want == "create" {
		err = s.newFactorKey(tx, u, row, state, p.Credential)
	} else {
		err = s.useFactorKey(tx, u, row, state, p.Credential)
	}
	var r *passkey.Refused
	switch {
	case errors.Is(err, passkey.ErrExpired):
		return Refuse(ChallengeExpired, "MFA challenge has expired, verify against another challenge or create a new challenge.")
	case errors.As(err, &r):
		return Refuse(VerificationFailed, "%s", r.Reason).Because(err)
	}
	return err
}

func (s *Service) newFactorKey(tx *records.Tx, u *User, row records.Row, state []byte, answer json.RawMessage) error {
	all, err := keys(tx, u.ID)
	if err != nil {
		return err
	}
	owner, err := u.owner(all...)
	if err != nil {
		return err
	}
	made, err := s.Party.FinishRegistration(owner, state, answer)
	if err != nil {
		return err
	}
	_, err = addKey(tx, u.ID, row.Text("id"), made)
	return err
}

func (s *Service) useFactorKey(tx *records.Tx, u *User, row records.Row, state []byte, answer json.RawMessage) error {
	all, err := keys(tx, u.ID)
	if err != nil {
		return err
	}
	mine := keysOf(all, row.Text("id"))
	owner, err := u.owner(mine...)
	if err != nil {
		return err
	}
	_, used, err := s.Party.FinishAuthentication(func(_, _ []byte) (*passkey.User, error) { return &owner, nil }, state, answer)
	if err != nil {
		return err
	}
	for _, key := range mine {
		if bytes.Equal(key.Bytes("credential_id"), used.ID) {
			return usedKey(tx, key, used)
		}
	}
	return passkey.ErrUnknown
}
