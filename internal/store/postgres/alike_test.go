package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/value"
)

func TestEqualReadsOfATripAreAskedOnce(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	const sql = "SELECT coalesce($1, 'nothing') || ' ' || clock_timestamp()"
	all := make([]asked, 9)
	for i, arg := range []any{"1", "2", "1", nil, "", "2", "1", nil, ""} {
		all[i] = asked{sql: sql, args: []any{arg}}
	}
	together(brief(t), s, all, nil)
	times := map[string]any{}
	for i, a := range all {
		if a.err != nil {
			t.Fatal(a.err)
		}
		if of, known := times[a.is]; known && of != a.args[0] {
			t.Errorf("%d: %v is answered as %v is: %q", i, a.args[0], of, a.is)
		}
		times[a.is] = a.args[0]
		if want, _ := a.args[0].(string); a.args[0] != nil && !strings.HasPrefix(a.is, want+" ") || a.args[0] == nil && !strings.HasPrefix(a.is, "nothing ") {
			t.Errorf("%d: %v is %q", i, a.args[0], a.is)
		}
	}
	if len(times) != 4 {
		t.Errorf("four questions have %d answers: %v", len(times), times)
	}
}

func TestEqualAnswersAreWeighedForEachWhoGetsThem(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	const sql = "SELECT repeat('x', $1::int)"
	s.reads.known(sql)
	over := s.reads.crowded()
	var all sync.WaitGroup
	rooms := []int{1 << 30, 100 << 10, 1 << 30}
	outcomes := make([]error, len(rooms))
	for i, room := range rooms {
		all.Go(func() {
			q := &snapshot{store: s, scale: full(room)}
			rows, err := q.Query(brief(t), textual(sql), []any{int64(1 << 20)})
			if outcomes[i] = err; err == nil && len(rows[0][0].Str()) != 1<<20 {
				t.Errorf("%d bytes", len(rows[0][0].Str()))
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

// locked has a table that nobody can read until it is let go. waits returns when somebody waits for it in the server.
func locked(t *testing.T, s *Store) (waits, free func()) {
	t.Helper()
	db, err := pgx.Connect(brief(t), s.main.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	for _, sql := range []string{`CREATE TABLE held (a text); INSERT INTO held VALUES ('held')`, "BEGIN", "LOCK TABLE held"} {
		if _, err := db.Exec(brief(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	waits = func() {
		for somebody := false; !somebody; {
			err := db.QueryRow(brief(t), "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'held'::regclass AND NOT granted)").Scan(&somebody)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	free = func() {
		if _, err := db.Exec(context.Background(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
	}
	return waits, free
}

// slow is a question that is under way while somebody holds its table, and those who ask the same.
type slow struct {
	s    *Store
	all  []*asked
	went sync.WaitGroup
}

const slowSQL = "SELECT a || ' ' || clock_timestamp() || ' ' || $1 FROM held"

// ask asks, and returns when the question is under way, or waits.
func (q *slow) ask(ctx context.Context, arg string, there int) {
	a := &asked{sql: slowSQL, args: []any{arg}}
	q.all = append(q.all, a)
	q.went.Go(func() { a.ask(ctx, q.s) })
	for q.there() < there && ctx.Err() == nil {
		runtime.Gosched()
	}
}

// there is how many have come, and are not answered.
func (q *slow) there() (n int) {
	q.s.reads.alike.mu.Lock()
	defer q.s.reads.alike.mu.Unlock()
	for _, l := range q.s.reads.alike.of {
		l.mu.Lock()
		n += l.flying + len(l.waiting)
		l.mu.Unlock()
	}
	return n
}

func TestWhoAsksWhatIsUnderWayWaitsForOneMore(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	s.reads.alike.wait = time.Hour
	waits, free := locked(t, s)
	q := &slow{s: s}
	q.ask(brief(t), "1", 1)
	waits()
	for i := 2; i <= 8; i++ {
		q.ask(brief(t), "1", i)
	}
	q.ask(brief(t), "2", 9)
	free()
	q.went.Wait()
	answers := map[string]int{}
	for _, a := range q.all {
		if a.err != nil || !strings.HasSuffix(a.is, a.args[0].(string)) {
			t.Errorf("%v: %q, %v", a.args, a.is, a.err)
		}
		answers[a.is]++
	}
	if len(answers) != 3 || answers[q.all[0].is] != 1 || answers[q.all[1].is] != 7 {
		t.Errorf("the first, seven who waited for it, and one who asked something else: %v", answers)
	}
	if n := len(s.reads.alike.of); n != 0 {
		t.Errorf("%d queues are left", n)
	}
}

// A request that goes away takes nobody with it, whether it is the first or waits.
func TestWhoGoesAwayTakesNobodyWithIt(t *testing.T) {
	t.Parallel()
	for _, goes := range []int{0, 1, 2, 4} {
		t.Run(fmt.Sprint(goes), func(t *testing.T) {
			t.Parallel()
			s := reading(t, Options{})
			s.reads.alike.wait = time.Hour
			waits, free := locked(t, s)
			q := &slow{s: s}
			ctx, leave := context.WithCancel(brief(t))
			for i := range 5 {
				of := brief(t)
				if i == goes {
					of = ctx
				}
				if q.ask(of, "1", i+1); i == 0 {
					waits()
				}
			}
			leave()
			free()
			q.went.Wait()
			for i, a := range q.all {
				if i != goes && (a.err != nil || !strings.HasPrefix(a.is, "held")) {
					t.Errorf("%d: %q, %v", i, a.is, a.err)
				}
			}
		})
	}
}

var (
	sums   = &sqlgen.Stmt{Text: "SELECT n FROM pairs WHERE $1::text = 'sums' ORDER BY n", Types: []value.Type{{Kind: value.Int}}}
	broken = &sqlgen.Stmt{Text: "SELECT 1 / ($1::int8 - 1) FROM pairs", Types: []value.Type{{Kind: value.Int}}}
	totals = &sqlgen.Stmt{Text: "SELECT sum(n)::bigint FROM pairs", Types: []value.Type{{Kind: value.Int}}}
)

// two asks a list and then what was foreseen.
func two(ctx context.Context, s *Store, list *sqlgen.Stmt, arg string) (rows, total []plan.Tuple, err error) {
	snap, err := s.Snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer snap.Close()
	snap.(*snapshot).Foresee(totals, nil)
	if rows, err = snap.Query(ctx, list, []any{arg}); err == nil {
		total, err = snap.Query(ctx, totals, nil)
	}
	return rows, total, err
}

func pairs(t *testing.T, s *Store) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(brief(t), s.main.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	if _, err := db.Exec(brief(t), `CREATE TABLE pairs (n int8); INSERT INTO pairs VALUES (1), (2)`); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestTwoQueriesThatAreForeseenAreOneRoundTripAndOneState(t *testing.T) {
	t.Parallel()
	trips := testkit.NewTrips(t, testkit.PostgresURL(t))
	s, err := OpenWith(minute(t), trips.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db := pairs(t, s)
	for round := range 3 {
		trips.Count()
		rows, total, err := two(brief(t), s, sums, "sums")
		if n := trips.Count(); round > 0 && n != 1 {
			t.Errorf("%d round trips", n)
		}
		if err != nil || len(rows) != 2 || total[0][0].Int() != 3 {
			t.Fatal(rows, total, err)
		}
	}
	over := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range 100 {
				rows, total, err := two(brief(t), s, sums, "sums")
				if err != nil {
					t.Error(err)
					return
				}
				sum := int64(0)
				for _, r := range rows {
					sum += r[0].Int()
				}
				if sum != total[0][0].Int() {
					t.Errorf("the rows' sum is %d, and the sum %d", sum, total[0][0].Int())
				}
			}
		})
	}
	go func() { readers.Wait(); close(over) }()
	for {
		select {
		case <-over:
			return
		default:
		}
		if _, err := db.Exec(brief(t), "INSERT INTO pairs VALUES ($1)", rand.IntN(9)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFailureWithinATransactionOfTwoLeavesItsConnectionUsable(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{Connections: 1})
	pairs(t, s)
	if _, _, err := two(brief(t), s, sums, "sums"); err != nil {
		t.Fatal(err)
	}
	made := s.main.Stat().NewConnsCount()
	for range 5 {
		if _, _, err := two(brief(t), s, broken, "1"); err == nil {
			t.Fatal("1 / 0 is answered")
		}
		if rows, total, err := two(brief(t), s, broken, "2"); err != nil || len(rows) != 2 || total[0][0].Int() != 3 {
			t.Fatal(rows, total, err)
		}
	}
	if now := s.main.Stat().NewConnsCount(); now != made {
		t.Errorf("%d connections were made anew", now-made)
	}
}
