package app_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/testkit"
)

// TestUpdatesWhoseConnectionsAreCutAreCarriedOutOnceOrInDoubt: each of many changes a row of its own, and the version of the row says
// how often that was done.
func TestUpdatesWhoseConnectionsAreCutAreCarriedOutOnceOrInDoubt(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	c := testkit.NewCutter(t, dsn)
	n := join(t, nodeOptions(t, journal, "", c.URL, nil))
	const writers = 12
	n.wants(t, "POST", "/rest/v1/entries?columns=text", "["+strings.Repeat(`{"text":"before"},`, writers-1)+`{"text":"before"}]`, 201, "")
	logs := make([]ledger, writers)
	over := make(chan struct{})
	var all sync.WaitGroup
	for w := range logs {
		all.Go(func() { logs[w].change(t, n, w+1, over) })
	}
	r := rand.New(rand.NewPCG(13, 21))
	for want := cuts(t); c.Cuts() < want; {
		before := c.Cuts()
		c.After(1 + r.IntN(30000))
		eventually(t, "a cut", func() bool { return c.Cuts() > before })
	}
	close(over)
	all.Wait()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	acknowledged := 0
	for w, l := range logs {
		var times int
		if err := db.QueryRow(t.Context(), `SELECT "_version"::int - 1 FROM entries WHERE id = $1`, w+1).Scan(&times); err != nil {
			t.Fatal(err)
		}
		if least, most := len(l.acknowledged), len(l.acknowledged)+len(l.doubtful); times < least || times > most {
			t.Errorf("%d was changed %d times: %d were acknowledged and %d in doubt", w+1, times, least, len(l.doubtful))
		}
		acknowledged += len(l.acknowledged)
	}
	if acknowledged < writers {
		t.Errorf("only %d were acknowledged", acknowledged)
	}
}

// change gives a row one text after the other, and looks that it has what was acknowledged last.
func (l *ledger) change(t *testing.T, n *node, id int, over chan struct{}) {
	path := fmt.Sprintf("/rest/v1/entries?id=eq.%d", id)
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		default:
		}
		text := fmt.Sprintf("%d-%d", id, i)
		a := n.ask("PATCH", path, fmt.Sprintf(`{"text":%q}`, text))
		if a.Code != 204 {
			l.note(t, a, text)
			continue
		}
		l.acknowledged = append(l.acknowledged, text)
		if a = n.ask("GET", path+"&select=text", ""); a.Code == 200 && a.Body.String() != fmt.Sprintf(`[{"text":%q}]`, text) {
			t.Errorf("%s was acknowledged, and there is %s", text, a.Body)
		}
	}
}
