package store

import (
	"unsafe"

	"github.com/socle-hq/socle/internal/value"
)

// Weight is what rows weigh in memory while they are read. The zero Weight is on no scale.
type Weight struct {
	On    Scale
	bytes int
}

// untold is how many bytes a scale is not told of: small answers cost nothing.
const untold = 64 << 10

// valueBytes are those of a value without its text.
const valueBytes = int(unsafe.Sizeof(value.Value{}))

// Add adds a row of so many values, whose texts have so many bytes.
func (w *Weight) Add(values, texts int) error {
	if w.bytes += values*valueBytes + texts; w.bytes < untold || w.On == nil {
		return nil
	}
	n := w.bytes
	w.bytes = 0
	return w.On.Weigh(n)
}

// Raw adds a row of raw columns.
func (w *Weight) Raw(row []any) error {
	if w.On == nil {
		return nil
	}
	return w.Add(len(row), TextBytes(row))
}

// TextBytes is how many bytes the texts among raw columns or arguments have.
func TextBytes(raw []any) (n int) {
	for _, v := range raw {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}
