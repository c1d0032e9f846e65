package sqlite

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// small is the policy for a log of 4 MiB at most, a 64th of the real one.
var small = logPolicy{calm: mib / 16, step: mib / 16, busy: mib / 4, large: mib, old: 2 * mib, most: 3 * mib}

// hand is a clock that is moved by hand.
type hand struct{ now atomic.Int64 }

func (h *hand) Now() time.Time    { return time.Unix(h.now.Load(), 0) }
func (h *hand) Random() io.Reader { return nil }

func smallLog(t *testing.T) (*Store, *hand) {
	t.Helper()
	h := &hand{}
	s := counters(t, Options{Fast: true})
	s.writing.Lock()
	defer s.writing.Unlock()
	s.policy, s.clock = small, h
	return s, h
}

var count = &sqlgen.Stmt{Text: "SELECT count(*) FROM (SELECT 1 FROM counters LIMIT 9)", Types: []value.Type{{Kind: value.Int}}}

// logged is the size of the log's file.
func logged(t *testing.T, s *Store) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(s.dir, fileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// pour writes rows from number first on until n bytes are written, and gives the largest size of the log.
func pour(t *testing.T, s *Store, first int64, n int) (largest int64) {
	t.Helper()
	for i := first; n > 0; i++ {
		if err := run(s, addLong, i, long); err != nil {
			t.Fatal(err)
		}
		n -= len(long)
		largest = max(largest, logged(t, s))
	}
	return largest
}

func TestALongReadCannotMakeTheLogGrowForEver(t *testing.T) {
	t.Parallel()
	s, _ := smallLog(t)
	q, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if _, err := q.Query(context.Background(), count, nil); err != nil {
		t.Fatal(err)
	}
	if n := pour(t, s, 0, 6*mib); n > 4*mib {
		t.Errorf("the log grew to %d bytes", n)
	}
	if _, err := q.Query(context.Background(), count, nil); err == nil || fault.From(err).Status() != 503 {
		t.Errorf("the read that was ended got %v", err)
	}
	again, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Query(context.Background(), count, nil); err != nil {
		t.Error(err)
	}
}

func TestAnOldReadIsEndedBeforeAYoungOne(t *testing.T) {
	t.Parallel()
	s, h := smallLog(t)
	begin := func() store.Snapshot {
		q, err := s.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { q.Close() })
		if _, err := q.Query(context.Background(), count, nil); err != nil {
			t.Fatal(err)
		}
		return q
	}
	old := begin()
	h.now.Add(int64(maxRead / time.Second))
	young := begin()
	for i := int64(0); logged(t, s) < small.old+small.step; i++ {
		pour(t, s, i*100, 100*len(long))
	}
	if _, err := old.Query(context.Background(), count, nil); err == nil {
		t.Error("the old read goes on")
	}
	if _, err := young.Query(context.Background(), count, nil); err != nil {
		t.Errorf("the young read: %v", err)
	}
}

func TestAQueryThatRunsTooLongIsInterrupted(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*Store) (store.Snapshot, error){
		"a snapshot": func(s *Store) (store.Snapshot, error) { return s.Snapshot(context.Background()) },
		"one query":  func(s *Store) (store.Snapshot, error) { return s.Once(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := smallLog(t)
			q, err := begin(s)
			if err != nil {
				t.Fatal(err)
			}
			defer q.Close()
			endless := &sqlgen.Stmt{Text: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", Types: count.Types}
			answer := make(chan error)
			go func() {
				_, err := q.Query(context.Background(), endless, nil)
				answer <- err
			}()
			for {
				s.reads.end(h.Now())
				select {
				case err := <-answer:
					if err == nil || fault.From(err).Status() != 503 {
						t.Errorf("got %v", err)
					}
					return
				default:
				}
			}
		})
	}
}

// meanwhile has four readers read again and again, until they are stopped or there is no more to read.
func meanwhile(t *testing.T, read func(done <-chan struct{}) (more bool)) (stop func()) {
	t.Helper()
	var all sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if !read(done) {
					return
				}
			}
		})
	}
	stop = sync.OnceFunc(func() {
		close(done)
		all.Wait()
	})
	t.Cleanup(stop)
	return stop
}

func TestReadersThatFollowEachOtherDoNotMakeTheLogGrow(t *testing.T) {
	t.Parallel()
	s, _ := smallLog(t)
	var reads atomic.Int64
	stop := meanwhile(t, func(<-chan struct{}) bool {
		q, err := s.Snapshot(context.Background())
		if err == nil {
			_, err = q.Query(context.Background(), count, nil)
			q.Close()
		}
		if err != nil {
			t.Error(err)
			return false
		}
		reads.Add(1)
		return true
	})
	n := pour(t, s, 0, 6*mib)
	stop()
	if n > 4*mib || reads.Load() < 10 {
		t.Errorf("the log grew to %d bytes beside %d reads", n, reads.Load())
	}
}

// Whoever is sent away comes again at once, also while the log is carried over, and holds on to what is in it then.
func TestReadersThatComeAgainAtOnceCannotMakeTheLogGrow(t *testing.T) {
	t.Parallel()
	s, _ := smallLog(t)
	s.writing.Lock()
	s.policy.large, s.policy.old = s.policy.most, s.policy.most // nothing is waited for before
	s.writing.Unlock()
	var ended atomic.Int64
	stop := meanwhile(t, func(done <-chan struct{}) bool {
		q, err := s.Snapshot(context.Background())
		if err != nil {
			t.Error(err)
			return false
		}
		defer q.Close()
		for err == nil {
			select {
			case <-done:
				return false
			default:
				_, err = q.Query(context.Background(), count, nil)
			}
		}
		if fault.From(err).Status() != 503 {
			t.Error(err)
		}
		ended.Add(1)
		return true
	})
	n := int64(0)
	for i := int64(0); i < 12 && n <= 4*mib; i++ {
		n = max(n, pour(t, s, i*mib, mib))
	}
	stop()
	if n > 4*mib || ended.Load() == 0 {
		t.Errorf("the log grew to %d bytes beside %d reads that were ended", n, ended.Load())
	}
}

func TestTheLogIsCarriedOverWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	s, _ := smallLog(t)
	pour(t, s, 0, mib)
	if err := run(s, add, int64(1_000_000)); err != nil { // what came before has been seen to
		t.Fatal(err)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.writer.each(context.Background(), "PRAGMA wal_checkpoint(NOOP)", nil, func(row []any) error {
		if left := (row[1].(int64) - row[2].(int64)) * s.page; left > small.calm+small.step {
			t.Errorf("%d bytes are only in the log", left)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
