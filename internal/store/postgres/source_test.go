package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/value"
)

// asked is what a test asks, and what it is answered.
type asked struct {
	sql  string
	args []any
	is   string
	err  error
}

func textual(sql string) *sqlgen.Stmt {
	return &sqlgen.Stmt{Text: sql, Types: []value.Type{{Kind: value.Text}}}
}

func (a *asked) ask(ctx context.Context, s *Store) {
	snap, err := s.Once(ctx)
	if err != nil {
		a.err = err
		return
	}
	defer snap.Close()
	rows, err := snap.Query(ctx, textual(a.sql), a.args)
	if a.err = err; err == nil && len(rows) == 1 {
		a.is = rows[0][0].Str()
	}
}

// known has statements of a source be known to be quick.
func (s *source) known(all ...string) {
	for _, sql := range all {
		s.paces.took(wording{sql}, time.Microsecond)
	}
}

// crowded has reads wait until one of the trips that are said to be under way is over.
func (s *source) crowded() (over func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.width, s.bounds.flying = fewestTrips(), fewestTrips() // however long the way is
	s.flying, s.bounds.wait, s.most = s.bounds.flying, time.Hour, time.Minute
	return func() { s.pass(&guest[*question]{gone: true}) }
}

// wait returns when so many wait.
func (s *source) wait(n int) {
	for there := -1; there != n; runtime.Gosched() {
		s.mu.Lock()
		there = len(s.waiting)
		s.mu.Unlock()
	}
}

// together asks everything in one trip. meanwhile is done before it goes.
func together(ctx context.Context, s *Store, all []asked, meanwhile func()) {
	over := s.reads.crowded()
	var asking sync.WaitGroup
	for i := range all {
		s.reads.known(all[i].sql)
		asking.Go(func() { all[i].ask(ctx, s) })
		s.reads.wait(i + 1)
	}
	if meanwhile != nil {
		meanwhile()
	}
	over()
	asking.Wait()
}

func reading(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := OpenWith(minute(t), testkit.PostgresURL(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// counted is a store of which the round trips are counted.
func counted(t *testing.T) (*Store, *testkit.Trips) {
	t.Helper()
	trips := testkit.NewTrips(t, testkit.PostgresURL(t))
	s, err := OpenWith(minute(t), trips.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, trips
}

// brief is a context of a request.
func brief(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience-time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestReadsThatComeAtTheSameTimeAreOneRoundTrip(t *testing.T) {
	t.Parallel()
	s, trips := counted(t)
	const sql = "SELECT $1::text || pg_backend_pid()"
	for round := range 3 {
		all := make([]asked, 9)
		for i := range all {
			all[i] = asked{sql: sql, args: []any{fmt.Sprintf("%d ", i)}}
		}
		trips.Count()
		together(brief(t), s, all, nil)
		if n := trips.Count(); round > 0 && n != 1 {
			t.Errorf("%d round trips", n)
		}
		where := strings.TrimPrefix(all[0].is, "0 ")
		for i, a := range all {
			if a.err != nil || a.is != fmt.Sprintf("%d %s", i, where) {
				t.Errorf("%d: %q, %v", i, a.is, a.err)
			}
		}
	}
}

func TestAReadThatCannotBeAnsweredTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	const sql = "SELECT (100 / $1::int)::text"
	all := make([]asked, 9)
	for i := range all {
		all[i] = asked{sql: sql, args: []any{fmt.Sprint(i)}}
	}
	slices.Reverse(all)
	for at, i := range rand.Perm(len(all)) {
		all[at], all[i] = all[i], all[at]
	}
	together(brief(t), s, all, nil)
	for _, a := range all {
		if a.args[0] == "0" {
			if a.err == nil || a.is != "" {
				t.Errorf("100 / 0 is %q", a.is)
			}
			continue
		}
		var by int
		_, _ = fmt.Sscan(a.args[0].(string), &by)
		if a.err != nil || a.is != fmt.Sprint(100/by) {
			t.Errorf("100 / %d: %q, %v", by, a.is, a.err)
		}
	}
}

// full has room for so many bytes.
type full int

func (f full) Weigh(bytes int) error {
	if bytes > int(f) {
		return errors.New("there is no room")
	}
	return nil
}

func TestARowThatThereIsNoRoomForIsMissedByItsOwnRequestAlone(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	const sql = "SELECT repeat('x', $1::int)"
	s.reads.known(sql)
	over := s.reads.crowded()
	var all sync.WaitGroup
	sizes := []int{10, 1 << 20, 20}
	outcomes := make([]error, len(sizes))
	for i, size := range sizes {
		all.Go(func() {
			q := &snapshot{store: s, scale: full(100 << 10)}
			rows, err := q.Query(brief(t), textual(sql), []any{int64(size)})
			if outcomes[i] = err; err == nil && len(rows[0][0].Str()) != size {
				t.Errorf("%d bytes are %d", size, len(rows[0][0].Str()))
			}
		})
		s.reads.wait(i + 1)
	}
	over()
	all.Wait()
	if outcomes[0] != nil || outcomes[1] == nil || outcomes[2] != nil {
		t.Error(outcomes)
	}
}

func TestAReadThatKeepsOthersUpGoesAloneFromThenOn(t *testing.T) {
	t.Parallel()
	s, ctx := reading(t, Options{}), brief(t)
	db := executed(t, s, `CREATE TABLE held (a text); INSERT INTO held VALUES ('held')`)
	const held, free = "SELECT a FROM held", "SELECT $1::text"
	holder, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(ctx, "LOCK TABLE held"); err != nil {
		t.Fatal(err)
	}
	over := s.reads.crowded()
	s.reads.most = sharedMax
	s.reads.known(held, free)
	all := []asked{{sql: free, args: []any{"1"}}, {sql: held}, {sql: free, args: []any{"3"}}, {sql: free, args: []any{"4"}}}
	var asking, others sync.WaitGroup
	for i := range all {
		of := &others
		if all[i].sql == held {
			of = &asking
		}
		of.Go(func() { all[i].ask(ctx, s) })
		s.reads.wait(i + 1)
	}
	over()
	others.Wait() // while the table is still held
	if d, _ := s.reads.paces.expected(wording{held}); d <= quickTime {
		t.Errorf("what kept others up is expected to take %s", d)
	}
	if err := holder.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	asking.Wait()
	for _, a := range all {
		if want := "held"; a.err != nil || a.sql == free && a.is != a.args[0] || a.sql == held && a.is != want {
			t.Errorf("%s: %q, %v", a.sql, a.is, a.err)
		}
	}
}

func TestAReadSeesWhatWasKeptBeforeItCame(t *testing.T) {
	t.Parallel()
	s, ctx := reading(t, Options{}), brief(t)
	db := executed(t, s, `CREATE TABLE counter (n int); INSERT INTO counter VALUES (0)`)
	var readers sync.WaitGroup
	var kept counter
	for range 8 {
		readers.Go(func() {
			for range 200 {
				a := asked{sql: "SELECT n::text FROM counter"}
				before := kept.value()
				a.ask(ctx, s)
				var is int
				if _, err := fmt.Sscan(a.is, &is); err != nil || a.err != nil || is < before {
					t.Errorf("%d was kept before %q was read (%v)", before, a.is, a.err)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { readers.Wait(); close(over) }()
	for n := 1; ; n++ {
		select {
		case <-over:
			return
		default:
		}
		if _, err := db.Exec(ctx, "UPDATE counter SET n = $1", n); err != nil {
			t.Fatal(err)
		}
		kept.set(n)
	}
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) value() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *counter) set(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = n
}

// TestEveryReadIsGivenItsOwnAnswer, whatever happens around it: others that fail, requests that give up, connections that are cut.
func TestEveryReadIsGivenItsOwnAnswer(t *testing.T) {
	t.Parallel()
	s, ctx := reading(t, Options{Connections: 4}), brief(t)
	db := executed(t, s)
	texts := []string{"SELECT $1::text", "SELECT ($1::int + 0)::text", "SELECT (($1::int * 6) / 6)::text", "SELECT repeat($1::text, 1)"}
	s.reads.known(texts...)
	var readers sync.WaitGroup
	for reader := range 40 {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(reader), 7))
			for n := range 100 {
				one, stop := context.WithTimeout(ctx, 20*time.Second)
				i := fmt.Sprint(reader*1000 + n + 1)
				a := asked{sql: texts[r.IntN(len(texts))], args: []any{i}}
				switch r.IntN(20) {
				case 0:
					a = asked{sql: "SELECT (1 / ($1::int * 0))::text", args: []any{i}}
				case 1:
					stop()
				}
				gone := one.Err() != nil
				a.ask(one, s)
				stop()
				switch fails := strings.Contains(a.sql, "* 0"); {
				case fails && a.err == nil:
					t.Errorf("%s: %q", a.sql, a.is)
				case fails, gone && a.err != nil:
				case a.err != nil || a.is != i:
					t.Errorf("%s of %s: %q, %v (%v)", a.sql, i, a.is, a.err, errors.Unwrap(a.err))
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { readers.Wait(); close(over) }()
	const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%$1::%' LIMIT 1`
	for range 10 {
		select {
		case <-over:
			return
		default:
		}
		if _, err := db.Exec(ctx, cut); err != nil {
			t.Fatal(err)
		}
	}
	<-over
}

func TestAStatementGoesWithOthersOnceItIsKnownToBeQuick(t *testing.T) {
	t.Parallel()
	s, ctx := reading(t, Options{}), brief(t)
	a := asked{sql: "SELECT 'a'"}
	if d, _ := s.reads.paces.expected(wording{a.sql}); d <= quickTime {
		t.Fatalf("one that has not run is expected to take %s", d)
	}
	for range 100 {
		if a.ask(ctx, s); a.err != nil {
			t.Fatal(a.err)
		}
	}
	if d, _ := s.reads.paces.expected(wording{a.sql}); d >= slowly {
		t.Errorf("one that has run is expected to take %s", d)
	}
	for i := range 2 * mostPaces {
		s.reads.paces.took(wording{fmt.Sprint(i)}, time.Millisecond)
	}
	if n := len(s.reads.paces.of); n > mostPaces {
		t.Errorf("%d texts are kept", n)
	}
}

func TestAFarServerIsSentMoreTripsAtOnce(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{Connections: 30})
	trips := func() int { return s.reads.trips(s.reads.paces.came(time.Microsecond)) }
	for _, x := range []struct {
		way  time.Duration
		want int
	}{
		{answerTime / 2, fewestTrips()},
		{50 * time.Millisecond, fewestTrips()}, // of a node that was busy
		{answerTime / 4, fewestTrips()},
	} {
		if s.reads.paces.travelled(x.way); x.way > answerTime {
			s.reads.paces.travelled(answerTime / 2)
		}
		if n := trips(); n != x.want {
			t.Errorf("%s: %d trips at once, not %d", x.way, n, x.want)
		}
	}
	for range 10 * wayShare {
		s.reads.paces.travelled(50 * time.Millisecond)
	}
	if n := trips(); n != 30 {
		t.Errorf("a far server is sent %d trips at once", n)
	}
	if d := s.reads.paces.onTheWay(); d < 40*time.Millisecond {
		t.Errorf("the way is %s", d)
	}
}
