package seed

import (
	"context"
	"errors"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// Add loads the files' rows beside those that are there, and remembers nothing of it. The error is Problems where rows are
// wrong, with the place of the one the database refused.
func (s *Seeds) Add(ctx context.Context, st store.Store) error {
	if problems := s.Check(); len(problems) > 0 {
		return Problems(problems)
	}
	for _, f := range s.files {
		if err := s.insert(ctx, st, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *Seeds) insert(ctx context.Context, st store.Store, f file) error {
	err := st.Write(ctx, func(tx store.Tx) error {
		w := &writer{ctx: ctx, tx: tx, store: st, collection: f.collection, size: 1}
		b := s.builder(f.collection)
		if err := s.each(f, b, w.add); err != nil {
			return err
		}
		if len(b.problems) > 0 { // the file changed since it was checked
			return Problems(b.problems)
		}
		return w.flush()
	})
	var r *refused
	if !errors.As(err, &r) {
		return err
	}
	var ps schema.Problems
	ps.Add(r.first, "", "%s", refusal(r.cause))
	return Problems(ps)
}
