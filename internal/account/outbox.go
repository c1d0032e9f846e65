package account

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/sms"
	"github.com/socle-hq/socle/internal/value"
)

// timeOf is a transaction's instant.
func timeOf(tx *records.Tx) time.Time { return time.UnixMicro(tx.Now()).UTC() }

// Delivery of the outbox.
const (
	claimed    = time.Minute // how long a server keeps a message for itself while it delivers it
	firstPause = 5 * time.Second
	longPause  = 15 * time.Minute
	noticeTTL  = 24 * time.Hour
	perRound   = 20
)

// queue puts a message into the outbox, in the transaction of what caused it. It goes to an address that is stored, never to one
// of a request alone.
func (s *Service) queue(tx *records.Tx, kind mail.Kind, to, locale string, d mail.Data, ttl time.Duration) error {
	if s.Sender == nil || to == "" {
		return nil
	}
	d.Project, d.SiteURL = s.Settings.Project, s.Settings.Home()
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return s.enqueue(tx, string(kind), to, locale, raw, ttl)
}

// enqueue puts anything into the outbox that is to be done once, sealed.
func (s *Service) enqueue(tx *records.Tx, kind, to, locale string, raw []byte, ttl time.Duration) error {
	now := timeOf(tx)
	_, err := tx.Add("outbox", records.Row{"kind": value.OfText(kind), "address": value.OfText(to), "locale": records.Text(locale),
		"sealed": value.OfText(s.sealer.Seal(raw)), "tries": value.OfInt(0), "due_at": records.Time(now), "created_at": records.Time(now),
		"expires_at": records.Time(now.Add(ttl))})
	return err
}

// notify tells an account's owner, at every address that is proved, what has happened to the account.
func (s *Service) notify(tx *records.Tx, u *User, kind mail.Kind, d mail.Data) error {
	if u.Email == "" || u.EmailConfirmedAt == nil {
		return nil
	}
	d.Email = u.Email
	return s.queue(tx, kind, u.Email, u.Locale, d, noticeTTL)
}

// nudge says that something may be due.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Deliver sends what is due until ctx ends.
func (s *Service) Deliver(ctx context.Context) {
	if s.Sender == nil && s.Texts == nil {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(firstPause)
	defer tick.Stop()
	for {
		if s.round(ctx) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// round sends what is due now; more reports that there may be more.
func (s *Service) round(ctx context.Context) (more bool) {
	rows, _, err := s.Book.At(ctx).Read(records.Query{Of: "outbox", Where: []records.Cond{records.Upto("due_at", records.Time(s.now()))},
		Order: []string{"due_at", "id"}, Limit: perRound})
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("the outbox cannot be read", "cause", err)
		}
		return false
	}
	sent := 0
	for _, r := range rows {
		mine, err := s.claim(ctx, r)
		if err != nil || !mine || ctx.Err() != nil {
			continue
		}
		if err := s.post(ctx, r); err != nil && ctx.Err() == nil {
			s.Log.Warn("a message cannot be sent", "kind", r.Text("kind"), "tries", r.Int("tries")+1, "final", !temporary(r, err), "cause", err)
		}
		sent++
	}
	return sent == perRound
}

// claim keeps a message for this server for a while: of several servers one has it.
func (s *Service) claim(ctx context.Context, r records.Row) (mine bool, err error) {
	err = s.Book.Write(ctx, func(tx *records.Tx) error {
		rows, err := tx.Change("outbox", records.Row{"due_at": records.Time(timeOf(tx).Add(claimed)), "tries": value.OfInt(r.Int("tries") + 1)},
			records.Is("id", r["id"]), records.Is("tries", r["tries"]))
		mine = len(rows) == 1
		return err
	})
	return mine, err
}

// post sends a message and takes it out of the outbox, or leaves it there for later.
func (s *Service) post(ctx context.Context, r records.Row) error {
	err := s.carry(ctx, r)
	again := err != nil && temporary(r, err)
	kept := s.Book.Write(ctx, func(tx *records.Tx) error {
		id := records.Is("id", r["id"])
		if again {
			pause := min(longPause, firstPause<<min(r.Int("tries"), 10))
			_, err := tx.Change("outbox", records.Row{"due_at": records.Time(timeOf(tx).Add(pause))}, id)
			return err
		}
		_, err := tx.Remove("outbox", id)
		return err
	})
	return firstError(err, kept)
}

// carry does what a row of the outbox is there for.
func (s *Service) carry(ctx context.Context, r records.Row) error {
	if r.Text("kind") == asking {
		return s.attend(ctx, r)
	}
	ctx, cancel := context.WithTimeout(ctx, claimed/2)
	defer cancel()
	if r.Text("kind") == texting {
		return s.dispatch(ctx, r)
	}
	m, err := s.letter(r)
	if err != nil || s.Sender == nil {
		return err
	}
	return s.Sender.Send(ctx, m)
}

// temporary reports whether what failed may be tried again.
func temporary(r records.Row, err error) bool {
	switch r.Text("kind") {
	case asking:
		var refused *Refusal
		return !errors.As(err, &refused)
	case texting:
		return sms.Temporary(err)
	}
	return mail.Temporary(err)
}

// letter is a row of the outbox as a message.
func (s *Service) letter(r records.Row) (mail.Message, error) {
	raw, err := s.sealer.Open(r.Text("sealed"))
	if err != nil {
		return mail.Message{}, err
	}
	var d mail.Data
	if err := json.Unmarshal(raw, &d); err != nil {
		return mail.Message{}, err
	}
	m, err := s.Templates.Render(mail.Kind(r.Text("kind")), r.Text("locale"), d)
	m.To, m.ID = r.Text("address"), r.Text("id")
	return m, err
}
