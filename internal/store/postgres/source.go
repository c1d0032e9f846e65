package postgres

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// Reads that need no transaction and are known to be quick share a round trip when they come at the same time. Each is a statement
// of its own, which sees what was committed before it came. None goes with others that has not run before, and those that were kept
// up by one of them all have to run alone again.

const (
	readers   = 64                     // so many share a trip
	sharedRun = 10 * time.Millisecond  // so much is expected of what shares one
	sharedMax = 100 * time.Millisecond // after so long, and some ways, each goes alone that has not been answered
)

// answerTime is about what a node takes itself for an answer. A node's processors that make answers all the time need no more trips
// under way than have the server give as many; others then gather, and cost the server and the node less. The longer the way, the
// more there may be, up to as many as there are connections. What takes the server much longer is not worth gathering.
const (
	answerTime = 200 * time.Microsecond
	quickTime  = 10 * answerTime
)

// source is a server that reads are asked of without a transaction.
type source struct {
	pool  *pgxpool.Pool
	clock clock.Clock
	queue[*question]
	paces paces
	most  time.Duration // that a shared trip may take, beside the way
	loose atomic.Bool   // sessions are not ours alone: nothing bounds a statement
}

func newSource(pool *pgxpool.Pool, c clock.Clock) *source {
	return &source{pool: pool, clock: c, most: sharedMax,
		queue: queue[*question]{bounds: queueBounds{fewestTrips(), readers, int(sharedRun), turnTime}}}
}

func fewestTrips() int { return max(2, runtime.GOMAXPROCS(0)) }

// trips is how many may be under way that take so long.
func (s *source) trips(each time.Duration) int {
	wanted := int64(fewestTrips()) * max(1, int64(each/answerTime))
	return int(min(wanted, int64(s.pool.Config().MaxConns)))
}

// question is a statement that gives rows, and the rows as they come.
type question struct {
	statement
	rows  tuples
	wrong error // why they cannot be taken
}

func newQuestion(stmt *sqlgen.Stmt, args []any, on store.Scale) (*question, error) {
	values, err := texts(args)
	if err != nil {
		return nil, err
	}
	q := &question{rows: tuples{types: stmt.Types, weight: store.Weight{On: on}}}
	q.statement = statement{sql: stmt.Text, values: values, formats: dialect.Formats(stmt.Types)}
	return q, nil
}

// asked is the statement, whose rows are kept.
func (q *question) asked() statement {
	s := q.statement
	s.each = q.keep
	return s
}

// keep takes a row; one that cannot be taken is a matter of its own question.
func (q *question) keep(row [][]byte) error {
	if q.wrong == nil {
		q.wrong = q.rows.add(row)
	}
	return nil
}

// errLoose is the error of a question that needs a transaction to be bounded.
var errLoose = errors.New("postgres: nothing bounds a statement here")

// ask asks in a trip that others may share.
func (s *source) ask(ctx context.Context, stmt *sqlgen.Stmt, args []any, on store.Scale) ([]plan.Tuple, error) {
	if s.loose.Load() {
		return nil, errLoose
	}
	q, err := newQuestion(stmt, args, on)
	if err != nil {
		return nil, err
	}
	t := told{apart: true}
	if pace := s.paces.expected(q.sql); pace <= quickTime && s.gathers() {
		s.limit(s.trips(s.paces.came(pace)))
		g := newGuest(q, int(pace))
		if t = s.turn(ctx, g); t.leads {
			t = s.lead(ctx, g)
		}
	}
	if t.apart {
		q.rows, q.wrong = tuples{types: stmt.Types, weight: store.Weight{On: on}}, nil
		t.err = s.alone(ctx, q)
	}
	if t.err != nil {
		return nil, t.err
	}
	return q.rows.all, q.wrong
}

// reach takes a connection.
func (s *source) reach(ctx context.Context) (*link, error) {
	c, err := acquire(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	l := &link{conn: c}
	if !isBounded(l.wire()) {
		s.loose.Store(true)
		l.release()
		return nil, errLoose
	}
	return l, nil
}

// alone asks one question in a trip of its own, and sees how long it takes.
func (s *source) alone(ctx context.Context, q *question) error {
	l, err := s.reach(ctx)
	if err != nil {
		return err
	}
	defer l.release()
	d, err := s.timed(ctx, l, []statement{q.asked()})
	if err == nil {
		s.paces.took(q.sql, d)
	}
	return err
}

// lead asks a question, and with it those of others who wait when there is a connection.
func (s *source) lead(ctx context.Context, g *guest[*question]) told {
	defer s.pass()
	l, err := s.reach(ctx)
	if err != nil {
		return told{err: err}
	}
	defer l.release()
	with := s.take(g)
	if len(with) == 0 {
		d, err := s.sent(ctx, l, []statement{g.is.asked()})
		if err == nil {
			s.paces.shared([]*guest[*question]{g}, d)
		}
		return told{err: err}
	}
	return s.together(ctx, l, append([]*guest[*question]{g}, with...))
}

// together asks several questions in one trip. The others are told as soon as they are answered, and the first at the end.
func (s *source) together(ctx context.Context, l *link, all []*guest[*question]) told {
	answered, outcome := 0, told{err: fault.New(fault.Internal, "Internal error")}
	defer func() {
		for _, g := range all[max(1, answered):] {
			g.told <- outcome
		}
	}()
	batch := make([]statement, len(all))
	for i, g := range all {
		batch[i] = g.is.asked()
		batch[i].done = func() error {
			if answered++; i > 0 {
				g.told <- told{}
			}
			return nil
		}
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.most+4*s.paces.onTheWay())
	defer cancel()
	d, err := s.sent(limited, l, batch)
	s.went(err == nil)
	if err == nil {
		s.paces.shared(all, d)
	}
	if limited.Err() != nil { // a server sends answers when it likes: which of them kept the others up is seen where each runs alone
		for _, g := range all[answered:] {
			s.paces.forget(g.is.sql)
		}
	}
	if outcome = (told{apart: true}); answered > 0 {
		return told{}
	}
	return outcome
}

// sent sends a batch and now and then sees how long it takes; else that is 0.
func (s *source) sent(ctx context.Context, l *link, batch []statement) (time.Duration, error) {
	if s.paces.due() {
		return s.timed(ctx, l, batch)
	}
	_, err := l.send(ctx, batch)
	return 0, err
}

// timed sends a batch, and sees how long the server takes for it and how long the way is.
func (s *source) timed(ctx context.Context, l *link, batch []statement) (time.Duration, error) {
	began := s.clock.Now()
	d, err := l.timed(ctx, batch)
	if err == nil {
		s.paces.travelled(s.clock.Now().Sub(began) - d)
	}
	return d, err
}
