package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

var errLost = errors.New("a reference leads nowhere")

// Rebuild is Write with foreign keys off, so that tables can be made anew while others refer to them. All references are
// tested before anything is kept. The switch is outside of the transaction, where alone it works; no other write gets in
// between.
func (s *Store) Rebuild(ctx context.Context, f func(store.Tx) error) (err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.writer == nil {
		return closed()
	}
	if err := s.Failure(); err != nil {
		return err
	}
	defer s.tend()
	c := s.writer
	if _, err := c.pragma("foreign_keys = OFF"); err != nil {
		return shown(ctx, err)
	}
	defer func() {
		if s.lax {
			return
		}
		if _, e := c.pragma("foreign_keys = ON"); err == nil {
			err = shown(ctx, e)
		}
	}()
	if _, err := c.exec(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return s.noteFor(ctx, err)
	}
	if err = (&tx{conn: c, ctx: ctx, note: s.note, saved: true}).call(s.unlessHeld(f)); err == nil {
		err = s.noteFor(ctx, c.referencesHold(ctx))
	}
	if err == nil {
		_, err = c.exec(context.Background(), "COMMIT")
		err = s.note(err)
	}
	if err != nil {
		c.rollback()
	}
	return shown(ctx, err)
}

func (c *conn) referencesHold(ctx context.Context) error {
	return c.each(ctx, "PRAGMA foreign_key_check", nil, func(row []any) error {
		return fault.New(fault.ForeignKeyViolation, "a reference of %v leads nowhere; nothing was changed", row[0]).Because(errLost)
	})
}

// Backup writes a copy of the database, of one moment, to a file that must not exist.
func (s *Store) Backup(ctx context.Context, path string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.writer == nil {
		return closed()
	}
	if _, err := s.writer.exec(ctx, "VACUUM INTO ?1", path); err != nil {
		return shown(ctx, fmt.Errorf("write %s: %w", path, err))
	}
	return nil
}

// Exists reports whether a data directory holds a database.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}
