package sqlite

import (
	"context"
	"strconv"

	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
)

var _ store.Holder = (*Store)(nil)

// unlessHeld is f where writes are taken when its turn comes.
func (s *Store) unlessHeld(f func(store.Tx) error) func(store.Tx) error {
	return func(tx store.Tx) error {
		if s.hold.Load() != 0 {
			return store.Refusal()
		}
		return f(tx)
	}
}

// findHold looks for a hold of an earlier process.
func (s *Store) findHold() error {
	made := false
	err := s.writer.each(context.Background(), `SELECT 1 FROM sqlite_schema WHERE name = '_socle_meta'`, nil, func([]any) error {
		made = true
		return nil
	})
	if err != nil || !made {
		return err
	}
	id, err := s.held()
	s.hold.Store(id)
	return err
}

// held reads the hold by the writer.
func (s *Store) held() (id int64, err error) {
	err = s.writer.each(context.Background(), sqlgen.Held(), nil, func(row []any) error {
		text, _ := row[0].(string)
		id, err = strconv.ParseInt(text, 10, 64)
		return err
	})
	return id, err
}

// Held is the hold that is there.
func (s *Store) Held(context.Context) (int64, error) { return s.hold.Load(), nil }

// Hold refuses what comes after the writes that are under way.
func (s *Store) Hold(ctx context.Context) (int64, error) {
	err := s.alone(ctx, func() error {
		e, err := sqlgen.Hold(dialect.Dialect{}, s.clock.Now().UnixMicro())
		if err != nil {
			return err
		}
		if _, err := s.writer.exec(context.Background(), e.Text, e.Args...); err != nil {
			return s.note(err)
		}
		id, err := s.held()
		s.hold.Store(id)
		return s.note(err)
	})
	return s.hold.Load(), err
}

// Release takes writes again.
func (s *Store) Release(ctx context.Context) error {
	return s.alone(ctx, func() error {
		_, err := s.writer.exec(context.Background(), sqlgen.Unhold())
		if err == nil {
			s.hold.Store(0)
		}
		return s.note(err)
	})
}

// alone runs f while no write is under way. Its statements are transactions of their own.
func (s *Store) alone(ctx context.Context, f func() error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.writer == nil {
		return closed()
	}
	if err := s.Failure(); err != nil {
		return err
	}
	return shown(ctx, f())
}
