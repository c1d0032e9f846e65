package transfer

import (
	"context"
	"io"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// A page is what one query reads: few enough rows that the bytes of a page stay about the same.
const (
	mostRows  = 1000
	pageBytes = 1 << 20
)

// Export writes a collection's rows, all that a snapshot holds, in the order of their key. Nothing but stored fields is written;
// NULL and the empty text stay apart. It acts without policies. It gives the number of rows.
func Export(ctx context.Context, snap store.Snapshot, d sqlgen.Dialect, c *schema.Collection, of Format, o render.Options,
	w io.Writer, observe func(rows int64)) (int64, error) {
	e := &exporting{ctx: ctx, snap: snap, dialect: d, sweep: sweep(d, c), shape: shapeOf(c, len(plan.Identity(c))), format: of, options: o, w: w}
	for _, f := range plan.Identity(c) {
		e.key = append(e.key, f.Type)
	}
	for _, cell := range append(e.sweep.Key[:len(e.sweep.Key):len(e.sweep.Key)], e.sweep.Read...) {
		e.types = append(e.types, cell.Type)
	}
	return e.run(observe)
}

type exporting struct {
	ctx     context.Context
	snap    store.Snapshot
	dialect sqlgen.Dialect
	sweep   *sqlgen.Sweep
	key     []value.Type
	types   []value.Type
	shape   *render.Shape
	format  Format
	options render.Options
	w       io.Writer
	buf     []byte
	head    int // bytes of the header of CSV
}

// sweep goes over a collection's stored fields by its key, or by the hidden row number where it has none.
func sweep(d sqlgen.Dialect, c *schema.Collection) *sqlgen.Sweep {
	s := &sqlgen.Sweep{Table: d.Table(c), Batch: mostRows / 10}
	for _, f := range plan.Identity(c) {
		s.Key = append(s.Key, sqlgen.Cell{Column: f.Ident, Type: f.Type})
	}
	for _, f := range sqlgen.StoredFields(c) {
		s.Read = append(s.Read, sqlgen.Cell{Column: f.Ident, Type: f.Type})
	}
	return s
}

// shapeOf writes the fields by their names; the first columns of a tuple are the key's.
func shapeOf(c *schema.Collection, key int) *render.Shape {
	object := &plan.Object{}
	for i, f := range sqlgen.StoredFields(c) {
		object.Members = append(object.Members, &plan.Leaf{Name: f.Name, Column: key + i, Type: f.Type})
	}
	return render.Compile(&plan.Level{Object: object})
}

func (e *exporting) run(observe func(rows int64)) (total int64, err error) {
	if err := e.header(); err != nil {
		return 0, err
	}
	text, args := e.sweep.First(), []any(nil)
	for {
		rows, err := e.snap.Query(e.ctx, &sqlgen.Stmt{Text: text, Types: e.types}, args)
		if err != nil || len(rows) == 0 {
			return total, err
		}
		if err := e.page(rows); err != nil {
			return total, err
		}
		if total += int64(len(rows)); observe != nil {
			observe(total)
		}
		if len(rows) < e.sweep.Batch {
			return total, nil
		}
		if args, err = e.after(rows[len(rows)-1]); err != nil {
			return total, err
		}
		e.sweep.Batch = max(1, min(mostRows, 2*e.sweep.Batch, e.sweep.Batch*pageBytes/max(1, len(e.buf))))
		text = e.sweep.Next(e.dialect)
	}
}

func (e *exporting) header() (err error) {
	if e.format != CSV {
		return nil
	}
	if e.buf, err = e.shape.CSV(nil, &plan.Result{}, e.options); err != nil {
		return err
	}
	e.head = len(e.buf)
	_, err = e.w.Write(append(e.buf, '\n'))
	return err
}

// page writes rows, each with its line end. What is written of CSV comes after a header that is there already.
func (e *exporting) page(rows []plan.Tuple) (err error) {
	r := &plan.Result{Tuples: rows, Total: -1}
	if e.format == NDJSON {
		if e.buf, err = e.shape.Lines(e.buf[:0], r, e.options); err != nil {
			return err
		}
		_, err = e.w.Write(e.buf)
		return err
	}
	if e.buf, err = e.shape.CSV(e.buf[:0], r, e.options); err != nil {
		return err
	}
	e.buf = append(e.buf, '\n')
	_, err = e.w.Write(e.buf[e.head+1:])
	return err
}

// after is the arguments that select what follows a row.
func (e *exporting) after(row plan.Tuple) ([]any, error) {
	out := make([]any, len(e.key))
	for i, t := range e.key {
		raw, err := e.dialect.Encode(t, row[i])
		if err != nil {
			return nil, err
		}
		out[i] = raw
	}
	return out, nil
}
