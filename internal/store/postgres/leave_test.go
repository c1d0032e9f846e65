package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/testkit"
)

// leaving is a store over a table of numbers, among them 1.
func leaving(t *testing.T) *Store { return leavingAt(t, testkit.Postgres(t)) }

func leavingAt(t *testing.T, dsn string) *Store {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	somebody, err := pgx.Connect(ctx, dsn) // the product makes no triggers
	if err != nil {
		t.Fatal(err)
	}
	defer somebody.Close(ctx)
	for _, text := range []string{
		`CREATE TABLE "_socle_leases" ("name" text PRIMARY KEY, "taken" bigint NOT NULL)`,
		`CREATE TABLE "_socle_meta" ("key" text PRIMARY KEY, "value" text NOT NULL)`,
		"CREATE TABLE numbers (n bigint PRIMARY KEY)", "INSERT INTO numbers VALUES (1)",
		"CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"CREATE TRIGGER nothing BEFORE INSERT ON numbers FOR EACH ROW WHEN (NEW.n = 13) EXECUTE FUNCTION nothing()",
	} {
		if _, err := somebody.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.findGate(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

var errAsked = errors.New("the closure has asked")

// put adds a number unless the query finds a row.
func put(ctx context.Context, s *Store, n int64, unless string) (runs string, err error) {
	return left(ctx, s, unless, store.Step{Exec: sqlgen.Exec{Text: "INSERT INTO numbers VALUES ($1)", Args: []any{n}}, Rows: 1})
}

// left carries out a step unless the query finds a row. A run that has to wait for answers gives errAsked. The texts say which runs
// left it all.
func left(ctx context.Context, s *Store, unless string, step store.Step) (runs string, err error) {
	err = s.Write(ctx, func(tx store.Tx) error {
		if l := tx.(store.Leaver); l.Leaves() {
			runs += "left "
			return l.Leave(sqlgen.Exec{Text: unless}, []store.Step{step})
		}
		runs += "asked "
		if _, err := tx.Query(ctx, "SELECT 1"); err != nil {
			return err
		}
		return errAsked
	})
	return runs, err
}

func TestALargeWriteDoesNotWaitForThoseThatGather(t *testing.T) {
	t.Parallel()
	s, ctx := leaving(t), minute(t)
	busy(s) // for as long as the test is
	large := sqlgen.Exec{Text: "INSERT INTO numbers SELECT $1::bigint WHERE length($2::text) > 0", Args: []any{int64(77), strings.Repeat("x", guestBytes)}}
	if runs, err := left(ctx, s, "", store.Step{Exec: large, Rows: 1}); err != nil || runs != "left " {
		t.Errorf("%q, %v", runs, err)
	}
	if n := ask(t, s, "SELECT count(*) FROM numbers WHERE n = 77"); n != 1 {
		t.Errorf("%d of it are there", n)
	}
}

func TestWhatIsLeftIsKeptWholeOrAskedAboutStepByStep(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		what, unless, runs string
		n                  int64
		asked              bool
	}{
		{"a number", "", "left ", 2, false},
		{"a number that nothing speaks against", "SELECT n FROM numbers WHERE n = 99 ORDER BY 1", "left ", 3, false},
		{"a number that something speaks against", "SELECT n FROM numbers WHERE n = 1 ORDER BY 1", "left asked ", 4, true},
		{"a number that is there", "", "left asked ", 1, true},
		{"a number after those that were refused", "", "left ", 5, false},
	} {
		runs, err := put(ctx, s, c.n, c.unless)
		if runs != c.runs || errors.Is(err, errAsked) != c.asked || !c.asked && err != nil {
			t.Errorf("%s: %q, %v", c.what, runs, err)
		}
	}
	count(t, s, 4)
	if _, err := put(ctx, s, 13, ""); !errors.Is(err, errMiscounted) || fault.From(err).Code != fault.Internal {
		t.Errorf("a row that the table does not take: %v", err)
	}
}

func TestAStepThatPerhapsFindsARowIsAskedAboutWhereThereIsNone(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for n, want := range map[int64]string{1: "left ", 99: "left asked "} {
		step := store.Step{Exec: sqlgen.Exec{Text: "UPDATE numbers SET n = n WHERE n = $1", Args: []any{n}}, Rows: 1, Row: fmt.Sprint(n)}
		if runs, err := left(ctx, s, "", step); runs != want || (err == nil) != (n == 1) {
			t.Errorf("%d: %q, %v", n, runs, err)
		}
	}
}

func TestWhatIsLeftDoesNotPassAHold(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := s.Hold(ctx); err != nil {
		t.Fatal(err)
	}
	if runs, err := put(ctx, s, 2, ""); runs != "left asked " || fault.From(err).Message != store.Refusal().Message {
		t.Errorf("%q, %v", runs, err)
	}
	count(t, s, 1)
	if err := s.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if runs, err := put(ctx, s, 2, ""); runs != "left " || err != nil {
		t.Errorf("%q, %v", runs, err)
	}
}

func TestWhoHasNoTimeToBeRunAgainWaitsForAnswers(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*briefTime)
	defer cancel()
	for _, ctx := range []context.Context{ctx, context.Background()} {
		if runs, err := put(ctx, s, 2, ""); runs != "asked " || !errors.Is(err, errAsked) {
			t.Errorf("%q, %v", runs, err)
		}
	}
}

// count looks how many numbers there are, and that a mark is beside each that was left.
func count(t *testing.T, s *Store, want int) {
	t.Helper()
	snap, err := s.Once(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	rows, err := snap.Query(context.Background(), &sqlgen.Stmt{Text: "SELECT n FROM numbers UNION ALL SELECT 0 FROM \"_socle_leases\""}, nil)
	if err != nil || len(rows) != 2*want-1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
