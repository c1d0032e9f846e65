package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

// TestTheServerEndsReadsThatNobodyWaitsFor: a node that is gone does not say so, and what it asked for must end by itself.
func TestTheServerEndsReadsThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	own := testkit.Postgres(t)
	dsns := map[string]string{"own": own}
	if pooled, err := testkit.Pooled(t); err == nil {
		dsns["pooled"] = pooled
	} else if !errors.Is(err, testkit.ErrNoPooler) {
		t.Fatal(err)
	}
	for name, dsn := range dsns {
		s := connect(t, dsn, postgres.Options{Patience: time.Hour})
		for _, x := range []struct {
			within time.Duration
			want   func(string) bool
		}{
			{0, func(is string) bool { return is == "0" }}, // a move, an export: as long as it takes
			{time.Minute, func(is string) bool { return name == "own" && is == "1h" || name != "own" && is != "0" && is != "1h" }},
			{5 * time.Hour, func(is string) bool { return is != "0" && is != "1h" }},
		} {
			ctx, stop := context.Background(), context.CancelFunc(func() {})
			if x.within > 0 {
				ctx, stop = context.WithTimeout(ctx, x.within)
			}
			for kind, begin := range map[string]func(context.Context) (store.Snapshot, error){"once": s.Once, "snapshot": s.Snapshot} {
				snap, err := begin(ctx)
				if err != nil {
					t.Fatal(err)
				}
				for n := range 2 {
					rows, err := snap.Query(ctx, asText("SELECT current_setting('statement_timeout')"), nil)
					if err != nil {
						t.Fatal(err, errors.Unwrap(err))
					}
					if is := rows[0][0].Str(); n == 0 && kind == "once" && !x.want(is) || x.within > 0 && is == "0" && n == 0 {
						t.Errorf("%s, %s within %s: %s", name, kind, x.within, is)
					}
				}
				if err := snap.Close(); err != nil {
					t.Error(err)
				}
			}
			stop()
		}
	}
}

// TestASessionOfOurOwnCompilesNothing, unless the DSN wants it to: behind a pooler it would be somebody else's.
func TestASessionOfOurOwnCompilesNothing(t *testing.T) {
	t.Parallel()
	own, mark := testkit.Postgres(t), " "
	if before, _, has := strings.Cut(own, "?"); strings.Contains(before, "://") {
		if mark = "?"; has {
			mark = "&"
		}
	}
	c, err := pgx.Connect(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	const on = `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$`
	if _, err := c.Exec(t.Context(), on); err != nil {
		t.Fatal(err)
	}
	for dsn, want := range map[string]string{own: "off", own + mark + "jit=on": "on"} {
		s := connect(t, dsn, postgres.Options{})
		snap, err := s.Once(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		rows, err := snap.Query(t.Context(), asText("SELECT current_setting('jit')"), nil)
		if err != nil {
			t.Fatal(err, errors.Unwrap(err))
		}
		if is := rows[0][0].Str(); is != want {
			t.Errorf("jit is %s, not %s", is, want)
		}
	}
}
