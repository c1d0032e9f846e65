package account

import (
	"context"
	"time"

	"github.com/socle-hq/socle/internal/records"
)

const (
	glance  = 500 * time.Millisecond // how often other servers' sign-outs are looked for
	overlap = 6 * time.Minute        // how much earlier than now an entry may say it is: a transaction under way, a clock that differs by 5 minutes
	sweep   = time.Minute            // how often what is over is removed
)

// revoke notes that a session, or with an account every token of it up to now, is over before its access tokens are.
func (s *Service) revoke(tx *records.Tx, session, uid string, now time.Time) error {
	_, err := tx.Add("revocations", records.Row{"session_id": records.UUID(session), "user_id": records.UUID(uid),
		"at": records.Time(now), "until": records.Time(now.Add(s.Settings.AccessTTL + overlap))})
	return err
}

// write is a transaction after which this server knows at once what it ended, and sends at once what it queued.
func (s *Service) write(ctx context.Context, f func(*records.Tx) error) error {
	err := s.Book.Write(ctx, f)
	if err == nil {
		s.heed(ctx, "at", s.now().Add(-2*time.Second))
		s.nudge()
	}
	return err
}

// heed takes up what ended since an instant, or with a field "until" what still matters then; ok is false where it cannot be read.
func (s *Service) heed(ctx context.Context, field string, since time.Time) (ok bool) {
	rows, _, err := s.Book.At(ctx).Read(records.Query{Of: "revocations", Where: []records.Cond{records.From(field, records.Time(since))}})
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("what sessions ended cannot be read", "cause", err)
		}
		return false
	}
	for _, r := range rows {
		if id := r.Text("session_id"); id != "" {
			s.Ended.Session(id, r.Time("until"))
		}
		if uid := r.Text("user_id"); uid != "" {
			s.Ended.Account(uid, r.Time("at"), r.Time("until"))
		}
	}
	return true
}

// Remember takes up every session that ended and still has tokens that have not expired, however long they were given when they
// were signed: a server does it before it serves.
func (s *Service) Remember(ctx context.Context) (ok bool) {
	return s.heed(ctx, "until", s.now().Add(-overlap))
}

// Follow takes up what other servers ended, and removes what is over, until ctx ends. After a time in which nothing could be read
// everything is read that still matters.
func (s *Service) Follow(ctx context.Context) {
	known := s.Remember(ctx)
	look, clean := time.NewTicker(glance), time.NewTicker(sweep)
	defer look.Stop()
	defer clean.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if known {
				known = s.heed(ctx, "at", s.now().Add(-overlap))
			} else {
				known = s.Remember(ctx)
			}
		case <-clean.C:
			s.forget(ctx)
		}
	}
}

// forget removes what is over: nobody can use it any more.
func (s *Service) forget(ctx context.Context) {
	now := records.Time(s.now())
	err := s.Book.Write(ctx, func(tx *records.Tx) error {
		for of, field := range map[string]string{"revocations": "until", "secrets": "expires_at", "flows": "expires_at", "challenges": "expires_at", "outbox": "expires_at"} {
			if _, err := tx.Remove(of, records.Upto(field, now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("what is over of accounts cannot be removed", "cause", err)
	}
}
