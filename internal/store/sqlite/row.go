package sqlite

import (
	"bytes"
	"strings"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/plan"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// row is the row that a statement stands on.
type row struct {
	tls  *libc.TLS
	stmt uintptr
}

// raw gives the columns as they are kept: int64, float64, string, []byte or nil.
func (r row) raw() []any {
	out := make([]any, sqlite3.Xsqlite3_data_count(r.tls, r.stmt))
	for i := range out {
		cell := sqlite3.Xsqlite3_column_value(r.tls, r.stmt, int32(i))
		switch sqlite3.Xsqlite3_value_type(r.tls, cell) {
		case sqlite3.SQLITE_INTEGER:
			out[i] = sqlite3.Xsqlite3_value_int64(r.tls, cell)
		case sqlite3.SQLITE_FLOAT:
			out[i] = sqlite3.Xsqlite3_value_double(r.tls, cell)
		case sqlite3.SQLITE_TEXT:
			out[i] = string(r.text(cell))
		case sqlite3.SQLITE_BLOB:
			out[i] = bytes.Clone(r.blob(cell))
		}
	}
	return out
}

// text is a cell's, in the engine's memory until the next step.
func (r row) text(cell uintptr) []byte {
	at := sqlite3.Xsqlite3_value_text(r.tls, cell)
	return memory(at, int(sqlite3.Xsqlite3_value_bytes(r.tls, cell)))
}

// blob is a cell's, in the engine's memory until the next step.
func (r row) blob(cell uintptr) []byte {
	at := sqlite3.Xsqlite3_value_blob(r.tls, cell)
	return memory(at, int(sqlite3.Xsqlite3_value_bytes(r.tls, cell)))
}

// tuples are rows as they are read: their values and their texts lie in blocks, which grow with the number of rows.
type tuples struct {
	all    []plan.Tuple
	values []value.Value
	texts  strings.Builder
	weight store.Weight
	cells  []uintptr // the columns of the row that is read
}

// A block is made for so many rows at most, and for more than one only where their texts have not more than so many bytes.
const (
	most     = 64
	mostText = 64 << 10
)

// add reads a row whose columns have these types.
func (t *tuples) add(types []value.Type, r row) error {
	rows := min(max(len(t.all), 1), most)
	if len(t.values) < len(types) {
		t.values = make([]value.Value, len(types)*rows)
	}
	tuple := plan.Tuple(t.values[:len(types):len(types)])
	t.values = t.values[len(types):]
	t.all = append(t.all, tuple)
	t.cells = t.cells[:0]
	texts, blobs := 0, 0
	for i := range types {
		cell := sqlite3.Xsqlite3_column_value(r.tls, r.stmt, int32(i))
		t.cells = append(t.cells, cell)
		switch sqlite3.Xsqlite3_value_type(r.tls, cell) {
		case sqlite3.SQLITE_TEXT:
			texts += int(sqlite3.Xsqlite3_value_bytes(r.tls, cell))
		case sqlite3.SQLITE_BLOB:
			blobs += int(sqlite3.Xsqlite3_value_bytes(r.tls, cell))
		}
	}
	if err := t.weight.Add(len(types), texts+blobs); err != nil {
		return err
	}
	if t.texts.Cap()-t.texts.Len() < texts {
		t.texts.Reset()
		t.texts.Grow(max(texts, min(texts*rows, mostText)))
	}
	for i, cell := range t.cells {
		v, err := t.value(types[i], r, cell)
		if err != nil {
			return err
		}
		tuple[i] = v
	}
	return nil
}

func (t *tuples) value(of value.Type, r row, cell uintptr) (value.Value, error) {
	switch sqlite3.Xsqlite3_value_type(r.tls, cell) {
	case sqlite3.SQLITE_INTEGER:
		return dialect.DecodeInt(of, sqlite3.Xsqlite3_value_int64(r.tls, cell))
	case sqlite3.SQLITE_TEXT:
		return dialect.DecodeText(of, t.text(r.text(cell)))
	case sqlite3.SQLITE_FLOAT:
		return dialect.Dialect{}.Decode(of, sqlite3.Xsqlite3_value_double(r.tls, cell))
	case sqlite3.SQLITE_BLOB:
		return dialect.Dialect{}.Decode(of, r.blob(cell))
	}
	return value.Value{}, nil
}

// text copies a text into the block.
func (t *tuples) text(s []byte) string {
	from := t.texts.Len()
	t.texts.Write(s)
	return t.texts.String()[from:]
}
