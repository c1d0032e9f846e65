// Package account owns people's accounts: how they are made, proved, changed and ended, their sessions, identities, factors and
// what is sent to them. Every act happens in one transaction together with its audit entry and the messages it causes. It knows
// nothing of HTTP, and of the tables only what package records gives.
package account

import (
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/passkey"
	"github.com/socle-hq/socle/internal/password"
	"github.com/socle-hq/socle/internal/records"
	"github.com/socle-hq/socle/internal/sms"
	"github.com/socle-hq/socle/internal/social"
)

// Config is what a Service is made of.
type Config struct {
	Book      *records.Book
	Tokens    *auth.Tokens
	Keys      *auth.Keys
	Ended     *auth.Ended
	Settings  Settings
	Hasher    *password.Hasher
	Templates *mail.Templates
	Sender    mail.Sender  // nil: no mail can be sent
	Texts     *sms.Webhook // nil: no phone can be reached
	Providers *social.Providers
	Party     *passkey.Party // nil: no passkeys
	Hook      *Hook          // nil: none
	Clock     clock.Clock
	Log       *slog.Logger
	Guard     func(task string, f func()) // runs f, whose panic ends nothing else
}

// Service is the accounts of a project. It is safe for concurrent use.
type Service struct {
	Config
	codes   codes
	refresh refresher
	sealer  *auth.Sealer
	ids     clock.IDs
	looked  atomic.Pointer[time.Time] // what ended before is taken up; nil: nothing is yet
	looks   singleflight.Group
	lanes   []*lane // on which the outbox is emptied
}

// New opens the accounts. Deliver and Follow must run beside it.
func New(c Config) (*Service, error) {
	sealer, err := c.Keys.Sealer()
	if err != nil {
		return nil, err
	}
	s := &Service{Config: c, codes: codes{c.Keys.Purpose("account codes")}, refresh: refresher{c.Keys.Purpose("refresh tokens")},
		sealer: sealer}
	s.lanes = s.openLanes()
	return s, nil
}

// Caller is from where somebody acts; for sessions, the audit trail and notices.
type Caller struct {
	Address string // of the network, as far as it is known
	Agent   string // the User-Agent header, cut
}

// now is the time to the microsecond, as it is stored.
func (s *Service) now() time.Time { return s.Clock.Now().UTC().Truncate(time.Microsecond) }
