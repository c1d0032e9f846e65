package postgres

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
)

// Reads that are known to be quick share a round trip when they come at the same time. Each has a state of the database of its own,
// of which is seen what was committed before it came. None goes with others that has not run before, and those that were kept up by
// one of them all have to run alone again. Questions that are equal, values and all, are asked once for all who wait: who may see
// what is part of the question.

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

// slowTime is how long a question takes for which some connections are not used: what is quick finds one, however many are slow, and so
// does what is asked for the first time.
const slowTime = 10 * quickTime

// source is a server that reads are asked of without a transaction.
type source struct {
	pool  *pgxpool.Pool
	width int           // connections, at the most
	slow  chan struct{} // has room for as many as may be used for what is slow
	clock clock.Clock
	queue[*question]
	alike alike
	paces paces
	most  time.Duration // that a shared trip may take, beside the way
	loose atomic.Bool   // sessions are not ours alone: nothing bounds a statement
}

func newSource(pool *pgxpool.Pool, c clock.Clock) *source {
	width := int(pool.Config().MaxConns)
	return &source{pool: pool, width: width, slow: make(chan struct{}, width-min(fewestTrips(), width/4)), clock: c, most: sharedMax,
		alike: alike{wait: turnTime}, queue: queue[*question]{bounds: queueBounds{fewestTrips(), readers, int(sharedRun), turnTime, false}}}
}

func fewestTrips() int { return max(2, runtime.GOMAXPROCS(0)) }

// trips is how many may be under way that take so long.
func (s *source) trips(each time.Duration) int {
	wanted := int64(fewestTrips()) * max(1, int64(each/answerTime))
	return int(min(wanted, int64(s.width)))
}

// errLoose is the error of a question that needs a transaction to be bounded.
var errLoose = errors.New("postgres: nothing bounds a statement here")

// ask asks in a trip that others may share: what is quick with whatever there is, and what is not with what is equal.
func (s *source) ask(ctx context.Context, q *question) error {
	t := told{apart: true}
	pace, first := s.paces.expected(q.wording())
	q.slow = pace > slowTime && !first
	switch {
	case pace > quickTime:
		t = s.inLine(ctx, q, pace)
	case s.gathers():
		s.limit(s.trips(s.paces.came(pace)))
		t = s.goes(ctx, &s.queue, newGuest(q, int(pace)))
	}
	if t.apart {
		q.again()
		return s.alone(ctx, q)
	}
	return t.err
}

// inLine asks with those who ask the same.
func (s *source) inLine(ctx context.Context, q *question, pace time.Duration) (t told) {
	key := q.key()
	in := s.alike.join(key)
	defer s.alike.leave(key)
	for t.again = true; t.again; {
		t = s.goes(ctx, in, newGuest(q, int(pace)))
	}
	return t
}

// goes waits in a queue, and leads or is taken along.
func (s *source) goes(ctx context.Context, in *queue[*question], g *guest[*question]) told {
	t := in.turn(ctx, g)
	if t.leads {
		defer in.pass(g)
		t = s.lead(ctx, in, g)
	}
	if from := g.is.from; t == (told{}) && from != nil {
		t.apart = !g.is.takes(from)
	}
	return t
}

// reach takes a connection, which is given back with finish. For what is slow it is not one of the last.
func (s *source) reach(ctx context.Context, slow bool) (*link, error) {
	l := &link{}
	if slow {
		select {
		case s.slow <- struct{}{}:
			l.place = s.slow
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var err error
	if l.conn, err = acquire(ctx, s.pool); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

// bounded takes a connection whose session bounds its statements.
func (s *source) bounded(ctx context.Context, slow bool) (*link, error) {
	l, err := s.reach(ctx, slow)
	if err != nil {
		return nil, err
	}
	if !isBounded(l.wire()) {
		s.loose.Store(true)
		l.release()
		return nil, errLoose
	}
	l.begun = true
	return l, nil
}

// finish gives a connection back, without the transaction that a question may have left open.
func (l *link) finish() {
	_ = l.undo(context.Background()) // a connection that cannot is not used again
	l.release()
}

// alone asks one question in a trip of its own, and sees how long it takes.
func (s *source) alone(ctx context.Context, q *question) error {
	l, err := s.bounded(ctx, q.slow)
	if err != nil {
		return err
	}
	defer l.finish()
	d, err := s.timed(ctx, l, q.batch(nil))
	if err == nil {
		s.paces.took(q.wording(), d)
	}
	return err
}

// lead asks a question, and with it those of others who wait when there is a connection.
func (s *source) lead(ctx context.Context, in *queue[*question], g *guest[*question]) told {
	l, err := s.bounded(ctx, g.is.slow)
	if err != nil {
		return told{err: err}
	}
	defer l.finish()
	with := in.take(g)
	if len(with) == 0 {
		return told{err: s.sent(ctx, l, []*table{{one: g}}, g.is.batch(nil))}
	}
	return s.together(ctx, in, l, g, seated(append([]*guest[*question]{g}, with...)))
}

// table is guests whose questions are equal: that of one is asked.
type table struct {
	one  *guest[*question]
	same []*guest[*question]
}

// seated puts guests together whose questions are equal. What is a transaction of its own comes first: it cannot begin after other
// statements.
func seated(all []*guest[*question]) []*table {
	out := make([]*table, 0, len(all))
	for _, g := range all {
		i := slices.IndexFunc(out, func(t *table) bool { return t.one.is.equals(g.is) })
		if i < 0 {
			out = append(out, &table{one: g})
			continue
		}
		out[i].same = append(out[i].same, g)
	}
	slices.SortStableFunc(out, func(a, b *table) int { return a.one.is.plain() - b.one.is.plain() })
	return out
}

// answered tells those at a table, but who leads, that the one is answered.
func (t *table) answered(leads *guest[*question]) {
	for _, g := range t.same {
		g.is.from = t.one.is
	}
	t.tell(leads, told{})
}

func (t *table) tell(leads *guest[*question], how told) {
	for _, g := range t.same {
		g.told <- how
	}
	if t.one != leads {
		t.one.told <- how
	}
}

// together asks several questions in one trip. The others are told as soon as they are answered, and who leads at the end.
func (s *source) together(ctx context.Context, in *queue[*question], l *link, leads *guest[*question], all []*table) told {
	answered, outcome := 0, told{err: fault.New(fault.Internal, "Internal error")}
	defer func() {
		for _, t := range all[answered:] {
			t.tell(leads, outcome)
		}
	}()
	batch := make([]statement, 0, len(all))
	for _, t := range all {
		batch = append(batch, t.one.is.batch(func() error {
			t.answered(leads)
			answered++
			return nil
		})...)
	}
	limited, cancel := s.limited(ctx, leads, all)
	defer cancel()
	in.went(s.sent(limited, l, all, batch) == nil)
	outcome = told{apart: true}
	if limited.Err() != nil {
		outcome = s.late(leads, all[answered:])
	}
	switch at := slices.IndexFunc(all, func(t *table) bool { return t.one == leads }); {
	case at < answered:
		return told{}
	case outcome.again:
		return told{err: context.Cause(limited)}
	}
	return outcome
}

// late is what those are told whom the end of a trip's time kept from being answered. A server sends answers when it likes: which of
// several quick questions kept the others up is seen where each runs alone. What is slow is asked again, for those whose time is not
// up.
func (s *source) late(leads *guest[*question], unanswered []*table) told {
	if leads.weight > int(quickTime) {
		return told{again: true}
	}
	for _, t := range unanswered {
		s.paces.doubt(t.one.is.wording())
	}
	return told{apart: true}
}

// limited bounds a trip that others wait for, and that goes on where who leads it goes away: by what quick questions may take, or
// else by the time that who leads has, and until nobody waits any more.
func (s *source) limited(ctx context.Context, leads *guest[*question], all []*table) (context.Context, context.CancelFunc) {
	own := context.WithoutCancel(ctx)
	if leads.weight <= int(quickTime) {
		return context.WithTimeout(own, s.most+4*s.paces.onTheWay())
	}
	deadline, _ := ctx.Deadline() // there is one, see Store.within
	limited, cancel := context.WithDeadline(own, deadline)
	var stay atomic.Int64
	waiting := everybody(all)
	stay.Store(int64(len(waiting)))
	for _, g := range waiting {
		context.AfterFunc(g.is.ctx, func() {
			if stay.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return limited, cancel
}

func everybody(at []*table) (out []*guest[*question]) {
	for _, t := range at {
		out = append(append(out, t.one), t.same...)
	}
	return out
}

// sent sends a batch, and sees how long it takes where it is not quick, and else now and then.
func (s *source) sent(ctx context.Context, l *link, all []*table, batch []statement) error {
	if all[0].one.weight <= int(quickTime) && !s.paces.due() {
		_, err := l.send(ctx, batch)
		return err
	}
	d, err := s.timed(ctx, l, batch)
	if err == nil {
		s.paces.shared(all, d)
	}
	return err
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
