package sqlite

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
)

// abandoned is a folder as a killed process leaves it: n rows, each a commit of its own, all of them in the log.
func abandoned(t *testing.T, n int64) string {
	t.Helper()
	s := counters(t, Options{})
	for i := range n {
		if err := run(s, addLong, i, long); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, name := range []string{fileName, fileName + "-wal"} {
		raw, err := os.ReadFile(filepath.Join(s.dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// change changes a file.
func change(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, f(raw), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// reopened is how many rows there are; the error is that of opening.
func reopened(t *testing.T, dir string) (int, error) {
	t.Helper()
	s, err := Open(dir, Options{Fast: true})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return len(kept(t, s)), nil
}

func TestALogThatIsDamagedInItsMidstIsNotTakenForAShortOne(t *testing.T) {
	t.Parallel()
	from := abandoned(t, 60)
	rng := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for range 40 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fileName)
		at := 0
		change(t, path+"-wal", func(raw []byte) []byte {
			at = logHeader + rng.IntN(len(raw)-logHeader)
			raw[at] ^= 1 << rng.IntN(8)
			return raw
		})
		before, _ := os.ReadFile(path + "-wal")
		switch n, err := reopened(t, dir); {
		case err == nil && n < 58: // of the last one nobody can tell whether it was on disk, and a commit that is not known as one takes another along
			t.Errorf("byte %d: %d rows of 60 are there, and nobody says so", at, n)
		case err != nil:
			refused++
			after, _ := os.ReadFile(path + "-wal")
			if !strings.Contains(err.Error(), "-wal is damaged") || !bytes.Equal(before, after) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	if refused < 30 {
		t.Errorf("only %d of 40 were refused", refused)
	}
}

func TestADamagedLogServesUpToTheDamageWhereSomebodyCutsItThere(t *testing.T) {
	t.Parallel()
	dir := abandoned(t, 60)
	path := filepath.Join(dir, fileName+"-wal")
	change(t, path, func(raw []byte) []byte {
		raw[len(raw)/2] ^= 1
		return raw
	})
	_, err := reopened(t, dir)
	if err == nil {
		t.Fatal("it was opened")
	}
	words := strings.Fields(fault.From(err).Hint)
	if len(words) < 2 {
		t.Fatal(words)
	}
	var size int64
	for _, d := range words[len(words)-2] {
		size = size*10 + int64(d-'0')
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	if n, err := reopened(t, dir); err != nil || n < 20 || n > 40 {
		t.Errorf("%d rows of 60, %v", n, err)
	}
}

func TestALogThatEndsEarlyIsACut(t *testing.T) {
	t.Parallel()
	dir := abandoned(t, 60)
	change(t, filepath.Join(dir, fileName+"-wal"), func(raw []byte) []byte { return raw[:len(raw)/2] })
	if n, err := reopened(t, dir); err != nil || n < 20 || n > 40 {
		t.Errorf("%d rows of 60, %v", n, err)
	}
}

// spoiled is a database whose table has a page of zeros.
func spoiled(t *testing.T, dir string) {
	t.Helper()
	change(t, filepath.Join(dir, fileName), func(raw []byte) []byte {
		last := len(raw) - 4096
		if !bytes.Contains(raw[last:], []byte("long long")) {
			t.Fatal("the last page holds no rows")
		}
		clear(raw[last:])
		return raw
	})
}

func TestADamagedPageIsFoundWhenAProcessWasKilled(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{})
	if _, err := fillTo(s, 0, 200); err != nil {
		t.Fatal(err)
	}
	set(t, s, "wal_checkpoint(TRUNCATE)")
	if err := run(s, "CREATE TABLE other (a)"); err != nil { // the log has something
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	spoiled(t, dir)
	_, err := reopened(t, dir)
	if !errors.Is(err, errDamaged) && !isDamaged(err) || !strings.Contains(fault.From(err).Message, "is damaged") {
		t.Errorf("got %v: %v", err, errors.Unwrap(err))
	}
}

func fillTo(s *Store, first, end int64) (int64, error) {
	for i := first; i < end; i++ {
		if err := run(s, addLong, i, long); err != nil {
			return i, err
		}
	}
	return end, nil
}

func TestADamagedPageIsSaidToBeOneWhereItIsMet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err == nil {
		err = run(s, "CREATE TABLE counters (id INTEGER PRIMARY KEY, note TEXT) STRICT")
	}
	if err == nil {
		_, err = fillTo(s, 0, 200)
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	spoiled(t, dir)
	s = fast(t, dir) // after an end in good order nothing is read ahead
	q, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	all := *count
	all.Text = "SELECT length(note) FROM counters"
	if _, err = q.Query(context.Background(), &all, nil); err == nil || fault.From(err).Status() != 500 || fault.From(err).Message != "The database is damaged" {
		t.Errorf("the read got %v", err)
	}
	q.Close()
	if err := run(s, "UPDATE counters SET note = 'y'"); err == nil {
		t.Error("a damaged table was written")
	}
	select {
	case <-s.Failed():
	default:
		t.Error("nobody was told that the writer met damage")
	}
}

func TestAnotherProgramsLockIsWaitedForAndNeverShown(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	other, err := open(File(s.dir), Options{Clock: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	lock := func() {
		if _, err := other.exec(context.Background(), "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
	}
	lock()
	answers := make(chan error, 10)
	for i := range int64(10) {
		go func() { answers <- run(s, add, i) }()
	}
	waiting(s, 9) // one is with the writer, who waits
	other.rollback()
	for range 10 {
		if err := <-answers; err != nil {
			t.Errorf("a write that waited got %v", err)
		}
	}
	set(t, s, "busy_timeout = 20")
	lock()
	err = run(s, add, int64(10))
	var f *fault.Fault
	if !errors.As(err, &f) || f.Status() != 503 || f.Message != "Database connection error" {
		t.Errorf("after its patience the writer said %v", err)
	}
	other.rollback()
	if err := run(s, add, int64(10)); err != nil {
		t.Errorf("after the lock was gone: %v", err)
	}
}
