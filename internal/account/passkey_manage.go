package account

import (
	"context"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

// passkeysOf are the passkeys of an account, the oldest first.
func passkeysOf(r records.Reader, uid string) ([]Passkey, error) {
	rows, err := keys(r, uid)
	out := []Passkey{}
	for _, row := range keysOf(rows, "") {
		out = append(out, passkeyOf(row))
	}
	return out, err
}

// Passkeys are those of the holder.
func (s *Service) Passkeys(ctx context.Context, h auth.Holder) ([]Passkey, error) {
	if err := s.party(); err != nil {
		return nil, err
	}
	u, err := s.Me(ctx, h)
	if err != nil {
		return nil, err
	}
	return passkeysOf(s.Book.At(ctx), u.ID)
}

// mine are the conditions of a passkey of an account.
func mine(uid, id string) ([]records.Cond, error) {
	v, ok := identifier(id)
	if !ok {
		return nil, noPasskey()
	}
	return []records.Cond{records.Is("id", v), records.Is("user_id", value.OfUUID(uid)), records.Null("factor_id")}, nil
}

func noPasskey() *Refusal { return Refuse(KeyNotFound, "Passkey not found") }

// RenamePasskey gives a passkey another name.
func (s *Service) RenamePasskey(ctx context.Context, h auth.Holder, id, name string, from Caller) (*Passkey, error) {
	if err := s.party(); err != nil {
		return nil, err
	}
	if name == "" {
		return nil, malformed("friendly_name is required")
	}
	if err := friendly(name); err != nil {
		return nil, err
	}
	var out Passkey
	err := s.write(ctx, func(tx *records.Tx) error {
		_, u, err := s.acting(tx, h)
		if err != nil {
			return err
		}
		where, err := mine(u.ID, id)
		if err != nil {
			return err
		}
		rows, err := tx.Change("passkeys", records.Row{"name": value.OfText(name)}, where...)
		if err != nil || len(rows) != 1 {
			return firstError(err, noPasskey())
		}
		out = passkeyOf(rows[0])
		return s.audit(tx, from, "passkey_updated", u.ID, u.ID, map[string]any{"passkey_id": out.ID})
	})
	return &out, err
}

// RemovePasskey takes a passkey away: nobody signs in with it any more.
func (s *Service) RemovePasskey(ctx context.Context, h auth.Holder, id string, from Caller) error {
	if err := s.party(); err != nil {
		return err
	}
	return s.write(ctx, func(tx *records.Tx) error {
		x, u, err := s.acting(tx, h)
		if err != nil {
			return err
		}
		if err := strong(x, u, "manage passkeys"); err != nil {
			return err
		}
		return s.dropPasskey(tx, u.ID, id, u.ID, from)
	})
}

// dropPasskey takes a passkey of an account away, whoever does it.
func (s *Service) dropPasskey(tx *records.Tx, uid, id, actor string, from Caller) error {
	where, err := mine(uid, id)
	if err != nil {
		return err
	}
	rows, err := tx.Remove("passkeys", where...)
	if err != nil || len(rows) != 1 {
		return firstError(err, noPasskey())
	}
	return s.audit(tx, from, "passkey_deleted", actor, uid, map[string]any{"passkey_id": rows[0].Text("id")})
}
