package accounts

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/socle-hq/socle/internal/account"
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
	Account Rate // passwords and codes tried, by account
	Mailbox Rate // messages asked for, by mail address
}

// DefaultRates suit a product whose users share addresses by the hundred.
func DefaultRates() Rates {
	return Rates{SignIn: Rate{100, time.Second}, Refresh: Rate{300, time.Second / 5}, Send: Rate{30, 10 * time.Second},
		Account: Rate{10, 10 * time.Second}, Mailbox: Rate{3, 30 * time.Second}}
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
	perAccount
	perMailbox
)

type rateKey struct {
	class rateClass
	of    string
}

// meters counts by class and by whom it is.
type meters struct {
	clock clock.Clock
	rates [perMailbox + 1]Rate

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
	m.rates = [...]Rate{unbounded: {}, signIn: r.SignIn, refresh: r.Refresh, send: r.Send, perAccount: r.Account, perMailbox: r.Mailbox}
	return m
}

// pass counts one; the error is the refusal of one too many.
func (m *meters) pass(class rateClass, of string) error {
	r := m.rates[class]
	if r.Burst == 0 {
		return nil
	}
	now := m.clock.Now()
	if m.meter(rateKey{class, of}, r, now).AllowN(now, 1) {
		return nil
	}
	if class == send || class == perMailbox {
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

// address is the client's: the peer's, or what the outermost of the proxies that stand before the server has written. An IPv6
// client is its /64, as one customer has it whole.
func (s *server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.Proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if at := len(hops) - s.Proxies; at >= 0 {
			if ip := net.ParseIP(strings.TrimSpace(hops[at])); ip != nil {
				host = ip.String()
			}
		}
	}
	return network(host)
}

func network(host string) string {
	ip := net.ParseIP(host)
	if ip == nil {
		return host
	}
	if ip.To4() != nil {
		return ip.String() // however it was written
	}
	return ip.Mask(net.CIDRMask(64, 128)).String()
}
