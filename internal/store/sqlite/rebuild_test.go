package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
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
