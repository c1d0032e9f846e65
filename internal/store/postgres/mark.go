package postgres

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// marks are rows that transactions write beside what they are for. One whose commit was cut off is known by its mark: it was
// kept where the mark is there.
type marks struct {
	ids clock.IDs

	mu    sync.Mutex
	done  []string // of transactions whose outcome is known
	begun bool     // those of nodes that are gone were swept
}

const (
	marksSwept  = 64             // so many are taken away at once
	marksAre    = 24 * time.Hour // no transaction is unknown for longer
	resolveTime = 10 * time.Second
)

// mark names the next transaction; "" where the database has no place for it.
func (s *Store) mark() string {
	if !s.gated.Load() {
		return ""
	}
	id, err := s.marks.ids.Next(s.clock)
	if err != nil {
		return "" // its outcome may stay unknown
	}
	return sqlgen.MarkPrefix + id
}

// known notes that nobody will ask for a mark. ready are those to take away now.
func (m *marks) known(mark string) (ready []string, first bool) {
	if mark == "" {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done = append(m.done, mark); len(m.done) < marksSwept {
		return nil, false
	}
	ready, first = m.done, !m.begun
	m.done, m.begun = nil, true
	return ready, first
}

// settled takes marks away once there are enough. What stays behind is taken away by a later node.
func (s *Store) settled(ctx context.Context, mark string) {
	if ready, first := s.marks.known(mark); ready != nil {
		s.sweep(ctx, ready, first)
	}
}

func (s *Store) sweep(ctx context.Context, ready []string, first bool) {
	d := dialect.Dialect{}
	_ = s.attempt(ctx, opening(readCommitted, []setting{lightly}, lacking), func(tx store.Tx) error {
		e, err := sqlgen.Unmark(d, ready)
		if err == nil {
			_, err = tx.Exec(ctx, e.Text, e.Args...)
		}
		if err != nil || !first {
			return err
		}
		if e, err = sqlgen.UnmarkUntil(d, s.clock.Now().Add(-marksAre).UnixMicro()); err == nil {
			_, err = tx.Exec(ctx, e.Text, e.Args...)
		}
		return err
	})
}

const readCommitted = "BEGIN ISOLATION LEVEL READ COMMITTED"

// resolve finds out whether the transaction of a mark was kept, as soon as the database answers. Where it was not, it never will
// be. known is false where nobody can tell in time.
func (s *Store) resolve(ctx context.Context, mark string, err error) (kept, known bool) {
	if mark == "" || err == nil {
		return false, false
	}
	var u *store.Unknown
	if !errors.As(err, &u) || u.Late {
		return false, false
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	for run := 0; ; run++ {
		if kept, err = s.ask(ctx, mark); err == nil {
			return kept, true
		}
		if isLost(err) {
			s.main.Reset()
		}
		if !s.pause(ctx, run) {
			return false, false
		}
	}
}

func (s *Store) ask(ctx context.Context, mark string) (kept bool, err error) {
	d := dialect.Dialect{}
	err = s.attempt(ctx, []string{readCommitted}, func(tx store.Tx) error {
		e, err := sqlgen.Preempt(d, mark, s.clock.Now().UnixMicro())
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, e.Text, e.Args...); err != nil {
			return err
		}
		if e, err = sqlgen.Marked(d, mark); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, e.Text, e.Args...)
		if err != nil || len(rows) != 1 {
			return errors.Join(err, errUnmarked)
		}
		taken, err := strconv.ParseInt(rows[0][0].(string), 10, 64)
		kept = taken > 0
		return err
	})
	return kept, err
}

// errUnmarked is the error of a mark that went away while it was asked for.
var errUnmarked = errors.New("postgres: a mark is gone")

// errLate is the fault of a commit that nobody confirmed in time: a synchronous standby may be away.
func errLate(cause error) error {
	return fault.New(fault.Unavailable, "The database did not confirm the write in time: its durability is unknown").
		WithHint("look whether it was kept before sending it again; a request with an Idempotency-Key can be sent again safely").
		Because(&store.Unknown{Cause: cause, Late: true})
}

// probe reports whether commits are confirmed again.
func (s *Store) probe(ctx context.Context) error {
	c, err := acquire(ctx, s.health)
	if err != nil {
		return err
	}
	tx := s.writing([]string{readCommitted})
	tx.conn, tx.patience = c, pingTimeout
	defer tx.release()
	mark := s.mark()
	e, err := sqlgen.Mark(dialect.Dialect{}, mark, s.clock.Now().UnixMicro())
	if err == nil {
		_, err = tx.Exec(ctx, e.Text, e.Args...)
	}
	if err == nil {
		err = tx.commit(ctx)
	}
	if err == nil {
		s.unsure.Store(false)
		s.settled(ctx, mark)
	}
	return err
}
