package sqlite

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/store"
)

// member runs one request of a transaction in a savepoint of its own and undoes it where it fails. lost says that the engine
// has given up the whole transaction, which it does on some errors and when it is interrupted.
func (c *conn) member(r *request, note func(error) error) (lost bool) {
	if r.err = shown(r.ctx, r.ctx.Err()); r.err != nil {
		return false
	}
	if _, err := c.exec(context.Background(), "SAVEPOINT member"); err != nil {
		r.err = note(err)
		return c.ended()
	}
	t := &tx{conn: c, ctx: r.ctx, note: note}
	if r.err = shown(r.ctx, t.call(r.f)); t.lost != nil {
		r.err = t.lost
		return true
	}
	if r.err == nil {
		var err error
		if _, err = c.exec(context.Background(), "RELEASE member"); err == nil {
			return false
		}
		r.err = note(err)
	}
	return !c.undo()
}

// undo takes back a savepoint; false where there is none any more.
func (c *conn) undo() bool {
	if _, err := c.exec(context.Background(), "ROLLBACK TO member"); err != nil {
		c.rollback()
		return false
	}
	_, err := c.exec(context.Background(), "RELEASE member")
	if err != nil {
		c.rollback()
	}
	return err == nil
}

// tx is the writer within a transaction.
type tx struct {
	*conn
	ctx  context.Context   // the request's
	note func(error) error // is told of the engine's errors
	lost error             // why there is no transaction any more
}

// call runs f; a panic in it is an error of f.
func (t *tx) call(f func(store.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	return f(t)
}

func panicked(p any) error {
	return fault.New(fault.Internal, "Internal error").Because(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

func (t *tx) Exec(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = t.step(ctx, func(ctx context.Context) error {
		n, err = t.conn.exec(ctx, sql, args...)
		return err
	})
	return n, err
}

func (t *tx) Query(ctx context.Context, sql string, args ...any) (out [][]any, err error) {
	err = t.step(ctx, func(ctx context.Context) error {
		return t.conn.each(ctx, sql, args, func(row []any) error {
			out = append(out, row)
			return nil
		})
	})
	return out, err
}

// step runs a statement, unless the transaction is lost: what follows would be kept statement by statement then.
func (t *tx) step(ctx context.Context, f func(context.Context) error) error {
	if t.lost != nil {
		return t.lost
	}
	if ctx.Done() == nil {
		ctx = t.ctx
	}
	err := f(ctx)
	if err == nil {
		return nil
	}
	t.note(err)
	err = shown(ctx, err)
	if t.ended() {
		t.lost = err
	}
	return err
}

// ended reports whether the engine has ended the transaction by itself: within one it refuses to begin another.
func (c *conn) ended() bool {
	if _, err := c.exec(context.Background(), "BEGIN"); err != nil {
		return false
	}
	c.rollback()
	return true
}
