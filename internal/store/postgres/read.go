package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// Snapshot begins a repeatable read with its first statement.
func (s *Store) Snapshot(ctx context.Context) (store.Snapshot, error) {
	return &snapshot{store: s, prelude: s.reading(ctx)}, nil
}

func (s *Store) reading(ctx context.Context) []string {
	return opening("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", bounds(ctx, s.clock.Now()), lacking)
}

// Once needs no transaction where the session bounds it.
func (s *Store) Once(context.Context) (store.Snapshot, error) { return &snapshot{store: s}, nil }

// snapshot is a read under way. It holds a connection from its first statement on.
type snapshot struct {
	store   *Store
	prelude []string
	from    *replica // nil: the primary
	scale   store.Scale
	link
}

var (
	_ store.Ender   = (*snapshot)(nil)
	_ store.Weigher = (*snapshot)(nil)
)

// Weigh has the rows to come weighed.
func (q *snapshot) Weigh(on store.Scale) { q.scale = on }

// Last says that the next query is the last: the transaction ends with it.
func (q *snapshot) Last() { q.last = len(q.prelude) > 0 }

// Query runs a rendered statement and decodes its rows. The first one is asked again where the connection turns out to be
// broken or to keep statements of an older schema, and of the primary where it was asked of a replica that cannot answer.
func (q *snapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if q.conn != nil {
		return q.further(ctx, stmt, args)
	}
	if r := q.store.replicas.choose(store.SessionOf(ctx), q.store.clock.Now()); r != nil {
		q.from = r
		out, err := q.first(ctx, r.pool, stmt, args)
		if err == nil || ctx.Err() != nil || !failsOver(err) {
			return out, shown(ctx, err)
		}
		r.rest(q.store.clock.Now())
		q.from = nil
	}
	out, err := q.first(ctx, q.store.main, stmt, args)
	for run := 1; run < readRuns && ctx.Err() == nil && (isLost(err) || isForgotten(err)); run++ {
		q.store.main.Reset()
		out, err = q.first(ctx, q.store.main, stmt, args)
	}
	return out, shown(ctx, err)
}

// readRuns is how often a first statement is asked: a connection of the pool may have been broken before, which says nothing of
// the server, and the one made in its place may break as well.
const readRuns = 3

// further is a statement after the first: what came before it is gone with the connection.
func (q *snapshot) further(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	out, err := q.fetch(ctx, stmt, args)
	if err == nil || ctx.Err() != nil || !isLost(err) && !isConflict(err) {
		return out, shown(ctx, err)
	}
	if q.from != nil {
		q.from.rest(q.store.clock.Now())
	} else if isLost(err) || isForgotten(err) {
		q.store.main.Reset()
	}
	return nil, shown(ctx, &store.Interrupted{Cause: err})
}

// first takes a connection, and gives it back where the statement fails.
func (q *snapshot) first(ctx context.Context, pool *pgxpool.Pool, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	c, err := acquire(ctx, pool)
	if err != nil {
		return nil, err
	}
	q.link = link{conn: c, prelude: q.prelude, last: q.last}
	if len(q.prelude) == 0 && !q.store.bounded(ctx, q.wire()) {
		q.link.prelude, q.link.last = q.store.reading(ctx), true
	}
	out, err := q.fetch(ctx, stmt, args)
	if err != nil {
		_ = q.Close()
	}
	return out, err
}

func (q *snapshot) fetch(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if len(q.prelude) > 0 {
		q.planning(stmt.Keyed())
	}
	values, err := texts(args)
	if err != nil {
		return nil, err
	}
	rows := &tuples{types: stmt.Types, weight: store.Weight{On: q.scale}}
	_, err = q.carryOut(ctx, statement{sql: stmt.Text, values: values, formats: dialect.Formats(stmt.Types), each: rows.add})
	return rows.all, err
}

// Close ends the transaction and gives the connection back.
func (q *snapshot) Close() error {
	if q.conn == nil {
		return nil
	}
	_ = q.undo(context.Background()) // a connection that cannot is not used again
	q.release()
	return nil
}
