package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// A write that needs no answer but that it is kept is one round trip: everything from BEGIN to COMMIT is sent together, or all that
// is left after the last answer that mattered. What must not be makes the server fail on the way, so that it never comes to the
// COMMIT. Who asked for what then is not looked into: the closure is run once more in a transaction that asks step by step.

var _ store.Leaver = (*writing)(nil)

// briefTime is how long one statement of a transaction that is left may wait. Nobody can take it back meanwhile, and all of it
// has to fit into the time that a commit has.
const briefTime = 2 * time.Second

// briefly is what such a transaction begins with: between its statements nothing idles, and its mark looks for a hold. One that has
// begun goes on with the last of it.
var briefly = opening("BEGIN", []setting{{"statement_timeout", "2000"}}, lacking)

// patient reports whether a request has the time to be run again after one that was left.
func patient(ctx context.Context, now time.Time) bool {
	deadline, ok := ctx.Deadline()
	return ok && deadline.Sub(now) > 2*briefTime
}

// Leaves reports whether nothing waits to be asked.
func (w *writing) Leaves() bool { return w.brief != nil && !w.void && len(w.waiting) == 0 }

// Leave keeps what is left for the commit.
func (w *writing) Leave(unless sqlgen.Exec, rest []store.Step) error {
	for _, s := range rest {
		step, err := stated(s.Exec, nil)
		if err != nil {
			return err
		}
		step.rows, step.perhaps, step.missed = s.Rows, s.Row != "", &w.missed
		w.row = s.Row
		w.left = append(w.left, step)
		w.size += step.size()
	}
	w.unless = &unless
	return nil
}

// leave sends the whole transaction, with those of others where they are left at the same time.
func (w *writing) leave(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.begun {
		return w.apart(ctx)
	}
	return w.store.crowd.join(ctx, w)
}

// apart sends it without any other.
func (w *writing) apart(ctx context.Context) error {
	if err := w.reach(ctx); err != nil {
		return err
	}
	w.missed = nil
	err := w.ended(ctx, func(ctx context.Context) error { return w.whole(ctx, w.brief) })
	var server *pgconn.PgError
	if err == nil {
		return w.missed
	}
	if !errors.As(err, &server) || isLost(err) {
		return err
	}
	if w.refused = !isConflict(err) && ctx.Err() == nil; w.refused {
		return err
	}
	return errors.Join(err, w.undo(ctx))
}

// whole sends everything in one round trip, and what others have left with it. The mark comes first, for it is made only where the
// rest may be done.
func (w *writing) whole(ctx context.Context, brief []string, others ...*writing) error {
	mark, err := stated(sqlgen.MarkUnless(dialect.Dialect{}, w.mark, w.at, *w.unless))
	if err != nil {
		return err
	}
	w.prelude = brief
	if w.begun {
		w.prelude = brief[1:]
	}
	w.planning(w.unless.Listed)
	batch := append(w.before(), mark)
	for _, o := range inOrder(append([]*writing{w}, others...)) {
		if o != w && o.unless.Text != "" {
			unless, err := stated(sqlgen.Unless(*o.unless), nil)
			if err != nil {
				return err
			}
			w.planning(o.unless.Listed)
			batch = append(append(batch, w.before()...), unless)
		}
		batch = append(batch, o.left...)
	}
	_, err = w.send(ctx, append(batch, statement{sql: "COMMIT"}))
	return err
}

// inOrder is the order in which transactions that are left together come to the rows that are there: one for all groups of all nodes,
// so that none waits for another that waits for it. References that they check are locked against what no group does. What brings
// rows of its own comes before.
func inOrder(all []*writing) []*writing {
	slices.SortStableFunc(all, func(a, b *writing) int { return strings.Compare(a.row, b.row) })
	return all
}

// stated is a statement as it is sent.
func stated(e sqlgen.Exec, err error) (statement, error) {
	if err != nil {
		return statement{}, err
	}
	values, err := texts(e.Args)
	return statement{sql: e.Text, values: values}, err
}

// errMissed is the error of a transaction that was left, found no row to change, and so kept nothing but its mark.
var errMissed = errors.New("postgres: there was no row to change")

// size is what a statement takes on its way, in bytes.
func (s *statement) size() int {
	n := len(s.sql)
	for _, v := range s.values {
		n += len(v)
	}
	return n
}

// errMiscounted is the error of a transaction that was left and did not change the rows that it was meant to: something else
// than the product has a say in the table.
var errMiscounted = errors.New("postgres: not the rows that were meant were changed")
