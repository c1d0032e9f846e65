package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/fault"
)

// The marks of a database of ours in SQLite's file header. version counts layouts of the file.
const (
	applicationID = 0x50C1E000
	layout        = 1
)

var (
	errForeign  = errors.New("not a database of ours")
	errNoWindow = errors.New("no window function")
)

// lockDir makes the directory and takes its lock, which the system gives back when the process ends.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unusable(dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unusable(dir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fault.New(fault.Unavailable, "the data directory %s is in use by another process", dir).
			WithHint("stop the other process, or use another directory with --data").Because(err)
	}
	return nil, unusable(dir, err)
}

// unusable explains why a path of the data directory does not serve.
func unusable(path string, err error) error {
	var f *fault.Fault
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errDamaged), primary(err) == sqlite3.SQLITE_CORRUPT:
		return fault.New(fault.Unavailable, "%s is damaged", path).
			WithHint("restore a backup; `socle sql` with 'SELECT * FROM pragma_integrity_check' says what is wrong; the file was left as it is").Because(err)
	case errors.Is(err, errForeign), isNotDatabase(err):
		return fault.New(fault.Unavailable, "%s is not a database of this program", path).
			WithHint("use another directory with --data; the file was left as it is").Because(err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS), isReadOnly(err):
		return fault.New(fault.ReadOnly, "%s cannot be written", path).
			WithHint("the data directory must be on a disk that this user may write").Because(err)
	case isFull(err):
		return full(err)
	}
	return fault.New(fault.Unavailable, "%s cannot be opened", path).Because(err)
}

// dsn is a path as the driver wants it, whatever characters it has.
func dsn(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: abs}).String(), nil
}

func open(path string, o Options, pragmas ...string) (*conn, error) {
	name, err := dsn(path)
	if err != nil {
		return nil, err
	}
	raw, err := engine().Open(name)
	if err != nil {
		return nil, err
	}
	c, err := newConn(raw, o.Clock.Now())
	if err != nil {
		return nil, err
	}
	for _, p := range pragmas {
		if _, err := c.pragma(p); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// shared are the settings of every connection.
var shared = []string{busyTimeout, "foreign_keys = ON", "temp_store = MEMORY", fmt.Sprintf("cache_size = -%d", cacheBytes>>10),
	"trusted_schema = ON", "cell_size_check = ON"}

// cacheBytes is how much of the database a connection keeps in memory.
const cacheBytes = 8000 << 10

const busyTimeout = "busy_timeout = 5000"

func openReader(path string, o Options) (*conn, error) {
	return open(path, o, append(shared[:len(shared):len(shared)], "query_only = ON")...)
}

// openWriter opens the file for writing, marks a new one as ours and refuses any other.
func openWriter(path string, o Options) (*conn, error) {
	sync := "synchronous = FULL"
	if o.Fast {
		sync = "synchronous = OFF"
	}
	c, err := open(path, o, append(shared[:len(shared):len(shared)], sync)...)
	if err != nil {
		return nil, err
	}
	if err := claim(c); err != nil {
		c.close()
		return nil, err
	}
	if o.Lax {
		if _, err := c.pragma("foreign_keys = OFF"); err != nil {
			c.close()
			return nil, err
		}
	}
	if _, err := c.pragma("journal_mode = WAL"); err != nil {
		c.close()
		return nil, err
	}
	for _, p := range []string{"wal_autocheckpoint = 0", keptLog} {
		if _, err := c.pragma(p); err != nil {
			c.close()
			return nil, err
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// keptLog is how large the log's file may stay when the log is begun anew: writing over a file is quicker than making it grow.
const keptLog = "journal_size_limit = 16777216"

func pageSize(c *conn) (int64, error) {
	size, err := c.pragma("page_size")
	n, _ := size.(int64)
	return n, err
}

// claim checks the mark; a file without any table or mark is new and gets it.
func claim(c *conn) error {
	id, err := c.pragma("application_id")
	if err != nil {
		return err
	}
	version, err := c.pragma("user_version")
	if err != nil {
		return err
	}
	pages, err := c.pragma("page_count")
	switch {
	case err != nil:
		return err
	case id == int64(applicationID) && version == int64(layout):
		return writable(c)
	case id == int64(applicationID):
		return fault.New(fault.Unavailable, "the database was written by another version of this program (layout %v)", version)
	case id != int64(0) || version != int64(0) || pages != int64(0):
		return errForeign
	}
	return mark(c)
}

// mark gives a new file both marks or, where the process is killed, none.
func mark(c *conn) error {
	if _, err := c.exec(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, p := range []string{fmt.Sprintf("application_id = %d", applicationID), fmt.Sprintf("user_version = %d", layout)} {
		if _, err := c.pragma(p); err != nil {
			c.rollback()
			return err
		}
	}
	_, err := c.exec(context.Background(), "COMMIT")
	return err
}

// writable finds out now, not with the first write, that the disk cannot be written.
func writable(c *conn) error {
	_, err := c.pragma(fmt.Sprintf("user_version = %d", layout))
	return err
}
