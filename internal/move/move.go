// Package move owns the way of all rows of a database into an empty one of any engine: as they are, with their versions and
// row numbers, and the product's own tables with them; and the proof that both hold the same. It knows nothing of where
// databases lie, of keys, or of how writes are held off meanwhile.
package move

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// Job is one move. To was begun with migrate.BeginFilling, and may hold a part of the rows already, of the same state of From.
type Job struct {
	From, To store.Store
	Catalog  *schema.Catalog
	Observe  func(Event)                 // nil: nobody looks
	Held     func(context.Context) error // the error where From may have changed meanwhile; asked before the move counts
}

// Phase is a part of a move.
type Phase string

// The phases, in their order.
const (
	Copying   Phase = "copying"
	Comparing Phase = "comparing"
)

// Event says how far a move is.
type Event struct {
	Phase      Phase
	Collection string
	Rows       int64
}

// Moved is one collection that is the same on both sides.
type Moved struct {
	Collection string
	Rows       int64
	Sum        string // SHA-256 of the canonical rows in the order of their key, hexadecimal
}

// Differs is the error of a collection that is not the same on both sides.
type Differs struct{ From, To Moved }

// Error says in what.
func (e *Differs) Error() string {
	return fmt.Sprintf("%s is not the same on both sides: %d rows with the checksum %.12s were read, %d rows with %.12s are there",
		e.From.Collection, e.From.Rows, e.From.Sum, e.To.Rows, e.To.Sum)
}

// Run copies what is missing, compares both sides whole, and makes the target one that can be served.
func (j Job) Run(ctx context.Context) (out []Moved, err error) {
	tables, err := j.tables()
	if err != nil {
		return nil, err
	}
	memory, err := migrate.Remembered(ctx, j.From)
	if err != nil {
		return nil, err
	}
	snap, err := j.From.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	for _, t := range tables {
		if err := j.copy(ctx, snap, t); err != nil {
			return nil, within(t, err)
		}
	}
	for _, t := range tables {
		one, err := j.compare(ctx, snap, t)
		if err != nil {
			return nil, within(t, err)
		}
		if !t.private {
			out = append(out, one)
		}
	}
	if err := j.Held(ctx); err != nil {
		return nil, err
	}
	return out, migrate.EndFilling(ctx, j.To, j.Catalog, memory)
}

// within names the table of an error that does not.
func within(t *table, err error) error {
	var f *fault.Fault
	var differs *Differs
	if errors.As(err, &differs) || errors.As(err, &f) && f.Code == fault.Unavailable {
		return err
	}
	return fmt.Errorf("%s: %w", t.name, err)
}

// copy writes the rows that the target has not.
func (j Job) copy(ctx context.Context, snap store.Snapshot, t *table) error {
	after, err := j.reached(ctx, t)
	if err != nil {
		return err
	}
	total := int64(0)
	return t.from.read(ctx, snap, after, func(rows []plan.Tuple) error {
		err := j.To.Write(ctx, func(tx store.Tx) error { return t.write(ctx, tx, rows) })
		total += int64(len(rows))
		j.say(Event{Copying, t.name, total})
		return err
	})
}

// reached is the key of the last row that is there: pages are kept whole, in the order of the key. The product's own tables are
// begun anew.
func (j Job) reached(ctx context.Context, t *table) (plan.Tuple, error) {
	if t.ledger {
		return nil, j.To.Write(ctx, func(tx store.Tx) error {
			_, err := tx.Exec(ctx, t.to.sweep.Clear())
			return err
		})
	}
	snap, err := j.To.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := snap.Query(ctx, &sqlgen.Stmt{Text: t.to.sweep.Last(), Types: t.to.types[:len(t.to.sweep.Key)]}, nil)
	if err = errors.Join(err, snap.Close()); err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// compare goes over both sides.
func (j Job) compare(ctx context.Context, snap store.Snapshot, t *table) (Moved, error) {
	was, err := j.sum(ctx, snap, t.from)
	if err != nil {
		return was, err
	}
	there, err := j.To.Snapshot(ctx)
	if err != nil {
		return was, err
	}
	is, err := j.sum(ctx, there, t.to)
	if err = errors.Join(err, there.Close()); err == nil && is != was {
		err = &Differs{was, is}
	}
	return was, err
}

func (j Job) sum(ctx context.Context, snap store.Snapshot, s *side) (Moved, error) {
	m, hash := Moved{Collection: s.name}, sha256.New()
	var buf []byte
	j.say(Event{Comparing, s.name, 0})
	err := s.read(ctx, snap, nil, func(rows []plan.Tuple) error {
		for _, row := range rows {
			buf = s.canonical(buf[:0], row)
			hash.Write(buf)
		}
		m.Rows += int64(len(rows))
		j.say(Event{Comparing, s.name, m.Rows})
		return nil
	})
	m.Sum = hex.EncodeToString(hash.Sum(nil))
	return m, err
}

func (j Job) say(e Event) {
	if j.Observe != nil {
		j.Observe(e)
	}
}
