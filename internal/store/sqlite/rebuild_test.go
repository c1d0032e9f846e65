package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/test/power"
)

func statements(t *testing.T, write func(context.Context, func(store.Tx) error) error, list ...string) error {
	t.Helper()
	return write(context.Background(), func(tx store.Tx) error {
		for _, sql := range list {
			if _, err := tx.Exec(context.Background(), sql); err != nil {
				return err
			}
		}
		return nil
	})
}

func family(t *testing.T) *Store {
	t.Helper()
	s := fast(t, t.TempDir())
	err := statements(t, s.Write, "CREATE TABLE parent (id INTEGER PRIMARY KEY)", "CREATE TABLE child (p INTEGER REFERENCES parent (id))",
		"INSERT INTO parent VALUES (1), (2)", "INSERT INTO child VALUES (1), (2)")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refuses reports whether the store holds to its references.
func refuses(t *testing.T, s *Store) bool {
	t.Helper()
	return statements(t, s.Write, "INSERT INTO child VALUES (99)") != nil
}

func TestAParentIsMadeAnewUnderItsChildren(t *testing.T) {
	t.Parallel()
	s := family(t)
	err := statements(t, s.Rebuild, "CREATE TABLE beside (id INTEGER PRIMARY KEY, more TEXT)", "INSERT INTO beside (id) SELECT id FROM parent",
		"DROP TABLE parent", "ALTER TABLE beside RENAME TO parent")
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	if !refuses(t, s) {
		t.Error("references are not held to after a rebuild")
	}
}

func TestARebuildThatLosesAParentIsUndone(t *testing.T) {
	t.Parallel()
	s := family(t)
	err := statements(t, s.Rebuild, "DELETE FROM parent WHERE id = 2")
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.ForeignKeyViolation {
		t.Errorf("got %v", err)
	}
	if !refuses(t, s) {
		t.Error("references are not held to after a rebuild that failed")
	}
	if err := statements(t, s.Write, "INSERT INTO child VALUES (2)"); err != nil {
		t.Errorf("the parent is gone: %v", err)
	}
}

func TestARebuildOnAFullDiskIsUndone(t *testing.T) {
	t.Parallel()
	s := family(t)
	set(t, s, "max_page_count = 10")
	err := statements(t, s.Rebuild, "CREATE TABLE beside (id INTEGER PRIMARY KEY, more TEXT)", "INSERT INTO beside SELECT id, hex(zeroblob(200000)) FROM parent")
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.DiskFull {
		t.Errorf("got %v", err)
	}
	if !refuses(t, s) {
		t.Error("references are not held to after the disk was full")
	}
	if err := statements(t, s.Rebuild, "CREATE TABLE beside (id INTEGER PRIMARY KEY)"); err != nil {
		t.Errorf("something was left: %v", err)
	}
}

func TestABackupNeverReplacesAFile(t *testing.T) {
	t.Parallel()
	s := family(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(context.Background(), path); err == nil {
		t.Error("the second backup replaced the first")
	}
}

// onWatchedDisk is a parent with many children.
func onWatchedDisk(t *testing.T) (*Store, *power.Disk) {
	t.Helper()
	s, disk := recorded(t)
	err := statements(t, s.Write, "CREATE TABLE parent (id INTEGER PRIMARY KEY)", "INSERT INTO parent VALUES (1)", "CREATE TABLE child (note TEXT, p INTEGER REFERENCES parent (id))",
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO child SELECT hex(zeroblob(200)), 1 FROM n")
	if err != nil {
		t.Fatal(err)
	}
	return s, disk
}

func TestARebuildThatMeetsABrokenDiskStopsWriting(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(*testing.T, *Store, func()) error{
		"where it begins": func(t *testing.T, s *Store, breaks func()) error {
			other, err := open(filepath.Join(s.dir, fileName), Options{Clock: clock.System()})
			if err == nil { // after somebody else has written, the first page is read again
				_, err = other.exec(context.Background(), "INSERT INTO parent VALUES (2)")
			}
			if err != nil {
				t.Fatal(err)
			}
			defer other.close()
			breaks()
			return statements(t, s.Rebuild, "CREATE TABLE beside (id INTEGER PRIMARY KEY)")
		},
		"where it tests references": func(t *testing.T, s *Store, breaks func()) error {
			return s.Rebuild(context.Background(), func(tx store.Tx) error {
				defer breaks()
				_, err := tx.Exec(context.Background(), "CREATE TABLE beside (id INTEGER PRIMARY KEY)")
				if err == nil {
					_, err = s.writer.pragma("shrink_memory") // what was read must be read again
				}
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, disk := onWatchedDisk(t)
			err := fails(t, s, func() {
				disk.Refuse(func(op power.Op) int32 {
					if op.Kind == power.Read {
						return power.BrokenRead
					}
					return power.Pass
				})
			})
			if err == nil || fault.From(err).Status() != 503 {
				t.Errorf("got %v: %v", err, errors.Unwrap(err))
			}
			select {
			case <-s.Failed():
			default:
				t.Error("nobody was told")
			}
			disk.Refuse(nil)
			if err := run(s, add, int64(1)); err == nil || fault.From(err).Status() != 503 {
				t.Errorf("a write after it got %v", err)
			}
		})
	}
}
