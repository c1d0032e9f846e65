package sqlite

import (
	"context"
	"errors"

	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

var _ store.Leaver = (*tx)(nil)

// Leaves reports whether nothing has been changed yet: what the closure does when it is run again finds all as it was.
func (t *tx) Leaves() bool { return t.brief && !t.saved }

// Leave keeps what is left for when the closure has returned.
func (t *tx) Leave(unless sqlgen.Exec, rest []store.Step) error {
	t.leaving, t.unless, t.left = true, unless, rest
	return nil
}

// finish carries out what was left; false where it is not to be kept. A change of one row that is all there is to do needs no
// savepoint, whose setting and whose copies of the pages cost as much as the change: the engine does all of it or nothing.
func (t *tx) finish() bool {
	refused, err := t.met(t.unless)
	if err != nil || refused {
		return false
	}
	if len(t.left) == 1 && t.left[0].Rows == 1 {
		return t.single(t.left[0])
	}
	for _, s := range t.left {
		n, err := t.Exec(t.ctx, s.Text, s.Args...)
		if err != nil || s.Rows > 0 && n != s.Rows {
			return false
		}
	}
	return true
}

// met reports whether a query, if it is one, finds a row.
func (t *tx) met(e sqlgen.Exec) (bool, error) {
	if e.Text == "" {
		return false, nil
	}
	rows, err := t.Query(t.ctx, e.Text, e.Args...)
	return len(rows) > 0, err
}

// errMany is the error of a statement that changed more rows than the one it was said to.
var errMany = errors.New("sqlite: more than one row was changed")

// single carries out a change of one row without a savepoint. Were it more rows, nothing but the end of the transaction would
// undo it.
func (t *tx) single(s store.Step) (done bool) {
	_ = t.step(t.ctx, func(ctx context.Context) error {
		n, err := t.conn.exec(ctx, s.Text, s.Args...)
		if done = err == nil && n == 1; err == nil && n > 1 {
			t.rollback()
			err = errMany
		}
		return err
	})
	return done
}

// again runs a closure that leaves nothing this time.
func (t *tx) again(f func(store.Tx) error) error {
	t.brief, t.leaving = false, false
	if t.saved {
		if _, err := t.Exec(t.ctx, "ROLLBACK TO member"); err != nil {
			return err
		}
	}
	return t.call(f)
}
