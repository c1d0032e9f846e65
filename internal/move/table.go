package move

import (
	"context"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// A page is what one query reads and one transaction writes: few enough rows that its bytes stay about the same.
const (
	firstRows = 100
	mostRows  = 1000
	pageBytes = 1 << 20
)

// table is one table on both sides.
type table struct {
	name     string
	ledger   bool // of the product's own, outside the catalogue
	private  bool // not among a project's collections
	from, to *side
	write    func(ctx context.Context, tx store.Tx, rows []plan.Tuple) error
}

// side is a table in one of the databases. A row that is read has the key first, then all columns.
type side struct {
	name    string
	dialect sqlgen.Dialect
	sweep   *sqlgen.Sweep
	types   []value.Type
}

func newSide(name string, d sqlgen.Dialect, s *sqlgen.Sweep) *side {
	out := &side{name: name, dialect: d, sweep: s}
	for _, cells := range [][]sqlgen.Cell{s.Key, s.Read} {
		for _, c := range cells {
			out.types = append(out.types, c.Type)
		}
	}
	return out
}

// tables are all that a project's state is in: the collections, internal ones too, and the product's own.
func (j Job) tables() ([]*table, error) {
	from, ok := j.From.Dialect().(sqlgen.Filler)
	to, also := j.To.Dialect().(sqlgen.Filler)
	if !ok || !also {
		return nil, fault.New(fault.NotImplemented, "this engine's tables cannot be filled from another's")
	}
	var out []*table
	for _, c := range j.Catalog.Collections {
		if c.View == nil {
			out = append(out, collection(from, to, c))
		}
	}
	theirs, ours := sqlgen.Ledgers(from, firstRows), sqlgen.Ledgers(to, firstRows)
	for i := range ours {
		t := &table{name: theirs[i].Table, ledger: true, private: true, from: newSide(theirs[i].Table, from, theirs[i]), to: newSide(ours[i].Table, to, ours[i])}
		t.write = func(ctx context.Context, tx store.Tx, rows []plan.Tuple) error {
			for _, row := range rows {
				if err := exec(ctx, tx)(ours[i].Add(to, row)); err != nil {
					return err
				}
			}
			return nil
		}
		out = append(out, t)
	}
	return out, nil
}

func collection(from, to sqlgen.Filler, c *schema.Collection) *table {
	name := c.Name
	if c.Namespace != schema.DefaultNamespace {
		name = c.Namespace + "." + name
	}
	whole := sqlgen.WithSystem(c)
	return &table{name: name, private: c.Private, from: newSide(name, from, sqlgen.Rows(from, c, firstRows)), to: newSide(name, to, sqlgen.Rows(to, c, firstRows)),
		write: func(ctx context.Context, tx store.Tx, rows []plan.Tuple) error {
			statements, err := to.Insert(whole, rows)
			for _, e := range statements {
				if err := exec(ctx, tx)(e, nil); err != nil {
					return err
				}
			}
			return err
		}}
}

func exec(ctx context.Context, tx store.Tx) func(sqlgen.Exec, error) error {
	return func(e sqlgen.Exec, err error) error {
		if err == nil {
			_, err = tx.Exec(ctx, e.Text, e.Args...)
		}
		return err
	}
}

// read gives the rows after a key, page by page, without the key.
func (s *side) read(ctx context.Context, snap store.Snapshot, after plan.Tuple, page func([]plan.Tuple) error) error {
	sweep := *s.sweep
	key := len(sweep.Key)
	for {
		text, args, err := s.next(&sweep, after)
		if err != nil {
			return err
		}
		rows, err := snap.Query(ctx, &sqlgen.Stmt{Text: text, Types: s.types}, args)
		if err != nil || len(rows) == 0 {
			return err
		}
		full := len(rows) == sweep.Batch
		after = rows[len(rows)-1][:key]
		bytes := 0
		var buf []byte
		for i, row := range rows {
			rows[i] = row[key:]
			buf = s.canonical(buf[:0], rows[i])
			bytes += len(buf)
		}
		if err := page(rows); err != nil || !full {
			return err
		}
		sweep.Batch = max(1, min(mostRows, 2*sweep.Batch, sweep.Batch*pageBytes/max(1, bytes)))
	}
}

// next selects the rows after a key; nil: the first.
func (s *side) next(sweep *sqlgen.Sweep, after plan.Tuple) (text string, args []any, err error) {
	if after == nil {
		return sweep.First(), nil, nil
	}
	for i, v := range after {
		raw, err := s.dialect.Encode(s.types[i], v)
		if err != nil {
			return "", nil, err
		}
		args = append(args, raw)
	}
	return sweep.Next(s.dialect), args, nil
}

// canonical appends a row in the form that is the same for every engine: one JSON array a line.
func (s *side) canonical(dst []byte, row plan.Tuple) []byte {
	sep := byte('[')
	for i, v := range row {
		dst = value.AppendJSON(append(dst, sep), s.types[len(s.sweep.Key)+i], v)
		sep = ','
	}
	return append(dst, ']', '\n')
}
