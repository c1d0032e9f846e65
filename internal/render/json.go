package render

import (
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// Options are what the request asked of the output.
type Options struct {
	Zone     *time.Location // printed offset of timestamps; nil is UTC
	Stripped bool           // JSON without null members, at every depth
	Limit    int            // bytes of output; more is 54001; 0 is no limit
	Room     Room           // for large outputs; nil is as much as they need
	Harmless bool           // CSV for people: a text that a spreadsheet would compute gets an apostrophe before it
}

// Room is asked whether an output may have become so large; its error ends the output.
type Room interface{ Hold(bytes int) error }

// Array appends the rows as a JSON array of objects.
func (s *Shape) Array(dst []byte, r *plan.Result, o Options) ([]byte, error) {
	w := newWriter(dst, o)
	w.buf = append(w.buf, '[')
	w.rows(s, r, ',')
	w.buf = append(w.buf, ']')
	return w.done()
}

// Object appends the only row as a JSON object; any other number of rows is PGRST116.
func (s *Shape) Object(dst []byte, r *plan.Result, o Options) ([]byte, error) {
	if n := len(r.Tuples); n != 1 {
		return dst, fault.New(fault.NotSingular, "Cannot coerce the result to a single JSON object").
			WithDetails(fault.New(fault.NotSingular, "The result contains %d rows", n).Message)
	}
	w := newWriter(dst, o)
	w.rows(s, r, ',')
	return w.done()
}

// Lines appends the rows as NDJSON, each with a line feed.
func (s *Shape) Lines(dst []byte, r *plan.Result, o Options) ([]byte, error) {
	w := newWriter(dst, o)
	w.rows(s, r, '\n')
	if len(r.Tuples) > 0 {
		w.buf = append(w.buf, '\n')
	}
	return w.done()
}

// writer is one response being written. After a failure it writes no further row and err says why.
type writer struct {
	Options
	buf   []byte
	start int
	asked int    // for how much of the output there is room
	cell  []byte // scratch of CSV
	err   error
}

func newWriter(dst []byte, o Options) *writer { return &writer{Options: o, buf: dst, start: len(dst)} }

// done gives the buffer, as it was before where writing failed.
func (w *writer) done() ([]byte, error) {
	w.check()
	if w.err != nil {
		return w.buf[:w.start], w.err
	}
	return w.buf, nil
}

// askEvery is by how many bytes the output grows until there must be room for more.
const askEvery = 64 << 10

// check notes when the output has become too large, and reports whether writing may go on.
func (w *writer) check() bool {
	if w.err == nil && w.Limit > 0 && len(w.buf)-w.start > w.Limit {
		w.err = fault.New(fault.TooComplex, "the response is larger than %d bytes", w.Limit)
	}
	if n := len(w.buf) - w.start; w.err == nil && w.Room != nil && n-w.asked >= askEvery {
		w.asked, w.err = n, w.Room.Hold(n)
	}
	return w.err == nil
}

// row is one tuple of a result.
type row struct {
	*plan.Result
	at int
}

func (r row) tuple() plan.Tuple { return r.Tuples[r.at] }

// children gives a child's result and which of its rows belong to r.
func (r row) children(child int) (*plan.Result, []int) {
	c := &r.Children[child]
	return c.Result, c.Of[r.at]
}

func (w *writer) rows(s *Shape, r *plan.Result, separator byte) {
	for i := range r.Tuples {
		if i > 0 {
			w.buf = append(w.buf, separator)
		}
		w.object(s, row{r, i})
		if !w.check() {
			return
		}
	}
}

func (w *writer) object(s *Shape, r row) {
	w.buf = append(w.buf, '{')
	for i := range s.members {
		m := &s.members[i]
		mark := len(w.buf)
		if w.buf[mark-1] != '{' {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, m.key...)
		begin := len(w.buf)
		w.value(m, r)
		if w.Stripped && string(w.buf[begin:]) == "null" {
			w.buf = w.buf[:mark]
		}
	}
	w.buf = append(w.buf, '}')
}

func (w *writer) value(m *member, r row) {
	switch m.form {
	case leaf:
		w.leaf(m, r.tuple())
	case one:
		if r.tuple()[m.present].IsNull() {
			w.null()
			return
		}
		w.object(m.object, r)
	case many:
		w.each(m, r, func(child row) { w.object(m.object, child) })
	case spread:
		w.each(m, r, func(child row) { w.value(m.inner, child) })
	}
}

func (w *writer) null() { w.buf = append(w.buf, "null"...) }

// each writes an array with one element per child row, or the only element of a Single child, or null.
func (w *writer) each(m *member, r row, element func(row)) {
	res, of := r.children(m.child)
	if m.single {
		if len(of) == 0 {
			w.null()
			return
		}
		element(row{res, of[0]})
		return
	}
	w.buf = append(w.buf, '[')
	for i, at := range of {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		element(row{res, at})
		if !w.check() {
			return
		}
	}
	w.buf = append(w.buf, ']')
}

func (w *writer) leaf(m *member, t plan.Tuple) {
	v := w.read(m, t)
	if w.Stripped && v.Kind() == value.JSON && !v.IsList() {
		w.buf = value.AppendStripped(w.buf, v.Str())
		return
	}
	w.buf = value.AppendJSONIn(w.buf, m.out, v, w.Zone)
}

// read gives a leaf's final value; a failed cast is NULL and ends the response.
func (w *writer) read(m *member, t plan.Tuple) value.Value {
	v, err := m.leaf.Value(t)
	if err != nil && w.err == nil {
		w.err = err
	}
	return v
}
