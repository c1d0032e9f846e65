package storetest

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// settler makes the rows of any project: whole numbers as keys, references to rows that are there, unique keys kept.
type settler struct {
	*rand.Rand
	catalog *schema.Catalog
	data    Rows
	taken   map[*schema.Collection]map[string]bool
}

// settle makes up to n rows for every collection.
func settle(r *rand.Rand, c *schema.Catalog, n int) Rows {
	s := &settler{Rand: r, catalog: c, data: Rows{}, taken: map[*schema.Collection]map[string]bool{}}
	done := map[*schema.Collection]bool{}
	for range c.Collections {
		for _, col := range c.Collections {
			if !done[col] && s.ready(col, done) {
				done[col] = true
				s.people(col, n)
			}
		}
	}
	for _, col := range c.Collections {
		for i := range s.data[col] {
			s.connect(col, i)
		}
	}
	return s.data
}

// ready reports whether all that a row must refer to is there.
func (s *settler) ready(col *schema.Collection, done map[*schema.Collection]bool) bool {
	for _, fk := range col.ForeignKeys {
		if f := fk.Columns[0]; !f.Nullable() && !done[fk.To] {
			return false
		}
	}
	return col.View == nil
}

func (s *settler) people(col *schema.Collection, n int) {
	s.taken[col] = map[string]bool{}
	for i := range n {
		complete := true
		t := fillRow(s.Rand, col, i, func(fk *schema.ForeignKey) value.Value {
			f := fk.Columns[0]
			if f.Nullable() {
				return value.Value{}
			}
			if len(s.data[fk.To]) == 0 {
				complete = false
				return value.Value{}
			}
			return pick(s.Rand, s.data[fk.To])[fk.Targets[0].Ordinal]
		})
		for _, fk := range col.ForeignKeys {
			if len(fk.Columns) > 1 {
				s.refer(fk, t)
			}
		}
		if col.Internal && i < len(uuids) {
			t[col.PrimaryKey[0].Ordinal] = parsed(aUUID, uuids[i])
		}
		if keys := uniqueTexts(col, t); complete && !s.clash(col, keys) {
			for _, k := range keys {
				s.taken[col][k] = true
			}
			s.data[col] = append(s.data[col], t)
		}
	}
}

func (s *settler) clash(col *schema.Collection, keys []string) bool {
	for _, k := range keys {
		if s.taken[col][k] {
			return true
		}
	}
	return false
}

// refer points a row's reference at a row, or at nothing.
func (s *settler) refer(fk *schema.ForeignKey, t eval.Tuple) {
	rows := s.data[fk.To]
	if len(rows) == 0 || s.IntN(4) == 0 {
		for _, f := range fk.Columns {
			t[f.Ordinal] = value.Value{}
		}
		return
	}
	to := pick(s.Rand, rows)
	for i, f := range fk.Columns {
		t[f.Ordinal] = to[fk.Targets[i].Ordinal]
	}
}

// connect points those references of a row at others that may be empty.
func (s *settler) connect(col *schema.Collection, i int) {
	for _, fk := range col.ForeignKeys {
		f := fk.Columns[0]
		if len(fk.Columns) > 1 || !f.Nullable() {
			continue
		}
		t := slices.Clone(s.data[col][i])
		s.refer(fk, t)
		var fresh []string
		was := uniqueTexts(col, s.data[col][i])
		for _, k := range uniqueTexts(col, t) {
			if !slices.Contains(was, k) {
				fresh = append(fresh, k)
			}
		}
		if s.clash(col, fresh) {
			continue
		}
		for _, k := range fresh {
			s.taken[col][k] = true
		}
		s.data[col][i] = t
	}
}

// uniqueTexts are a row's keys, one text each; a key with a NULL in it is none.
func uniqueTexts(col *schema.Collection, t eval.Tuple) []string {
	keys := []*schema.Key{{Name: "primary", Fields: col.PrimaryKey}}
	var out []string
	for _, k := range append(keys, col.Unique...) {
		text := k.Name
		for _, f := range k.Fields {
			if t[f.Ordinal].IsNull() {
				text = ""
				break
			}
			text += "\x00" + show(f.Type, t[f.Ordinal])
		}
		if strings.Contains(text, "\x00") {
			out = append(out, text)
		}
	}
	return out
}
