package account

import (
	"context"
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/records"
)

const (
	glance   = 500 * time.Millisecond       // how often other servers' sign-outs are looked for
	overlap  = auth.Apart + time.Minute     // how much earlier than now an entry may say it is: another clock, a transaction under way
	retains  = 2*auth.Apart + 2*time.Minute // how much longer an entry stays than its tokens: one clock signed them, another ended them, a third one sweeps
	promised = time.Second                  // how long ago the last look may be where a token is accepted
	patience = 10 * time.Second             // of a look
)

// revoke notes that a session, or with an account every token of it up to now, is over before its access tokens are.
func (s *Service) revoke(tx *records.Tx, session, uid string, now time.Time) error {
	until := now.Add(s.Settings.AccessTTL + retains)
	_, err := tx.Add("revocations", records.Row{"session_id": records.UUID(session), "user_id": records.UUID(uid),
		"at": records.Time(now), "until": records.Time(until)})
	tx.Kept(func() { s.bar(session, uid, now, until) })
	return err
}

// bar makes this server refuse the tokens of what has ended.
func (s *Service) bar(session, uid string, at, until time.Time) {
	if session != "" {
		s.Ended.Session(session, until)
	}
	if uid != "" {
		s.Ended.Account(uid, at, until)
	}
}

// write is a transaction. When it is kept, this server knows at once what it ended, and sends at once what it queued.
func (s *Service) write(ctx context.Context, f func(*records.Tx) error) error {
	return s.Book.Write(ctx, f)
}

// heed takes up what ended since an instant, or with a field "until" what still matters then.
func (s *Service) heed(ctx context.Context, field string, since time.Time) error {
	rows, _, err := s.Book.At(ctx).Read(records.Query{Of: "revocations", Where: []records.Cond{records.From(field, records.Time(since))}})
	if err != nil {
		return err
	}
	for _, r := range rows {
		s.bar(r.Text("session_id"), r.Text("user_id"), r.Time("at"), r.Time("until"))
	}
	return nil
}

// look takes up what ended since the last look, and at the first every session that ended and still has tokens that have not
// expired, however long they were given when they were signed.
func (s *Service) look(ctx context.Context) error {
	now := s.now()
	field, since := "until", now.Add(-overlap)
	if last := s.looked.Load(); last != nil {
		field = "at"
		if last.Before(now) { // else the clock was put back
			since = last.Add(-overlap)
		}
	}
	err := s.heed(ctx, field, since)
	if err == nil {
		s.looked.Store(&now)
	}
	return err
}

// Sure returns nil where everything is taken up that ended up to a second ago, by any server; where the last look is longer ago, as
// after a time without the database, it looks first. Requests that come together share one look.
func (s *Service) Sure(ctx context.Context) error {
	if last := s.looked.Load(); last != nil && s.Clock.Now().Sub(*last).Abs() < promised {
		return nil
	}
	answer := s.looks.DoChan("", func() (_ any, err error) {
		err = errUnread
		s.Guard("sessions", func() {
			ctx, stop := context.WithTimeout(context.Background(), patience) // of no request: it reads where every write is seen
			defer stop()
			err = s.look(ctx)
		})
		return nil, err
	})
	var err error
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case r := <-answer:
		err = r.Err
	}
	if err != nil {
		return fault.New(fault.Unavailable, "It cannot be found out at present whether the session of this JWT has ended").Because(err)
	}
	return nil
}

// errUnread is that of a look that did not come to its end.
var errUnread = errors.New("account: what sessions ended was not read")

// Remember looks before the server serves.
func (s *Service) Remember(ctx context.Context) { s.warn(ctx, s.look(ctx)) }

// warn says that a look has failed, unless the server is about to stop.
func (s *Service) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("what sessions ended cannot be read", "cause", err)
	}
}

// Follow takes up what other servers ended until ctx ends.
func (s *Service) Follow(ctx context.Context) {
	look := time.NewTicker(glance)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			s.warn(ctx, s.look(ctx))
		}
	}
}
