package render

import (
	"bytes"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// CSV appends a header with the names of the columns, then the rows, with line feeds between the lines and none at the
// end. NULL is an empty cell and the empty text is ""; embedded rows are JSON. Stripped has no effect.
func (s *Shape) CSV(dst []byte, r *plan.Result, o Options) ([]byte, error) {
	o.Stripped = false
	w := newWriter(dst, o)
	for i := range s.members {
		w.comma(i)
		w.text(s.members[i].name)
		w.quote()
	}
	for i := range r.Tuples {
		w.buf = append(w.buf, '\n')
		w.record(s, row{r, i})
		if !w.check() {
			break
		}
	}
	return w.done()
}

func (w *writer) comma(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
}

func (w *writer) record(s *Shape, r row) {
	for i := range s.members {
		w.comma(i)
		m := &s.members[i]
		if m.form == leaf {
			w.leafCell(m, r.tuple())
			continue
		}
		start := len(w.buf)
		w.value(m, r)
		w.cell = append(w.cell[:0], w.buf[start:]...)
		w.buf = w.buf[:start]
		if string(w.cell) != "null" {
			w.quote()
		}
	}
}

func (w *writer) leafCell(m *member, t plan.Tuple) {
	v := w.read(m, t)
	switch {
	case v.IsNull():
		return
	case v.Kind() == value.Text && !v.IsList():
		w.text(v.Str())
	default:
		w.cell = value.AppendTextIn(w.cell[:0], m.out, v, w.Zone)
	}
	w.quote()
}

// text makes a text the cell.
func (w *writer) text(s string) {
	w.cell = w.cell[:0]
	if w.Harmless && s != "" && strings.IndexByte("=+-@\t\r\n", s[0]) >= 0 {
		w.cell = append(w.cell, '\'')
	}
	w.cell = append(w.cell, s...)
}

// quote moves the cell to the buffer, within double quotes where it needs them.
func (w *writer) quote() {
	cell := w.cell
	if len(cell) > 0 && !bytes.ContainsAny(cell, ",\"\r\n") && cell[0] != ' ' && cell[len(cell)-1] != ' ' {
		w.buf = append(w.buf, cell...)
		return
	}
	w.buf = append(w.buf, '"')
	for _, c := range cell {
		if c == '"' {
			w.buf = append(w.buf, '"')
		}
		w.buf = append(w.buf, c)
	}
	w.buf = append(w.buf, '"')
}
