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

// source is a server that reads are asked of without a transaction.
type source struct {
	pool  *pgxpool.Pool
	width int // connections, at the most
	clock clock.Clock
	queue[*question]
	alike alike
	paces paces
	most  time.Duration // that a shared trip may take, beside the way
	loose atomic.Bool   // sessions are not ours alone: nothing bounds a statement
}

func newSource(pool *pgxpool.Pool, c clock.Clock) *source {
	return &source{pool: pool, width: int(pool.Config().MaxConns), clock: c, most: sharedMax, alike: alike{wait: turnTime},
		queue: queue[*question]{bounds: queueBounds{fewestTrips(), readers, int(sharedRun), turnTime}}}
}

func fewestTrips() int { return max(2, runtime.GOMAXPROCS(0)) }

// trips is how many may be under way that take so long.
func (s *source) trips(each time.Duration) int {
	wanted := int64(fewestTrips()) * max(1, int64(each/answerTime))
	return int(min(wanted, int64(s.width)))
}

// errLoose is the error of a question that needs a transaction to be bounded.
var errLoose = errors.New("postgres: nothing bounds a statement here")

// ask asks in a trip that others may share.
func (s *source) ask(ctx context.Context, q *question) error {
	if s.loose.Load() {
		return errLoose
	}
	t := told{apart: true}
	if s.gathers() {
		t = s.gathered(ctx, q)
	}
	if t.apart {
		q.again()
		return s.alone(ctx, q)
	}
	return t.err
}

// gathered asks together with others: what is quick with whatever there is, and what is not with what is the same.
func (s *source) gathered(ctx context.Context, q *question) told {
	pace := s.paces.expected(q.wording())
	in, g := &s.queue, newGuest(q, int(pace))
	if pace <= quickTime {
		s.limit(s.trips(s.paces.came(pace)))
	} else {
		key := q.key()
		in = s.alike.join(key)
		defer s.alike.leave(key)
	}
	if t := in.turn(ctx, g); !t.leads {
		return t
	}
	defer in.pass()
	return s.lead(ctx, in, g)
}

// reach takes a connection, which is given back with finish.
func (s *source) reach(ctx context.Context) (*link, error) {
	c, err := acquire(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	l := &link{conn: c, begun: true}
	if !isBounded(l.wire()) {
		s.loose.Store(true)
		l.release()
		return nil, errLoose
	}
	return l, nil
}

// finish gives a connection back, without the transaction that a question may have left open.
func (l *link) finish() {
	_ = l.undo(context.Background()) // a connection that cannot is not used again
	l.release()
}

// alone asks one question in a trip of its own, and sees how long it takes.
func (s *source) alone(ctx context.Context, q *question) error {
	l, err := s.reach(ctx)
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
	l, err := s.reach(ctx)
	if err != nil {
		return told{err: err}
	}
	defer l.finish()
	with := in.take(g)
	if len(with) == 0 {
		return told{err: s.sent(ctx, l, []*table{{one: g}}, g.is.batch(nil))}
	}
	return s.together(ctx, in, l, seated(append([]*guest[*question]{g}, with...)))
}

// table is guests whose questions are equal: that of one is asked.
type table struct {
	one  *guest[*question]
	same []*guest[*question]
}

// seated puts guests together whose questions are equal. The first one's is the first.
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
	return out
}

// answered tells the others at a table what the one is answered.
func (t *table) answered() {
	for _, g := range t.same {
		g.told <- told{apart: !g.is.takes(t.one.is)}
	}
}

// together asks several questions in one trip. The others are told as soon as they are answered, and the first at the end.
func (s *source) together(ctx context.Context, in *queue[*question], l *link, all []*table) told {
	answered, outcome := 0, told{err: fault.New(fault.Internal, "Internal error")}
	defer func() {
		for i, t := range all[answered:] {
			for _, g := range t.same {
				g.told <- outcome
			}
			if answered+i > 0 {
				t.one.told <- outcome
			}
		}
	}()
	batch := make([]statement, 0, len(all))
	for i, t := range all {
		batch = append(batch, t.one.is.batch(func() error {
			answered++
			if t.answered(); i > 0 {
				t.one.told <- told{}
			}
			return nil
		})...)
	}
	limited, cancel := s.limited(ctx, all[0].one)
	defer cancel()
	in.went(s.sent(limited, l, all, batch) == nil)
	if limited.Err() != nil { // a server sends answers when it likes: which of them kept the others up is seen where each runs alone
		for _, t := range all[answered:] {
			s.paces.forget(t.one.is.wording())
		}
	}
	if outcome = (told{apart: true}); answered > 0 {
		return told{}
	}
	return outcome
}

// limited bounds a trip that others wait for, which goes on where the first of them goes away: by what quick questions may take, or
// by the time that the first has, which is up before that of those who came after it.
func (s *source) limited(ctx context.Context, first *guest[*question]) (context.Context, context.CancelFunc) {
	most := s.most + 4*s.paces.onTheWay()
	if deadline, ok := ctx.Deadline(); ok && first.weight > int(quickTime) {
		most = deadline.Sub(s.clock.Now())
	}
	return context.WithTimeout(context.WithoutCancel(ctx), most)
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
