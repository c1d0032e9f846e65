package accounts_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/testkit"
)

// beside is another server on the database of a site, with a clock of its own.
func (s *site) beside(t *testing.T, ahead time.Duration) *site {
	t.Helper()
	clk := &moving{}
	clk.advance(ahead)
	r, err := app.Open(context.Background(), app.Options{Dir: s.Dir, Data: s.Data, Clock: clk, Env: s.Env, Log: s.Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return &site{Runtime: r, t: t, clock: clk, log: s.log}
}

func TestASessionEndsOnAServerWhoseClockIsAhead(t *testing.T) {
	t.Parallel()
	s := open(t, atOnce, testkit.PostgresURL(t))
	p := s.newcomer(t, "ada@example.org")
	other := s.beside(t, 5*time.Minute)
	other.as(p.access).get("/rest/v1/notes").want(t, 200)
	p.me().post("logout", nil).want(t, 204)
	eventually(t, func() bool { return other.as(p.access).get("/rest/v1/notes").Code == 401 })
}

func TestAServerThatStartsKnowsWhatEndedUnderALongerLifeOfTokens(t *testing.T) {
	t.Parallel()
	long := files{"socle.yaml": "auth: { confirm_email: false, session: { access_ttl: 24h } }\n"}
	for name, text := range atOnce {
		if name != "socle.yaml" {
			long[name] = text
		}
	}
	s := open(t, long, testkit.PostgresURL(t))
	p := s.newcomer(t, "ada@example.org")
	p.me().post("logout", nil).want(t, 204)
	short := s.Dir + "/socle.yaml"
	rewrite(t, short, "access_ttl: 24h", "access_ttl: 1h")
	other := s.beside(t, 3*time.Hour)
	other.as(p.access).get("/rest/v1/notes").want(t, 401)
}

func rewrite(t *testing.T, path, before, after string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(raw), before) {
		t.Fatalf("%s in %s: %v", before, raw, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(raw), before, after)), 0o644); err != nil {
		t.Fatal(err)
	}
}
