package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// snapshot reads on a connection of its own. A transaction is begun with the first query, unless one query is all. It can be
// ended by the writer, whose log it keeps from being begun anew.
type snapshot struct {
	store *Store
	once  bool
	began time.Time

	mu    sync.Mutex
	conn  *conn
	begun bool
	stop  context.CancelFunc // of the query that runs, nil between queries
	ended bool
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
	q := &snapshot{store: s, conn: c, once: once, began: s.clock.Now()}
	s.reads.add(q)
	return q, nil
}

// Query runs a rendered statement and decodes its rows.
func (q *snapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) (out []plan.Tuple, err error) {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	if err := q.enter(stop); err != nil {
		return nil, shown(ctx, err)
	}
	out, err = q.rows(inner, stmt, args)
	if q.leave() {
		return nil, errEnded()
	}
	return out, shown(ctx, err)
}

// enter begins a query, and with the first the transaction.
func (q *snapshot) enter(stop context.CancelFunc) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return errEnded()
	}
	if !q.once && !q.begun {
		if _, err := q.conn.exec(context.Background(), "BEGIN"); err != nil {
			return err
		}
		q.begun = true
	}
	q.stop = stop
	return nil
}

// leave ends a query; it is true where the snapshot was ended meanwhile.
func (q *snapshot) leave() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stop = nil
	if q.ended {
		q.release()
	}
	return q.ended
}

// end makes the snapshot give up its state of the database: now, or as soon as its query is interrupted.
func (q *snapshot) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.conn == nil || q.ended || q.stop == nil && !q.begun:
		return
	case q.stop != nil:
		q.stop()
	default:
		q.release()
	}
	q.ended = true
}

// release ends the transaction.
func (q *snapshot) release() {
	if q.begun {
		q.conn.rollback()
		q.begun = false
	}
}

func (q *snapshot) rows(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	var out []plan.Tuple
	var block []value.Value
	err := q.conn.each(ctx, stmt.Text, args, func(row []any) error {
		var t plan.Tuple
		t, block = carve(block, len(stmt.Types), len(out))
		out = append(out, t)
		return sqlgen.Decode(dialect.Dialect{}, stmt.Types, row, t)
	})
	return out, err
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
	q.store.reads.remove(q)
	q.mu.Lock()
	defer q.mu.Unlock()
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
