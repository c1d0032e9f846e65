package accounts

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/account"
	"github.com/socle-hq/socle/internal/clock"
)

// still is a clock that stands until a test puts it forward.
type still struct{ now time.Time }

func (s *still) Now() time.Time    { return s.now }
func (s *still) Random() io.Reader { return clock.System().Random() }

// metered is a server that only counts, and its clock.
func metered() (*server, *still) {
	clk := &still{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	return &server{meters: newMeters(clk, DefaultRates())}, clk
}

func (s *server) at(network string) *call {
	return &call{server: s, from: account.Caller{Address: network}}
}

// let counts how many of many are let through.
func let(n int, pass func(i int) error) (count int) {
	for i := range n {
		if pass(i) == nil {
			count++
		}
	}
	return count
}

func TestOneNetworkAddressKeepsNobodyFromSigningInOrGettingMail(t *testing.T) {
	t.Parallel()
	const ann = "ann@example.org"
	for name, c := range map[string]struct {
		rate  Rate
		count func(c *call, email, phone string) error
		code  account.Code
	}{
		"a password": {DefaultRates().Account, (*call).tried, account.RequestLimit},
		"a message":  {DefaultRates().Mailbox, (*call).messaged, account.EmailLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clk := metered()
			mallory, owner := s.at("192.0.2.66"), s.at("198.51.100.7")
			if got := let(1000, func(int) error { return c.count(mallory, "Ann@Example.org", "") }); got != c.rate.Burst {
				t.Errorf("%d from one address, want %d", got, c.rate.Burst)
			}
			if err := c.count(mallory, ann, ""); !account.Refused(err, c.code) {
				t.Errorf("the refusal is %v", err)
			}
			for range 100 { // whoever goes on and on
				clk.now = clk.now.Add(c.rate.Every)
				let(10, func(int) error { return c.count(mallory, ann, "") })
				if err := c.count(owner, ann, ""); err != nil {
					t.Fatalf("the owner is kept out: %v", err)
				}
			}
			if err := c.count(mallory, "ben@example.org", ""); err != nil {
				t.Errorf("another account: %v", err)
			}
		})
	}
}

func TestGuessingFromManyAddressesStaysBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate         Rate
		count        func(c *call, email, phone string) error
		email, phone string
	}{
		"passwords":          {DefaultRates().Account, (*call).tried, "ann@example.org", ""},
		"passwords by phone": {DefaultRates().Account, (*call).tried, "", "+15550001111"},
		"messages":           {DefaultRates().Mailbox, (*call).messaged, "ann@example.org", ""},
		"messages by phone":  {DefaultRates().Mailbox, (*call).messaged, "", "+15550001111"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, clk := metered()
			from := func(i int) error { return c.count(s.at(fmt.Sprint("192.0.2.", i)), c.email, c.phone) }
			if got := let(1000, from); got != many*c.rate.Burst {
				t.Errorf("%d at once, want %d", got, many*c.rate.Burst)
			}
			clk.now = clk.now.Add(c.rate.Every)
			if got := let(1000, from); got != many {
				t.Errorf("%d after a while, want %d", got, many)
			}
		})
	}
}

// Another address beside the one that is guessed at gives no more tries.
func TestCodesAreBoundedByAccountHoweverManyWereSent(t *testing.T) {
	t.Parallel()
	s, clk := metered()
	day := clk.now.Add(24 * time.Hour)
	got := 0
	for i := 0; clk.now.Before(day); i++ {
		got += let(3, func(n int) error {
			return s.at(fmt.Sprint("192.0.2.", i%200)).guessed(fmt.Sprintf("decoy%d-%d@example.org", i, n), "+15550001111")
		})
		clk.now = clk.now.Add(time.Minute)
	}
	if most := 50 + 24*6; got > most || got < most-2 {
		t.Errorf("%d codes were tried in a day, want %d", got, most)
	}
	if err := s.at("198.51.100.7").tried("", "+15550001111"); err != nil {
		t.Errorf("passwords are counted apart: %v", err)
	}
}
