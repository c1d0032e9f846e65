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

// Shapes remembers what the parameters of reads mean without their values: of a request like an earlier one only the values are
// read. What is remembered is of one view and of one text, both whole; where either differs, and where a value is refused, the
// request is resolved as the first was. It is safe for concurrent use, and lives as long as the catalogue of its views.
type Shapes struct {
	limits Limits
	seed   maphash.Seed
	kept   *otter.Cache[shapeKey, *shape]
}

// What is remembered, in bytes of text: of all shapes, and of one; a larger one is resolved each time.
const (
	shapesKept   = 2 << 20
	largestShape = 8 << 10
)

// shapeKey finds a shape by a hash; whether it is the one is for its outline to say.
type shapeKey struct {
	view    *schema.View
	seen    *schema.CollectionView
	offset  bool // of the root
	outline uint64
}

// shape is a read without its values. Nothing of it is changed any more.
type shape struct {
	outline string
	query   *ir.Query
	text    string // of the query
	slots   []slot // of the conditions' values; after them come the ranges of embeds, and of the root
	ranges  int
}

// NewShapes remembers nothing yet. Requests under other limits are not helped by it.
func NewShapes(l Limits) *Shapes {
	return &Shapes{limits: l.Filled(), seed: maphash.MakeSeed(), kept: otter.Must(&otter.Options[shapeKey, *shape]{
		MaximumWeight: shapesKept,
		Weigher:       func(_ shapeKey, s *shape) uint32 { return uint32(s.size()) },
	})}
}

func (s *shape) size() int { return len(s.outline) + len(s.text) }

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

func (s *Shapes) key(v *schema.View, r *Read, o *syntax.Outline, asked syntax.Range) shapeKey {
	return shapeKey{v, r.Collection, asked.Offset > 0, maphash.Bytes(s.seed, o.Text)}
}

// again makes r what an earlier request of its shape was, with its own values, and reports whether there was one. Where a value
// is refused there was none: whoever resolves the whole says what is wrong.
func (s *Shapes) again(r *Read, v *schema.View, l *Limits, in *Input, pairs []syntax.Pair) (ok bool) {
	s.outlined(in, l, pairs, func(o *syntax.Outline, asked syntax.Range) {
		known, found := s.kept.GetIfPresent(s.key(v, r, o, asked))
		if !found || known.outline != string(o.Text) {
			return
		}
		args, err := known.values(o, l)
		if err != nil {
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

// remember keeps what r was resolved to, and lets its request have the text that it is known by.
func (s *Shapes) remember(r *Read, v *schema.View, l *Limits, in *Input, pairs []syntax.Pair, slots []slot) {
	s.outlined(in, l, pairs, func(o *syntax.Outline, asked syntax.Range) {
		if len(slots) != len(o.Values) || len(slots)+len(o.Ranges) != r.filterArgs {
			return
		}
		r.Request.Text = ir.Print(r.Request.Query)
		known := &shape{string(o.Text), r.Request.Query, r.Request.Text, slots, len(o.Ranges)}
		if known.size() <= largestShape {
			s.kept.Set(s.key(v, r, o, asked), known)
		}
	})
}
