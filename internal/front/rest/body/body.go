// Package body owns how the body of a request is written: JSON, JSON lines, CSV and forms, cut into rows of keys and the texts of
// their values, and what such a text is as a type. It knows no collection: which keys there may be, what types their values have
// and what a text stands for is for those who are given the rows.
//
// The forms and the messages follow PostgREST 16 (https://docs.postgrest.org, "Tables and Views" and "Errors").
package body

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/socle-hq/socle/internal/fault"
)

// Form is how a body is written.
type Form uint8

// The forms.
const (
	JSON Form = iota
	Lines
	CSV
	Pairs
)

var forms = map[string]Form{
	"": JSON, "application/json": JSON,
	"application/vnd.pgrst.object+json": JSON, "application/vnd.pgrst.object": JSON,
	"application/vnd.pgrst.array+json": JSON, "application/vnd.pgrst.array": JSON,
	"application/x-ndjson": Lines, "text/csv": CSV, "application/x-www-form-urlencoded": Pairs,
}

// MixedKeys says that the rows of a body have different keys.
const MixedKeys = "All object keys must match"

// Messages about bodies, in PostgREST's words.
const (
	brokenJSON = "Empty or invalid json"
	brokenCSV  = "Empty or invalid csv"
	raggedRows = "All lines must have same number of fields"
)

// Bad is a fault of a body.
func Bad(format string, args ...any) *fault.Fault {
	return fault.New(fault.InvalidBody, format, args...)
}

// Twice refuses a key that an object has twice.
func Twice(key string) error { return Bad("The key %q appears twice in one object", key) }

// FormOf is what Content-Type names; where it says nothing, JSON.
func FormOf(h http.Header) (Form, error) {
	name, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	name = strings.ToLower(strings.TrimSpace(name))
	f, ok := forms[name]
	if !ok {
		return 0, Bad("Content-Type not acceptable: %s", name)
	}
	return f, nil
}

// trusted is how much room is made for a body before any of it has come: whoever sends less than was said takes no more.
const trusted = 64 << 10

// pieces are what bodies are read through.
var pieces = sync.Pool{New: func() any { return new([4 << 10]byte) }}

// Read reads a body within its limit. Its size is what was said of it; not positive: nothing.
func Read(r io.Reader, size int64, limit int) (string, error) {
	if r == nil {
		return "", nil
	}
	var text strings.Builder
	text.Grow(int(min(max(size, 0), trusted, int64(limit))))
	piece := pieces.Get().(*[4 << 10]byte)
	_, err := io.CopyBuffer(&text, io.LimitReader(r, int64(limit)+1), piece[:])
	pieces.Put(piece)
	var cut *http.MaxBytesError
	var refused *fault.Fault
	switch {
	case text.Len() > limit, errors.As(err, &cut):
		return "", fault.New(fault.TooLarge, "the body is longer than %d bytes", limit)
	case errors.As(err, &refused):
		return "", refused
	case err != nil:
		return "", Bad("The body could not be read").Because(err)
	}
	return text.String(), nil
}
