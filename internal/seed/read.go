package seed

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/schema"
)

// longest is how many bytes one row may have.
const longest = 16 << 20

// cell is one value of a row as written. raw is JSON, or, with text set, the text of a CSV cell.
type cell struct {
	name string
	raw  []byte
	text bool
	pos  schema.Pos
}

// record is one row as written.
type record struct {
	cells []cell
	pos   schema.Pos
}

// mistake is an error with its place in a seed file.
type mistake struct {
	pos     schema.Pos
	message string
}

func (m *mistake) Error() string { return m.pos.String() + ": " + m.message }

// source gives records one after the other; io.EOF ends it. A *mistake that is not fatal concerns one record only.
type source interface {
	next() (record, error)
}

// open gives the file's records; the closer is never nil.
func (s *Seeds) open(f file) (source, io.Closer, error) {
	r, err := s.fsys.Open(f.path)
	if err != nil {
		return nil, io.NopCloser(nil), err
	}
	if strings.HasSuffix(f.path, ".csv") {
		return newTable(f.path, r), r, nil
	}
	return &lines{path: f.path, r: bufio.NewReaderSize(r, 64<<10)}, r, nil
}

// lines reads NDJSON: one object a line, blank lines between them allowed.
type lines struct {
	path string
	r    *bufio.Reader
	line int
}

func (l *lines) next() (record, error) {
	for {
		text, err := l.read()
		if err != nil {
			return record{}, err
		}
		if len(bytes.TrimSpace(text)) > 0 {
			return l.object(text)
		}
	}
}

// read gives the next line without its end.
func (l *lines) read() ([]byte, error) {
	l.line++
	var out []byte
	for {
		part, more, err := l.r.ReadLine()
		if err != nil {
			return nil, err
		}
		if out = append(out, part...); len(out) > longest {
			return nil, &mistake{l.at(1), "the row is longer than 16 MiB"}
		}
		if !more {
			return out, nil
		}
	}
}

func (l *lines) at(column int) schema.Pos {
	return schema.Pos{File: l.path, Line: l.line, Column: column}
}

func (l *lines) object(text []byte) (record, error) {
	rec := record{pos: l.at(1)}
	wrong := func(offset int64, message string) (record, error) {
		return record{}, &mistake{l.at(column(text, offset)), message}
	}
	if !utf8.Valid(text) {
		return wrong(0, "the line is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return wrong(0, "a line is one JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return wrong(d.InputOffset(), "the line is not JSON")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return wrong(d.InputOffset(), "the line is not JSON")
		}
		start := d.InputOffset() - int64(len(raw))
		if seen[name] {
			return wrong(start, "column \""+name+"\" is given twice")
		}
		seen[name] = true
		rec.cells = append(rec.cells, cell{name: name, raw: raw, pos: l.at(column(text, start))})
	}
	if _, err := d.Token(); err != nil {
		return wrong(d.InputOffset(), "the line is not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wrong(d.InputOffset(), "something follows the object")
	}
	return rec, nil
}

// column counts characters from 1 up to a byte offset.
func column(text []byte, offset int64) int {
	return utf8.RuneCount(text[:min(int(offset), len(text))]) + 1
}

// table reads CSV with a header of column names. An empty cell is a value not given; NULL is written NULL.
type table struct {
	path   string
	r      *csv.Reader
	header []string
}

func newTable(path string, r fs.File) *table {
	t := &table{path: path, r: csv.NewReader(&unmarked{r: r})}
	t.r.ReuseRecord = true
	return t
}

// unmarked drops a byte order mark.
type unmarked struct {
	r     io.Reader
	begun bool
}

func (u *unmarked) Read(p []byte) (int, error) {
	if u.begun {
		return u.r.Read(p)
	}
	u.begun = true
	buffered := bufio.NewReader(u.r)
	if head, err := buffered.Peek(3); err == nil && string(head) == "\ufeff" {
		_, _ = buffered.Discard(3) // peeked: cannot fail
	}
	u.r = buffered
	return u.r.Read(p)
}

func (t *table) next() (record, error) {
	if t.header == nil {
		row, err := t.r.Read()
		if err != nil {
			return record{}, t.mistaken(err)
		}
		t.header = append([]string{}, row...)
	}
	row, err := t.r.Read()
	if err != nil {
		return record{}, t.mistaken(err)
	}
	rec := record{pos: t.pos(0)}
	for i, text := range row {
		switch {
		case !utf8.ValidString(text):
			return record{}, &mistake{t.pos(i), "the cell is not UTF-8"}
		case text == "NULL":
			rec.cells = append(rec.cells, cell{name: t.header[i], raw: []byte("null"), pos: t.pos(i)})
		case text != "":
			rec.cells = append(rec.cells, cell{name: t.header[i], raw: []byte(text), text: true, pos: t.pos(i)})
		}
	}
	return rec, nil
}

func (t *table) pos(field int) schema.Pos {
	line, column := t.r.FieldPos(field)
	return schema.Pos{File: t.path, Line: line, Column: column}
}

func (t *table) mistaken(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return &mistake{schema.Pos{File: t.path, Line: p.Line, Column: max(p.Column, 1)}, p.Err.Error()}
	}
	return err
}
