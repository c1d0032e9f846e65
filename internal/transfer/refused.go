package transfer

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// Refused writes the rows that an import left out in the form they came in, each with the reasons in a first column _refused, which
// imports do not look at: once corrected, the file can be imported.
type Refused struct {
	w      io.Writer
	format Format
	head   []byte
	rows   int
}

// NewRefused begins with a header of its own where the rows are CSV and begun is false.
func NewRefused(w io.Writer, f Format, head []byte, begun bool) *Refused {
	r := &Refused{w: w, format: f}
	if f == CSV && !begun {
		r.head = append([]byte(refusedColumn+","), append(head, '\n')...)
	}
	return r
}

// Add writes one row.
func (r *Refused) Add(b Bad) error {
	var out []byte
	out, r.head = append(out, r.head...), nil
	why := strings.Join(b.Reasons, "; ")
	switch raw := bytes.TrimSpace(b.Raw); {
	case r.format == CSV:
		out = append(out, '"')
		out = append(out, strings.ReplaceAll(why, `"`, `""`)...)
		out = append(append(out, '"', ','), b.Raw...)
	case bytes.HasPrefix(raw, []byte("{")):
		out = append(append(out, '{'), member(refusedColumn, why)...)
		if rest := bytes.TrimSpace(raw[1:]); len(rest) > 0 && rest[0] != '}' {
			out = append(out, ',')
		}
		out = append(out, raw[1:]...)
	default:
		out = append(append(out, '{'), member(refusedColumn, why)...)
		out = append(append(append(out, ','), member("_line", string(b.Raw))...), '}')
	}
	r.rows++
	_, err := r.w.Write(append(out, '\n'))
	return err
}

func member(name, text string) []byte {
	a, _ := json.Marshal(name) // texts can always be
	b, _ := json.Marshal(text)
	return append(append(a, ':'), b...)
}
