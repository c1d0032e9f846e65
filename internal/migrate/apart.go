package migrate

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Apart is a store that carries out a statement outside of any transaction: an index of a table in use is made there, while
// others write. What is to be made is remembered in the change's own transaction, so that one that was killed goes on.
type Apart interface {
	Alone(ctx context.Context, sql string) error
}

// concurrent is a dialect with statements that make an index anew outside of any transaction.
type concurrent interface {
	IndexApart(c *schema.Collection, x *schema.Index) []string
}

// index puts the making of an index on a table that has rows into the step.
func (t *table) index(x *schema.Index) {
	statements := t.dialect.CreateIndex(t.new, x)
	for i, text := range statements {
		a := action{text: text}
		if d, ok := t.dialect.(concurrent); ok && i == len(statements)-1 {
			a.apart, a.name = d.IndexApart(t.new, x), indexName(t.new, x)
		}
		t.step.actions[finish] = append(t.step.actions[finish], a)
	}
}

// indexName says which index of the database it is.
func indexName(c *schema.Collection, x *schema.Index) string {
	return c.Space.Name() + "." + x.Ident.Name()
}

// postpone remembers an action's statements.
func (w *worker) postpone(ctx context.Context, a action) error {
	texts, err := json.Marshal(a.apart)
	if err != nil {
		return err
	}
	return put(ctx, w.dialect, w.tx, metaPending+a.name, string(texts))
}

// dropPending forgets indexes that wait to be made and go before they were.
func (w *worker) dropPending(ctx context.Context, dropped []string) error {
	for _, name := range dropped {
		if err := forget(ctx, w.dialect, w.tx, metaPending+name); err != nil {
			return err
		}
	}
	return nil
}

// resume carries out what a change has left to be done apart from it, where there is something. An index that the next change
// drops is not made before: it may be the one that cannot be.
func resume(ctx context.Context, st store.Store, c *schema.Catalog) error {
	if _, ok := st.(Apart); !ok {
		return nil
	}
	m, err := read(ctx, st)
	if err != nil {
		return err
	}
	if name, _ := m.pending(nil); name == "" {
		return nil
	}
	s, err := status(st, m, c)
	if err != nil {
		return err
	}
	return apart(ctx, st, s.Difference.dropped)
}

// patient lets the transaction that holds the lease be idle while something is made apart.
const patient = "SET LOCAL idle_in_transaction_session_timeout = 0"

// apart carries out what was remembered, one after the other. The lease keeps other nodes from the same; it is held by a
// transaction that reads nothing else, for whom the engine does not wait.
func apart(ctx context.Context, st store.Store, dropped []string) error {
	alone := st.(Apart)
	for more := true; more; {
		err := write(ctx, st, func(tx store.Tx) error {
			if err := each(ctx, tx, patient); err != nil {
				return err
			}
			if err := Hold(ctx, tx); err != nil {
				return err
			}
			m, err := readIn(ctx, tx)
			if err != nil {
				return err
			}
			name, texts := m.pending(dropped)
			if more = name != ""; !more {
				return nil
			}
			if err := Hold(ctx, tx); err != nil { // ends the reading, whose snapshot the engine would wait for
				return err
			}
			for _, text := range texts {
				if err := alone.Alone(ctx, text); err != nil {
					return unmade(strings.TrimPrefix(name, metaPending), text, err)
				}
			}
			return forget(ctx, st.Dialect(), tx, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unmade says of an index that could not be made what is there all the same.
func unmade(name, text string, err error) error {
	f := fault.From(err)
	if f.Code != fault.Internal && f.Code != fault.TooLarge {
		return err
	}
	return fault.New(f.Code, "the change is kept, but its index %s could not be made (%s): %s", name, f.Message, text).
		WithHint("`socle plan` shows it until it is there; `socle apply` tries again").Because(err)
}

// pending is the first member with statements to carry out that is not for a dropped index, "" where there is none.
func (m metadata) pending(dropped []string) (name string, statements []string) {
	names := m.waiting(dropped)
	if names == nil {
		return "", nil
	}
	name = metaPending + names[0]
	if json.Unmarshal([]byte(m[name]), &statements) != nil {
		return name, nil // nothing that was ours
	}
	return name, statements
}

// waiting are the indexes that are still to be made, in order, but for dropped ones.
func (m metadata) waiting(dropped []string) (names []string) {
	for n := range m {
		if of, ok := strings.CutPrefix(n, metaPending); ok && !slices.Contains(dropped, of) {
			names = append(names, of)
		}
	}
	slices.Sort(names)
	return names
}

func forget(ctx context.Context, d sqlgen.Dialect, tx store.Tx, name string) error {
	_, err := tx.Exec(ctx, "DELETE FROM "+metaTable()+` WHERE "key" = `+d.Placeholder(1, sqlgen.Coding{Type: value.Type{Kind: value.Text}}), name)
	return err
}
