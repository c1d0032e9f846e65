package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/test/power"
)

// recorded opens a store with a small log on a disk that is watched.
func recorded(t *testing.T) (*Store, *power.Disk) {
	t.Helper()
	dir := t.TempDir()
	disk, err := power.Watch(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(disk.Forget)
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.writing.Lock()
	s.policy = small
	s.writing.Unlock()
	if err := run(s, "CREATE TABLE counters (id INTEGER PRIMARY KEY, note TEXT) STRICT"); err != nil {
		t.Fatal(err)
	}
	return s, disk
}

// pairs writes with several writers at once, each write two rows, n and -n, until one is refused or enough are. It gives how many
// were acknowledged; each is a mark of the disk.
func pairs(s *Store, disk *power.Disk, enough int64) int64 {
	var next, acknowledged atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := next.Add(1); n <= enough; n = next.Add(1) {
				err := s.Write(context.Background(), func(tx store.Tx) error {
					_, err := tx.Exec(context.Background(), addLong, n, long)
					if err == nil {
						_, err = tx.Exec(context.Background(), addLong, -n, long)
					}
					return err
				})
				if err != nil {
					return
				}
				disk.Mark(n)
				acknowledged.Add(1)
			}
		})
	}
	all.Wait()
	return acknowledged.Load()
}

// after opens what a cut left and gives everything that is wrong with it.
func after(t *testing.T, files map[string][]byte, known map[int64]bool) (found []string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, Options{Fast: true})
	if err != nil {
		return []string{fmt.Sprint(err, errors.Unwrap(err))}
	}
	defer s.Close()
	if len(known) == 0 {
		return nil
	}
	got := kept(t, s)
	for n := range known {
		if !got[n] {
			found = append(found, fmt.Sprintf("write %d was acknowledged and is lost", n))
		}
	}
	for n := range got {
		if !got[-n] {
			found = append(found, fmt.Sprintf("write %d is there by half", n))
		}
	}
	if verdict := set(t, s, "integrity_check"); verdict != "ok" {
		found = append(found, fmt.Sprint(verdict))
	}
	if err := run(s, add, int64(1_000_000)); err != nil {
		found = append(found, err.Error())
	}
	return found
}

// states looks at n states after the last operation and n after random ones.
func states(t *testing.T, disk *power.Disk, n int) {
	t.Helper()
	ops, rng := disk.Ops(), rand.New(rand.NewPCG(9, 9))
	moments := map[int]int{len(ops): n}
	for range n {
		moments[rng.IntN(len(ops))]++
	}
	medium, known := power.NewMedium(nil, rng), map[int64]bool{}
	for i := 0; i <= len(ops); i++ {
		for range moments[i] {
			for _, f := range after(t, medium.Left(), known) {
				t.Errorf("cut at %d of %d: %s", i, len(ops), f)
			}
		}
		if t.Failed() || i == len(ops) {
			return
		}
		medium.Take(ops[i])
		if ops[i].Kind == power.Mark {
			known[ops[i].Mark] = true
		}
	}
}

func TestACutWhileTheLogIsBegunAnewLosesNothing(t *testing.T) {
	t.Parallel()
	s, disk := recorded(t)
	q := lingers(t, s)
	if n := pairs(s, disk, 500); n != 500 {
		t.Fatalf("%d writes of 500", n)
	}
	q.Close()
	rebuild(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cut := 0
	for _, op := range disk.Ops() {
		if op.Kind == power.Truncate && strings.HasSuffix(op.Name, "-wal") {
			cut++
		}
	}
	if cut == 0 {
		t.Error("the log was never begun anew")
	}
	states(t, disk, 20)
}

// lingers begins a read and leaves it: the log grows until the read is ended. Close waits for it to be closed.
func lingers(t *testing.T, s *Store) store.Snapshot {
	t.Helper()
	q, err := s.Snapshot(context.Background())
	if err == nil {
		_, err = q.Query(context.Background(), count, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// rebuild makes the table anew.
func rebuild(t *testing.T, s *Store) {
	t.Helper()
	err := s.Rebuild(context.Background(), func(tx store.Tx) error {
		for _, text := range []string{"CREATE TABLE fresh (id INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT",
			"INSERT INTO fresh SELECT id, note FROM counters", "DROP TABLE counters", "ALTER TABLE fresh RENAME TO counters"} {
			if _, err := tx.Exec(context.Background(), text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A disk that fails once and then says that all is well, as systems do: they forget what they could not write.
func TestADiskThatFailedOnceIsNotTrustedAgain(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]struct {
		kind power.Kind
		file string
		nth  int
		rc   int32
	}{
		"a sync of the log":             {power.Sync, fileName + "-wal", 40, power.BrokenSync},
		"a sync of the database":        {power.Sync, fileName, 5, power.BrokenSync},
		"a write to the log":            {power.Write, fileName + "-wal", 300, power.Broken},
		"a write to the database":       {power.Write, fileName, 60, power.Broken},
		"a truncation of the log":       {power.Truncate, fileName + "-wal", 1, power.Broken},
		"a sync of the log, begun anew": {power.Sync, fileName + "-wal", 150, power.BrokenSync},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, disk := recorded(t)
			end := func() error { return nil }
			if fails.kind == power.Truncate {
				end = lingers(t, s).Close
			}
			var met atomic.Int64
			disk.Refuse(func(op power.Op) int32 {
				if op.Kind == fails.kind && op.Name == fails.file && met.Add(1) == int64(fails.nth) {
					return fails.rc
				}
				return power.Pass
			})
			n := pairs(s, disk, 4000)
			select {
			case <-s.Failed():
			default:
				t.Fatalf("nobody was told; %d writes, the disk was asked %d times", n, met.Load())
			}
			if err := run(s, add, int64(2_000_000)); fault.From(err).Status() != 503 {
				t.Errorf("a write after it got %v", err)
			}
			if got := kept(t, s); int64(len(got)) < 2*n {
				t.Errorf("%d rows can be read, want %d", len(got), 2*n)
			}
			end()
			s.Close()
			states(t, disk, 12)
		})
	}
}
