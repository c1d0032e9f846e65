package postgres

import (
	"github.com/socle-hq/socle/internal/plan"
	dialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// tuples are decoded rows. The texts of a row are one piece of memory, and so are the values of several rows: a list is made of
// few pieces instead of one for each of its values.
type tuples struct {
	types []value.Type
	all   []plan.Tuple
	bytes int           // of their texts
	room  []value.Value // for the next rows

	weight store.Weight
}

// mostTogether is how many rows share a piece of memory at most.
const mostTogether = 32

// fewBytes is more than the texts of most rows take.
const fewBytes = 512

// add is for rows in the formats of their types; a nil column is NULL.
func (r *tuples) add(row [][]byte) (err error) {
	var room [fewBytes]byte
	texts := room[:0]
	for i, of := range r.types {
		if row[i] != nil {
			texts = dialect.AppendKept(texts, of, row[i])
		}
	}
	kept, t := string(texts), r.next()
	r.bytes += len(kept)
	if err := r.weight.Add(len(t), len(kept)); err != nil {
		return err
	}
	for i, of := range r.types {
		if row[i] == nil {
			continue
		}
		if t[i], kept, err = dialect.Read(of, row[i], kept); err != nil {
			return err
		}
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
