package account

import (
	"time"

	"github.com/google/uuid"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// target is what a challenge is for: one for something else is none.
type target struct {
	kind, uid, factor     string // uid and factor are "" where anybody may answer
	missing, late         Code
	missingText, lateText string
}

func challengeOf(kind, uid, factor string) target {
	return target{kind: kind, uid: uid, factor: factor, missing: FactorNotFound, missingText: "MFA factor with the provided challenge ID not found",
		late: ChallengeExpired, lateText: "MFA challenge has expired, verify against another challenge or create a new challenge."}
}

func ceremonyOf(kind, uid string) target {
	return target{kind: kind, uid: uid, missing: KeyChallengeNotFound, missingText: "Challenge not found or already used",
		late: KeyChallengeExpired, lateText: "Challenge has expired"}
}

// challenge makes one. The state is what its answer is compared with; nil: nothing.
func (s *Service) challenge(tx *records.Tx, of target, state []byte) (id string, err error) {
	now := timeOf(tx)
	row := records.Row{"kind": value.OfText(of.kind), "user_id": records.UUID(of.uid), "factor_id": records.UUID(of.factor),
		"created_at": records.Time(now), "expires_at": records.Time(now.Add(challengeTTL))}
	if state != nil {
		row["sealed"] = value.OfText(s.sealer.Seal(state))
	}
	row, err = tx.Add("challenges", row)
	return row.Text("id"), err
}

// conditions are those of a challenge that is there for the target.
func (of target) conditions(id value.Value) []records.Cond {
	out := []records.Cond{records.Is("id", id), records.Is("kind", value.OfText(of.kind))}
	if of.uid != "" {
		out = append(out, records.Is("user_id", value.OfUUID(of.uid)))
	}
	if of.factor != "" {
		out = append(out, records.Is("factor_id", value.OfUUID(of.factor)))
	}
	return out
}

// open refuses a challenge that cannot be answered now, and leaves it.
func (s *Service) open(tx *records.Tx, of target, id string) error {
	v, ok := identifier(id)
	if !ok {
		return malformed("challenge_id must be a valid UUID")
	}
	row, ok, err := records.Find(tx, "challenges", of.conditions(v)...)
	switch {
	case err != nil:
		return err
	case !ok:
		return of.absent(id, timeOf(tx))
	}
	return of.fresh(row, timeOf(tx))
}

// spend takes a challenge, whatever comes of its answer, and gives its state. Of several at once one has it.
func (s *Service) spend(tx *records.Tx, of target, id string) (state []byte, err error) {
	v, ok := identifier(id)
	if !ok {
		return nil, malformed("challenge_id must be a valid UUID")
	}
	rows, err := tx.Remove("challenges", of.conditions(v)...)
	switch {
	case err != nil:
		return nil, err
	case len(rows) != 1:
		return nil, of.absent(id, timeOf(tx))
	}
	if err := of.fresh(rows[0], timeOf(tx)); err != nil || rows[0].Text("sealed") == "" {
		return nil, err
	}
	return s.sealer.Open(rows[0].Text("sealed"))
}

func (of target) fresh(row records.Row, now time.Time) error {
	if now.Before(row.Time("expires_at")) {
		return nil
	}
	return Refuse(of.late, "%s", of.lateText)
}

// absent is the refusal of a challenge that is not there. Ids say when they were made: one that would be over by now may have been
// swept away, and is answered as one that is over.
func (of target) absent(id string, now time.Time) error {
	if parsed, err := uuid.Parse(id); err == nil && parsed.Version() == 7 {
		sec, nsec := parsed.Time().UnixTime()
		if !now.Before(time.Unix(sec, nsec).Add(challengeTTL)) {
			return Refuse(of.late, "%s", of.lateText)
		}
	}
	return Refuse(of.missing, "%s", of.missingText)
}
