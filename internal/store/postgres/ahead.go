package postgres

import (
	"context"
	"strings"

	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

var _ store.Asker = (*writing)(nil)

// Ahead has a statement about the keys of rows travel with the next one.
func (w *writing) Ahead(ask sqlgen.Exec, check func([][]any) error) {
	step, err := stated(ask, nil)
	if err != nil {
		check = func([][]any) error { return err }
	}
	rows := &raws{}
	w.planning(ask.Listed)
	step.each, step.done = rows.add, func() error { return check(rows.all) }
	w.waiting = append(w.waiting, step)
}

// raws are rows kept beyond the statement that gave them.
type raws struct{ all [][]any }

func (r *raws) add(row [][]byte) error {
	copied := make([]any, len(row))
	for i, column := range row {
		if column != nil {
			copied[i] = string(column)
		}
	}
	r.all = append(r.all, copied)
	return nil
}

// bracket sees to the statements around one that may fail. Setting and leaving a savepoint waits for nothing. Where nothing was
// written before, none is set: going back to it begins the transaction anew, and only to ask why; it cannot be kept then.
func (w *writing) bracket(ctx context.Context, sql string) (done bool, err error) {
	switch {
	case sql == sqlgen.Savepoint && !w.wrote:
		w.bare = true
	case sql == sqlgen.Release && w.bare:
		w.bare = false
	case sql == sqlgen.Undo && w.bare:
		w.bare, w.void = false, true
		return true, w.anew(ctx)
	case sql == sqlgen.Savepoint, sql == sqlgen.Release:
		w.waiting = append(w.waiting, statement{sql: sql})
	default:
		return false, nil
	}
	return true, nil
}

// anew begins the transaction once more.
func (w *writing) anew(ctx context.Context) error {
	w.waiting, w.once = nil, false
	batch := []statement{{sql: "ROLLBACK"}}
	for _, text := range w.opening {
		batch = append(batch, statement{sql: text, each: refuseHeld})
	}
	_, err := w.send(ctx, batch)
	return w.noted(ctx, err)
}

// settle asks what still waits to be asked; a savepoint that is left need not be.
func (w *writing) settle(ctx context.Context) error {
	asks := false
	for _, s := range w.waiting {
		asks = asks || s.done != nil
	}
	batch := w.waiting
	w.waiting = nil
	if !asks {
		return nil
	}
	_, err := w.send(ctx, batch)
	return w.noted(ctx, err)
}

// changes reports whether a statement that gives rows may change some.
func changes(sql string) bool { return !strings.HasPrefix(sql, "SELECT") }
