package sqlite

import (
	"errors"
	"io/fs"
	"os"

	"github.com/socle-hq/socle/internal/clock"
)

// Idle reports an error where another process has the directory.
func Idle(dir string) error {
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	return lock.Close()
}

// companions are the files that belong to a database while it is open, or after its process was killed.
var companions = []string{"-wal", "-shm"}

// Replace puts a database's file, which lies in the same directory, in the place of that directory's. What was there is kept
// under the path aside, or dropped where that is "". Killed at any point, the directory has one of the two, whole: the one
// before keeps its name until the new one takes it.
func Replace(dir, from, aside string) error {
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	path := File(dir)
	if _, err := os.Stat(path); err == nil {
		settle(path)
		if aside != "" {
			if err := os.Link(path, aside); err != nil {
				return unusable(aside, err)
			}
		}
	}
	for _, c := range companions {
		if err := away(path+c, aside, c); err != nil {
			return unusable(path, err)
		}
	}
	if err := os.Rename(from, path); err != nil {
		return unusable(path, err)
	}
	if err := syncDir(dir); err != nil {
		return unusable(dir, err)
	}
	return nil
}

// syncDir makes the names in a directory lasting.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// settle takes what a killed process left in the log into the database, as far as it can be opened; that it cannot may be why
// it is replaced.
func settle(path string) {
	c, err := openWriter(path, Options{Clock: clock.System()})
	if err != nil {
		return
	}
	_, _ = c.pragma("wal_checkpoint(TRUNCATE)")
	_ = c.close()
}

// away takes a companion out of the way: another database must never be opened with it.
func away(path, aside, extension string) error {
	err := os.Remove
	if aside != "" {
		err = func(name string) error { return os.Rename(name, aside+extension) }
	}
	if e := err(path); e != nil && !errors.Is(e, fs.ErrNotExist) {
		return e
	}
	return nil
}
