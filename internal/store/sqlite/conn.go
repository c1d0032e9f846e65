package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"
)

// keptStatements is how many prepared statements a connection keeps.
const keptStatements = 256

// conn is one connection with its prepared statements. It is for one goroutine at a time. It uses the driver without
// database/sql, whose locks and conversions cost as much as a small query.
type conn struct {
	raw   driver.Conn
	below *direct // of a connection that reads
	born  time.Time
	known map[string]*list.Element
	used  *list.List // *prepared, most recently used first

	numbers numbers
}

type prepared struct {
	sql    string
	stmt   driver.Stmt
	handle uintptr // where it was read
}

func newConn(raw driver.Conn, born time.Time) *conn {
	return &conn{raw: raw, born: born, known: make(map[string]*list.Element), used: list.New()}
}

func (c *conn) close() error {
	var errs []error
	for e := c.used.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*prepared).stmt.Close())
	}
	if c.below != nil {
		c.below.close()
	}
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
	c.known[sql] = c.used.PushFront(p)
	if c.used.Len() > keptStatements {
		oldest := c.used.Remove(c.used.Back()).(*prepared)
		delete(c.known, oldest.sql)
		oldest.stmt.Close()
	}
	return p, nil
}

// read runs a statement of a connection that reads; see direct.
func (c *conn) read(ctx context.Context, sql string, args []any, f func(row) error) error {
	p, err := c.prepare(ctx, sql)
	if err == nil && p.handle == 0 {
		p.handle, err = handle(p.stmt, "pstmt")
	}
	if err != nil {
		return err
	}
	return c.below.each(ctx, p.handle, args, f)
}

func named(args []any) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

// exec runs a statement and gives the number of rows it changed.
func (c *conn) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	p, err := c.prepare(ctx, sql)
	if err != nil {
		return 0, err
	}
	res, err := p.stmt.(driver.StmtExecContext).ExecContext(ctx, named(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// each calls f with every row; the row is good until f returns.
func (c *conn) each(ctx context.Context, sql string, args []any, f func([]any) error) (err error) {
	p, err := c.prepare(ctx, sql)
	if err != nil {
		return err
	}
	rows, err := p.stmt.(driver.StmtQueryContext).QueryContext(ctx, named(args))
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	return c.scan(ctx, rows, f)
}

// checkEvery is after how many rows a scan looks whether it is still wanted.
const checkEvery = 256

func (c *conn) scan(ctx context.Context, rows driver.Rows, f func([]any) error) error {
	width := len(rows.Columns())
	dest, row := make([]driver.Value, width), make([]any, width)
	for n := 1; ; n++ {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		for i, v := range dest {
			row[i] = v
		}
		if err := f(row); err != nil {
			return err
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
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
