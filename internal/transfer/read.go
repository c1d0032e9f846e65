package transfer

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime/debug"

	"github.com/socle-hq/socle/internal/ir"
)

// A batch is what one transaction writes.
const (
	batchRows  = 4000
	batchBytes = 1 << 20
)

// item is one row of a source.
type item struct {
	ir.Input
	line  int
	ends  int // where its bytes end in the batch's
	after int // the line after it
	wrong []string
}

// batch is some rows in their order. The bytes from one row's end to the next one's are that row's.
type batch struct {
	raw   []byte
	items []item
	begin int64 // of raw in the source
	line  int   // of raw
	end   bool  // nothing comes after it
	err   error // what ends the source after items
}

// row is the bytes of one row.
func (b *batch) row(i int) []byte {
	from := 0
	if i > 0 {
		from = b.items[i-1].ends
	}
	return b.raw[from:b.items[i].ends]
}

// reader makes batches of a source.
type reader struct {
	source string
	format Format
	feed   *feed
	form   form
	shape  *shape
	head   []byte // the header as it stands in the source
}

// open reads the header, and of NDJSON the first row: a source whose columns are wrong is refused before anything is written.
func (j *Job) open(r io.Reader) (*reader, error) {
	out := &reader{source: j.Source, format: j.Format, feed: newFeed(r), form: &lines{}}
	var err error
	if out.shape, err = newShape(j.Collection, j.Rename); err != nil {
		return nil, &Mistake{Source: j.Source, What: err.Error(), Hint: "--map COLUMN=FIELD names fields of the collection"}
	}
	if err := out.feed.mark(); err != nil {
		return nil, err
	}
	if j.Format == CSV {
		t := &table{}
		out.form = t
		return out, out.header(t)
	}
	return out, out.first()
}

// header reads the first line of CSV.
func (r *reader) header(t *table) error {
	raw, line, cells, wrong, err := r.feed.next(t)
	switch {
	case errors.Is(err, errLong):
		return r.mistake(1, err.Error(), "")
	case err != nil:
		return err
	case raw == nil:
		return r.mistake(0, "the file is empty", "the first line of CSV names the columns")
	case wrong == "":
		wrong = r.shape.header(cells)
	}
	if wrong != "" {
		return r.mistake(line, wrong, "the first line of CSV names the columns; --map COLUMN=FIELD renames one, --map COLUMN= leaves it out")
	}
	t.width = len(cells)
	r.head = append([]byte{}, bare(raw)...)
	return nil
}

// first looks at the first row of NDJSON without taking it.
func (r *reader) first() error {
	for {
		n, cells, wrong := r.form.split(r.feed.rest(), r.feed.eof)
		switch {
		case wrong != "" || cells != nil:
			for _, c := range cells {
				if _, ok := r.shape.named[string(c.name)]; !ok {
					return r.mistake(r.feed.line, r.shape.strange(string(c.name)), "--map COLUMN=FIELD renames a column, --map COLUMN= leaves it out")
				}
			}
			return nil
		case n > 0 || r.feed.eof || len(r.feed.rest()) > longest:
			return nil
		}
		if err := r.feed.more(); err != nil {
			return err
		}
	}
}

func (r *reader) mistake(line int, what, hint string) *Mistake {
	return &Mistake{Source: r.source, Line: line, What: what, Hint: hint}
}

// skip passes over what an earlier run dealt with, and sums up everything from the beginning.
func (r *reader) skip(to int64, h hash.Hash) error {
	h.Write(r.feed.cut())
	for r.feed.offset < to {
		n := min(len(r.feed.rest()), int(min(to-r.feed.offset, 1<<20)))
		if n == 0 && r.feed.eof {
			return r.mistake(0, "the file is shorter than what was imported of it", "it was changed; --restart imports it from its beginning")
		}
		r.feed.take(n)
		h.Write(r.feed.cut())
		if n == 0 {
			if err := r.feed.more(); err != nil {
				return err
			}
		}
	}
	return nil
}

// joins refuses a source that goes on in a row which was the last one, without a line end, when it was imported.
func (r *reader) joins() error {
	if !r.feed.inside {
		return nil
	}
	for len(r.feed.rest()) == 0 && !r.feed.eof {
		if err := r.feed.more(); err != nil {
			return err
		}
	}
	if rest := r.feed.rest(); len(rest) > 0 && lineEnd(rest) == 0 {
		return r.mistake(r.feed.line, "the row was imported and has become longer", "--restart imports the file from its beginning")
	}
	return nil
}

// batches reads on another goroutine, a little ahead of who writes.
func (r *reader) batches(ctx context.Context) <-chan *batch {
	out := make(chan *batch, 1)
	go func() {
		defer close(out)
		defer func() {
			if p := recover(); p != nil {
				r.send(ctx, out, &batch{end: true, err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())})
			}
		}()
		for {
			b := r.batch()
			if !r.send(ctx, out, b) || b.end {
				return
			}
		}
	}()
	return out
}

func (r *reader) send(ctx context.Context, out chan<- *batch, b *batch) bool {
	select {
	case out <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *reader) batch() *batch {
	b := &batch{begin: r.feed.offset, line: r.feed.line, items: make([]item, 0, 256)}
	for len(b.items) < batchRows && r.feed.offset-b.begin < batchBytes {
		raw, line, cells, wrong, err := r.feed.next(r.form)
		if raw == nil {
			b.end = true
			switch {
			case errors.Is(err, errLong):
				b.err = r.mistake(line, err.Error(), "")
			case err != nil:
				b.err = fmt.Errorf("%s cannot be read to its end: %w", r.source, err)
			}
			break
		}
		x := item{line: line, ends: int(r.feed.offset - b.begin), after: r.feed.line}
		if wrong != "" {
			x.wrong = []string{wrong}
		} else {
			x.Input, x.wrong = r.shape.row(cells, r.format)
		}
		b.items = append(b.items, x)
	}
	b.raw = r.feed.cut()
	return b
}
