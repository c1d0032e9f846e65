package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/testkit"
)

// The compile cases and the stories of writes run on PostgreSQL three times over; each way is what its name says.
func TestPostgreSQLIsReachedInEveryWay(t *testing.T) {
	t.Parallel()
	testkit.NeedPooler(t)
	stores := openAll(t, NewWorld(t, folder(t, "kinds")))
	for name, want := range map[string]string{"postgres": "read committed", "serializable": "serializable", "pooled": "read committed"} {
		if got := say(t, stores[name], "SHOW transaction_isolation"); got != want {
			t.Errorf("%s: transactions are %s, not %s", name, got, want)
		}
	}
	if n := backends(t, stores["pooled"]); n > 2 {
		t.Errorf("eight transactions at once came over %d connections, not two", n)
	}
}

func say(t *testing.T, s store.Store, sql string) string {
	t.Helper()
	out := ""
	err := s.Write(context.Background(), func(tx store.Tx) error {
		rows, err := tx.Query(context.Background(), sql)
		if err == nil {
			out = fmt.Sprint(rows[0][0])
		}
		return err
	})
	if err != nil {
		t.Error(causes(err))
	}
	return out
}

// backends counts the server's processes that answer eight transactions asked for at once.
func backends(t *testing.T, s store.Store) int {
	t.Helper()
	var all sync.Map
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { all.Store(say(t, s, "SELECT pg_backend_pid()::text"), true) })
	}
	wg.Wait()
	n := 0
	all.Range(func(any, any) bool { n++; return true })
	return n
}
