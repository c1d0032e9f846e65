package rest

import (
	"hash/maphash"
	"sync"

	"github.com/maypok86/otter/v2"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Shapes remembers what the parameters of requests mean without their values: of a request like an earlier one only the values are
// read. What is remembered is of one view and of one text, both whole; where either differs, and where a value is refused, the
// request is resolved as the first was. It is safe for concurrent use, and lives as long as the catalogue of its views.
type Shapes struct {
	limits Limits
	seed   maphash.Seed
	kept   *otter.Cache[shapeKey, *shape]
}

// What is remembered: so many bytes of memory, as weight tells them, and no shape with more bytes of text; a larger one is resolved
// each time.
const (
	shapesKept   = 8 << 20
	largestShape = 8 << 10
)

// shapeKey finds a shape by a hash; whether it is the one is for its outline to say.
type shapeKey struct {
	view    *schema.View
	seen    *schema.CollectionView
	form    form
	outline uint64
}

// form is what is made of parameters, where they do not say so themselves: a read with an offset or without, or a write with a
// representation or without.
type form struct {
	write  bool
	action ir.Action
	more   bool // the offset, the representation
}

// shape is a request without its values. Nothing of it is changed any more.
type shape struct {
	outline string
	query   *ir.Query // of a write: its representation, nil where none is wanted
	text    string    // of the query
	row     *ir.Row   // of a write, with the rows that it is about
	where   ir.Expr
	slots   []slot // of the conditions' values; after them come the ranges of embeds, and of the root
	ranges  int
}

// NewShapes remembers nothing yet. Requests under other limits are not helped by it.
func NewShapes(l Limits) *Shapes {
	return &Shapes{limits: l.Filled(), seed: maphash.MakeSeed(), kept: otter.Must(&otter.Options[shapeKey, *shape]{
		MaximumWeight: shapesKept,
		Weigher:       func(_ shapeKey, s *shape) uint32 { return s.weight() },
	})}
}

func (s *shape) size() int { return len(s.outline) + len(s.text) }

// weight is about what a shape takes in memory: the trees some times what their text does.
func (s *shape) weight() uint32 { return uint32(512 + 3*s.size()) }

var outlines = sync.Pool{New: func() any { return new(syntax.Outline) }}

// outlined calls f with the outline of parameters and what of the root's rows they ask for, where they have one.
func (s *Shapes) outlined(in *Input, l *Limits, pairs []syntax.Pair, f func(*syntax.Outline, syntax.Range)) {
	if s == nil || s.limits != *l {
		return
	}
	o := outlines.Get().(*syntax.Outline)
	if o.Read(pairs, l) && len(o.Text) <= largestShape {
		if asked, err := syntax.RangeOf(o.Root, in.Header); err == nil {
			f(o, asked)
		}
	}
	o.Clear()
	outlines.Put(o)
}

func (s *Shapes) key(v *schema.View, r *Read, f form, o *syntax.Outline) shapeKey {
	return shapeKey{v, r.Collection, f, maphash.Bytes(s.seed, o.Text)}
}

// find gives a shape and what the values of a request that has it are; ok is false also where one is refused: whoever resolves
// the whole request says what is wrong.
func (s *Shapes) find(k shapeKey, o *syntax.Outline, l *Limits) (known *shape, args []value.Value, ok bool) {
	known, ok = s.kept.GetIfPresent(k)
	if !ok || known.outline != string(o.Text) {
		return nil, nil, false
	}
	args, err := known.values(o, l)
	return known, args, err == nil
}

// keep remembers a shape, where all its values are in places of their own.
func (s *Shapes) keep(k shapeKey, o *syntax.Outline, known *shape, args int) {
	known.outline, known.ranges = string(o.Text), len(o.Ranges)
	if len(known.slots) == len(o.Values) && len(o.Values)+len(o.Ranges) == args && known.size() <= largestShape {
		s.kept.Set(k, known)
	}
}

// again makes r what an earlier read of its shape was, with its own values, and reports whether there was one.
func (s *Shapes) again(r *Read, v *schema.View, l *Limits, in *Input, pairs []syntax.Pair) (ok bool) {
	s.outlined(in, l, pairs, func(o *syntax.Outline, asked syntax.Range) {
		known, args, found := s.find(s.key(v, r, form{more: asked.Offset > 0}, o), o, l)
		if !found {
			return
		}
		r.Range, r.filterArgs = asked, len(args)
		r.Request = ir.Request{Query: known.query, Args: rangeArgs(args, l, asked), Count: r.Prefer.Count != "", Text: known.text}
		ok = true
	})
	return ok
}

// values are those of the conditions and of the embeds' ranges.
func (s *shape) values(o *syntax.Outline, l *Limits) ([]value.Value, error) {
	args := make([]value.Value, 0, len(s.slots)+s.ranges+2)
	for i := range o.Values {
		v, err := s.slots[i].value(&operation{Operation: o.Values[i]}, l)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	for _, n := range o.Ranges {
		args = append(args, value.OfInt(n))
	}
	return args, nil
}

// remember keeps what a read was resolved to, and lets its request have the text that it is known by.
func (s *Shapes) remember(r *Read, v *schema.View, l *Limits, in *Input, pairs []syntax.Pair, slots []slot) {
	s.outlined(in, l, pairs, func(o *syntax.Outline, asked syntax.Range) {
		r.Request.Text = ir.Print(r.Request.Query)
		known := &shape{query: r.Request.Query, text: r.Request.Text, slots: slots}
		s.keep(s.key(v, r, form{more: asked.Offset > 0}, o), o, known, r.filterArgs)
	})
}

func (w *writing) form() form { return form{true, w.ir.Action, w.Prefer.Return == "representation"} }

// plain reports whether the parameters mean what their text says: no references stand in them, and no key is taken out of them.
func (w *writing) plain() bool { return w.refs == nil && !w.isPut() }

// again is that of writes. What a write's root may not have is for those who resolve it to refuse.
func (w *writing) again() (ok bool) {
	if !w.plain() {
		return false
	}
	s := w.in.Shapes
	s.outlined(&w.in, &w.limits, w.pairs, func(o *syntax.Outline, _ syntax.Range) {
		known, args, found := s.find(s.key(w.view, w.Read, w.form(), o), o, &w.limits)
		if !found || len(o.Root) > 0 {
			return
		}
		w.ir.Row, w.ir.Where, w.ir.Return, w.ir.Args = known.row, known.where, known.query, args
		ok = true
	})
	return ok
}

// remember is that of writes.
func (w *writing) remember(slots []slot) {
	if !w.plain() {
		return
	}
	s := w.in.Shapes
	s.outlined(&w.in, &w.limits, w.pairs, func(o *syntax.Outline, _ syntax.Range) {
		known := &shape{query: w.ir.Return, row: w.ir.Row, where: w.ir.Where, slots: slots}
		if w.ir.Return != nil {
			known.text = ir.Print(w.ir.Return)
		}
		s.keep(s.key(w.view, w.Read, w.form(), o), o, known, len(w.ir.Args))
	})
}
