package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// keptStatements is how many prepared statements a connection keeps.
const keptStatements = 256

// conn is one connection with its prepared statements. It is for one goroutine at a time. It uses the driver without
// database/sql, whose locks and conversions cost as much as a small query, to prepare; what runs, runs below it.
type conn struct {
	raw   driver.Conn
	below *direct
	born  time.Time
	known map[string]*list.Element
	used  *list.List // *prepared, most recently used first

	numbers numbers
}

type prepared struct {
	sql    string
	stmt   driver.Stmt
	handle uintptr // 0: the text is of several statements
	reads  bool    // it changes nothing
}

func newConn(raw driver.Conn, born time.Time) (*conn, error) {
	below, err := newDirect(raw)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return &conn{raw: raw, below: below, born: born, known: make(map[string]*list.Element), used: list.New()}, nil
}

func (c *conn) close() error {
	var errs []error
	for e := c.used.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*prepared).stmt.Close())
	}
	c.below.close()
	return errors.Join(append(errs, c.raw.Close())...)
}

// prepare finds or makes a statement; the one not used for longest makes room.
func (c *conn) prepare(ctx context.Context, sql string) (*prepared, error) {
	if e, ok := c.known[sql]; ok {
		c.used.MoveToFront(e)
		return e.Value.(*prepared), nil
	}
	stmt, err := c.raw.(driver.ConnPrepareContext).PrepareContext(ctx, sql)
	if err != nil {
		return nil, err
	}
	p := &prepared{sql: sql, stmt: stmt}
	p.handle, _ = handle(stmt, "pstmt")
	p.reads = p.handle != 0 && c.below.reads(p.handle)
	c.known[sql] = c.used.PushFront(p)
	if c.used.Len() > keptStatements {
		oldest := c.used.Remove(c.used.Back()).(*prepared)
		delete(c.known, oldest.sql)
		oldest.stmt.Close()
	}
	return p, nil
}

// read runs a statement and calls f with every row, whose columns are good until f returns.
func (c *conn) read(ctx context.Context, sql string, args []any, f func(row) error) error {
	p, err := c.prepare(ctx, sql)
	if err != nil {
		return err
	}
	return c.run(ctx, p, args, f)
}

func (c *conn) run(ctx context.Context, p *prepared, args []any, f func(row) error) error {
	if p.handle == 0 {
		return errSeveral
	}
	return c.below.each(ctx, p.handle, args, f)
}

// decoded runs a statement and gives its rows, which are weighed on a scale; nil: they are not.
func (c *conn) decoded(ctx context.Context, stmt *sqlgen.Stmt, args []any, on store.Scale) ([]plan.Tuple, error) {
	out := tuples{weight: store.Weight{On: on}}
	err := c.read(ctx, stmt.Text, args, func(r row) error { return out.add(stmt.Types, r) })
	return out.all, err
}

// errSeveral is the error of reading the rows of several statements or giving arguments to them, and of a driver that shows no handles.
var errSeveral = errors.New("sqlite: this is not one statement")

// exec runs a statement, or several that have no arguments, and gives the number of rows that the last one changed.
func (c *conn) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	p, err := c.prepare(ctx, sql)
	if err != nil {
		return 0, err
	}
	return c.carry(ctx, p, args)
}

// carry is exec of what is prepared.
func (c *conn) carry(ctx context.Context, p *prepared, args []any) (int64, error) {
	if p.handle == 0 && len(args) == 0 {
		return c.script(ctx, p.stmt)
	}
	if err := c.run(ctx, p, args, func(row) error { return nil }); err != nil {
		return 0, err
	}
	return c.below.changed(), nil
}

// script runs a text of several statements.
func (c *conn) script(ctx context.Context, stmt driver.Stmt) (int64, error) {
	res, err := stmt.(driver.StmtExecContext).ExecContext(ctx, nil)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// each calls f with every row, which is f's to keep.
func (c *conn) each(ctx context.Context, sql string, args []any, f func([]any) error) error {
	return c.read(ctx, sql, args, func(r row) error { return f(r.raw()) })
}

// rollback undoes the transaction, unless the engine already did.
func (c *conn) rollback() { _, _ = c.exec(context.Background(), "ROLLBACK") }

// pragma runs a pragma and gives the first column of its first row.
func (c *conn) pragma(text string) (any, error) {
	var out any
	err := c.each(context.Background(), "PRAGMA "+text, nil, func(row []any) error {
		if out == nil {
			out = row[0]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("PRAGMA %s: %w", text, err)
	}
	return out, nil
}
