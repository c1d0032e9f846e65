package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// counters is a store with a table; writing a negative number makes the engine give up the transaction.
func counters(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Fast {
		o.Clock = fixedClock() // no group ends early
	}
	s, err := Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := run(s, `CREATE TABLE counters (id INTEGER PRIMARY KEY, note TEXT) STRICT`); err != nil {
		t.Fatal(err)
	}
	if err := run(s, `CREATE TRIGGER spoil BEFORE INSERT ON counters WHEN new.id < 0 BEGIN SELECT RAISE(ROLLBACK, 'spoiled'); END`); err != nil {
		t.Fatal(err)
	}
	return s
}

func run(s *Store, sql string, args ...any) error {
	return s.Write(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	})
}

const add = "INSERT INTO counters VALUES (?1, 'x')"

// kept are the stored numbers.
func kept(t *testing.T, s *Store) map[int64]bool {
	t.Helper()
	out := map[int64]bool{}
	c, err := s.readers.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.readers.give(c, false)
	err = c.each(context.Background(), "SELECT id FROM counters", nil, func(row []any) error {
		out[row[0].(int64)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// busy keeps the writer in a write until release is called; what is written meanwhile waits.
func busy(s *Store) (release func()) {
	running, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		defer close(ended)
		s.Write(context.Background(), func(store.Tx) error {
			once.Do(func() { close(running) })
			<-done
			return nil
		})
	}()
	<-running
	return func() { close(done); <-ended }
}

// waiting returns once n writes wait.
func waiting(s *Store, n int) {
	for {
		s.queue.mu.Lock()
		got := len(s.queue.waiting)
		s.queue.mu.Unlock()
		if got >= n {
			return
		}
		runtime.Gosched()
	}
}

// together lets writes wait one after the other, so that one transaction takes them all, and gives their errors.
func together(s *Store, fs ...func(store.Tx) error) []error {
	errs := make([]error, len(fs))
	release := busy(s)
	var all sync.WaitGroup
	for i, f := range fs {
		all.Go(func() { errs[i] = s.Write(context.Background(), f) })
		waiting(s, i+1)
	}
	release()
	all.Wait()
	return errs
}

func adding(ids ...int64) func(store.Tx) error {
	return func(tx store.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(context.Background(), add, id); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestWritesThatWaitShareACommit(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	var fs []func(store.Tx) error
	for i := range int64(200) {
		fs = append(fs, adding(i))
	}
	before := s.commits.Load()
	for i, err := range together(s, fs...) {
		if err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if n := s.commits.Load() - before; n > 2 {
		t.Errorf("%d commits for 200 writes that waited together", n)
	}
	if n := len(kept(t, s)); n != 200 {
		t.Errorf("%d rows", n)
	}
}

func TestConcurrentWritesShareCommits(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{})
	before := s.commits.Load()
	var all sync.WaitGroup
	for g := range int64(64) {
		all.Go(func() {
			for i := range int64(10) {
				if err := run(s, add, g*10+i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := s.commits.Load() - before; n > 320 {
		t.Errorf("%d commits for 640 writes of 64 at once", n)
	}
	if n := len(kept(t, s)); n != 640 {
		t.Errorf("%d rows", n)
	}
}

func TestAFailedWriteHarmsNoOther(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	errs := together(s, adding(1, 2),
		adding(3, 1), // unique
		func(tx store.Tx) error { adding(4)(tx); return fault.New(fault.Denied, "no") },
		func(tx store.Tx) error { adding(5)(tx); panic("a mistake") },
		adding(3, 4, 5))
	for i, want := range []fault.Code{"", fault.Internal, fault.Denied, fault.Internal, ""} {
		if errs[i] == nil != (want == "") || errs[i] != nil && fault.From(errs[i]).Code != want {
			t.Errorf("write %d: %v", i, errs[i])
		}
	}
	if got := fmt.Sprint(kept(t, s)); got != "map[1:true 2:true 3:true 4:true 5:true]" {
		t.Error(got)
	}
}

func TestAWriteThatLosesTheTransactionLosesItAlone(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		spoils map[int]int // write → in which of its runs
		runs   int         // of the first write
	}{
		"one":                       {map[int]int{5: 1}, 2},
		"several":                   {map[int]int{2: 1, 4: 1, 5: 1, 9: 1}, 2},
		"another, when run again":   {map[int]int{5: 1, 3: 2}, 3},
		"and another, when alone":   {map[int]int{5: 1, 3: 2, 1: 3}, 3},
		"the first, when run again": {map[int]int{4: 1, 0: 2}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := counters(t, Options{Fast: true})
			runs := make([]int, 10)
			fs := make([]func(store.Tx) error, 10)
			for i := range fs {
				fs[i] = func(tx store.Tx) error {
					runs[i]++
					if runs[i] == x.spoils[i] {
						return adding(int64(i)*10, -1)(tx)
					}
					return adding(int64(i)*10, int64(i)*10+1)(tx)
				}
			}
			errs := together(s, fs...)
			got := kept(t, s)
			for i, err := range errs {
				if wrong := x.spoils[i] > 0; wrong != (err != nil) || got[int64(i)*10] == wrong || got[int64(i)*10+1] == wrong {
					t.Errorf("write %d: %v, kept %v", i, err, got)
				}
			}
			if runs[0] != x.runs {
				t.Errorf("the first write ran %d times, want %d", runs[0], x.runs)
			}
		})
	}
}

func TestNothingIsWrittenAfterTheTransactionIsLost(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	err := s.Write(context.Background(), func(tx store.Tx) error {
		adding(1)(tx)
		adding(-1)(tx)
		adding(2)(tx)
		return nil
	})
	if got := kept(t, s); err == nil || len(got) != 0 {
		t.Errorf("%v, %v", err, got)
	}
}

func TestAWriteThatEndsItsGoroutineFailsAndTheNextSucceeds(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	if err := s.Write(context.Background(), func(tx store.Tx) error { adding(1)(tx); runtime.Goexit(); return nil }); err == nil {
		t.Error("the write that ended its goroutine was acknowledged")
	}
	if err := run(s, add, int64(2)); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(kept(t, s)); got != "map[2:true]" {
		t.Error(got)
	}
}

func TestOneOfAHundredWinsARow(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	var won atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if run(s, add, int64(7)) == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d won", won.Load())
	}
}

func TestAWriteThatIsNoLongerWantedDoesNotRun(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	release := busy(s)
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan error)
	go func() { answer <- s.Write(ctx, func(store.Tx) error { t.Error("it ran"); return nil }) }()
	waiting(s, 1)
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
}

func TestAnInterruptedWriteIsUndoneAloneAndSoon(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	ctx, cancel := context.WithCancel(context.Background())
	release := busy(s)
	errs := make([]error, 3)
	var all sync.WaitGroup
	all.Go(func() { errs[0] = s.Write(context.Background(), adding(1)) })
	waiting(s, 1)
	all.Go(func() {
		errs[1] = s.Write(ctx, func(tx store.Tx) error {
			cancel()
			_, err := tx.Exec(context.Background(), "INSERT INTO counters WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n) SELECT i, 'x' FROM n")
			return err
		})
	})
	waiting(s, 2)
	all.Go(func() { errs[2] = s.Write(context.Background(), adding(2)) })
	waiting(s, 3)
	release()
	all.Wait()
	if errs[0] != nil || !errors.Is(errs[1], context.Canceled) || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	if got := fmt.Sprint(kept(t, s)); got != "map[1:true 2:true]" {
		t.Error(got)
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true, Queue: 2})
	release := busy(s)
	answers := make(chan error, 2)
	for i := range int64(2) {
		go func() { answers <- run(s, add, i) }()
	}
	waiting(s, 2)
	err := run(s, add, int64(9))
	var f *fault.Fault
	if !errors.As(err, &f) || f.Status() != 503 || f.Hint == "" {
		t.Errorf("got %v", err)
	}
	release()
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if got := fmt.Sprint(kept(t, s)); got != "map[0:true 1:true]" {
		t.Error(got)
	}
}
