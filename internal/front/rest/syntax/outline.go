package syntax

import (
	"encoding/binary"

	"github.com/socle-hq/socle/internal/admission"
)

// Outline is a query string without its values: of two that are read under the same limits and have the same Text, either both
// mean something or neither does, but for what the values are. It may be used again for another query string.
type Outline struct {
	Text   []byte
	Values []Operation // of conditions that have a value: of parameters, then of trees
	Ranges []int64     // the limits and offsets of embeds
	Root   []Bound     // the limits and offsets of the root, which the Text does not mention

	trees []Operation
}

// Read makes o the outline of parameters. It reports whether there is one: not where something is refused, nor for having and
// after, of which a catalogue decides what they are.
func (o *Outline) Read(pairs []Pair, l *admission.Limits) bool {
	o.Clear()
	if len(pairs) > l.Filters {
		return false
	}
	for i := range pairs {
		if !o.add(&pairs[i], l) {
			return false
		}
	}
	o.Values = append(o.Values, o.trees...)
	return true
}

// Clear forgets what was read, so that nothing of it is held.
func (o *Outline) Clear() {
	clear(o.Values)
	clear(o.trees)
	o.Text, o.Values, o.Ranges, o.Root, o.trees = o.Text[:0], o.Values[:0], o.Ranges[:0], o.Root[:0], o.trees[:0]
}

func (o *Outline) add(q *Pair, l *admission.Limits) bool {
	word := q.Word()
	switch word {
	case "having", "after":
		return false
	case "and", "or":
		return o.tree(q, word, l)
	case "limit", "offset":
		return o.bound(q, word == "offset")
	case "order":
		o.part(q.Key, q.Text)
		return true
	case "select", "columns", "on_conflict":
		if word == q.Key {
			o.part(q.Key, q.Text)
			return true
		}
	}
	o.part(q.Key)
	s := scanner{what: "filter", shown: q.Text, src: q.Text, steps: l.JSONSteps}
	op, err := s.operation(false, *l)
	if err == nil && o.operation(&op) {
		o.Values = append(o.Values, op)
	}
	return err == nil
}

// part appends texts, each with its length.
func (o *Outline) part(texts ...string) {
	for _, s := range texts {
		o.Text = append(binary.AppendUvarint(o.Text, uint64(len(s))), s...)
	}
}

// operation appends an operator, and reports whether it has a value: what follows `is` is a part of it.
func (o *Outline) operation(op *Operation) bool {
	o.Text = append(o.Text, byte(op.Code), byte(op.Each), flag(op.Not))
	if op.Code == Is {
		o.part(op.Text)
		return false
	}
	o.part(op.Name, op.Config)
	return true
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (o *Outline) bound(q *Pair, offset bool) bool {
	n, given, err := boundOf(q, offset)
	if err != nil {
		return false
	}
	root := q.Key == "limit" || q.Key == "offset"
	if !root {
		o.part(q.Key)
		o.Text = append(o.Text, flag(given))
	}
	switch {
	case given && root:
		o.Root = append(o.Root, Bound{Offset: offset, N: n})
	case given:
		o.Ranges = append(o.Ranges, n)
	}
	return true
}

func (o *Outline) tree(q *Pair, word string, l *admission.Limits) bool {
	var p Params
	if p.addTree(*q, word, *l) != nil {
		return false
	}
	o.part(q.Key)
	o.node(p.Trees[0].Node)
	return true
}

func (o *Outline) node(n Node) {
	switch n := n.(type) {
	case *Leaf:
		o.Text = append(o.Text, 'l')
		o.field(&n.Field)
		if o.operation(&n.Op) {
			o.trees = append(o.trees, n.Op)
		}
	case *Logic:
		o.Text = binary.AppendUvarint(append(o.Text, 't', flag(n.Not), flag(n.Or)), uint64(len(n.Of)))
		for _, member := range n.Of {
			o.node(member)
		}
	}
}

func (o *Outline) field(f *Field) {
	o.part(f.Name)
	o.Text = binary.AppendUvarint(append(o.Text, flag(f.Text)), uint64(len(f.Steps)))
	for _, s := range f.Steps {
		o.Text = binary.AppendVarint(append(o.Text, flag(s.IsIndex)), int64(s.Index))
		o.part(s.Key)
	}
}
