package postgres

import (
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/value"
)

// tuples are decoded rows. The texts of a row are one piece of memory, and so are the values of several rows: a list is made of
// few pieces instead of one for each of its values.
type tuples struct {
	types []value.Type
	all   []plan.Tuple
	room  []value.Value // for the next rows
}

// mostTogether is how many rows share a piece of memory at most.
const mostTogether = 32

// add is for rows in the text format; a nil column is NULL.
func (r *tuples) add(row [][]byte) error {
	text, t := joined(row), r.next()
	for i, of := range r.types {
		n := len(row[i])
		if row[i] != nil {
			v, err := dialect.DecodeText(of, text[:n])
			if err != nil {
				return err
			}
			t[i] = v
		}
		text = text[n:]
	}
	r.all = append(r.all, t)
	return nil
}

// next is a tuple of NULLs.
func (r *tuples) next() plan.Tuple {
	n := len(r.types)
	if len(r.room) < n {
		r.room = make([]value.Value, n*min(mostTogether, len(r.all)+1))
	}
	t := r.room[:n:n]
	r.room = r.room[n:]
	return t
}

// joined is the columns one after another.
func joined(row [][]byte) string {
	size := 0
	for _, column := range row {
		size += len(column)
	}
	var b strings.Builder
	b.Grow(size)
	for _, column := range row {
		b.Write(column)
	}
	return b.String()
}
