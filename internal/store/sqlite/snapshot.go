package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// snapshot reads on a connection of its own. A transaction is begun with the first query, unless one query is all. It can be
// ended by the writer, whose log it keeps from being begun anew.
type snapshot struct {
	store *Store
	once  bool
	began time.Time
	scale store.Scale

	mu    sync.Mutex
	conn  *conn
	begun bool
	asked bool // a query runs
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

var _ store.Weigher = (*snapshot)(nil)

// Weigh has the rows to come weighed.
func (q *snapshot) Weigh(on store.Scale) { q.scale = on }

// Query runs a rendered statement and decodes its rows.
func (q *snapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if err := q.enter(); err != nil {
		return nil, shown(ctx, err)
	}
	out, err := q.conn.decoded(ctx, stmt, args, q.scale)
	if q.leave() {
		return nil, errEnded()
	}
	return out, shown(ctx, err)
}

// enter begins a query, and with the first the transaction.
func (q *snapshot) enter() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return errEnded()
	}
	q.conn.below.ended.Store(false)
	if !q.once && !q.begun {
		if _, err := q.conn.exec(context.Background(), "BEGIN"); err != nil {
			return err
		}
		q.begun = true
	}
	q.asked = true
	return nil
}

// leave ends a query; it is true where the snapshot was ended meanwhile.
func (q *snapshot) leave() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = false
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
	case q.conn == nil || q.ended || !q.asked && !q.begun:
		return
	case q.asked:
		q.conn.below.ended.Store(true)
	default:
		q.release()
	}
	q.ended = true
}

// release ends the transaction; that is not to be interrupted.
func (q *snapshot) release() {
	if q.begun {
		q.conn.below.ended.Store(false)
		q.conn.rollback()
		q.begun = false
	}
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
