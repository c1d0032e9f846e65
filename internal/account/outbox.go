package account

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/sms"
	"github.com/socle-hq/socle/internal/value"
)

// timeOf is a transaction's instant.
func timeOf(tx *records.Tx) time.Time { return time.UnixMicro(tx.Now()).UTC() }

// Delivery of the outbox.
const (
	patient    = 30 * time.Second         // of one delivery
	parting    = 5 * time.Second          // how long a server that stops takes to note what it did not send
	claimed    = auth.Apart + time.Minute // how long a server keeps a message for itself while it delivers it, on whatever clock
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
	d.Project, d.SiteURL = s.Settings.Project, s.Settings.Site()
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
	tx.Kept(s.nudge)
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
	for _, l := range s.lanes {
		l.nudge()
	}
}

// Deliver sends what is due until ctx ends.
func (s *Service) Deliver(ctx context.Context) {
	if s.Sender == nil && s.Texts == nil {
		<-ctx.Done()
		return
	}
	var all sync.WaitGroup
	for _, l := range s.lanes {
		all.Go(func() { s.Guard("mail", func() { l.run(ctx) }) })
	}
	all.Wait()
}

// carry does what a row of the outbox is there for.
func (s *Service) carry(ctx context.Context, r records.Row) error {
	if r.Text("kind") == asking {
		return s.attend(ctx, r)
	}
	ctx, cancel := context.WithTimeout(ctx, patient)
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
