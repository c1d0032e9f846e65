package transfer

import (
	"bytes"
	"errors"
	"io"
)

// longest is how many bytes one row may have.
const longest = 16 << 20

// block is how many bytes are read at a time.
const block = 64 << 10

// feed reads a source and hands out records as they stand there.
type feed struct {
	r      io.Reader
	buf    []byte // buf[at:] is read and not taken
	begin  int    // buf[begin:at] is what was taken since cut
	at     int
	eof    bool
	offset int64 // of buf[at] in the source
	line   int   // of buf[at], from 1
	inside bool  // buf[at-1], which was taken, ends no line
}

func newFeed(r io.Reader) *feed { return &feed{r: r, line: 1} }

func (f *feed) rest() []byte { return f.buf[f.at:] }

// more reads on. At the end of the source it sets eof.
func (f *feed) more() error {
	if cap(f.buf)-len(f.buf) < block {
		grown := make([]byte, len(f.buf), 2*len(f.buf)+4*block)
		copy(grown, f.buf)
		f.buf = grown
	}
	n, err := f.r.Read(f.buf[len(f.buf):cap(f.buf)])
	f.buf = f.buf[:len(f.buf)+n]
	if errors.Is(err, io.EOF) {
		f.eof = true
		return nil
	}
	return err
}

// take hands out the next n bytes.
func (f *feed) take(n int) []byte {
	out := f.buf[f.at : f.at+n]
	f.at += n
	f.offset += int64(n)
	f.line += bytes.Count(out, newline)
	f.inside = n > 0 && out[n-1] != '\n' || n == 0 && f.inside
	return out
}

var newline = []byte{'\n'}

// cut is what was taken since the cut before. It stays as it is: what comes is read elsewhere.
func (f *feed) cut() []byte {
	taken := f.buf[f.begin:f.at:f.at]
	rest := make([]byte, len(f.buf)-f.at, len(f.buf)-f.at+len(taken)+2*block)
	copy(rest, f.buf[f.at:])
	f.buf, f.begin, f.at = rest, 0, 0
	return taken
}

// mark drops a byte order mark at the beginning.
func (f *feed) mark() error {
	for len(f.rest()) < 3 && !f.eof {
		if err := f.more(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(f.rest(), []byte("\ufeff")) {
		f.take(3)
	}
	return nil
}

// form knows how records of a format stand in a source.
type form interface {
	// split takes one record from the front of data: n bytes with its line end. n is 0 where data ends before the record does. The
	// cells are good until the next call; a blank line has none. wrong is why the bytes are no record.
	split(data []byte, eof bool) (n int, cells []cell, wrong string)
}

// cell is one value as written.
type cell struct {
	name   []byte // NDJSON
	text   []byte
	quoted bool // CSV
}

var errLong = errors.New("the row is longer than 16 MiB")

// next is the next record that is no blank line, with the bytes it stands in; nil bytes at the end.
func (f *feed) next(of form) (raw []byte, line int, cells []cell, wrong string, err error) {
	for {
		if len(f.rest()) == 0 && f.eof {
			return nil, f.line, nil, "", nil
		}
		n := 0
		if len(f.rest()) > 0 {
			n, cells, wrong = of.split(f.rest(), f.eof)
		}
		switch {
		case n == 0 && f.eof:
			return nil, f.line, nil, "", nil
		case n == 0 && len(f.rest()) > longest:
			return nil, f.line, nil, "", errLong
		case n == 0:
			if err := f.more(); err != nil {
				return nil, f.line, nil, "", err
			}
			continue
		}
		line = f.line
		if raw = f.take(n); cells != nil || wrong != "" {
			return raw, line, cells, wrong, nil
		}
	}
}

// bare is a record without its line end.
func bare(raw []byte) []byte { return bytes.TrimSuffix(bytes.TrimSuffix(raw, newline), []byte{'\r'}) }
