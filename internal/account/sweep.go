package account

import (
	"context"
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/value"
)

const (
	sweep  = time.Minute // how often what is over is removed
	rarely = time.Hour   // … of what is found by looking at all there is
	batch  = 500         // rows that are removed in one transaction: nobody waits for long
	perLap = 100         // accounts that are looked at together; each goes in a transaction of its own
)

// Sweep removes what is over, at once and from time to time until ctx ends. Several servers do each other's work.
func (s *Service) Sweep(ctx context.Context) {
	s.tidy(ctx)
	s.purge(ctx)
	soon, late := time.NewTicker(sweep), time.NewTicker(rarely)
	defer soon.Stop()
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-soon.C:
			s.tidy(ctx)
		case <-late.C:
			s.purge(ctx)
		}
	}
}

// tidy removes what is over: no server's clock says otherwise.
func (s *Service) tidy(ctx context.Context) {
	now := s.now()
	s.complain(ctx, s.clear(ctx, "revocations", "until", now)) // which has room for clocks in it
	for _, of := range []string{"secrets", "flows", "challenges", "outbox"} {
		s.complain(ctx, s.clear(ctx, of, "expires_at", now.Add(-auth.Apart)))
	}
}

// purge removes sessions and accounts that are over, and the part of the audit trail that nobody wants any more.
func (s *Service) purge(ctx context.Context) {
	now, set := s.now(), s.Settings
	spent := now.Add(-set.AccessTTL - auth.Apart) // until then a session that is over may have tokens that are not
	s.complain(ctx, s.clear(ctx, "sessions", "ends_at", spent))
	if set.Idle > 0 {
		s.complain(ctx, s.clear(ctx, "sessions", "refreshed_at", spent.Add(-set.Idle)))
	}
	if set.Max > 0 {
		s.complain(ctx, s.clear(ctx, "sessions", "created_at", spent.Add(-set.Max)))
	}
	if set.AuditTTL > 0 {
		s.complain(ctx, s.clear(ctx, "audit", "at", now.Add(-set.AuditTTL)))
	}
	if set.AnonymousTTL > 0 {
		s.complain(ctx, s.vacate(ctx, now.Add(-set.AnonymousTTL)))
	}
}

func (s *Service) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("what is over of accounts cannot be removed", "cause", err)
	}
}

// clear removes the rows of a collection whose instant is past, some at a time. A row that is given a later one meanwhile stays.
func (s *Service) clear(ctx context.Context, of, field string, past time.Time) error {
	over := records.Upto(field, records.Time(past))
	for {
		rows, _, err := s.Book.At(ctx).Read(records.Query{Of: of, Where: []records.Cond{over}, Order: []string{field}, Limit: batch})
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]value.Value, len(rows))
		for i, r := range rows {
			ids[i] = r["id"]
		}
		err = s.Book.Write(ctx, func(tx *records.Tx) error {
			_, err := tx.Remove(of, records.Among("id", ids), over)
			return err
		})
		if err != nil || len(rows) < batch {
			return err
		}
	}
}

// vacate deletes the anonymous accounts that nobody has used since an instant.
func (s *Service) vacate(ctx context.Context, since time.Time) error {
	last, kept := value.OfUUID(nobody), 0
	for {
		rows, _, err := s.Book.At(ctx).Read(records.Query{Of: "users", Order: []string{"id"}, Limit: perLap, Where: []records.Cond{
			records.Is("is_anonymous", value.OfBool(true)), records.Upto("created_at", records.Time(since)), records.From("id", last)}})
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch err := s.abandon(ctx, r, since); {
			case refersTo(err):
				kept++
			case err != nil:
				return err
			}
			last = r["id"]
		}
		if len(rows) < perLap {
			if kept > 0 {
				s.Log.Info("anonymous accounts that nobody uses stay, as rows of the project refer to them without on_delete", "accounts", kept)
			}
			return nil
		}
	}
}

// abandon deletes an anonymous account, unless it is used or has an address by now.
func (s *Service) abandon(ctx context.Context, r records.Row, since time.Time) error {
	id := r.Text("id")
	if used, err := s.used(s.Book.At(ctx), r, since); err != nil || used {
		return err
	}
	return s.write(ctx, func(tx *records.Tx) error {
		rows, err := tx.Change("users", records.Row{"is_anonymous": value.OfBool(true)}, records.Is("id", r["id"]), records.Is("is_anonymous", value.OfBool(true)))
		if err != nil || len(rows) != 1 {
			return err
		}
		if used, err := s.used(tx, rows[0], since); err != nil || used {
			return err
		}
		return s.takeAway(tx, id, Caller{}, "auth.anonymous_ttl")
	})
}

// used reports whether somebody has signed in to an account, or refreshed a session of it, since an instant.
func (s *Service) used(r records.Reader, u records.Row, since time.Time) (bool, error) {
	if u.Time("last_sign_in_at").After(since) {
		return true, nil
	}
	rows, _, err := r.Read(records.Query{Of: "sessions", Limit: 1, Where: []records.Cond{
		records.Is("user_id", u["id"]), records.From("refreshed_at", records.Time(since))}})
	return len(rows) > 0, err
}

// takeAway takes an account away, with everything that goes with it. Its tokens end at once; its audit trail stays.
func (s *Service) takeAway(tx *records.Tx, id string, from Caller, by string) error {
	if err := s.expel(tx, id, from); err != nil {
		return err
	}
	if _, err := tx.Remove("users", records.Is("id", value.OfUUID(id))); err != nil {
		return err
	}
	return s.audit(tx, from, "user_deleted", "", id, map[string]any{"by": by})
}

// refersTo reports whether rows of the project refer to what was to be deleted.
func refersTo(err error) bool {
	var f *fault.Fault
	return errors.As(err, &f) && f.Code == fault.ForeignKeyViolation
}
