package sqlite

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// member runs one request of a transaction and undoes it where it fails. lost says that the engine has given up the whole
// transaction, which it does on some errors and when it is interrupted.
func (c *conn) member(r *request, note func(error) error) (lost bool) {
	if r.err = shown(r.ctx, r.ctx.Err()); r.err != nil {
		return false
	}
	t := &tx{conn: c, ctx: r.ctx, note: note, brief: true}
	err := t.call(r.f)
	if err == nil && t.leaving && !t.finish() {
		err = t.again(r.f)
	}
	if r.err = shown(r.ctx, err); t.lost != nil {
		r.err = t.lost
		return true
	}
	if !t.saved {
		return false
	}
	if r.err == nil {
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

// tx is the writer within a transaction. What it changes is in a savepoint, which is set before the first change: a request that is
// refused before that costs none, nor does one that leaves a single change (see finish).
type tx struct {
	*conn
	ctx   context.Context   // the request's
	note  func(error) error // is told of the engine's errors
	saved bool              // what it changes can be undone
	lost  error             // why there is no transaction any more

	brief   bool // the closure may leave the rest of its work
	leaving bool // it has
	unless  sqlgen.Exec
	left    []store.Step
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

// Exec runs a statement that changes rows.
func (t *tx) Exec(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = t.step(ctx, func(ctx context.Context) error {
		p, err := t.ready(ctx, sql)
		if err == nil {
			n, err = t.conn.carry(ctx, p, args)
		}
		return err
	})
	return n, err
}

// Query runs a statement that gives rows.
func (t *tx) Query(ctx context.Context, sql string, args ...any) (out [][]any, err error) {
	err = t.step(ctx, func(ctx context.Context) error {
		p, err := t.ready(ctx, sql)
		if err != nil {
			return err
		}
		return t.conn.run(ctx, p, args, func(r row) error {
			out = append(out, r.raw())
			return nil
		})
	})
	return out, err
}

// ready prepares a statement, and sets the savepoint before one that changes anything.
func (t *tx) ready(ctx context.Context, sql string) (*prepared, error) {
	p, err := t.conn.prepare(ctx, sql)
	if err != nil || p.reads {
		return p, err
	}
	return p, t.save()
}

func (t *tx) save() (err error) {
	if !t.saved {
		_, err = t.conn.exec(context.Background(), "SAVEPOINT member")
		t.saved = err == nil
	}
	return err
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
