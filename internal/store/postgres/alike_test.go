package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// executed makes the database carry out statements from outside of the store.
func executed(t *testing.T, s *Store, statements ...string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(brief(t), s.main.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	for _, sql := range statements {
		if _, err := db.Exec(brief(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// numbering has a number for whatever is asked, once for each time.
const numbering = "CREATE SEQUENCE asked"

func TestEqualReadsOfATripAreAskedOnce(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	executed(t, s, numbering)
	for range 3 { // a statement is made, and then it is there
		askEqual(t, s)
	}
}

func askEqual(t *testing.T, s *Store) {
	const sql = "SELECT coalesce($1, 'nothing') || ' ' || nextval('asked')"
	all := make([]asked, 9)
	for i, arg := range []any{"1", "2", "1", nil, "", "2", "1", nil, ""} {
		all[i] = asked{sql: sql, args: []any{arg}}
	}
	together(brief(t), s, all, nil)
	answers := map[string]any{}
	for i, a := range all {
		if a.err != nil {
			t.Fatal(a.err)
		}
		if of, known := answers[a.is]; known && of != a.args[0] {
			t.Errorf("%d: %v is answered as %v is: %q", i, a.args[0], of, a.is)
		}
		answers[a.is] = a.args[0]
		if want, _ := a.args[0].(string); a.args[0] != nil && !strings.HasPrefix(a.is, want+" ") || a.args[0] == nil && !strings.HasPrefix(a.is, "nothing ") {
			t.Errorf("%d: %v is %q", i, a.args[0], a.is)
		}
	}
	if len(answers) != 4 {
		t.Errorf("four questions have %d answers: %v", len(answers), answers)
	}
}

func TestOneQuestionOfManyIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	s, trips := counted(t)
	executed(t, s, numbering)
	for round := range 3 {
		all := make([]asked, 9)
		for i := range all {
			all[i] = asked{sql: "SELECT 'one ' || nextval('asked')"}
		}
		trips.Count()
		together(brief(t), s, all, nil)
		if n := trips.Count(); round > 0 && n != 1 {
			t.Errorf("%d round trips", n)
		}
		for i, a := range all {
			if a.err != nil || a.is != all[0].is {
				t.Errorf("%d: %q, %v", i, a.is, a.err)
			}
		}
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

// locked has a table that nobody can read until it is let go. waits returns when so many wait for it in the server.
func locked(t *testing.T, s *Store) (waits func(n int), free func()) {
	t.Helper()
	db := executed(t, s, numbering, `CREATE TABLE held (a text); INSERT INTO held VALUES ('held')`, "BEGIN", "LOCK TABLE held")
	waits = func(n int) {
		for there := 0; there != n; {
			err := db.QueryRow(brief(t), "SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass AND NOT granted").Scan(&there)
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
	all  []*asker
	went sync.WaitGroup
}

// asker is one who asks it.
type asker struct {
	asked
	ended chan struct{}
}

const slowSQL = "SELECT a || ' ' || nextval('asked') || ' ' || $1 FROM held"

// ask asks, and returns when the question is under way, or waits.
func (q *slow) ask(ctx context.Context, arg string, there int) {
	a := &asker{asked: asked{sql: slowSQL, args: []any{arg}}, ended: make(chan struct{})}
	q.all = append(q.all, a)
	q.went.Go(func() {
		defer close(a.ended)
		a.ask(ctx, q.s)
	})
	for leading, waiting := 0, 0; leading+waiting < there && ctx.Err() == nil; leading, waiting = q.there() {
		runtime.Gosched()
	}
}

// there is how many have come and are not answered: those who lead a trip, and those who wait for one.
func (q *slow) there() (leading, waiting int) {
	q.s.reads.alike.mu.Lock()
	defer q.s.reads.alike.mu.Unlock()
	for _, l := range q.s.reads.alike.of {
		l.mu.Lock()
		leading += l.flying
		waiting += len(l.waiting)
		l.mu.Unlock()
	}
	return leading, waiting
}

func TestWhoAsksWhatIsUnderWayWaitsForOneMore(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{})
	s.reads.alike.wait = time.Hour
	waits, free := locked(t, s)
	q := &slow{s: s}
	q.ask(brief(t), "1", 1)
	waits(1)
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

// However many slow reads are under way, there are connections for what is quick, and for what nobody has asked before.
func TestSlowReadsLeaveSomeConnections(t *testing.T) {
	t.Parallel()
	s := reading(t, Options{Connections: 8})
	waits, free := locked(t, s)
	const quick, fresh = "SELECT 'quick' || $1::text", "SELECT 'new' || $1::text"
	s.reads.known(quick)
	s.reads.paces.took(wording{slowSQL}, time.Minute)
	some := cap(s.reads.slow)
	if some != 6 {
		t.Fatalf("%d of eight connections for what is slow", some)
	}
	q := &slow{s: s}
	for i := range 12 {
		q.ask(brief(t), strconv.Itoa(i), i+1)
	}
	waits(some)
	for _, sql := range []string{quick, fresh, quick} {
		a := asked{sql: sql, args: []any{"!"}}
		if a.ask(brief(t), s); a.err != nil || !strings.HasSuffix(a.is, "!") {
			t.Errorf("%s: %q, %v", sql, a.is, a.err)
		}
	}
	if n := int(s.main.Stat().AcquiredConns()); n != some {
		t.Errorf("%d connections are in use", n)
	}
	free()
	q.went.Wait()
	for _, a := range q.all {
		if a.err != nil || !strings.HasSuffix(a.is, a.args[0].(string)) {
			t.Errorf("%v: %q, %v", a.args, a.is, a.err)
		}
	}
	if n := len(s.reads.slow); n != 0 {
		t.Errorf("%d places are not given back", n)
	}
}

// What is asked for the first time is not known to be slow; who asks the same before it is answered waits as if it were.
func TestTheFirstOfItsKindIsNotSlow(t *testing.T) {
	t.Parallel()
	var p paces
	text := wording{"SELECT 1"}
	for i, want := range []bool{true, false, false} {
		if d, first := p.expected(text); d != slowly || first != want {
			t.Errorf("%d: %s, first %v", i, d, first)
		}
	}
	p.took(text, time.Millisecond)
	if d, first := p.expected(text); d != time.Millisecond || first {
		t.Errorf("%s, first %v", d, first)
	}
	if p.doubt(text); p.of[text] <= quickTime || p.of[text] > slowTime {
		t.Errorf("what may have kept others up is expected to take %s", p.of[text])
	}
}

// second is a trip of those who came while the first was under way: one leads it, and three were taken along.
type second struct {
	slow
	leave []context.CancelFunc
	free  func()
}

func secondTrip(t *testing.T, leads context.Context) *second {
	t.Helper()
	s := reading(t, Options{Connections: 2})
	s.reads.alike.wait = time.Millisecond
	s.reads.apart = 100 // quick ones have failed lately: that is no matter of slow ones
	waits, free := locked(t, s)
	q := &second{slow: slow{s: s}, free: free}
	ask := func(ctx context.Context, there int) {
		ctx, cancel := context.WithCancel(ctx)
		t.Cleanup(cancel)
		q.leave = append(q.leave, cancel)
		q.ask(ctx, "1", there)
	}
	ask(brief(t), 1)
	waits(1)
	busy, err := s.main.Acquire(brief(t))
	if err != nil {
		t.Fatal(err)
	}
	ask(leads, 2)
	for leading := 0; leading < 2; leading, _ = q.there() {
		runtime.Gosched() // its patience is at an end soon, and it waits for a connection
	}
	for i := range 3 {
		ask(brief(t), 3+i)
	}
	busy.Release()
	waits(2)
	return q
}

// answered demands that some are answered alike, and returns when all have ended.
func (q *second) answered(t *testing.T, some ...int) {
	t.Helper()
	q.went.Wait()
	for _, i := range some {
		if a := q.all[i]; a.err != nil || !strings.HasPrefix(a.is, "held") || a.is != q.all[some[0]].is {
			t.Errorf("%d: %q, %v", i, a.is, a.err)
		}
	}
}

func (q *second) gone(t *testing.T, some ...int) {
	t.Helper()
	for _, i := range some {
		<-q.all[i].ended
		if a := q.all[i]; a.err == nil {
			t.Errorf("%d had gone and is answered %q", i, a.is)
		}
	}
}

func TestWhoGoesAwayTakesNobodyWithIt(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(*testing.T, *second){
		"nobody": func(t *testing.T, q *second) {
			q.free()
			q.answered(t, 1, 2, 3, 4)
		},
		"the first": func(t *testing.T, q *second) {
			q.leave[0]()
			q.gone(t, 0)
			q.free()
			q.answered(t, 1, 2, 3, 4)
		},
		"who was taken along": func(t *testing.T, q *second) {
			q.leave[3]()
			q.gone(t, 3)
			q.free()
			q.answered(t, 1, 2, 4)
		},
		"who leads": func(t *testing.T, q *second) {
			q.leave[1]()
			q.free()
			q.answered(t, 2, 3, 4)
		},
		"all": func(t *testing.T, q *second) {
			for _, leave := range q.leave {
				leave()
			}
			q.gone(t, 0, 1, 2, 3, 4)
			q.free()
			q.answered(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, secondTrip(t, brief(t)))
		})
	}
}

func TestWhoseTimeIsUpLeavesTheOthersTheirs(t *testing.T) {
	t.Parallel()
	short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	q := secondTrip(t, short)
	q.gone(t, 1)
	q.free()
	for i := 2; i <= 4; i++ { // they ask again, together or not
		q.answered(t, i)
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
	return executed(t, s, `CREATE TABLE pairs (n int8); INSERT INTO pairs VALUES (1), (2)`)
}

func TestTwoQueriesThatAreForeseenAreOneRoundTripAndOneState(t *testing.T) {
	t.Parallel()
	s, trips := counted(t)
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

// Questions of one and of two statements go together, also where one of them fails.
func TestQuestionsOfTwoGoWithOthers(t *testing.T) {
	t.Parallel()
	s, trips := counted(t)
	pairs(t, s)
	const plain = "SELECT $1::text"
	for round := range 6 {
		s.reads.known(plain)
		for _, list := range []*sqlgen.Stmt{sums, broken} {
			s.reads.paces.took(wording{list.Text, totals.Text}, time.Microsecond)
		}
		over := s.reads.crowded()
		var asking sync.WaitGroup
		trips.Count()
		for i := range 8 {
			list, arg := sums, "sums"
			if i >= 4 {
				list, arg = broken, "2"
			}
			fails := i == 5 && round%2 == 1
			if fails {
				arg = "1"
			}
			asking.Go(func() {
				if i%2 == 0 {
					a := asked{sql: plain, args: []any{fmt.Sprint(i)}}
					if a.ask(brief(t), s); a.err != nil || a.is != fmt.Sprint(i) {
						t.Errorf("%d: %q, %v", i, a.is, a.err)
					}
					return
				}
				rows, total, err := two(brief(t), s, list, arg)
				if fails != (err != nil) || !fails && (len(rows) != 2 || total[0][0].Int() != 3) {
					t.Errorf("%d: %v, %v, %v", i, rows, total, err)
				}
			})
			s.reads.wait(i + 1)
		}
		over()
		asking.Wait()
		if n := trips.Count(); round == 4 && n != 1 {
			t.Errorf("%d round trips", n)
		}
		s.reads.queue.apart, s.reads.queue.penalty = 0, 0
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
