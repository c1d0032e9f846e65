package postgres

import (
	"context"
	"testing"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestAMarkTellsWhetherATransactionWasKeptAndEndsOneThatIsLate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, text := range []string{`CREATE TABLE "_socle_leases" ("name" text PRIMARY KEY, "taken" bigint NOT NULL)`, "CREATE TABLE rows (n int)"} {
		if err := s.Alone(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(tx store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO rows VALUES (1)")
		return err
	}
	asked := func(mark string, want bool) {
		t.Helper()
		if kept, err := s.ask(ctx, mark); err != nil || kept != want {
			t.Errorf("%s: kept %v, %v", mark, kept, err)
		}
	}
	marked := func(mark string, f func(store.Tx) error) error {
		tx := s.writing([]string{readCommitted})
		tx.mark = mark
		return s.carry(ctx, tx, f)
	}
	if err := marked("mark:kept", insert); err != nil {
		t.Fatal(err)
	}
	asked("mark:kept", true)
	asked("mark:kept", true)
	late := marked("mark:late", func(tx store.Tx) error {
		asked("mark:late", false)
		return insert(tx)
	})
	if codeOf(late) != "23505" {
		t.Errorf("a transaction that was said not to be kept ends with %v", late)
	}
	asked("mark:late", false)
	err = s.Write(ctx, func(tx store.Tx) error {
		rows, err := tx.Query(ctx, "SELECT count(*) FROM rows")
		if err == nil && rows[0][0] != "1" {
			t.Errorf("there are %v rows", rows[0][0])
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
