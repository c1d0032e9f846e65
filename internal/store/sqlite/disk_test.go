package sqlite

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
)

const addLong = "INSERT INTO counters VALUES (?1, ?2)"

var long = strings.Repeat("long ", 400)

// fill writes rows from number first on until one is refused; it gives the number of the refused one and why.
func fill(s *Store, first int64) (int64, error) {
	for i := first; i < first+20_000; i++ {
		if err := run(s, addLong, i, long); err != nil {
			return i, err
		}
	}
	return 0, nil
}

func isDiskFull(err error) bool {
	var f *fault.Fault
	return errors.As(err, &f) && f.Code == fault.DiskFull && f.Status() == 507
}

// sound fails unless the database has exactly the rows 0 to n-1 and no damage.
func sound(t *testing.T, s *Store, n int64) {
	t.Helper()
	got := kept(t, s)
	for i := range n {
		if !got[i] {
			t.Fatalf("row %d is lost", i)
		}
	}
	if int64(len(got)) != n {
		t.Fatalf("%d rows, want %d", len(got), n)
	}
	if verdict := set(t, s, "integrity_check"); verdict != "ok" {
		t.Fatal(verdict)
	}
}

// set gives the writer a pragma and returns its answer.
func set(t *testing.T, s *Store, pragma string) any {
	t.Helper()
	s.writing.Lock()
	defer s.writing.Unlock()
	out, err := s.writer.pragma(pragma)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAFullDiskHealsByItself(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	set(t, s, "max_page_count = 50")
	n, err := fill(s, 0)
	if !isDiskFull(err) {
		t.Fatalf("got %v: %v", err, errors.Unwrap(err))
	}
	sound(t, s, n)
	set(t, s, "max_page_count = 5000")
	if err := run(s, addLong, n, long); err != nil {
		t.Fatalf("after there was room: %v", err)
	}
	sound(t, s, n+1)
}

func TestAWriteTooLargeForTheDiskHarmsNoOther(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	set(t, s, "max_page_count = 200")
	large := make([]int64, 100_000)
	for i := range large {
		large[i] = int64(i) + 1000
	}
	errs := together(s, adding(0), adding(large...), adding(1))
	if errs[0] != nil || !isDiskFull(errs[1]) || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	sound(t, s, 2)
}

func TestADiskWithoutRoomRefusesWritesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(dir, "data"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := run(s, "CREATE TABLE counters (id INTEGER PRIMARY KEY, note TEXT) STRICT"); err != nil {
		t.Fatal(err)
	}
	n, err := fill(s, 0)
	if !isDiskFull(err) {
		t.Fatalf("got %v: %v", err, errors.Unwrap(err))
	}
	for range 3 {
		if _, err := fill(s, n); !isDiskFull(err) {
			t.Fatalf("got %v: %v", err, errors.Unwrap(err))
		}
	}
	sound(t, s, n)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := run(s, addLong, n, long); err != nil {
		t.Fatalf("after there was room: %v: %v", err, errors.Unwrap(err))
	}
	sound(t, s, n+1)
}

// The system refuses to let files grow: an error of the disk like any other, but one that a test can have. It is the whole
// process's, therefore it has one of its own.
func TestABrokenDiskStopsWritingAndNothingElse(t *testing.T) {
	t.Parallel()
	const child = "SOCLE_TEST_BROKEN_DISK"
	if dir := os.Getenv(child); dir != "" {
		onABrokenDisk(t, dir)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), child+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func onABrokenDisk(t *testing.T, dir string) {
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := run(s, "CREATE TABLE counters (id INTEGER PRIMARY KEY, note TEXT) STRICT"); err != nil {
		t.Fatal(err)
	}
	if err := run(s, add, int64(0)); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	var was syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	n, err := fill(s, 1)
	var f *fault.Fault
	if !errors.As(err, &f) || f.Status() != 503 {
		t.Fatalf("got %v: %v", err, errors.Unwrap(err))
	}
	select {
	case <-s.Failed():
	default:
		t.Error("nobody was told")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := run(s, add, n); err == nil {
		t.Error("a write was acknowledged after the disk had failed")
	}
	if got := kept(t, s); int64(len(got)) != n {
		t.Errorf("%d rows can be read, want %d", len(got), n)
	}
	s.Close()
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sound(t, s, n)
	if err := run(s, add, n); err != nil {
		t.Errorf("after opening anew: %v", err)
	}
}

func TestWritesThatWaitAreRefusedByClose(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	release := busy(s)
	answer := make(chan error)
	go func() { answer <- run(s, add, int64(1)) }()
	waiting(s, 1)
	ended := make(chan error)
	go func() { ended <- s.Close() }()
	if err := <-answer; err == nil || fault.From(err).Status() != 503 {
		t.Errorf("got %v", err)
	}
	release()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.Write(context.Background(), adding(2)); err == nil {
		t.Error("a closed store wrote")
	}
}
