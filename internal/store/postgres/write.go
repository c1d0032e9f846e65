package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
)

// maxRuns is how often a transaction is begun before it is given up.
const maxRuns = 8

// Write runs f in a transaction, again after a conflict and after a connection that was lost before the commit. Where it was
// lost during the commit, the transaction's mark tells whether it was kept; where that cannot be asked either, the error's cause
// is a *store.Unknown.
func (s *Store) Write(ctx context.Context, f func(store.Tx) error) error {
	var err error
	for run := range maxRuns {
		tx := s.writing(s.begin(bounds(ctx, s.clock.Now())))
		tx.mark = s.mark()
		if run == 0 && tx.mark != "" && patient(ctx, s.clock.Now()) {
			tx.brief = briefly
		}
		err = s.carry(ctx, tx, f)
		if errors.Is(err, errMissed) {
			s.settled(ctx, tx.mark)
			continue
		}
		kept, known := s.resolve(ctx, tx.mark, err)
		if err == nil || kept {
			s.replicas.wrote(store.SessionOf(ctx), s.clock.Now())
			s.settled(ctx, tx.mark)
			if kept && tx.row != "" {
				return shown(ctx, err) // nobody knows whether there was a row
			}
			return nil
		}
		if !known && !s.again(ctx, err) || !s.pause(ctx, run) {
			break
		}
	}
	return shown(ctx, err)
}

// beginning is what transactions of the same bounds begin with.
type beginning struct {
	bounds []setting
	gated  bool
	texts  []string
}

// begin is what a transaction that writes begins with: mostly what the last one did.
func (s *Store) begin(bounds []setting) []string {
	gated := s.gated.Load()
	if b := s.beginning.Load(); b != nil && b.gated == gated && slices.Equal(b.bounds, bounds) {
		return b.texts
	}
	b := &beginning{bounds, gated, opening("BEGIN", bounds, s.gate())}
	s.beginning.Store(b)
	return b.texts
}

// again reports whether nothing of a transaction was kept and it may fare better when it is run again. Connections that may
// be dead, or keep statements of an older schema, are let go.
func (s *Store) again(ctx context.Context, err error) bool {
	if isLost(err) || isForgotten(err) {
		s.main.Reset()
	}
	var unknown *store.Unknown
	if ctx.Err() != nil || errors.As(err, &unknown) {
		s.replicas.wrote(store.SessionOf(ctx), s.clock.Now()) // it may have been kept
		return false
	}
	return isConflict(err) || isLost(err)
}

// firstPause and longestPause bound the wait before a transaction is run again; it doubles in between.
const (
	firstPause   = 10 * time.Millisecond
	longestPause = time.Second
)

// pause waits between half and all of the run's pause; false where the caller has gone.
func (s *Store) pause(ctx context.Context, run int) bool {
	most := min(longestPause, firstPause<<min(run, 10))
	var raw [2]byte
	_, _ = io.ReadFull(s.clock.Random(), raw[:]) // without randomness the pause is the shortest
	t := time.NewTimer(most/2 + most/2*time.Duration(binary.BigEndian.Uint16(raw[:]))/(1<<16))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// attempt runs f in one transaction. The error is the one that decides whether it may be run again: a conflict or a lost
// connection, whatever f has made of it.
func (s *Store) attempt(ctx context.Context, prelude []string, f func(store.Tx) error) error {
	return s.carry(ctx, s.writing(prelude), f)
}

// writing is a transaction that has yet to begin.
func (s *Store) writing(prelude []string) *writing {
	return &writing{link: link{pool: s.main, prelude: prelude}, store: s, opening: prelude, patience: commitTimeout, at: s.clock.Now().UnixMicro()}
}

// carry runs f in a transaction. What f has left and the server refuses is run once more in one to which nothing is left.
func (s *Store) carry(ctx context.Context, tx *writing, f func(store.Tx) error) error {
	defer tx.release()
	err := s.carried(ctx, tx, f)
	if tx.refused {
		asks := s.writing(tx.opening)
		asks.conn, asks.begun, asks.mark, asks.at = tx.conn, true, tx.mark, tx.at
		asks.prelude = append([]string{"ROLLBACK"}, tx.opening...)
		tx.row = ""
		err = s.carried(ctx, asks, f)
	}
	return err
}

// carried runs f and ends the transaction.
func (s *Store) carried(ctx context.Context, tx *writing, f func(store.Tx) error) error {
	if err := f(tx); err != nil {
		if tx.broken != nil {
			err = tx.broken
		}
		if undone := tx.undo(ctx); undone != nil {
			return err // the connection goes, and the transaction with it
		}
		return err
	}
	err := tx.commit(ctx)
	var u *store.Unknown
	switch {
	case errors.As(err, &u) && u.Late:
		s.unsure.Store(true)
	case err == nil && tx.mark != "" && tx.begun:
		s.unsure.Store(false)
	}
	return err
}

// writing is a write transaction.
type writing struct {
	link
	store    *Store
	broken   error         // the first conflict, or how the connection was lost or why there was none
	patience time.Duration // how long its commit may take
	mark     string        // "": none
	at       int64

	brief   []string     // what begins one that is left; nil: none is
	left    []statement  // what was left to do
	size    int          // of that, in bytes
	row     string       // that it is about and that may not be there; "": there is none such
	missed  error        // what was left was done and did not change the rows that it was meant to
	unless  *sqlgen.Exec // … unless this finds a row; nil: nothing was left
	refused bool         // what was left was refused, and nothing is kept

	opening []string // what began it
	wrote   bool     // something was written
	bare    bool     // a statement runs whose savepoint is the transaction's beginning
	void    bool     // it has been begun anew since
}

var _ store.Tx = (*writing)(nil)

func (w *writing) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	if done, err := w.bracket(ctx, sql); done {
		return 0, err
	}
	w.wrote = true
	w.replan(sql)
	n, err := w.run(ctx, sql, args, nil)
	return n, w.noted(ctx, err)
}

func (w *writing) Query(ctx context.Context, sql string, args ...any) ([][]any, error) {
	w.wrote = w.wrote || changes(sql)
	rows := &raws{}
	w.replan(sql)
	_, err := w.run(ctx, sql, args, rows.add)
	return rows.all, w.noted(ctx, err)
}

func (w *writing) noted(ctx context.Context, err error) error {
	if err != nil && w.broken == nil && (w.conn == nil || isConflict(err) || isLost(err) || isHeld(err)) {
		w.broken = err
	}
	return shown(ctx, err)
}

// commitTimeout is how long a commit may take, also where the request's own time is up: a synchronous standby may be away.
const commitTimeout = 10 * time.Second

// commit keeps the transaction. Only the server's own refusal, or a COMMIT that was never sent, says that it was not kept.
func (w *writing) commit(ctx context.Context) error {
	switch {
	case w.unless != nil && !w.begun:
		return w.leave(ctx)
	case !w.begun:
		return nil
	}
	if err := w.settle(ctx); err != nil {
		return errors.Join(err, w.undo(ctx))
	}
	if w.void {
		return errors.Join(errFailed, w.undo(ctx))
	}
	if w.conn == nil || w.wire().IsClosed() || w.wire().TxStatus() == 'E' {
		if w.broken == nil {
			w.broken = errors.Join(errFailed, w.undo(ctx))
		}
		return w.broken
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, w.undo(ctx))
	}
	if w.unless != nil {
		return w.leave(ctx)
	}
	return w.ended(ctx, w.end)
}

// ended is what came of an end, which happens also where the request's own time is up.
func (w *writing) ended(ctx context.Context, end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.patience)
	defer cancel()
	warned := w.wire().CustomData()
	delete(warned, warning)
	err := end(ctx)
	var server *pgconn.PgError
	switch {
	case err == nil && warned[warning] != nil:
		return errLate(warned[warning].(error))
	case err == nil, pgconn.SafeToRetry(err), codeOf(err) == readOnly, errors.As(err, &server) && !isLost(err):
		return err
	case ctx.Err() != nil:
		return errLate(err)
	}
	return fault.New(fault.Unavailable, "The connection to the database was lost while the write was being committed: it may or may not have been kept").
		WithHint("look whether it was before sending it again; a request with an Idempotency-Key can be sent again safely").
		Because(&store.Unknown{Cause: err})
}

// end sends the mark and COMMIT in one round trip.
func (w *writing) end(ctx context.Context) error {
	var batch []statement
	if w.mark != "" {
		mark, err := stated(sqlgen.Mark(dialect.Dialect{}, w.mark, w.at))
		if err != nil {
			return err
		}
		batch = append(batch, mark)
	}
	_, err := w.send(ctx, append(batch, statement{sql: "COMMIT"}))
	return err
}

// errFailed is the error of a transaction in which a statement failed that nobody minded.
var errFailed = errors.New("postgres: a statement of the transaction failed")
