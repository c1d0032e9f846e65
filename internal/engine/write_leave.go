package engine

import (
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// Where nothing is wanted back of a write but that it was done, a store may take all of it at once. It does not say what was wrong
// with it: then it runs the closure again, which asks and names it as always.

// mostLeft bounds the rows that are sent without waiting: it may be for nothing.
const mostLeft = 500

// leave decides whether rows of an insert or an update are left to the store. Nothing may have to be asked, or changed, before them,
// and nothing refused after them: what the store refuses comes first.
func (x *writing) leave(rows []image) { x.leaver = x.leaves(len(rows)) }

// leaves is the store, where so many rows are left to it.
func (x *writing) leaves(rows int) store.Leaver {
	l, ok := x.tx.(store.Leaver)
	if !ok || !x.alone || rows == 0 || rows > mostLeft || x.w.On != nil || x.m.returned != nil || len(x.c.PrimaryKey) == 0 || !l.Leaves() {
		return nil
	}
	for _, n := range x.generators {
		if n.given > n.raised {
			return nil
		}
	}
	if x.affecting(rows) != nil {
		return nil
	}
	return l
}

// done has a statement carried out that changes so many rows; 0: however many.
func (s *session) done(e sqlgen.Exec, rows int64) error {
	if s.leaver != nil {
		s.left = append(s.left, store.Step{Exec: e, Rows: rows})
		return nil
	}
	n, err := s.exec(e, nil)
	if err == nil && rows > 0 && n != rows {
		err = overtaken{}
	}
	return err
}

// sole reports whether a list is one write and nothing beside it.
func sole(ops []Op) bool {
	op := &ops[0]
	return len(ops) == 1 && !op.DryRun && op.Idempotency == nil && op.Beside == nil
}
