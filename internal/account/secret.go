package account

import (
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/socle-hq/socle/internal/factor"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// Kinds of secrets: an account has at most one of each, the one sent last.
const (
	confirmation     = "confirmation"
	invitation       = "invite"
	magicLink        = "magic_link"
	recovery         = "recovery"
	emailChangeOld   = "email_change_old" // to the present address
	emailChangeNew   = "email_change_new" // to the address it is to have
	phoneChange      = "phone_change"
	phoneCode        = "sms"
	reauthentication = "reauthentication"
)

// pkcePrefix marks links that end with a code instead of tokens, as GoTrue does.
const pkcePrefix = "pkce_"

// mostTries is how many wrong codes the code of a secret survives.
const mostTries = 5

// secret is what is sent: the link's token, and a short code for those who type.
type secret struct{ token, code string }

// codes stores short codes: a keyed hash, bound to what they are for and to whom they belong.
type codes struct{ key []byte }

func (c codes) seal(kind, uid, code string) string {
	return factor.SealCode(c.key, kind+"\x00"+uid, code)
}

// issue makes a secret of an account for an address, in place of the one of its kind before it. flow, where not "", is the PKCE
// flow that the link ends in.
func (s *Service) issue(tx *records.Tx, uid, kind, address, flow string, ttl time.Duration) (secret, error) {
	token, err := s.random(28)
	if err != nil {
		return secret{}, err
	}
	code, err := digits(s.Clock.Random())
	if err != nil {
		return secret{}, err
	}
	if flow != "" {
		token = pkcePrefix + token
	}
	if _, err := tx.Remove("secrets", records.Is("user_id", value.OfUUID(uid)), records.Is("kind", value.OfText(kind))); err != nil {
		return secret{}, err
	}
	now := timeOf(tx)
	_, err = tx.Add("secrets", records.Row{"user_id": value.OfUUID(uid), "kind": value.OfText(kind), "address": value.OfText(address),
		"hash": value.OfText(digest(token)), "code": value.OfText(s.codes.seal(kind, uid, code)), "flow_id": records.UUID(flow),
		"tries": value.OfInt(0), "created_at": records.Time(now), "expires_at": records.Time(now.Add(ttl))})
	return secret{token, code}, err
}

// random is so many random bytes as lower-case hex.
func (s *Service) random(n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.Clock.Random(), raw); err != nil {
		return "", err
	}
	return hex.EncodeToString(raw), nil
}

// digits is a uniform number of six digits.
func digits(random io.Reader) (string, error) {
	const codes, fair = 1_000_000, 16_000_000 // the greatest multiple of codes in three bytes
	var raw [3]byte
	for {
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return "", err
		}
		if n := int(raw[0])<<16 | int(raw[1])<<8 | int(raw[2]); n < fair {
			return strconv.Itoa(codes + n%codes)[1:], nil
		}
	}
}

// spent is a secret that was good, and is no more.
type spent struct {
	uid, kind, address, flow string
}

func spentOf(r records.Row) *spent {
	return &spent{r.Text("user_id"), r.Text("kind"), r.Text("address"), r.Text("flow_id")}
}

// redeem spends the secret of a link's token, if it is of one of the kinds; nil where there is none. Of several at once one gets
// it.
func (s *Service) redeem(tx *records.Tx, token string, kinds ...string) (*spent, error) {
	row, ok, err := records.Find(tx, "secrets", records.Is("hash", value.OfText(digest(token))), records.From("expires_at", records.Time(timeOf(tx))))
	if err != nil || !ok || !slices.Contains(kinds, row.Text("kind")) {
		return nil, err
	}
	return s.take(tx, row)
}

func (s *Service) take(tx *records.Tx, row records.Row) (*spent, error) {
	gone, err := tx.Remove("secrets", records.Is("id", row["id"]))
	if err != nil || len(gone) != 1 {
		return nil, err
	}
	return spentOf(row), nil
}

// redeemCode spends the secret of a short code that was typed for an account; nil where it is wrong. A wrong code counts, so the
// transaction is to be kept then too.
func (s *Service) redeemCode(tx *records.Tx, uid, address, code string, kinds ...string) (*spent, error) {
	rows, _, err := tx.Read(records.Query{Of: "secrets", Where: []records.Cond{records.Is("user_id", value.OfUUID(uid)),
		records.From("expires_at", records.Time(timeOf(tx)))}})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if !slices.Contains(kinds, row.Text("kind")) || address != "" && row.Text("address") != address {
			continue
		}
		if got, err := s.try(tx, row, code); err != nil || got != nil {
			return got, err
		}
	}
	return nil, nil
}

// voided stands in place of a code that was tried too often: no sealed code is like it.
const voided = "-"

// try spends a secret if the code is its own, and counts a wrong one; after the last try no code is right any more. The link beside
// it stays good: nobody guesses it, and whoever types wrong codes for somebody else must not take it away. The secret is held before
// it is looked at: of guesses that come at once each sees those before it.
func (s *Service) try(tx *records.Tx, row records.Row, code string) (*spent, error) {
	this := records.Is("id", row["id"])
	held, err := tx.Change("secrets", records.Row{"kind": row["kind"]}, this)
	if err != nil {
		return nil, err
	}
	if len(held) == 1 {
		row = held[0]
		if same(row.Text("code"), s.codes.seal(row.Text("kind"), row.Text("user_id"), code)) {
			return s.take(tx, row)
		}
	}
	change := records.Row{"tries": value.OfInt(row.Int("tries") + 1)}
	if row.Int("tries")+1 >= mostTries {
		change["code"] = value.OfText(voided)
	}
	_, err = tx.Change("secrets", change, this)
	return nil, err
}

// mostBearers is how many accounts' secrets a code is tried for: an address that is to be an account's may be several accounts'.
const mostBearers = 10

// redeemTyped is redeemCode by the address that the code was sent to. Codes for addresses to which none was sent are as much work.
func (s *Service) redeemTyped(tx *records.Tx, address, code string, kinds ...string) (*spent, error) {
	of := make([]value.Value, len(kinds))
	for i, k := range kinds {
		of[i] = value.OfText(k)
	}
	rows, _, err := tx.Read(records.Query{Of: "secrets", Where: []records.Cond{records.Is("address", value.OfText(address)), records.Among("kind", of),
		records.From("expires_at", records.Time(timeOf(tx)))}, Order: []string{"-created_at", "id"}, Limit: mostBearers})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		nobody, err := s.ids.Next(s.Clock)
		if err != nil {
			return nil, err
		}
		rows = []records.Row{{"id": value.OfUUID(nobody), "kind": of[0]}}
	}
	for _, row := range rows {
		if got, err := s.try(tx, row, code); err != nil || got != nil {
			return got, err
		}
	}
	return nil, nil
}
