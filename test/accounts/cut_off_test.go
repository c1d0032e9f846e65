package accounts_test

import (
	"context"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/testkit"
)

// apart is another server on the database of a site, which a test can cut off from it.
func (s *site) apart(t *testing.T, database string) (*site, *testkit.Cutter) {
	t.Helper()
	c, clk := testkit.NewCutter(t, database), &moving{}
	r, err := app.Open(context.Background(), app.Options{Dir: s.Dir, Data: s.Data, Clock: clk, Log: s.Log, Env: func(name string) (string, bool) {
		if name == "SOCLE_DATABASE" {
			return c.URL, true
		}
		return s.Env(name)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return &site{Runtime: r, t: t, clock: clk, log: s.log}, c
}

// TestAServerThatWasCutOffKnowsWhatEndedMeanwhileBeforeItAcceptsATokenAgain: the first request that gets through is refused already,
// by the data API as by the routes of accounts.
func TestAServerThatWasCutOffKnowsWhatEndedMeanwhileBeforeItAcceptsATokenAgain(t *testing.T) {
	t.Parallel()
	database := testkit.PostgresURL(t)
	s := open(t, atOnce, database)
	other, cutter := s.apart(t, database)
	for i, ask := range []func(*person) reply{
		func(p *person) reply { return other.as(p.access).get("/rest/v1/notes") },
		func(p *person) reply { return other.as(p.access).get("user") },
	} {
		p := s.newcomer(t, []string{"ada@example.org", "bea@example.org"}[i])
		ask(p).want(t, 200)
		cutter.Hold()
		p.me().post("logout", nil).want(t, 204)
		other.clock.advance(2 * time.Second) // longer than a sign-out may take
		ask(p).want(t, 503)
		cutter.Heal()
		if r := ask(p); r.Code != 401 && r.Code != 403 {
			t.Errorf("%s: %d %s", r.of, r.Code, r.Body)
		}
	}
}

// TestWhatEndsWhileAServerIsSuspendedIsKnownWhenItGoesOn: it slept for longer than entries of others may be late.
func TestWhatEndsWhileAServerIsSuspendedIsKnownWhenItGoesOn(t *testing.T) {
	t.Parallel()
	database := testkit.PostgresURL(t)
	s := open(t, atOnce, database)
	other, cutter := s.apart(t, database)
	p := s.newcomer(t, "ada@example.org")
	other.as(p.access).get("/rest/v1/notes").want(t, 200)
	cutter.Hold()
	p.me().post("logout", nil).want(t, 204)
	other.clock.advance(20 * time.Minute)
	cutter.Heal()
	other.as(p.access).get("/rest/v1/notes").want(t, 401)
}
