package postgres

import (
	"context"
	"errors"
	"strconv"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

var _ store.Holder = (*Store)(nil)

// held is the error of a write that a hold keeps off.
type held struct{ *fault.Fault }

func (h held) Unwrap() error { return h.Fault }

func isHeld(err error) bool {
	var h held
	return errors.As(err, &h)
}

// refuseHeld is what a row of a prelude means: the look for a hold is its last column.
func refuseHeld(row [][]byte) error {
	if row[len(row)-1] == nil {
		return nil
	}
	return held{store.Refusal()}
}

// gate is the look for a hold with which every transaction that writes begins. It keeps the table of metadata from being changed
// until the transaction ends, so that a hold waits for those that have not seen it. A database to which nothing was ever applied
// has neither.
func (s *Store) gate() string {
	if !s.gated.Load() {
		return lacking
	}
	return "(" + sqlgen.Held() + ")"
}

// findGate finds out whether the database has metadata yet.
func (s *Store) findGate(ctx context.Context) error {
	if s.gated.Load() {
		return nil
	}
	_, err := s.Held(ctx)
	if s.Absent(err) {
		return nil
	}
	s.gated.Store(err == nil)
	return err
}

// Held is the hold that is there.
func (s *Store) Held(ctx context.Context) (id int64, err error) {
	c, err := acquire(ctx, s.main)
	if err != nil {
		return 0, err
	}
	l := &link{conn: c}
	defer l.release()
	_, err = l.run(ctx, sqlgen.Held(), nil, func(row [][]byte) error {
		id, err = strconv.ParseInt(string(row[0]), 10, 64)
		return err
	})
	return id, shown(ctx, err)
}

// Hold is kept before it waits for the transactions that write, in short attempts: what begins later sees it, also where a
// transaction sees all along what was there when it began.
func (s *Store) Hold(ctx context.Context) (int64, error) {
	e, err := sqlgen.Hold(dialect.Dialect{}, s.clock.Now().UnixMicro())
	if err != nil {
		return 0, err
	}
	for _, x := range []sqlgen.Exec{e, {Text: sqlgen.Exclusive()}} {
		err := s.rebuild(ctx, lacking, func(tx store.Tx) error {
			_, err := tx.Exec(ctx, x.Text, x.Args...)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return s.Held(ctx)
}

// Release takes writes again.
func (s *Store) Release(ctx context.Context) error {
	return s.rebuild(ctx, lacking, func(tx store.Tx) error {
		_, err := tx.Exec(ctx, sqlgen.Unhold())
		return err
	})
}
