package postgres_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/value"
)

func connect(t *testing.T, dsn string, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.OpenWith(context.Background(), dsn, o)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func asText(sql string) *sqlgen.Stmt {
	return &sqlgen.Stmt{Text: sql, Types: []value.Type{{Kind: value.Text}}}
}

func exec(t *testing.T, s store.Store, texts ...string) {
	t.Helper()
	err := s.Write(context.Background(), func(tx store.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(context.Background(), text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
}

func TestATransactionThatMetAnotherIsRunAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := connect(t, testkit.PostgresURL(t)+"&options=-c%20default_transaction_isolation%3Dserializable", postgres.Options{})
	exec(t, s, "CREATE TABLE counter (n bigint)", "INSERT INTO counter VALUES (0)")
	var runs, kept atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				err := s.Write(ctx, func(tx store.Tx) error {
					runs.Add(1)
					rows, err := tx.Query(ctx, "SELECT n FROM counter")
					if err != nil {
						return err
					}
					n, _ := strconv.ParseInt(rows[0][0].(string), 10, 64)
					_, err = tx.Exec(ctx, "UPDATE counter SET n = $1::bigint", n+1)
					return err
				})
				if err == nil {
					kept.Add(1)
				} else if fault.From(err).Code != fault.Unavailable {
					t.Error(err, errors.Unwrap(err))
				}
			}
		})
	}
	all.Wait()
	if got := one(t, s, "SELECT n::text FROM counter"); got != strconv.FormatInt(kept.Load(), 10) {
		t.Errorf("%s are in the database, %d were kept", got, kept.Load())
	}
	if runs.Load() <= kept.Load() || kept.Load() < 40 {
		t.Errorf("%d runs, %d kept", runs.Load(), kept.Load())
	}
}

// one is the single text of a query.
func one(t *testing.T, s store.Store, sql string) string {
	t.Helper()
	snap, err := s.Once(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	rows, err := snap.Query(context.Background(), asText(sql), nil)
	if err != nil || len(rows) != 1 {
		t.Fatal(sql, rows, err, errors.Unwrap(err))
	}
	return rows[0][0].Str()
}

func TestDeadlocksEndWithBothTransactionsKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := connect(t, testkit.PostgresURL(t), postgres.Options{})
	exec(t, s, "CREATE TABLE pair (id bigint PRIMARY KEY, n bigint)", "INSERT INTO pair VALUES (1, 0), (2, 0)")
	var met sync.WaitGroup
	met.Add(2)
	var all sync.WaitGroup
	for _, order := range [][2]int64{{1, 2}, {2, 1}} {
		first := true
		all.Go(func() {
			err := s.Write(ctx, func(tx store.Tx) error {
				if _, err := tx.Exec(ctx, "UPDATE pair SET n = n + 1 WHERE id = $1::bigint", order[0]); err != nil {
					return err
				}
				if first {
					first = false
					met.Done()
					met.Wait()
				}
				_, err := tx.Exec(ctx, "UPDATE pair SET n = n + 1 WHERE id = $1::bigint", order[1])
				return err
			})
			if err != nil {
				t.Error(err, errors.Unwrap(err))
			}
		})
	}
	all.Wait()
	if got := one(t, s, "SELECT string_agg(n::text, ' ') FROM pair"); got != "2 2" {
		t.Error(got)
	}
}

func TestTheServerStopsForACallerWhoHasGone(t *testing.T) {
	t.Parallel()
	s := connect(t, testkit.PostgresURL(t), postgres.Options{})
	const busy = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()"
	for name, begin := range map[string]func(context.Context) (store.Snapshot, error){"a statement": s.Once, "a snapshot": s.Snapshot} {
		ctx, leave := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() {
			snap, _ := begin(ctx)
			defer snap.Close()
			_, err := snap.Query(ctx, asText("SELECT pg_sleep(600)::text"), nil)
			ended <- err
		}()
		until(t, func() bool { return one(t, s, busy) == "1" })
		leave()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		until(t, func() bool { return one(t, s, busy) == "0" })
	}
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(20 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it never came")
		}
	}
}

func TestTimeThatRunsOutIsSaid(t *testing.T) {
	t.Parallel()
	s := connect(t, testkit.PostgresURL(t), postgres.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	snap, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if _, err := snap.Query(ctx, asText("SELECT pg_sleep(600)::text"), nil); fault.From(err).Code != fault.Timeout {
		t.Error(err, errors.Unwrap(err))
	}
	if got := one(t, s, "SHOW statement_timeout"); got != "0" {
		t.Errorf("the next statement may take %s", got)
	}
}

func TestABusyPoolIsSaidAndHealthIsNotAffected(t *testing.T) {
	t.Parallel()
	s := connect(t, testkit.PostgresURL(t), postgres.Options{Connections: 1})
	err := s.Write(context.Background(), func(tx store.Tx) error {
		if _, err := tx.Exec(context.Background(), "CREATE TABLE t ()"); err != nil {
			return err
		}
		if err := s.Ping(context.Background()); err != nil {
			t.Error(err)
		}
		snap, _ := s.Once(context.Background())
		defer snap.Close()
		_, err := snap.Query(context.Background(), asText("SELECT 'x'"), nil)
		if f := fault.From(err); f.Code != fault.Unavailable || f.Message != "Timed out acquiring connection from connection pool." {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAChangeWaitsForALongReader holds a lock for longer than one attempt waits.
func TestAChangeWaitsForALongReader(t *testing.T) {
	t.Parallel()
	ctx, dsn := context.Background(), testkit.PostgresURL(t)
	s := connect(t, dsn, postgres.Options{})
	exec(t, s, "CREATE TABLE t (n bigint)")
	reader, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close(ctx)
	if _, err := reader.Exec(ctx, "BEGIN; SELECT * FROM t"); err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = s.Rebuild(ctx, func(tx store.Tx) error {
		if runs++; runs == 2 {
			if _, err := reader.Exec(ctx, "COMMIT"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "ALTER TABLE t ADD COLUMN m bigint")
		return err
	})
	if err != nil || runs != 2 {
		t.Error(runs, err)
	}
}
