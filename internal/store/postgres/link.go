package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/fault"
)

// acquireTimeout is how long a request waits for a connection while all of them are busy.
const acquireTimeout = 5 * time.Second

// acquire takes a connection out of a pool.
func acquire(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	c, err := pool.Acquire(waiting)
	if err == nil || ctx.Err() != nil || waiting.Err() == nil {
		return c, err
	}
	if stat := pool.Stat(); stat.AcquiredConns() < stat.MaxConns() {
		return nil, unreachable(err)
	}
	return nil, fault.New(fault.Unavailable, "Timed out acquiring connection from connection pool.").
		WithHint("the server is busy: try again").Because(err)
}

// link is a connection in use. What opens its transaction travels with the first statement.
type link struct {
	conn    *pgxpool.Conn
	prelude []string
	begun   bool // a transaction may be open
}

func (l *link) wire() *pgconn.PgConn { return l.conn.Conn().PgConn() }

// run carries out a statement, and before the first one the prelude in the same round trip. each gets every row in the text
// format; the row is good until each returns.
func (l *link) run(ctx context.Context, sql string, args []any, each func([][]byte) error) (int64, error) {
	values, err := texts(args)
	if err != nil {
		return 0, err
	}
	if len(l.prelude) == 0 {
		return drain(l.wire().ExecParams(ctx, sql, values, nil, nil, nil), each)
	}
	prelude := l.prelude
	l.prelude, l.begun = nil, true
	p := l.wire().StartPipeline(ctx)
	for _, text := range prelude {
		p.SendQueryParams(text, nil, nil, nil, nil)
	}
	p.SendQueryParams(sql, values, nil, nil, nil)
	n, err := piped(p, len(prelude), each)
	if ended := p.Close(); err == nil {
		err = ended
	}
	return n, err
}

// piped reads the answers of a pipeline: those of the prelude, then the statement's.
func piped(p *pgconn.Pipeline, prelude int, each func([][]byte) error) (n int64, err error) {
	if err := p.Sync(); err != nil {
		return 0, err
	}
	for i := range prelude + 1 {
		answer, err := p.GetResults()
		if err != nil {
			return 0, err
		}
		reader, ok := answer.(*pgconn.ResultReader)
		if !ok {
			return 0, fmt.Errorf("postgres: a %T where a result is due", answer)
		}
		if i < prelude {
			_, err = drain(reader, refuseAny)
		} else {
			n, err = drain(reader, each)
		}
		if err != nil {
			return 0, err
		}
	}
	return n, nil
}

func drain(r *pgconn.ResultReader, each func([][]byte) error) (int64, error) {
	var wrong error
	for r.NextRow() {
		if each != nil && wrong == nil {
			wrong = each(r.Values())
		}
	}
	tag, err := r.Close()
	if err == nil {
		err = wrong
	}
	return tag.RowsAffected(), err
}

// texts are arguments on the wire; nil is NULL.
func texts(args []any) ([][]byte, error) {
	out := make([][]byte, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case nil:
		case string:
			out[i] = []byte(a)
		case int64:
			out[i] = strconv.AppendInt(nil, a, 10)
		default:
			return nil, fmt.Errorf("postgres: argument %d is a %T", i+1, a)
		}
	}
	return out, nil
}

// endTimeout is how long the end of a transaction may take that nobody waits for.
const endTimeout = 5 * time.Second

// undo ends the transaction without keeping anything, whether or not the caller is still there.
func (l *link) undo(ctx context.Context) error {
	if !l.begun || l.wire().IsClosed() || l.wire().TxStatus() == 'I' {
		return nil
	}
	l.begun = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_, err := drain(l.wire().ExecParams(ctx, "ROLLBACK", nil, nil, nil, nil), nil)
	return err
}

// release gives the connection back; one with an open transaction is closed instead.
func (l *link) release() {
	if l.conn != nil {
		l.conn.Release()
		l.conn = nil
	}
}

// bounds make the server give up by itself: when a statement takes longer than the request may, and when the node that holds
// the transaction is silent for as long.
func bounds(ctx context.Context, now time.Time) []string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	ms := strconv.FormatInt(max(1, deadline.Sub(now).Milliseconds()), 10)
	return []string{"SET LOCAL statement_timeout = " + ms, "SET LOCAL idle_in_transaction_session_timeout = " + ms}
}
