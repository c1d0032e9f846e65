package app_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/testkit"
)

// pair is a primary whose commits wait for a standby, and the address of both.
func pair(t *testing.T, commits string) (c *testkit.Cluster, standby, dsn string) {
	t.Helper()
	c = testkit.NewCluster(t)
	standby, second := c.Replica()
	c.Run("ALTER SYSTEM SET synchronous_standby_names = '*'")
	c.Run("ALTER DATABASE app SET synchronous_commit = " + commits)
	c.Run("SELECT pg_reload_conf()")
	u, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(second)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = url.Values{"host": {u.Query().Get("host") + "," + other.Query().Get("host")}, "target_session_attrs": {"read-write"}}.Encode()
	return c, standby, u.String()
}

// TestAPromotedStandbyHasEverythingThatWasAcknowledged: two nodes take writes while the primary is killed and its standby promoted.
func TestAPromotedStandbyHasEverythingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	for _, commits := range []string{"on", "remote_write"} {
		t.Run(commits, func(t *testing.T) {
			t.Parallel()
			c, standby, dsn := pair(t, commits)
			shared := keys(t)
			nodes := []*node{join(t, nodeOptions(t, journal, shared, dsn, nil)), join(t, nodeOptions(t, journal, shared, dsn, nil))}
			const writers = 6
			logs := make([]ledger, writers)
			acknowledged, promoted, resumed := make(chan struct{}, 1), atomic.Int64{}, make(chan time.Duration, 1)
			over := make(chan struct{})
			var all sync.WaitGroup
			for w := range logs {
				all.Go(func() {
					logs[w].move(t, nodes, w, over, func(begun time.Time) {
						note(acknowledged, struct{}{})
						if at := promoted.Load(); at != 0 && begun.UnixNano() > at {
							note(resumed, time.Duration(time.Now().UnixNano()-at))
						}
					})
				})
			}
			for range 40 {
				<-acknowledged
			}
			c.Do("kill", "data")
			c.Do("promote", standby)
			promoted.Store(time.Now().UnixNano())
			select {
			case took := <-resumed:
				t.Logf("writes go on %s after the promotion", took.Round(time.Millisecond))
			case <-time.After(time.Minute):
				t.Error("no write was taken after the promotion")
			}
			close(over)
			all.Wait()
			var whole ledger
			for _, l := range logs {
				whole.acknowledged, whole.doubtful = append(whole.acknowledged, l.acknowledged...), append(whole.doubtful, l.doubtful...)
			}
			whole.judge(t, nodes[0])
			whole.judge(t, nodes[1])
			nodes[0].wants(t, "GET", "/health", "", 200, `{"status":"ok"}`)
			t.Logf("%d writes acknowledged, %d in doubt", len(whole.acknowledged), len(whole.doubtful))
		})
	}
}

func note[T any](to chan T, what T) {
	select {
	case to <- what:
	default:
	}
}

// move writes until it is over, each time at the next node; told hears of every write that is acknowledged, and when it was
// sent first.
func (l *ledger) move(t *testing.T, nodes []*node, w int, over chan struct{}, told func(begun time.Time)) {
	turn := w
	ask := func(body string, headers ...string) *httptest.ResponseRecorder {
		turn++
		return nodes[turn%len(nodes)].ask("POST", "/rest/v1/entries", body, headers...)
	}
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		default:
		}
		text, begun := fmt.Sprintf("w%d-%d", w, i), time.Now()
		body := fmt.Sprintf(`[{"text":%q},{"text":%q}]`, text, text+"b")
		if w%3 == 0 {
			a := ask(body)
			if l.note(t, a, text); a.Code == 201 {
				told(begun)
			}
			continue
		}
		for status := 0; status != 201; {
			begun = time.Now()
			a := ask(body, "Idempotency-Key", text)
			if status = a.Code; status != 201 && status != 503 {
				t.Errorf("%d %s", a.Code, a.Body)
				return
			}
		}
		l.acknowledged = append(l.acknowledged, text)
		told(begun)
	}
}

// TestWithoutItsStandbyADatabaseConfirmsNothingAndItIsSaid: who sends the write again under its key learns the truth.
func TestWithoutItsStandbyADatabaseConfirmsNothingAndItIsSaid(t *testing.T) {
	t.Parallel()
	c, standby, dsn := pair(t, "on")
	o, said := nodeOptions(t, journal, "", dsn, nil), &testkit.Said{}
	o.Log = slog.New(slog.NewTextHandler(said, nil))
	n := join(t, o)
	n.wants(t, "POST", "/rest/v1/entries", `{"text":"before"}`, 201, ``)
	c.Do("stop", standby)

	answered := make(chan *httptest.ResponseRecorder)
	go func() {
		answered <- n.ask("POST", "/rest/v1/entries", `{"text":"meanwhile"}`, "Idempotency-Key", "k")
	}()
	unconfirmed := func(a *httptest.ResponseRecorder) {
		t.Helper()
		if a.Code != 503 || a.Header().Get("Retry-After") == "" || !strings.Contains(a.Body.String(), "durability is unknown") {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	unconfirmed(<-answered)
	n.wants(t, "GET", "/health", "", 503, `{"status":"unavailable"}`)
	if !strings.Contains(said.String(), "durability is unknown") {
		t.Error("nothing was logged: " + said.String())
	}
	go func() {
		answered <- n.ask("POST", "/rest/v1/entries", `{"text":"meanwhile"}`, "Idempotency-Key", "k")
	}()
	eventually(t, "somebody stops the wait by hand", func() bool {
		select {
		case a := <-answered:
			unconfirmed(a)
			return true
		default:
			c.Run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'app'")
			return false
		}
	})

	c.Do("start", standby)
	eventually(t, "the node is well again", func() bool { return n.ask("GET", "/health", "").Code == 200 })
	n.wants(t, "POST", "/rest/v1/entries", `{"text":"meanwhile"}`, 201, ``, "Idempotency-Key", "k")
	n.wants(t, "GET", "/rest/v1/entries?select=text&order=id", "", 200, `[{"text":"before"},{"text":"meanwhile"}]`)
}
