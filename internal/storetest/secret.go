package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// sight judges what an actor may see, row by row and field by field, from the text of the policies alone: neither Bind nor
// plans have a part in it.
type sight struct {
	world *World
	env   *ir.Env
	rows  map[*schema.Collection]verdict
	field map[*schema.Field]verdict
}

// verdict is a compiled policy over row; a nil expression is what the project did not write.
type verdict struct {
	row *ir.Row
	e   ir.Expr
}

func newSight(t testing.TB, w *World, a policy.Actor) *sight {
	t.Helper()
	s := &sight{world: w, env: &ir.Env{Auth: a.Values(), Now: instant.UnixMicro()}, rows: map[*schema.Collection]verdict{}, field: map[*schema.Field]verdict{}}
	for _, c := range w.Catalog.Collections {
		s.rows[c] = compiled(t, w, c, c.Policies.Read)
		for _, f := range c.Fields {
			s.field[f] = compiled(t, w, c, f.Read.Source)
		}
	}
	return s
}

func compiled(t testing.TB, w *World, c *schema.Collection, src schema.Source) verdict {
	t.Helper()
	if !src.Present() {
		return verdict{}
	}
	row := &ir.Row{Collection: c, Label: "row"}
	e, problems := cel.New(w.Catalog).Compile(src, cel.Scope{Row: row, Want: aBool})
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return verdict{row, e}
}

// Of is the text of everything the actor may see of the data.
func (s *sight) Of(data Rows) string {
	m := eval.New(s.env, data)
	var b strings.Builder
	for _, c := range s.world.Catalog.Collections {
		if c.View != nil || s.rows[c].e == nil {
			continue
		}
		fmt.Fprintf(&b, "%s:", c.Key)
		for _, t := range data[c] {
			if s.rows[c].holds(m, t) {
				b.WriteString(s.line(m, c, t))
			}
		}
	}
	return b.String()
}

func (s *sight) line(m *eval.Machine, c *schema.Collection, t eval.Tuple) string {
	text := ""
	for _, f := range c.Fields {
		j := s.field[f]
		if f.Computed == nil && !f.Read.Never && (j.e == nil || j.holds(m, t)) {
			text += f.Key + "=" + show(f.Type, t[f.Ordinal]) + " "
		}
	}
	return text + "\n"
}

func (j verdict) holds(m *eval.Machine, t eval.Tuple) bool {
	var s *eval.Scope
	return m.Value(j.e, s.With(j.row, t)).True()
}

// twin changes data at random wherever the actor cannot see it, and gives the changed copy with the number of changes.
func twin(t testing.TB, r *rand.Rand, w *World, a policy.Actor, attempts int) (Rows, int) {
	t.Helper()
	s := newSight(t, w, a)
	seen := s.Of(w.Data)
	now, changes := clone(w.Data), 0
	for i := range attempts {
		next := clone(now)
		if !disturb(r, w.Catalog, next, i) || s.Of(next) != seen {
			continue
		}
		now, changes = next, changes+1
	}
	return now, changes
}

func clone(data Rows) Rows {
	out := Rows{}
	for c, rows := range data {
		for _, t := range rows {
			out[c] = append(out[c], slices.Clone(t))
		}
	}
	return out
}

// disturb changes a field, adds a row or takes one away; false where nothing came of it.
func disturb(r *rand.Rand, c *schema.Catalog, data Rows, i int) bool {
	col := c.Collections[r.IntN(len(c.Collections))]
	rows := data[col]
	if col.View != nil || len(rows) == 0 {
		return false
	}
	at := r.IntN(len(rows))
	refer := func(fk *schema.ForeignKey) value.Value { return pick(r, data[fk.To])[fk.Targets[0].Ordinal] }
	switch r.IntN(6) {
	case 0:
		t := fillRow(r, col, 1000+i, refer)
		if slices.ContainsFunc(rows, func(o eval.Tuple) bool { return keyText(col, o) == keyText(col, t) }) {
			return false
		}
		data[col] = append(rows, t)
	case 1:
		if referenced(c, data, col, rows[at]) {
			return false
		}
		data[col] = slices.Delete(rows, at, at+1)
	default:
		f := pick(r, col.Fields)
		if f.IsKey() || f.Computed != nil {
			return false
		}
		rows[at][f.Ordinal] = fillRow(r, col, 0, refer)[f.Ordinal]
	}
	return true
}

// referenced reports whether another row refers to this one.
func referenced(c *schema.Catalog, data Rows, col *schema.Collection, t eval.Tuple) bool {
	for _, other := range c.Collections {
		for _, fk := range other.ForeignKeys {
			if fk.To != col {
				continue
			}
			for _, o := range data[other] {
				v := o[fk.Columns[0].Ordinal]
				if !v.IsNull() && v.Text() == t[fk.Targets[0].Ordinal].Text() {
					return true
				}
			}
		}
	}
	return false
}
