package postgres

import (
	"context"
	"errors"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// Snapshot begins a repeatable read with its first statement.
func (s *Store) Snapshot(context.Context) (store.Snapshot, error) {
	return &snapshot{store: s, whole: true}, nil
}

// beginReading begins a transaction that sees one state of the database.
const beginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

func (s *Store) reading(ctx context.Context) []string {
	return opening(beginReading, bounds(ctx, s.clock.Now()), lacking)
}

// Once needs no transaction where the session bounds it.
func (s *Store) Once(context.Context) (store.Snapshot, error) { return &snapshot{store: s}, nil }

// snapshot is a read under way. It holds a connection from its first statement on.
type snapshot struct {
	store *Store
	whole bool      // several queries see one state
	next  *foreseen // nil: what comes after the first query is not known
	from  *replica  // nil: the primary
	scale store.Scale
	link
}

// foreseen is the query after the first, and the last.
type foreseen struct {
	stmt *sqlgen.Stmt
	args []any
	is   *part // its answer; nil: it has not been asked
}

var (
	_ store.Ender    = (*snapshot)(nil)
	_ store.Foreseer = (*snapshot)(nil)
	_ store.Weigher  = (*snapshot)(nil)
)

// Weigh has the rows to come weighed.
func (q *snapshot) Weigh(on store.Scale) { q.scale = on }

// Last says that the next query is the last: the transaction ends with it.
func (q *snapshot) Last() { q.last = q.whole }

// Foresee says what the second query will be, which is the last.
func (q *snapshot) Foresee(stmt *sqlgen.Stmt, args []any) { q.next = &foreseen{stmt: stmt, args: args} }

// Query runs a rendered statement and decodes its rows. The first one is asked again where the connection turns out to be
// broken or to keep statements of an older schema, and of the primary where it was asked of a replica that cannot answer.
func (q *snapshot) Query(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if n := q.next; n != nil && n.is != nil && n.stmt == stmt {
		return n.is.rows.all, n.is.wrong
	}
	if q.conn != nil {
		return q.further(ctx, stmt, args)
	}
	if r := q.store.replicas.choose(store.SessionOf(ctx), q.store.clock.Now()); r != nil {
		q.from = r
		out, err := q.first(ctx, r.source, stmt, args)
		if err == nil || ctx.Err() != nil || !failsOver(err) {
			return out, shown(ctx, err)
		}
		r.rest(q.store.clock.Now())
		q.from = nil
	}
	out, err := q.first(ctx, q.store.reads, stmt, args)
	for run := 1; run < readRuns && ctx.Err() == nil && (isLost(err) || isForgotten(err)); run++ {
		q.store.main.Reset()
		out, err = q.first(ctx, q.store.reads, stmt, args)
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

// first asks at once where nothing more is to come, or that is known, and a session bounds the statements; else it takes a
// connection, and gives it back where the statement fails.
func (q *snapshot) first(ctx context.Context, from *source, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if (!q.whole || q.next != nil) && q.store.within(ctx) && !from.loose.Load() {
		out, err := q.atOnce(ctx, from, stmt, args)
		if !errors.Is(err, errLoose) {
			return out, err
		}
	}
	l, err := from.reach(ctx, true)
	if err != nil {
		return nil, err
	}
	l.prelude, l.last = q.store.reading(ctx), q.last || !q.whole
	q.link = *l
	out, err := q.fetch(ctx, stmt, args)
	if err != nil {
		_ = q.Close()
	}
	return out, err
}

// atOnce asks all that there is to ask.
func (q *snapshot) atOnce(ctx context.Context, from *source, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	all, err := newQuestion(ctx, stmt, args, q.scale)
	if err == nil && q.next != nil {
		err = all.and(q.next.stmt, q.next.args, q.scale)
	}
	if err == nil {
		err = from.ask(ctx, all)
	}
	if err != nil {
		return nil, err
	}
	if q.next != nil {
		q.next.is = all.more
	}
	return all.one.rows.all, all.one.wrong
}

func (q *snapshot) fetch(ctx context.Context, stmt *sqlgen.Stmt, args []any) ([]plan.Tuple, error) {
	if len(q.prelude) > 0 {
		q.planning(stmt.Keyed())
	}
	var p part
	err := p.is(stmt, args, q.scale)
	if err != nil {
		return nil, err
	}
	if _, err = q.carryOut(ctx, p.asked()); err == nil {
		err = p.wrong
	}
	return p.rows.all, err
}

// Close ends the transaction and gives the connection back.
func (q *snapshot) Close() error {
	if q.conn == nil {
		return nil
	}
	q.finish()
	return nil
}
