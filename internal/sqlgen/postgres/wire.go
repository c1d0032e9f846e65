package postgres

import (
	"encoding/binary"
	"fmt"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/value"
)

// Values that are numbers, or bytes, to both sides travel as such: the server need not print them, nor anybody read what it
// printed. Everything else travels as text.

// Formats are the formats in which columns of these types are asked for: 1 is binary.
func Formats(types []value.Type) []int16 {
	out := make([]int16, len(types))
	for i, t := range types {
		if isBinary(t) {
			out[i] = 1
		}
	}
	return out
}

func isBinary(t value.Type) bool {
	if t.List {
		return false
	}
	switch t.Kind {
	case value.Int, value.UUID, value.Timestamp, value.Date, value.Bytes:
		return true
	}
	return false
}

// AppendKept appends the text that is kept of a column that is not NULL: none of a number.
func AppendKept(out []byte, t value.Type, column []byte) []byte {
	switch {
	case !isBinary(t), t.Kind == value.Bytes:
		return append(out, column...)
	case t.Kind == value.UUID && len(column) == 16:
		return clock.AppendUUID(out, column)
	}
	return out
}

// The server counts days and µs from 2000 on.
const (
	firstDay    = 10957 // since 1970
	firstMicros = firstDay * 86400 * 1000000
)

// Read reads a column that is not NULL in the format of its type. kept begins with what AppendKept has made of it; rest is what
// follows that.
func Read(t value.Type, column []byte, kept string) (v value.Value, rest string, err error) {
	switch n := len(column); {
	case !isBinary(t):
		v, err = DecodeText(t, kept[:n])
		return v, kept[n:], err
	case t.Kind == value.Bytes:
		return value.OfBytes(kept[:n]), kept[n:], nil
	case t.Kind == value.UUID && n == 16:
		return value.OfUUID(kept[:36]), kept[36:], nil
	}
	v, err = numberOf(t, column)
	return v, kept, err
}

func numberOf(t value.Type, column []byte) (value.Value, error) {
	switch n := len(column); {
	case t.Kind == value.Int && n == 8:
		return value.OfInt(int64(binary.BigEndian.Uint64(column))), nil
	case t.Kind == value.Timestamp && n == 8:
		return value.Fit(t, value.OfTimestamp(int64(binary.BigEndian.Uint64(column))+firstMicros))
	case t.Kind == value.Date && n == 4:
		return value.Fit(t, value.OfDate(int64(int32(binary.BigEndian.Uint32(column)))+firstDay))
	}
	return value.Value{}, fmt.Errorf("postgres: %d bytes where %s is stored", len(column), t)
}
