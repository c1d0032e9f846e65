package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/testkit"
)

// counting is a store over rows 1 to n that count from 0 to 1000, and note in which order they are met.
func counting(t *testing.T, dsn string, n int) *Store {
	t.Helper()
	s := leavingAt(t, dsn)
	within(t, dsn, "CREATE TABLE counts (id bigint PRIMARY KEY, n bigint NOT NULL CHECK (n <= 1000))",
		"CREATE TABLE met (at bigint GENERATED ALWAYS AS IDENTITY, id bigint)",
		fmt.Sprintf("INSERT INTO counts SELECT id, 0 FROM generate_series(1, %d) id", n),
		"CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO met (id) VALUES (NEW.id); RETURN NEW; END'",
		"CREATE TRIGGER meet BEFORE UPDATE ON counts FOR EACH ROW EXECUTE FUNCTION meet()")
	return s
}

// within carries out statements beside the store, which knows nothing of triggers.
func within(t *testing.T, dsn string, texts ...string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	for _, text := range texts {
		if _, err := db.Exec(t.Context(), text); err != nil {
			t.Fatal(text, err)
		}
	}
}

// raise adds to the number of a row. A run that has to wait for answers gives errAsked where the row is not there.
func raise(ctx context.Context, s *Store, id, by int64) (runs string, err error) {
	step := store.Step{Exec: sqlgen.Exec{Text: "UPDATE counts SET n = n + $1 WHERE id = $2", Args: []any{by, id}}, Rows: 1, Row: fmt.Sprintf("%03d", id)}
	err = s.Write(ctx, func(tx store.Tx) error {
		if l := tx.(store.Leaver); l.Leaves() {
			runs += "left "
			return l.Leave(sqlgen.Exec{}, []store.Step{step})
		}
		runs += "asked "
		n, err := tx.Exec(ctx, step.Text, step.Args...)
		if err == nil && n == 0 {
			err = errAsked
		}
		return err
	})
	return runs, err
}

// raising has rows raised by one, all at the same time.
func raising(ctx context.Context, s *Store, ids ...int64) []outcome {
	return crowding(s, len(ids), nil, func(i int) outcome {
		runs, err := raise(ctx, s, ids[i], 1)
		return outcome{ids[i], runs, err}
	})
}

func kept(t *testing.T, all []outcome) {
	t.Helper()
	for _, o := range all {
		if o.err != nil || o.runs != "left " {
			t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
		}
	}
}

func TestUpdatesThatAreLeftAtTheSameTimeAreOneTransactionAndOneRoundTrip(t *testing.T) {
	t.Parallel()
	trips := testkit.NewTrips(t, testkit.PostgresURL(t))
	s := counting(t, trips.URL, 5)
	for round := range 3 {
		trips.Count()
		kept(t, raising(minute(t), s, 3, 1, 5, 3, 2, 4))
		if n := trips.Count(); round > 0 && n != 1 {
			t.Errorf("%d round trips", n)
		}
	}
	if n := ask(t, s, "SELECT count(*) FROM counts WHERE n = CASE id WHEN 3 THEN 6 ELSE 3 END"); n != 5 {
		t.Errorf("%d rows have their number", n)
	}
	if n := ask(t, s, "SELECT count(DISTINCT xmin::text) FROM counts"); n != 1 {
		t.Errorf("the last of three groups is %d transactions", n)
	}
}

func TestAGroupComesToItsRowsInOneOrderWhoeverCameFirst(t *testing.T) {
	t.Parallel()
	s := counting(t, testkit.PostgresURL(t), 9)
	dice := rand.New(rand.NewPCG(34, 55))
	for round := range 6 {
		ids := make([]int64, 9)
		for i, n := range dice.Perm(9) {
			ids[i] = int64(n + 1)
		}
		newcomer := dice.IntN(len(ids))
		kept(t, crowding(s, len(ids)+1, nil, func(i int) outcome {
			if i == newcomer { // what it brings nobody has to wait for
				runs, err := put(minute(t), s, int64(100+round), "")
				return outcome{0, runs, err}
			}
			runs, err := raise(minute(t), s, ids[i%len(ids)], 1)
			return outcome{ids[i%len(ids)], runs, err}
		}))
	}
	const astray = "SELECT count(*) FROM met a JOIN met b ON a.xmin = b.xmin AND a.at < b.at AND a.id > b.id"
	if n, all := ask(t, s, astray), ask(t, s, "SELECT count(DISTINCT xmin::text) FROM met"); n != 0 || all != 6 {
		t.Errorf("%d times a later row came before, in %d transactions", n, all)
	}
}

func TestWhoFindsNoRowInAGroupIsAskedAboutAloneAndTheOthersAreKept(t *testing.T) {
	t.Parallel()
	s := counting(t, testkit.PostgresURL(t), 5)
	for at := range 5 { // the first of them sends it
		ids := slices.Insert([]int64{4, 2, 5, 1}, at, 77)
		for _, o := range raising(minute(t), s, ids...) {
			switch {
			case o.n == 77 && (!errors.Is(o.err, errAsked) || o.runs != "left asked "):
				t.Errorf("no row: %q, %v", o.runs, o.err)
			case o.n != 77 && (o.err != nil || o.runs != "left "):
				t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
			}
		}
	}
	if n, last := ask(t, s, "SELECT sum(n) FROM counts"), ask(t, s, "SELECT count(DISTINCT xmin::text) FROM counts WHERE n > 0"); n != 20 || last != 1 {
		t.Errorf("all together %d, the last in %d transactions", n, last)
	}
}

func TestAnUpdateThatIsRefusedInAGroupIsRefusedAlone(t *testing.T) {
	t.Parallel()
	s := counting(t, testkit.PostgresURL(t), 5)
	for _, o := range crowding(s, 5, nil, func(i int) outcome {
		id := int64(5 - i)
		by := int64(1)
		if id == 3 {
			by = 2000
		}
		runs, err := raise(minute(t), s, id, by)
		return outcome{id, runs, err}
	}) {
		if refused := o.runs == "left asked " && o.err != nil; refused != (o.n == 3) || !refused && o.err != nil {
			t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
		}
	}
	if n := ask(t, s, "SELECT sum(n) FROM counts"); n != 4 {
		t.Errorf("all together %d", n)
	}
}

func TestARowThatSomebodyHoldsKeepsNobodyElseUp(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	s := counting(t, dsn, 5)
	ctx := minute(t)
	somebody, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer somebody.Close(ctx)
	if _, err := somebody.Exec(ctx, "BEGIN; UPDATE counts SET n = n + 100 WHERE id = 2"); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	others.Add(4)
	released := make(chan error, 1)
	go func() { // the row is free once the others have been answered
		others.Wait()
		_, err := somebody.Exec(ctx, "COMMIT")
		released <- err
	}()
	kept(t, crowding(s, 5, nil, func(i int) outcome {
		id := int64(i + 1)
		runs, err := raise(ctx, s, id, 1)
		if id != 2 {
			others.Done()
		}
		return outcome{id, runs, err}
	}))
	if err := <-released; err != nil {
		t.Error(err)
	}
	if n := ask(t, s, "SELECT sum(n) FROM counts"); n != 105 {
		t.Errorf("all together %d", n)
	}
}

// TestUpdatesOfFewRowsByTwoNodesCrosswise: whoever meets whom in which order, nobody is refused, and nothing is lost.
func TestUpdatesOfFewRowsByTwoNodesCrosswise(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	a := counting(t, dsn, 6)
	b, err := Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.findGate(t.Context()); err != nil {
		t.Fatal(err)
	}
	const clients, each = 16, 25
	var all sync.WaitGroup
	for w := range clients {
		dice := rand.New(rand.NewPCG(uint64(w), 89))
		s := []*Store{a, b}[w%2]
		all.Go(func() {
			for range each {
				if runs, err := raise(minute(t), s, 1+dice.Int64N(6), 1); err != nil || runs != "left " {
					t.Errorf("%q, %v", runs, err)
				}
			}
		})
	}
	all.Wait()
	if n := ask(t, a, "SELECT sum(n) FROM counts"); n != clients*each {
		t.Errorf("%d of %d are there", n, clients*each)
	}
	if n := ask(t, a, "SELECT max(of) FROM (SELECT count(*) AS of FROM met GROUP BY xmin::text) g"); n < 2 {
		t.Error("no two updates shared a transaction")
	}
}

// TestUpdatesWhoseConnectionIsCutAreKeptOnceOrInDoubt: of one that is answered it is known that there was a row.
func TestUpdatesWhoseConnectionIsCutAreKeptOnceOrInDoubt(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	c := testkit.NewCutter(t, dsn)
	s := counting(t, c.URL, 5)
	dice := rand.New(rand.NewPCG(144, 233))
	most := make([]int, 6)
	least := make([]int, 6)
	for range 80 {
		s.crowd.apart = 0
		c.After(1 + dice.IntN(2500))
		for _, o := range raising(minute(t), s, 5, 99, 3, 1) {
			var unknown *store.Unknown
			switch {
			case o.n == 99 && o.err == nil:
				t.Error("a row that is not there was changed")
			case o.n == 99:
			case o.err == nil:
				least[o.n]++
				most[o.n]++
			case errors.As(o.err, &unknown):
				most[o.n]++
			case fault.From(o.err).Code != fault.Unavailable:
				t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
			}
		}
		c.After(-1)
	}
	for id := range most {
		if n := ask(t, s, fmt.Sprintf("SELECT coalesce(max(n), 0) FROM counts WHERE id = %d", id)); n < least[id] || n > most[id] {
			t.Errorf("%d was raised %d times, between %d and %d were said", id, n, least[id], most[id])
		}
	}
	if c.Cuts() < 20 || most[5] == least[5] {
		t.Errorf("%d cuts, %d times in doubt", c.Cuts(), most[5]-least[5])
	}
}
