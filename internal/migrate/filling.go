package migrate

import (
	"context"
	"strings"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Memory is all that a database remembers of what was applied to it and loaded into it.
type Memory struct{ members metadata }

// Remembered reads a database's memory.
func Remembered(ctx context.Context, st store.Store) (Memory, error) {
	m, err := read(ctx, st)
	return Memory{m}, err
}

// Filling is the note of a database that is being filled with another's rows, "" where it is not. empty reports that nothing was
// ever done with it.
func Filling(ctx context.Context, st store.Store) (note string, empty bool, err error) {
	m, err := read(ctx, st)
	return m[metaFilling], len(m) == 0, err
}

// errFilling is the error of a database whose rows are not all there.
func errFilling() error {
	return fault.New(fault.Unavailable, "a move into the database has not ended: run `socle move` again").
		WithHint("socle move --restart begins it anew")
}

func fillable(st store.Store) (sqlgen.Filler, error) {
	d, ok := st.Dialect().(sqlgen.Filler)
	if !ok {
		return nil, fault.New(fault.NotImplemented, "this engine's tables cannot be filled from another's")
	}
	return d, nil
}

// BeginFilling makes a catalogue's tables in an empty database, ready to be filled. Until EndFilling nothing else is done with
// it.
func BeginFilling(ctx context.Context, st store.Store, c *schema.Catalog, note string) error {
	d, err := fillable(st)
	if err != nil {
		return err
	}
	var failed error
	err = write(ctx, st, func(tx store.Tx) error {
		failed = beginIn(ctx, st, tx, d, c, note)
		return failed
	})
	return plain(err, failed)
}

func beginIn(ctx context.Context, st store.Store, tx store.Tx, d sqlgen.Filler, c *schema.Catalog, note string) error {
	if err := prepare(ctx, st, tx); err != nil {
		return err
	}
	m, err := readIn(ctx, tx)
	switch {
	case err != nil:
		return err
	case m[metaFilling] == note:
		return nil // the commit of an attempt before was kept
	case len(m) > 0:
		return fault.New(fault.Unavailable, "the database was taken by another meanwhile")
	}
	if err := unoccupied(ctx, st, tx, c); err != nil {
		return err
	}
	if err := newWorker(tx, d, clock.System()).carry(ctx, Diff(d, nil, c)); err != nil {
		return err
	}
	for _, col := range stored(c) {
		if err := each(ctx, tx, d.Untie(col)...); err != nil {
			return err
		}
	}
	if err := set(ctx, st, tx, metaDeclaration, string(schema.MarshalDeclaration(c))); err != nil {
		return err
	}
	return set(ctx, st, tx, metaFilling, note)
}

// EndFilling ties the rows' references, testing all of them, and gives the database another's memory.
func EndFilling(ctx context.Context, st store.Store, c *schema.Catalog, memory Memory) error {
	d, err := fillable(st)
	if err != nil {
		return err
	}
	return write(ctx, st, func(tx store.Tx) error {
		m, err := readIn(ctx, tx)
		if err != nil || m[metaFilling] == "" { // done by an attempt before
			return err
		}
		for _, col := range stored(c) {
			last, err := lastRow(ctx, tx, d, col)
			if err != nil {
				return err
			}
			if err := each(ctx, tx, d.Tie(col, last)...); err != nil {
				return err
			}
		}
		if err := each(ctx, tx, "DELETE FROM "+metaTable()); err != nil {
			return err
		}
		for name, text := range memory.members {
			if name == sqlgen.MetaHold || strings.HasPrefix(name, metaPending) { // the new tables have all their indexes
				continue
			}
			if err := set(ctx, st, tx, name, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastRow is the greatest row number of a collection without a key.
func lastRow(ctx context.Context, tx store.Tx, d sqlgen.Dialect, c *schema.Collection) (int64, error) {
	if len(c.PrimaryKey) > 0 {
		return 0, nil
	}
	rows, err := tx.Query(ctx, sqlgen.LastRow(d, c))
	if err != nil {
		return 0, err
	}
	v, err := d.Decode(value.Type{Kind: value.Int}, rows[0][0])
	if err != nil || v.IsNull() {
		return 0, err
	}
	return v.Int(), nil
}

// DropFilling takes away all that BeginFilling has made, and what was filled in.
func DropFilling(ctx context.Context, st store.Store) error {
	d, err := fillable(st)
	if err != nil {
		return err
	}
	return write(ctx, st, func(tx store.Tx) error {
		m, err := readIn(ctx, tx)
		if err != nil {
			return err
		}
		c, err := schema.ReadDeclaration([]byte(m[metaDeclaration]))
		switch {
		case m[metaFilling] == "":
			return fault.New(fault.Unavailable, "the database is not one that a move has left unfinished")
		case err != nil:
			return fault.New(fault.Unavailable, "the database's own description is damaged").Because(err)
		}
		for _, col := range stored(c) {
			if err := each(ctx, tx, d.DropTable(col)...); err != nil {
				return err
			}
		}
		for _, s := range sqlgen.Ledgers(d, 1) {
			if err := each(ctx, tx, s.Clear()); err != nil {
				return err
			}
		}
		return each(ctx, tx, "DELETE FROM "+metaTable())
	})
}
