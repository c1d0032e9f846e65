package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestAnInsertAfterAQuestionAboutKeysIsPlannedOnceAndWhatFollowsFreely(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := connect(t, testkit.PostgresURL(t)+"&default_query_exec_mode=cache_statement", postgres.Options{Connections: 1})
	exec(t, s, "CREATE TABLE seen (mode text)")
	for range 3 { // made, then known
		err := s.Write(ctx, func(tx store.Tx) error {
			asked := false
			tx.(store.Asker).Ahead("SELECT 1", nil, func([][]any) error { asked = true; return nil })
			if _, err := tx.Exec(ctx, "INSERT INTO seen VALUES (current_setting('plan_cache_mode'))"); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, "SELECT mode, current_setting('plan_cache_mode') FROM seen")
			if got := fmt.Sprint(rows); err == nil && (!asked || got != "[[force_generic_plan auto]]") {
				t.Errorf("asked: %t; %s", asked, got)
			}
			_, failed := tx.Exec(ctx, "DELETE FROM seen")
			if err == nil {
				err = failed
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAKeptStatementGivesTheColumnsThatItsTableHasNow(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t) + "&default_query_exec_mode=cache_statement"
	s, other := connect(t, dsn, postgres.Options{Connections: 1}), connect(t, dsn, postgres.Options{})
	exec(t, s, "CREATE TABLE thing (v bigint)", "INSERT INTO thing VALUES (1)")
	read := func() string {
		snap, err := s.Once(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		rows, err := snap.Query(context.Background(), asText("SELECT * FROM thing"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return rows[0][0].Text()
	}
	for range 3 {
		if got := read(); got != "1" {
			t.Fatal(got)
		}
	}
	exec(t, other, "ALTER TABLE thing ALTER v TYPE text USING v || ' now'")
	if got := read(); got != "1 now" {
		t.Error(got)
	}
}
