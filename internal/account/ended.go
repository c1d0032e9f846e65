package account

import (
	"context"
	"time"

	"github.com/socle-hq/socle/internal/records"
)

const (
	glance  = 500 * time.Millisecond // how often other servers' sign-outs are looked for
	overlap = time.Minute            // how long a transaction may be under way whose entry is of an earlier instant
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
		s.heed(ctx, s.now().Add(-2*time.Second))
		s.nudge()
	}
	return err
}

// heed takes up what ended since an instant.
func (s *Service) heed(ctx context.Context, since time.Time) {
	rows, _, err := s.Book.At(ctx).Read(records.Query{Of: "revocations", Where: []records.Cond{records.From("at", records.Time(since))}})
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("what sessions ended cannot be read", "cause", err)
		}
		return
	}
	for _, r := range rows {
		if id := r.Text("session_id"); id != "" {
			s.Ended.Session(id, r.Time("until"))
		}
		if uid := r.Text("user_id"); uid != "" {
			s.Ended.Account(uid, r.Time("at"), r.Time("until"))
		}
	}
}

// Remember takes up every session that ended and still has tokens that have not expired: a server does it before it serves.
func (s *Service) Remember(ctx context.Context) {
	s.heed(ctx, s.now().Add(-s.Settings.AccessTTL-overlap))
}

// Follow takes up what other servers ended, and removes what is over, until ctx ends.
func (s *Service) Follow(ctx context.Context) {
	look, clean := time.NewTicker(glance), time.NewTicker(sweep)
	defer look.Stop()
	defer clean.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			s.heed(ctx, s.now().Add(-overlap))
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
