package account

import (
	"github.com/socle-hq/socle/internal/records"
)

// audit notes what happened to an account, in the transaction in which it happens. Traits hold no secrets.
func (s *Service) audit(tx *records.Tx, from Caller, action, actor, uid string, traits map[string]any) error {
	row := records.Row{"at": records.Time(timeOf(tx)), "action": records.Text(action), "actor_id": records.UUID(actor), "user_id": records.UUID(uid),
		"address": records.Text(from.Address)}
	if len(traits) > 0 {
		v, err := records.JSON(traits)
		if err != nil {
			return err
		}
		row["traits"] = v
	}
	_, err := tx.Add("audit", row)
	return err
}
