package sqlite

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
)

// Copy is a database's file that is only looked at, such as a backup. It takes no lock and never writes.
type Copy struct {
	mu   sync.Mutex // held by the one snapshot
	conn *conn
}

var _ store.Store = (*Copy)(nil)

// OpenCopy opens a file. The error says so where it is not a database of ours.
func OpenCopy(path string) (*Copy, error) {
	if _, err := os.Stat(path); err != nil { // opening would make it
		return nil, err
	}
	c, err := openReader(path, Options{Clock: clock.System()})
	if err != nil {
		return nil, unusable(path, err)
	}
	if err := ours(c); err != nil {
		c.close()
		return nil, unusable(path, err)
	}
	return &Copy{conn: c}, nil
}

// ours checks the mark of a file that exists.
func ours(c *conn) error {
	id, err := c.pragma("application_id")
	if err != nil {
		return err
	}
	version, err := c.pragma("user_version")
	switch {
	case err != nil:
		return err
	case id != int64(applicationID):
		return errForeign
	case version != int64(layout):
		return fault.New(fault.Unavailable, "the database was written by another version of this program (layout %v)", version)
	}
	return nil
}

// Check goes over the whole file: its pages and indexes, and that references lead somewhere.
func (c *Copy) Check(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.conn.each(ctx, "PRAGMA integrity_check", nil, func(row []any) error {
		if row[0] != "ok" {
			return fmt.Errorf("the file is damaged: %v", row[0])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.conn.referencesHold(ctx)
}

// Size is how many bytes the database has by its own account.
func (c *Copy) Size() (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pages, err := c.conn.pragma("page_count")
	if err != nil {
		return 0, err
	}
	size, err := c.conn.pragma("page_size")
	if err != nil {
		return 0, err
	}
	n, _ := pages.(int64)
	each, _ := size.(int64)
	return n * each, nil
}

// Snapshot is the file itself, which does not change.
func (c *Copy) Snapshot(context.Context) (store.Snapshot, error) {
	c.mu.Lock()
	return &copySnapshot{c}, nil
}

// Once is Snapshot.
func (c *Copy) Once(ctx context.Context) (store.Snapshot, error) { return c.Snapshot(ctx) }

// Write refuses.
func (c *Copy) Write(context.Context, func(store.Tx) error) error {
	return fault.New(fault.ReadOnly, "a copy is not written to")
}

// Failed is nil: nothing is written.
func (c *Copy) Failed() <-chan struct{} { return nil }

// Failure is nil; see Failed.
func (c *Copy) Failure() error { return nil }

// Dialect is SQLite's.
func (c *Copy) Dialect() sqlgen.Dialect { return dialect.Dialect{} }

// Close lets go of the file.
func (c *Copy) Close() error { return c.conn.close() }

type copySnapshot struct{ of *Copy }

// Query runs a rendered statement and decodes its rows.
func (s *copySnapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	out, err := s.of.conn.decoded(ctx, stmt, args, nil)
	return out, shown(ctx, err)
}

// Close lets others look.
func (s *copySnapshot) Close() error {
	s.of.mu.Unlock()
	return nil
}
