package migrate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

// lame is a store that is killed at the nth statement it carries out alone.
type lame struct {
	*postgres.Store
	left int
	said *[]string
}

func (l *lame) Alone(ctx context.Context, sql string) error {
	if l.left--; l.left < 0 {
		return errKilled
	}
	*l.said = append(*l.said, sql)
	return l.Store.Alone(ctx, sql)
}

func TestIndexesOfATableInUseAreMadeBesideItAndAKilledOneIsMadeAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	st, err := postgres.Open(ctx, testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	const before = "-- notes.yaml --\nfields: { id: int, a: int, b: int, text: text }\npolicies: {}\n"
	after := schematest.MustRead(t, before+"indexes: [[a], [b, -a]]\n")
	must(t, st, schematest.MustRead(t, before))
	status, err := migrate.Inspect(ctx, st, after)
	if plan := status.Difference.Plan.String(); err != nil || strings.Contains(plan, "[locks]") || !strings.Contains(plan, "CREATE INDEX CONCURRENTLY") {
		t.Error(plan, err)
	}
	o := migrate.Options{Keys: "keys", Apart: true}
	var said []string
	kills := 0
	for n := 0; ; n++ {
		_, err := migrate.Carry(ctx, &lame{st, n % 4, &said}, after, o)
		if err == nil {
			break
		}
		if kills++; !errors.Is(err, errKilled) || kills > 20 {
			t.Fatal(err)
		}
		if s, err := migrate.Inspect(ctx, st, after); err != nil || s.State != migrate.Same || len(s.Pending) == 0 {
			t.Fatal("the change itself is kept, and what is left is named", s.State, s.Pending, err)
		}
	}
	if s, err := migrate.Inspect(ctx, st, after); err != nil || s.Pending != nil {
		t.Error(s.Pending, err)
	}
	real, err := migrate.Real(ctx, st)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes_a_idx", "notes_b_a_idx"} {
		if !slices.ContainsFunc(real, func(l string) bool { return strings.HasPrefix(l, "index public.notes") && strings.Contains(l, name) }) {
			t.Errorf("there is no %s in %q", name, real)
		}
	}
	if kills < 3 || slices.ContainsFunc(said, func(s string) bool { return !strings.Contains(s, "CONCURRENTLY") }) {
		t.Error(kills, said)
	}
}

func TestAnIndexThatCannotBeMadeStandsInNobodysWayOnceItIsGone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	st, err := postgres.Open(ctx, testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	const notes = "-- notes.yaml --\nfields: { id: int, a: int, b: int }\npolicies: {}\n"
	must(t, st, schematest.MustRead(t, notes))
	o := migrate.Options{Keys: "keys", Apart: true, Destructive: true}
	for name, next := range map[string]string{"the index goes": notes, "the table goes": "-- other.yaml --\nfields: { id: int }\npolicies: {}\n"} {
		if _, err := migrate.Carry(ctx, st, schematest.MustRead(t, notes), o); err != nil {
			t.Fatal(name, err)
		}
		indexed := schematest.MustRead(t, notes+"indexes: [[a], [b]]\n")
		for range 2 {
			if _, err := migrate.Carry(ctx, &lame{st, 0, new([]string)}, indexed, o); !errors.Is(err, errKilled) {
				t.Fatal(name, err)
			}
		}
		var said []string
		if _, err := migrate.Carry(ctx, &lame{st, 0, &said}, schematest.MustRead(t, next), o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := migrate.Carry(ctx, &lame{st, 0, &said}, schematest.MustRead(t, next), o); err != nil || len(said) > 0 {
			t.Errorf("%s: something is still to be made: %v %q", name, err, said)
		}
	}
}

// TestAnIndexThatOthersHaveMadeImpossibleIsNamedAndTheChangeKept: a row that came while the index was to be made is too long for it.
func TestAnIndexThatOthersHaveMadeImpossibleIsNamedAndTheChangeKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	st, err := postgres.Open(ctx, testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	const notes = "-- notes.yaml --\nfields: { id: int, a: text }\npolicies: {}\n"
	must(t, st, schematest.MustRead(t, notes))
	indexed := schematest.MustRead(t, notes+"indexes: [[a]]\n")
	o := migrate.Options{Keys: "keys", Apart: true}
	if _, err := migrate.Carry(ctx, &lame{st, 0, new([]string)}, indexed, o); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	err = st.Write(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO "notes" ("id", "a") SELECT 1, string_agg(md5(n::text), '') FROM generate_series(1, 200) AS n`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = migrate.Carry(ctx, st, indexed, o)
	f := fault.From(err)
	if f.Code != fault.TooLarge || !strings.HasPrefix(f.Message, "the change is kept, but its index public.notes_a_idx could not be made (a value is longer than an index holds)") {
		t.Errorf("%s: %v", f.Code, err)
	}
	if s, err := migrate.Inspect(ctx, st, indexed); err != nil || s.State != migrate.Same || !slices.Equal(s.Pending, []string{"public.notes_a_idx"}) {
		t.Error(s.State, s.Pending, err)
	}
}
