package body

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
)

// Rows are given what a body says, cell by cell. A fault they return ends the reading.
type Rows interface {
	Begin() error
	JSON(key, raw string) error             // raw is the text of a JSON value; whether it is one is not known
	Text(key, text string, null bool) error // of CSV and forms
	End() error
}

// Decode cuts a body into rows.
func Decode(f Form, body string, to Rows) error {
	d := decoder{to}
	switch f {
	case Lines:
		return d.lines(body)
	case CSV:
		return d.csv(body)
	case Pairs:
		return d.pairs(body)
	}
	return d.json(body)
}

type decoder struct{ Rows }

// json reads an object, or an array of objects.
func (d decoder) json(body string) error {
	s := &Scanner{src: body}
	var err error
	switch s.Space(); s.Peek() {
	case '{':
		err = d.object(s)
	case '[':
		err = s.Array(func() error { return d.object(s) })
	default:
		return Bad(brokenJSON)
	}
	if err != nil {
		return err
	}
	return s.End()
}

// lines reads one object per line; blank lines say nothing.
func (d decoder) lines(body string) error {
	for line := range strings.SplitSeq(body, "\n") {
		s := &Scanner{src: line}
		if s.Space(); s.Done() {
			continue
		}
		if err := d.object(s); err != nil {
			return err
		}
		if err := s.End(); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) object(s *Scanner) error {
	if s.Peek() != '{' {
		if _, err := s.value(); err != nil {
			return err
		}
		return Bad(MixedKeys)
	}
	if err := d.Begin(); err != nil {
		return err
	}
	if err := s.Object(d.JSON); err != nil {
		return err
	}
	return d.End()
}

// csv reads a header and lines of the same number of fields. NULL stands for NULL, an empty field for empty text.
func (d decoder) csv(body string) error {
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
		if err := d.line(header, line); err != nil {
			return err
		}
	}
}

func (d decoder) line(header, line []string) error {
	if err := d.Begin(); err != nil {
		return err
	}
	for i, text := range line {
		if err := d.Text(header[i], text, text == "NULL"); err != nil {
			return err
		}
	}
	return d.End()
}

func csvFault(err error) error {
	if errors.Is(err, csv.ErrFieldCount) {
		return Bad(raggedRows)
	}
	f := Bad(brokenCSV).Because(err)
	var at *csv.ParseError
	if errors.As(err, &at) {
		return f.WithDetails("line " + strconv.Itoa(at.Line) + ": " + at.Err.Error())
	}
	return f
}

// pairs reads one row from a form.
func (d decoder) pairs(body string) error {
	pairs, err := syntax.Split(body)
	if err != nil {
		return err
	}
	if err := d.Begin(); err != nil {
		return err
	}
	for _, p := range pairs {
		if err := d.Text(p.Key, p.Text, false); err != nil {
			return err
		}
	}
	return d.End()
}
