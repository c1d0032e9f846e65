package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
)

// TestRowsTooLongForAnIndexAreNamedBeforeAnythingMoves: SQLite may have some from before there was a bound.
func TestRowsTooLongForAnIndexAreNamedBeforeAnythingMoves(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := holding(t, 3)
	direct := func(sql string) {
		t.Helper()
		st, err := sqlite.Open(o.Data, sqlite.Options{Clock: o.Clock})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Write(ctx, func(tx store.Tx) error { _, err := tx.Exec(ctx, sql); return err }); err != nil {
			t.Fatal(causes(err))
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	direct(`INSERT INTO people (id, name, house_id) SELECT 900, hex(randomblob(1400)), 7`)
	direct(`INSERT INTO pairs (a, day, n) SELECT hex(randomblob(1400)), 19000, 1`)
	dsn := testkit.PostgresURL(t)
	var refused *app.MoveRefused
	_, err := app.MoveTo(ctx, o, app.Move{To: dsn})
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "people: more in (name) than the 2600 bytes that an index holds in 1 of its rows (first: id 900)") ||
		!strings.Contains(refused.Reason, "pairs: more in (a, day)") || len(refused.Reason) > 600 {
		t.Fatal(causes(err))
	}
	direct(`DELETE FROM people WHERE id = 900`)
	direct(`DELETE FROM pairs`)
	if _, err := app.MoveTo(ctx, o, app.Move{To: dsn}); err != nil {
		t.Fatal("what was refused has left something: ", causes(err))
	}
}
