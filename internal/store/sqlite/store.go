// Package sqlite owns a project's embedded database: one file in a data directory that belongs to this process, one
// connection that writes, several that read. It knows SQL only as text; package sqlgen/sqlite makes it.
package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
)

// fileName is the database's name in the data directory.
const fileName = "data.db"

// Options tune a store. The zero Options are right for production.
type Options struct {
	Readers int         // reading connections at most; 0: four, or two per processor where that is more
	Clock   clock.Clock // nil: the system's
	Fast    bool        // do not wait for the disk: for tests, whose data nobody misses
}

// Store is the database of one data directory.
type Store struct {
	dir     string
	lock    *os.File
	readers *pool
	writing sync.Mutex
	writer  *conn
	clean   func()
}

var _ store.Store = (*Store)(nil)

// Open opens, or creates, the database of a data directory and locks the directory against other processes. The error is a
// *fault.Fault that names the directory.
func Open(dir string, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.NumCPU())
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, clean: func() {}}
	path := filepath.Join(dir, fileName)
	if s.writer, err = openWriter(path, o); err != nil {
		lock.Close()
		return nil, unusable(path, err)
	}
	s.readers = newPool(o, func() (*conn, error) { return openReader(path, o) })
	return s, nil
}

// OpenTemp opens an empty store in a directory of its own that goes away with it.
func OpenTemp() (*Store, error) {
	dir, err := os.MkdirTemp("", "socle-")
	if err != nil {
		return nil, err
	}
	s, err := Open(dir, Options{Fast: true})
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s.clean = func() { os.RemoveAll(dir) }
	return s, nil
}

// Dialect is SQLite's.
func (s *Store) Dialect() sqlgen.Dialect { return dialect.Dialect{} }

// Close waits for the writer and the readers, then gives the directory free.
func (s *Store) Close() error {
	s.readers.close()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.writer == nil {
		return nil
	}
	err := s.writer.close()
	s.writer = nil
	s.lock.Close()
	s.clean()
	return err
}

// Write runs f alone among writers.
func (s *Store) Write(ctx context.Context, f func(store.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.writer == nil {
		return closed()
	}
	if err := ctx.Err(); err != nil {
		return shown(ctx, err)
	}
	c := s.writer
	if _, err := c.exec(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return shown(ctx, err)
	}
	if err := f(tx{c}); err != nil {
		c.rollback()
		return shown(ctx, err)
	}
	if _, err := c.exec(context.Background(), "COMMIT"); err != nil {
		c.rollback()
		return shown(ctx, err)
	}
	return nil
}

func closed() error { return fault.New(fault.Unavailable, "The database is closed") }

// tx is the writer within a transaction.
type tx struct{ c *conn }

func (t tx) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	n, err := t.c.exec(ctx, sql, args...)
	return n, shown(ctx, err)
}

func (t tx) Query(ctx context.Context, sql string, args ...any) ([][]any, error) {
	var out [][]any
	err := t.c.each(ctx, sql, args, func(row []any) error {
		out = append(out, append([]any(nil), row...))
		return nil
	})
	return out, shown(ctx, err)
}
