package seed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// batch is how many rows one statement list holds.
const batch = 500

// Loaded says what one file gave.
type Loaded struct {
	Path       string
	Collection string
	Rows       int
}

// Check reads every file whole and reports what is wrong with its rows, without a database. At most maxProblems are
// reported.
func (s *Seeds) Check() schema.Problems {
	var problems schema.Problems
	for _, f := range s.files {
		b := s.builder(f.collection)
		s.each(f, b, func(record, plan.Tuple) error { return nil })
		problems = append(problems, b.problems...)
		if len(problems) >= maxProblems {
			return problems[:maxProblems]
		}
	}
	return problems
}

// each runs do for every record of a file; what is wrong with records goes to the builder's problems. The error is do's.
func (s *Seeds) each(f file, b *builder, do func(record, plan.Tuple) error) error {
	src, closer, err := s.open(f)
	if err != nil {
		b.wrong(schema.Pos{File: f.path}, "the file cannot be read")
		return nil
	}
	defer closer.Close()
	for len(b.problems) < maxProblems {
		rec, err := src.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var m *mistake
		if errors.As(err, &m) {
			b.wrong(m.pos, "%s", m.message)
			continue
		}
		if err != nil {
			b.wrong(schema.Pos{File: f.path}, "the file cannot be read to its end")
			return nil
		}
		if err := do(rec, b.row(rec)); err != nil {
			return err
		}
	}
	return nil
}

// Problems is the error of rows that cannot be loaded.
type Problems schema.Problems

// Error lists the problems one a line.
func (p Problems) Error() string { return schema.Problems(p).String() }

// Load fills the collections that have not had their first data, each in one transaction; a collection that has rows is
// left alone. It checks every file before it writes the first row. The error is Problems where rows are wrong. Killed at
// any point, it goes on where it was when it is run again.
func (s *Seeds) Load(ctx context.Context, st store.Store) ([]Loaded, error) {
	seeded, err := migrate.Seeded(ctx, st)
	if err != nil {
		return nil, err
	}
	s = s.without(seeded)
	if problems := s.Check(); len(problems) > 0 {
		return nil, Problems(problems)
	}
	var out []Loaded
	for _, f := range s.files {
		n, err := s.load(ctx, st, f, batch, migrate.MarkSeeded)
		if err != nil {
			return out, s.located(ctx, st, f, err)
		}
		if n > 0 {
			out = append(out, Loaded{f.path, f.collection.Key, n})
		}
	}
	return out, migrate.MarkAllSeeded(ctx, st, s.set.Catalog())
}

// Passwords is the collection of passwords, whose seeds everybody knows who has the project's files.
const Passwords = "auth.passwords"

// WithoutPasswords leaves the passwords of accounts out; path is their file, "" where there is none.
func (s *Seeds) WithoutPasswords() (out *Seeds, path string) {
	out = s.without(func(c *schema.Collection) bool { return c.Key == Passwords })
	for _, f := range s.files {
		if f.collection.Key == Passwords {
			path = f.path
		}
	}
	return out, path
}

// PasswordHashes are the hashes that the project's files hold, each once.
func (s *Seeds) PasswordHashes() ([]string, error) {
	var out []string
	for _, f := range s.files {
		if f.collection.Key != Passwords {
			continue
		}
		b := s.builder(f.collection)
		at := b.at["hash"]
		err := s.each(f, b, func(_ record, row plan.Tuple) error {
			if hash := row[at].Str(); !slices.Contains(out, hash) {
				out = append(out, hash)
			}
			return nil
		})
		if err != nil || len(b.problems) > 0 {
			return nil, errors.Join(err, Problems(b.problems))
		}
	}
	return out, nil
}

func (s *Seeds) without(seeded func(*schema.Collection) bool) *Seeds {
	out := *s
	out.files = nil
	for _, f := range s.files {
		if !seeded(f.collection) {
			out.files = append(out.files, f)
		}
	}
	return &out
}

// refused is a batch that the database would not take.
type refused struct {
	first, last schema.Pos
	cause       error
}

func (r *refused) Error() string { return r.cause.Error() }
func (r *refused) Unwrap() error { return r.cause }

// ending is what a load does last in its transaction.
type ending func(context.Context, store.Store, store.Tx, *schema.Collection) error

func (s *Seeds) load(ctx context.Context, st store.Store, f file, size int, done ending) (int, error) {
	n := 0
	err := st.Write(ctx, func(tx store.Tx) error {
		n = 0 // the closure may run again
		if err := migrate.Hold(ctx, tx); err != nil {
			return err
		}
		filled, err := migrate.HasRows(ctx, st, tx, f.collection)
		if err != nil || filled {
			return err
		}
		w := &writer{ctx: ctx, tx: tx, store: st, collection: f.collection, size: size}
		b := s.builder(f.collection)
		if err := s.each(f, b, w.add); err != nil {
			return err
		}
		if len(b.problems) > 0 { // the file changed since it was checked
			return Problems(b.problems)
		}
		if err := w.flush(); err != nil {
			return err
		}
		n = w.written
		return done(ctx, st, tx, f.collection)
	})
	return n, err
}

// located finds the row that made the database refuse, by loading again row by row. Nothing of it is kept.
func (s *Seeds) located(ctx context.Context, st store.Store, f file, err error) error {
	var r *refused
	if !errors.As(err, &r) {
		return err
	}
	_, again := s.load(ctx, st, f, 1, func(context.Context, store.Store, store.Tx, *schema.Collection) error { return errAgain })
	var one *refused
	if errors.As(again, &one) {
		r = one
	}
	var ps schema.Problems
	hint := ""
	if r.first != r.last {
		hint = fmt.Sprintf("it is one of the rows up to line %d", r.last.Line)
	}
	ps.Add(r.first, hint, "%s", refusal(r.cause))
	return Problems(ps)
}

var errAgain = errors.New("seed: loaded only to find a row")

// refusal is why the database would not take a row, in the engine's words where we have none: the reader is the
// project's author, and the row their own.
func refusal(err error) string {
	f := fault.From(err)
	text := f.Message
	if cause := errors.Unwrap(f); f.Code == fault.Internal && cause != nil {
		text = cause.Error()
	}
	if strings.Contains(strings.ToUpper(text), "FOREIGN KEY") {
		text += "; a row comes after the rows it refers to"
	}
	return text
}

// writer sends rows in batches.
type writer struct {
	ctx        context.Context
	tx         store.Tx
	store      store.Store
	collection *schema.Collection
	size       int
	rows       []plan.Tuple
	first      schema.Pos
	last       schema.Pos
	written    int
}

func (w *writer) add(rec record, row plan.Tuple) error {
	if len(w.rows) == 0 {
		w.first = rec.pos
	}
	w.rows, w.last = append(w.rows, row), rec.pos
	if len(w.rows) < w.size {
		return nil
	}
	return w.flush()
}

func (w *writer) flush() error {
	if len(w.rows) == 0 {
		return nil
	}
	statements, err := w.store.Dialect().Insert(w.collection, w.rows)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := w.tx.Exec(w.ctx, s.Text, s.Args...); err != nil {
			return &refused{w.first, w.last, err}
		}
	}
	w.written += len(w.rows)
	w.rows = w.rows[:0]
	return nil
}
