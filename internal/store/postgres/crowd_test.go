package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/testkit"
)

// outcome is what came of one write of a group.
type outcome struct {
	n    int64
	runs string
	err  error
}

// write is what one of a group adds, and what speaks against it.
type write struct {
	n      int64
	unless string
}

func numbersFrom(from, count int64) []write {
	out := make([]write, count)
	for i := range out {
		out[i].n = from + int64(i)
	}
	return out
}

// busy keeps writes waiting until one of the transactions that are said to be under way is over.
func busy(s *Store) (over func()) {
	s.crowd.mu.Lock()
	defer s.crowd.mu.Unlock()
	s.crowd.flying, s.crowd.bounds.wait = groupsFlying, time.Hour
	return func() { s.crowd.pass(&guest[*writing]{gone: true}) }
}

// wait returns when so many wait.
func (c *crowd) wait(n int) {
	for {
		c.mu.Lock()
		there := len(c.waiting)
		c.mu.Unlock()
		if there == n {
			return
		}
		runtime.Gosched()
	}
}

// gathering has writes wait in this order, and then go. meanwhile is done before they go.
func gathering(ctx context.Context, s *Store, writes []write, meanwhile func()) []outcome {
	return crowding(s, len(writes), meanwhile, func(i int) outcome {
		runs, err := put(ctx, s, writes[i].n, writes[i].unless)
		return outcome{writes[i].n, runs, err}
	})
}

// crowding is gathering for whatever is to be done.
func crowding(s *Store, n int, meanwhile func(), do func(i int) outcome) []outcome {
	over := busy(s)
	out := make([]outcome, n)
	var all sync.WaitGroup
	for i := range out {
		all.Go(func() { out[i] = do(i) })
		s.crowd.wait(i + 1)
	}
	if meanwhile != nil {
		meanwhile()
	}
	over()
	all.Wait()
	return out
}

func minute(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// ask gives the number that a query gives.
func ask(t *testing.T, s *Store, sql string) (n int) {
	t.Helper()
	db, err := pgx.Connect(context.Background(), s.main.Config().ConnString()) // relatives need not know what tests ask
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	if err := db.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatal(sql, err)
	}
	return n
}

const transactions = "SELECT count(DISTINCT xmin::text) FROM numbers WHERE n > 1"

func TestWritesThatAreLeftAtTheSameTimeAreOneTransactionAndOneRoundTrip(t *testing.T) {
	t.Parallel()
	trips := testkit.NewTrips(t, testkit.PostgresURL(t))
	s := leavingAt(t, trips.URL)
	ctx := minute(t)
	for round := range int64(3) {
		trips.Count()
		for _, o := range gathering(ctx, s, numbersFrom(10*round+20, 9), nil) {
			if o.err != nil || o.runs != "left " {
				t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
			}
		}
		if n := trips.Count(); round > 0 && n != 1 {
			t.Errorf("%d round trips", n)
		}
	}
	if n := ask(t, s, transactions); n != 3 {
		t.Errorf("three groups are %d transactions", n)
	}
	if n := ask(t, s, `SELECT count(*) FROM "_socle_leases"`); n != 3 {
		t.Errorf("three groups have %d marks", n)
	}
	if n := ask(t, s, "SELECT count(*) FROM numbers"); n != 28 {
		t.Errorf("there are %d numbers", n)
	}
}

func TestEachOfAGroupSeesThoseBeforeIt(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	writes := numbersFrom(20, 5)
	for i := range writes[1:] {
		writes[i+1].unless = fmt.Sprintf("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM numbers WHERE n = %d)", writes[i].n)
	}
	for _, o := range gathering(minute(t), s, writes, nil) {
		if o.err != nil || o.runs != "left " {
			t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
		}
	}
	if n := ask(t, s, transactions); n != 1 {
		t.Errorf("%d transactions", n)
	}
}

func TestWhoIsRefusedInAGroupIsRefusedAloneAndTheOthersAreKept(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	from := int64(100)
	for name, bad := range map[string]write{
		"a number that is there":                 {n: 1},
		"a number that something speaks against": {n: 50, unless: "SELECT n FROM numbers WHERE n = 1"},
	} {
		for at := range 3 { // the first of them sends it
			writes := slices.Insert(numbersFrom(from, 4), at, bad)
			from += 100
			s.crowd.apart = 0
			for i, o := range gathering(minute(t), s, writes, nil) {
				switch {
				case i == at && (!errors.Is(o.err, errAsked) || o.runs != "left asked "):
					t.Errorf("%s, the %d.: %q, %v", name, at, o.runs, o.err)
				case i != at && (o.err != nil || o.runs != "left "):
					t.Errorf("%d beside %s: %q, %v", o.n, name, o.runs, o.err)
				}
			}
		}
	}
	if n := ask(t, s, "SELECT count(*) FROM numbers"); n != 1+6*4 {
		t.Errorf("there are %d numbers", n)
	}
}

func TestATableThatDoesNotTakeARowOfAGroupIsToldToWhomItIsAbout(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	for _, o := range gathering(minute(t), s, numbersFrom(10, 6), nil) { // 13 is among them
		if missed := errors.Is(o.err, errMiscounted); missed != (o.n == 13) || !missed && o.err != nil {
			t.Errorf("%d: %v", o.n, o.err)
		}
	}
	if n, kept := ask(t, s, transactions), ask(t, s, "SELECT count(*) FROM numbers"); n != 1 || kept != 6 {
		t.Errorf("%d transactions, %d numbers", n, kept)
	}
}

func TestAHoldKeepsGroupsOff(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	ctx := minute(t)
	if _, err := s.Hold(ctx); err != nil {
		t.Fatal(err)
	}
	for _, o := range gathering(ctx, s, numbersFrom(20, 4), nil) {
		if o.runs != "left asked " || fault.From(o.err).Message != store.Refusal().Message {
			t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
		}
	}
	if n := ask(t, s, "SELECT count(*) FROM numbers"); n != 1 {
		t.Errorf("there are %d numbers", n)
	}
}

func TestWhoGoesBeforeItIsSentIsLeftOut(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	over := busy(s)
	gone, leave := context.WithCancel(minute(t))
	var all sync.WaitGroup
	for i, ctx := range []context.Context{minute(t), gone, minute(t)} {
		all.Go(func() {
			if _, err := put(ctx, s, int64(20+i), ""); errors.Is(err, context.Canceled) != (ctx == gone) || ctx != gone && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
		s.crowd.wait(i + 1)
	}
	leave()
	s.crowd.wait(2)
	over()
	all.Wait()
	if n := ask(t, s, "SELECT count(*) FROM numbers WHERE n IN (20, 22)") - ask(t, s, "SELECT count(*) FROM numbers WHERE n = 21"); n != 2 {
		t.Errorf("%d more numbers of those who waited", n)
	}
}

func TestNobodyWaitsForWhoWaitsForSomebodyElse(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	s := leavingAt(t, dsn)
	ctx := minute(t)
	somebody, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer somebody.Close(ctx)
	if _, err := somebody.Exec(ctx, "BEGIN; INSERT INTO numbers VALUES (22)"); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	others.Add(4)
	go func() { // 22 is free once the others have been answered
		others.Wait()
		_, _ = somebody.Exec(ctx, "ROLLBACK")
	}()
	over := busy(s)
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			n := int64(20 + i)
			_, err := put(ctx, s, n, "")
			if n != 22 {
				others.Done()
			}
			if err != nil {
				t.Errorf("%d: %v", n, err)
			}
		})
		s.crowd.wait(i + 1)
	}
	over()
	all.Wait()
	if n := ask(t, s, "SELECT count(*) FROM numbers"); n != 6 {
		t.Errorf("there are %d numbers", n)
	}
}

func TestAfterAGroupThatFailedWritesGoApartForAWhile(t *testing.T) {
	t.Parallel()
	s := leaving(t)
	ctx := minute(t)
	gathering(ctx, s, append(numbersFrom(20, 2), write{n: 1}), nil)
	busy(s) // nobody would come to their turn
	for n := range int64(fewestApart) {
		if runs, err := put(ctx, s, 100+n, ""); err != nil || runs != "left " {
			t.Fatalf("%q, %v", runs, err)
		}
	}
	if !s.crowd.gathers() {
		t.Error("they still go apart")
	}
	s.crowd.bounds.wait = time.Millisecond
	if runs, err := put(ctx, s, 99, ""); err != nil || runs != "left " {
		t.Errorf("who has waited for too long: %q, %v", runs, err)
	}
}

// TestGroupsOfTwoNodesThatWantTheSameKeysCrosswise: each key goes to one of them, whoever waits for whom.
func TestGroupsOfTwoNodesThatWantTheSameKeysCrosswise(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	a := leavingAt(t, dsn)
	b, err := Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	const keys, rounds = 8, 4
	for round := range int64(rounds) {
		a.crowd.apart, b.crowd.apart = 0, 0
		up := numbersFrom(100*(round+1), keys)
		down := make([]write, keys)
		for i := range up {
			down[keys-1-i] = up[i]
		}
		var both sync.WaitGroup
		out := make([][]outcome, 2)
		go1, go2 := make(chan struct{}), make(chan struct{})
		both.Go(func() { out[0] = gathering(minute(t), a, up, func() { close(go1); <-go2 }) })
		both.Go(func() { out[1] = gathering(minute(t), b, down, func() { close(go2); <-go1 }) })
		both.Wait()
		won := map[int64]int{}
		for _, o := range append(out[0], out[1]...) {
			if o.err == nil {
				won[o.n]++
			} else if !errors.Is(o.err, errAsked) {
				t.Errorf("%d: %q, %v", o.n, o.runs, o.err)
			}
		}
		for _, w := range up {
			if there := ask(t, a, fmt.Sprintf("SELECT count(*) FROM numbers WHERE n = %d", w.n)); won[w.n] != 1 || there != 1 {
				t.Errorf("%d was won %d times and is there %d times", w.n, won[w.n], there)
			}
		}
	}
}
