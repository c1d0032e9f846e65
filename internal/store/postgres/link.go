package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	pool    *pgxpool.Pool // where conn is taken from as soon as it is needed
	place   chan struct{} // has one that is given back with conn; nil: none has
	prelude []string
	waiting []statement // travel with the next one
	last    bool        // the next statement is the transaction's last
	once    bool        // statements are planned once for all keys
	begun   bool        // a transaction may be open
}

func (l *link) wire() *pgconn.PgConn { return l.conn.Conn().PgConn() }

// reach takes a connection, unless there is one.
func (l *link) reach(ctx context.Context) (err error) {
	if l.conn == nil {
		l.conn, err = acquire(ctx, l.pool)
	}
	return err
}

// statement is one of a batch. each, where there is one, gets every row; the row is good until it returns.
type statement struct {
	sql     string
	fresh   bool // it begins what is not to be in one transaction with what goes before it
	values  [][]byte
	formats []int16 // of the columns that it gives; nil: all as text
	each    func([][]byte) error
	done    func() error // after the last row
	rows    int64        // that it changes; 0: however many
	perhaps bool         // … or none
	missed  *error       // is told where it does not; the statements after it are carried out all the same

	name string // under which it is made
}

// run carries out a statement, and in the same round trip what has to come before it: the prelude, and what waits.
func (l *link) run(ctx context.Context, sql string, args []any, each func([][]byte) error) (int64, error) {
	values, err := texts(args)
	if err != nil {
		return 0, err
	}
	return l.carryOut(ctx, statement{sql: sql, values: values, each: each})
}

// carryOut is run for a statement as it is sent.
func (l *link) carryOut(ctx context.Context, s statement) (int64, error) {
	batch := append(l.before(), s)
	if l.last {
		batch = append(batch, statement{sql: "ROLLBACK"})
	}
	return l.send(ctx, batch)
}

// before is what has to come before a statement and was not sent yet.
func (l *link) before() []statement {
	batch := make([]statement, 0, len(l.prelude)+len(l.waiting)+2)
	for _, text := range l.prelude {
		batch = append(batch, statement{sql: text, each: refuseHeld})
	}
	batch = append(batch, l.waiting...)
	l.begun = l.begun || len(l.prelude) > 0
	l.prelude, l.waiting = nil, nil
	return batch
}

// send carries out statements in one round trip, up to the first that fails. The number is the last one's.
func (l *link) send(ctx context.Context, batch []statement) (int64, error) {
	if err := l.reach(ctx); err != nil {
		return 0, err
	}
	named := namesOf(l.wire())
	if named == nil {
		batch = slices.DeleteFunc(batch, isPlanning)
	}
	if len(batch) == 1 {
		if known := named.known(batch[0].sql); known != nil {
			n, err := drain(l.wire().ExecStatement(ctx, known, batch[0].values, nil, batch[0].formats), batch[0].each)
			return l.minded(n, batch[0].ended(err))
		}
	}
	p := l.wire().StartPipeline(ctx)
	for i := range batch {
		if batch[i].fresh && i > 0 {
			p.SendPipelineSync()
		}
		batch[i].queue(p, named)
	}
	named.sent()
	n, err := l.answers(p, batch)
	if ended := p.Close(); err == nil {
		err = ended
	}
	return l.minded(n, err)
}

// minded makes the connection one that is not used again where its names do not mean what they did.
func (l *link) minded(n int64, err error) (int64, error) {
	if isForgotten(err) {
		_ = l.wire().Close(context.Background())
	}
	return n, err
}

// queue puts a statement into a pipeline, under its name or one that it gets.
func (s *statement) queue(p *pgconn.Pipeline, n *names) {
	if known := n.known(s.sql); known != nil {
		p.SendQueryStatement(known, s.values, nil, s.formats)
		return
	}
	if name := n.coming(s.sql); name != "" {
		p.SendQueryPrepared(name, s.values, nil, s.formats)
		return
	}
	name, goes := n.next(s.sql)
	if name == "" {
		p.SendQueryParams(s.sql, s.values, nil, nil, s.formats)
		return
	}
	if goes != "" {
		p.SendDeallocate(goes)
	}
	p.SendPrepare(name, s.sql, nil)
	s.name = name
	p.SendQueryPrepared(name, s.values, nil, s.formats)
}

// answers reads what a pipeline gives.
func (l *link) answers(p *pgconn.Pipeline, batch []statement) (n int64, err error) {
	if err := p.Sync(); err != nil {
		return 0, err
	}
	for i := 0; i < len(batch); {
		answer, err := p.GetResults()
		if err != nil {
			return 0, err
		}
		switch answer := answer.(type) {
		case *pgconn.CloseComplete, *pgconn.PipelineSync:
		case *pgconn.StatementDescription:
			namesOf(l.wire()).keep(batch[i].sql, batch[i].name, answer)
		case *pgconn.ResultReader:
			n, err = drain(answer, batch[i].each)
			if err = batch[i].ended(err); err != nil {
				return 0, err
			}
			if wrong := batch[i].counted(n); wrong != nil {
				*batch[i].missed = wrong
			}
			i++
		default:
			return 0, fmt.Errorf("postgres: a %T where a result is due", answer)
		}
	}
	return n, nil
}

// ended is called after the last row, with how that went.
func (s *statement) ended(err error) error {
	if err == nil && s.done != nil {
		err = s.done()
	}
	return err
}

// counted is the error of having changed so many rows.
func (s *statement) counted(n int64) error {
	switch {
	case s.rows == 0, n == s.rows:
		return nil
	case s.perhaps && n == 0:
		return errMissed
	}
	return fmt.Errorf("%w: %d, not %d", errMiscounted, n, s.rows)
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
	buf := make([]byte, 0, roomFor(args))
	for i, a := range args {
		from := len(buf)
		switch a := a.(type) {
		case nil:
			continue
		case string:
			buf = append(buf, a...)
		case int64:
			buf = strconv.AppendInt(buf, a, 10)
		default:
			return nil, fmt.Errorf("postgres: argument %d is a %T", i+1, a)
		}
		out[i] = buf[from:len(buf):len(buf)]
	}
	return out, nil
}

// roomFor is how long arguments are on the wire, at the most.
func roomFor(args []any) (n int) {
	for _, a := range args {
		switch a := a.(type) {
		case string:
			n += len(a)
		case int64:
			n += len("-9223372036854775808")
		}
	}
	return n
}

// endTimeout is how long the end of a transaction may take that nobody waits for.
const endTimeout = 5 * time.Second

// undo ends the transaction without keeping anything, whether or not the caller is still there.
func (l *link) undo(ctx context.Context) error {
	if !l.begun || l.conn == nil || l.wire().IsClosed() || l.wire().TxStatus() == 'I' {
		return nil
	}
	l.begun = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_, err := l.send(ctx, []statement{{sql: "ROLLBACK"}})
	return err
}

// release gives the connection back; one with an open transaction is closed instead.
func (l *link) release() {
	if l.conn != nil {
		l.conn.Release()
		l.conn = nil
	}
	if l.place != nil {
		<-l.place
		l.place = nil
	}
}

// setting holds in one transaction.
type setting struct{ name, value string }

// lacking is a look for a hold where none can be.
const lacking = "NULL"

// opening begins a transaction as begin says, with settings and a look for a hold. These are one statement: each has its cost.
func opening(begin string, set []setting, look string) []string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for _, s := range set {
		b.WriteString("set_config('" + s.name + "', '" + s.value + "', true), ")
	}
	return []string{begin, b.String() + look}
}

// bounds make the server give up by itself: when a statement takes longer than the request may, and when the node that holds
// the transaction is silent for as long.
func bounds(ctx context.Context, now time.Time) []setting {
	deadline, ok := ctx.Deadline()
	if !ok {
		return []setting{{"statement_timeout", "0"}} // a session of our own has a bound
	}
	ms := strconv.FormatInt(max(1, roundUp(deadline.Sub(now).Milliseconds())), 10)
	return []setting{{"statement_timeout", ms}, {"idle_in_transaction_session_timeout", ms}}
}

// roundUp makes times that are nearly alike the same: so are the statements that name them.
func roundUp(ms int64) int64 {
	const step = 100
	if ms < 10*step {
		return ms
	}
	return (ms + step - 1) / step * step
}
