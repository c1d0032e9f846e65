package rest

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// form is how a body is written.
type form uint8

const (
	jsonForm form = iota
	linesForm
	csvForm
	pairsForm
)

var forms = map[string]form{
	"": jsonForm, "application/json": jsonForm,
	"application/vnd.pgrst.object+json": jsonForm, "application/vnd.pgrst.object": jsonForm,
	"application/vnd.pgrst.array+json": jsonForm, "application/vnd.pgrst.array": jsonForm,
	"application/x-ndjson": linesForm, "text/csv": csvForm, "application/x-www-form-urlencoded": pairsForm,
}

// Messages about bodies, in PostgREST's words.
const (
	brokenJSON = "Empty or invalid json"
	brokenCSV  = "Empty or invalid csv"
	mixedKeys  = "All object keys must match"
	raggedRows = "All lines must have same number of fields"
)

func badBody(format string, args ...any) *fault.Fault {
	return fault.New(fault.InvalidBody, format, args...)
}

func bodyForm(h http.Header) (form, error) {
	name, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	name = strings.ToLower(strings.TrimSpace(name))
	f, ok := forms[name]
	if !ok {
		return 0, badBody("Content-Type not acceptable: %s", name)
	}
	return f, nil
}

// readBody reads a body within its limit.
func readBody(r io.Reader, limit int) (string, error) {
	if r == nil {
		return "", nil
	}
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(r, int64(limit)+1))
	var cut *http.MaxBytesError
	switch {
	case n > int64(limit), errors.As(err, &cut):
		return "", fault.New(fault.TooLarge, "the body is longer than %d bytes", limit)
	case err != nil:
		return "", badBody("The body could not be read").Because(err)
	}
	return b.String(), nil
}

// read fills the rows from a body.
func (b *rows) read(f form, body string) error {
	switch f {
	case linesForm:
		return b.lines(body)
	case csvForm:
		return b.csv(body)
	case pairsForm:
		return b.pairs(body)
	}
	return b.json(body)
}

// json reads an object, or an array of objects.
func (b *rows) json(body string) error {
	s := &jsonScanner{src: body}
	var err error
	switch s.space(); s.peek() {
	case '{':
		err = b.object(s)
	case '[':
		err = s.array(func() error { return b.object(s) })
	default:
		return badBody(brokenJSON)
	}
	if err != nil {
		return err
	}
	return s.end()
}

// lines reads one object per line; blank lines say nothing.
func (b *rows) lines(body string) error {
	for line := range strings.SplitSeq(body, "\n") {
		s := &jsonScanner{src: line}
		if s.space(); s.done() {
			continue
		}
		if err := b.object(s); err != nil {
			return err
		}
		if err := s.end(); err != nil {
			return err
		}
	}
	return nil
}

func (b *rows) object(s *jsonScanner) error {
	if s.peek() != '{' {
		if _, err := s.value(); err != nil {
			return err
		}
		return badBody(mixedKeys)
	}
	if err := b.begin(); err != nil {
		return err
	}
	if err := s.object(b.jsonCell); err != nil {
		return err
	}
	return b.end()
}

// csv reads a header and lines of the same number of fields. NULL stands for NULL, an empty field for empty text.
func (b *rows) csv(body string) error {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	r.ReuseRecord = true
	first, err := r.Read()
	if err != nil {
		return csvFault(err)
	}
	header := slices.Clone(first)
	for {
		line, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return csvFault(err)
		}
		if err := b.line(header, line); err != nil {
			return err
		}
	}
}

func (b *rows) line(header, line []string) error {
	if err := b.begin(); err != nil {
		return err
	}
	for i, text := range line {
		if err := b.textCell(header[i], text, text == "NULL"); err != nil {
			return err
		}
	}
	return b.end()
}

func csvFault(err error) error {
	if errors.Is(err, csv.ErrFieldCount) {
		return badBody(raggedRows)
	}
	f := badBody(brokenCSV).Because(err)
	var at *csv.ParseError
	if errors.As(err, &at) {
		return f.WithDetails("line " + itoa(at.Line) + ": " + at.Err.Error())
	}
	return f
}

// pairs reads one row from a form.
func (b *rows) pairs(body string) error {
	pairs, err := splitQuery(body)
	if err != nil {
		return err
	}
	if err := b.begin(); err != nil {
		return err
	}
	for _, p := range pairs {
		if err := b.textCell(p.key, p.text, false); err != nil {
			return err
		}
	}
	return b.end()
}
