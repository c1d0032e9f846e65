package sqlite

import (
	"context"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// snapshot reads on a connection of its own. A transaction is begun with the first query, unless one query is all.
type snapshot struct {
	store *Store
	conn  *conn
	once  bool
	begun bool
}

// Snapshot takes a reader, waiting for one where all are busy.
func (s *Store) Snapshot(ctx context.Context) (store.Snapshot, error) { return s.snapshot(ctx, false) }

// Once takes a reader for a single statement, which is a snapshot by itself.
func (s *Store) Once(ctx context.Context) (store.Snapshot, error) { return s.snapshot(ctx, true) }

func (s *Store) snapshot(ctx context.Context, once bool) (store.Snapshot, error) {
	c, err := s.readers.take(ctx)
	if err != nil {
		return nil, shown(ctx, err)
	}
	return &snapshot{store: s, conn: c, once: once}, nil
}

// Query runs a rendered statement and decodes its rows.
func (q *snapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if !q.once && !q.begun {
		if _, err := q.conn.exec(context.Background(), "BEGIN"); err != nil {
			return nil, shown(ctx, err)
		}
		q.begun = true
	}
	var out []plan.Tuple
	var block []value.Value
	err := q.conn.each(ctx, stmt.Text, args, func(row []any) error {
		var t plan.Tuple
		t, block = carve(block, len(stmt.Types), len(out))
		for i, typ := range stmt.Types {
			v, err := dialect.Dialect{}.Decode(typ, row[i])
			if err != nil {
				return err
			}
			t[i] = v
		}
		out = append(out, t)
		return nil
	})
	return out, shown(ctx, err)
}

// carve takes a tuple from a block of values; blocks grow with the number of rows.
func carve(block []value.Value, width, rows int) (plan.Tuple, []value.Value) {
	if len(block) < width {
		block = make([]value.Value, width*min(max(rows, 1), 64))
	}
	return plan.Tuple(block[:width:width]), block[width:]
}

// Close ends the transaction and gives the reader back. Closing twice is harmless.
func (q *snapshot) Close() error {
	if q.conn == nil {
		return nil
	}
	c := q.conn
	q.conn = nil
	var err error
	if q.begun {
		_, err = c.exec(context.Background(), "COMMIT")
	}
	q.store.readers.give(c, err != nil)
	return err
}
