package accounts

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/config"
)

// Rate is how often something may happen: Burst at once, then one more every Every.
type Rate struct {
	Burst int
	Every time.Duration
}

// Rates are the bounds of a server. They count per server and forget who has been quiet.
type Rates struct {
	SignIn  Rate // sign-ins, sign-ups and codes that are tried, by network address
	Refresh Rate // refreshes, by network address
	Send    Rate // messages asked for, by network address
	Account Rate // passwords and codes tried for an account, by network address; from all of them together, many times as often
	Mailbox Rate // messages asked for to an address, by network address; from all of them together, many times as often
	Code    Rate // codes tried for an account, from everywhere: new ones give no more tries
}

// many is how much more often than one network address all of them together may do something to one account, so that nobody keeps
// its owner out alone, and guessing from many addresses stays bounded.
const many = 10

// everywhere is the bound for all network addresses together.
func (r Rate) everywhere() Rate { return Rate{Burst: r.Burst * many, Every: r.Every / many} }

// DefaultRates suit a product whose users share addresses by the hundred.
func DefaultRates() Rates {
	return Rates{SignIn: Rate{100, time.Second}, Refresh: Rate{300, time.Second / 5}, Send: Rate{30, 10 * time.Second},
		Account: Rate{10, 10 * time.Second}, Mailbox: Rate{3, 30 * time.Second},
		Code: Rate{50, 10 * time.Minute}}
}

// RatesOf are the rates that a section of settings gives, by the minute. What it does not name is as usual, and so is how many more
// are let through at once.
func RatesOf(limits config.Section) Rates {
	out := DefaultRates()
	for name, r := range map[string]*Rate{"sign_in": &out.SignIn, "refresh": &out.Refresh, "send": &out.Send, "account": &out.Account, "mailbox": &out.Mailbox} {
		if n := limits.Int(name, 0); n > 0 {
			usual := int64(time.Minute / r.Every)
			*r = Rate{Burst: int((int64(r.Burst)*n + usual - 1) / usual), Every: time.Minute / time.Duration(n)}
		}
	}
	return out
}

// rate names a bound.
type rateClass uint8

const (
	unbounded rateClass = iota
	signIn
	refresh
	send
	perAccount  // from one network address
	perMailbox  // from one network address
	anyAccount  // from everywhere
	anyMailbox  // from everywhere
	codesTried  // from everywhere
	rateClasses // how many there are
)

type rateKey struct {
	class rateClass
	of    string // whose
	from  string // the network address that is counted apart; "": all are counted together
}

// meters counts by class and by whom it is.
type meters struct {
	clock clock.Clock
	rates [rateClasses]Rate

	mu     sync.Mutex
	by     map[rateKey]*rate.Limiter
	pruned time.Time
}

// mostMeters bounds what is kept; beyond it those that are full again are forgotten at once, and of the others as many as makes
// room for a while.
const (
	mostMeters = 100_000
	fewMeters  = mostMeters / 4 * 3
	pruneEvery = time.Minute
)

func newMeters(clk clock.Clock, r Rates) *meters {
	m := &meters{clock: clk, by: map[rateKey]*rate.Limiter{}}
	m.rates = [...]Rate{unbounded: {}, signIn: r.SignIn, refresh: r.Refresh, send: r.Send, perAccount: r.Account, perMailbox: r.Mailbox,
		anyAccount: r.Account.everywhere(), anyMailbox: r.Mailbox.everywhere(), codesTried: r.Code}
	return m
}

// pass counts one; the error is the refusal of one too many.
func (m *meters) pass(class rateClass, of string) error { return m.passFrom(class, of, "") }

// passFrom counts one of a network address, apart from those of others.
func (m *meters) passFrom(class rateClass, of, from string) error {
	r := m.rates[class]
	if r.Burst == 0 {
		return nil
	}
	now := m.clock.Now()
	if m.meter(rateKey{class, of, from}, r, now).AllowN(now, 1) {
		return nil
	}
	if class == send || class == perMailbox || class == anyMailbox {
		return account.Refuse(account.EmailLimit, "For security purposes, you can only request this again after some seconds")
	}
	return account.Refuse(account.RequestLimit, "Request rate limit reached")
}

func (m *meters) meter(key rateKey, r Rate, now time.Time) *rate.Limiter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.by) >= mostMeters || now.Sub(m.pruned) > pruneEvery {
		m.prune(now)
	}
	l, ok := m.by[key]
	if !ok {
		l = rate.NewLimiter(rate.Every(r.Every), r.Burst)
		m.by[key] = l
	}
	return l
}

// prune forgets those who could do everything again.
func (m *meters) prune(now time.Time) {
	m.pruned = now
	crowded := len(m.by) >= mostMeters
	for key, l := range m.by {
		if l.TokensAt(now) >= float64(l.Burst()) || crowded && len(m.by) > fewMeters {
			delete(m.by, key)
		}
	}
}

// typed are the addresses of accounts that a body says, as accounts have them. What is wrong with the others is said elsewhere.
func typed(email, phone string) (out []string) {
	if address, err := account.Email(email); err == nil {
		out = append(out, address)
	}
	if number, err := account.Phone(phone); err == nil {
		out = append(out, number)
	}
	return out
}

// counted counts what is done to the accounts of addresses that were typed: from where it comes, and then from everywhere. What one
// network address has too much of takes nothing from the others.
func (m *meters) counted(one, all rateClass, email, phone, from string) error {
	for _, of := range typed(email, phone) {
		if err := m.passFrom(one, of, from); err != nil {
			return err
		}
		if err := m.pass(all, of); err != nil {
			return err
		}
	}
	return nil
}

// tried counts a secret that is tried for an account.
func (c *call) tried(email, phone string) error {
	return c.server.meters.counted(perAccount, anyAccount, email, phone, c.from.Address)
}

// guessed counts a code that is tried for an account.
func (c *call) guessed(email, phone string) error {
	if err := c.tried(email, phone); err != nil {
		return err
	}
	for _, of := range typed(email, phone) {
		if err := c.server.meters.pass(codesTried, of); err != nil {
			return err
		}
	}
	return nil
}

// messaged counts a message that somebody asks for to whatever address was typed.
func (c *call) messaged(email, phone string) error {
	return c.server.meters.counted(perMailbox, anyMailbox, email, phone, c.from.Address)
}

// messaged counts a message that accounts ask for to an address they want: from everywhere, but apart from what strangers ask for.
func (s *server) messaged(email, phone string) error {
	return s.meters.counted(perMailbox, anyMailbox, email, phone, "")
}

// address is the client's network.
func (s *server) address(r *http.Request) string { return admission.Network(r, s.Proxies) }
