package eval

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// index finds a collection's rows by the text of one field's value.
type index map[string][]Tuple

func (m *Machine) index(f *schema.Field) index {
	if ix, ok := m.indexes[f]; ok {
		return ix
	}
	ix := index{}
	for _, t := range m.Rows(f.Collection) {
		if v := t[f.Ordinal]; !v.IsNull() {
			k := v.Text()
			ix[k] = append(ix[k], t)
		}
	}
	if m.indexes == nil {
		m.indexes = map[*schema.Field]index{}
	}
	m.indexes[f] = ix
	return ix
}

// Rows gives a collection's raw rows.
func (m *Machine) Rows(c *schema.Collection) []Tuple {
	if m.data == nil {
		return nil
	}
	return m.data.Rows(c)
}

// follow gives the rows a relation reaches from one row; NULL in a key reaches none. A junction with repeated pairs repeats
// the rows it reaches.
func (m *Machine) follow(rel *schema.Relation, from Tuple) []Tuple {
	if from == nil {
		return nil
	}
	if rel.Junction != nil {
		in, out := rel.Halves()
		var reached []Tuple
		for _, mid := range m.follow(in, from) {
			reached = append(reached, m.follow(out, mid)...)
		}
		return reached
	}
	first := from[rel.Pairs[0].From.Ordinal]
	if first.IsNull() {
		return nil
	}
	var reached []Tuple
	for _, t := range m.index(rel.Pairs[0].To)[first.Text()] {
		if paired(rel.Pairs, from, t) {
			reached = append(reached, t)
		}
	}
	return reached
}

func paired(pairs []schema.Pair, from, to Tuple) bool {
	for _, p := range pairs {
		if compare(ir.Eq, from[p.From.Ordinal], to[p.To.Ordinal]) != ir.True {
			return false
		}
	}
	return true
}

func (m *Machine) through(e *ir.Through, s *Scope) value.Value {
	from, _ := m.tuple(e.From, s)
	reached := m.follow(e.Rel, from)
	if len(reached) == 0 {
		return null
	}
	return m.Value(e.Yield, s.With(e.To, reached[0]))
}

func (m *Machine) exists(e *ir.Exists, s *Scope) ir.Truth {
	from, _ := m.tuple(e.From, s)
	reached := []Tuple{from}
	for _, rel := range e.Path {
		var next []Tuple
		for _, t := range reached {
			next = append(next, m.follow(rel, t)...)
		}
		reached = next
	}
	for _, t := range reached {
		if holds := m.Truth(e.Cond, s.With(e.To, t)) == ir.True; holds != e.All {
			return truth(!e.All)
		}
	}
	return truth(e.All)
}

func (m *Machine) count(e *ir.Count, s *Scope) int64 {
	from, _ := m.tuple(e.From, s)
	n := int64(0)
	for _, t := range m.follow(e.Rel, from) {
		if e.Cond == nil || m.Truth(e.Cond, s.With(e.To, t)) == ir.True {
			n++
		}
	}
	return n
}
