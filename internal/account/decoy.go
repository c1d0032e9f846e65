package account

import (
	"time"

	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// decoy is of what nobody ever asks for: rows that are written so that an answer takes as long as another one, and passwords that
// sign nobody in.
const decoy = "decoy"

// decoyTTL is as good as for ever: an account that nobody proves stays too.
const decoyTTL = 100 * 365 * 24 * time.Hour

// handle is by what an account is addressed: "email" or "phone", and the address in its one form.
type handle struct{ field, address string }

// is is the condition of the account.
func (h handle) is() records.Cond { return records.Is(h.field, value.OfText(h.address)) }

// provedIn is when the address was proved, by the account's row.
func (h handle) provedIn(row records.Row) time.Time { return row.Time(h.field + "_confirmed_at") }

// decoy is the kind of secret that keeps the password of the last sign-up with the address, where it is not the account's.
func (h handle) decoy() string { return decoy + "_" + h.field }

// lure keeps the password of a sign-up that does not become the account's. Whoever signs in with it is told that the address is not
// confirmed, as after a sign-up that made an account.
func lure(tx *records.Tx, uid string, h handle, hash string) error {
	if err := drop(tx, uid, h.decoy()); err != nil {
		return err
	}
	now := timeOf(tx)
	_, err := tx.Add("secrets", records.Row{"user_id": value.OfUUID(uid), "kind": value.OfText(h.decoy()), "address": value.OfText(h.address),
		"hash": value.OfText(hash), "code": value.OfText(voided), "tries": value.OfInt(0), "created_at": records.Time(now),
		"expires_at": records.Time(now.Add(decoyTTL))})
	return err
}

// lured is the hash that lure keeps for an account, "" where it keeps none, or none since the address was proved: who signed up before
// has heard then of what became of it.
func lured(r records.Reader, uid string, h handle, proved time.Time) (hash string, err error) {
	row, _, err := records.Find(r, "secrets", records.Is("user_id", value.OfUUID(uid)), records.Is("kind", value.OfText(h.decoy())),
		records.Is("address", value.OfText(h.address)))
	if row.Time("created_at").Before(proved) {
		return "", err
	}
	return row.Text("hash"), err
}

// decoys adds rows, looks for one that is not there, and changes one.
func (s *Service) decoys(tx *records.Tx, n int) error {
	now := timeOf(tx)
	until := records.Row{"expires_at": records.Time(now.Add(challengeTTL))}
	var last records.Row
	for range n {
		row, err := tx.Add("challenges", records.Row{"kind": value.OfText(decoy), "created_at": records.Time(now), "expires_at": until["expires_at"]})
		if err != nil {
			return err
		}
		last = row
	}
	if _, _, err := records.Find(tx, "challenges", records.Is("id", value.OfUUID(nobody))); err != nil {
		return err
	}
	_, err := tx.Change("challenges", until, records.Is("id", last["id"]))
	return err
}
