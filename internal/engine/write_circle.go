package engine

import (
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Rows that go may refer to each other in a circle. A row goes after all that refer to it; a reference for which that cannot be
// is set to NULL before. Each circle has one that can be: rows that all need each other cannot have come into being, but in one
// statement, and in one statement they go.

// order puts the rows that go so that each comes after those that refer to it, at least after those that must.
func (d *cascade) order() []*node {
	every := d.sorted(func(*schema.ForeignKey) bool { return true })
	for _, r := range backward(every) {
		if len(r.fk.Loose()) == 0 {
			return d.sorted(func(fk *schema.ForeignKey) bool { return len(fk.Loose()) == 0 })
		}
	}
	return every
}

// sorted follows the references that count, deepest first.
func (d *cascade) sorted(counts func(*schema.ForeignKey) bool) []*node {
	var out []*node
	left := map[*node]bool{}
	var leave func(n *node)
	leave = func(n *node) {
		if left[n] || !n.doomed {
			return
		}
		left[n] = true
		for _, r := range n.children {
			if counts(r.fk) {
				leave(r.by)
			}
		}
		out = append(out, n)
	}
	for _, n := range d.all {
		leave(n)
	}
	return out
}

// together is where the statement ends that begins at from.
func together(nodes []*node, from int) int {
	to := from
	for to < len(nodes) && nodes[to].c == nodes[from].c && to-from < sqlgen.MaxGuarded {
		to++
	}
	return to
}

// backward are the references of rows to rows that go in an earlier statement.
func backward(order []*node) []reference {
	statement := map[*node]int{}
	for from := 0; from < len(order); {
		to := together(order, from)
		for _, n := range order[from:to] {
			statement[n] = from
		}
		from = to
	}
	var out []reference
	for _, n := range order {
		for _, r := range n.children {
			if r.by.doomed && statement[r.by] > statement[n] {
				out = append(out, r)
			}
		}
	}
	return out
}

// loosen sets the references to NULL that no order suits. Nobody sees the rows so: the change log knows them as they were.
func (d *cascade) loosen(order []*node) error {
	cleared := map[*node][]*schema.Field{}
	for _, r := range backward(order) {
		cleared[r.by] = append(cleared[r.by], r.fk.Loose()...)
	}
	for _, n := range order {
		fields := distinctFields(cleared[n])
		if len(fields) == 0 {
			continue
		}
		if err := d.one(sqlgen.Update(d.dialect, n.c, fields, make(plan.Tuple, len(fields)), []sqlgen.Guarded{n.guarded()})); err != nil {
			return err
		}
		n.version++
	}
	return nil
}
