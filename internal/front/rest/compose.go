package rest

import (
	"slices"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// composing builds a read out of a stored one and what a caller adds. The rows are those for which both hold; the caller's select
// takes the place of the stored one, and the caller's order goes before it. Where the stored read has a range, the caller's
// parameters are about the rows it gives: it becomes the query that the caller's reads from.
type composing struct {
	*resolver
	read        *Read
	stored, own *syntax.Params
	picks       bool         // the caller gave a select
	narrowed    *schema.View // what the caller may name; nil: what the read may
}

func (c *composing) compose() (*level, error) {
	top, err := c.base(c.read.Collection, c.stored)
	if err != nil {
		return nil, c.read.Call.Function.discreet(err)
	}
	chosen := top.query.Limit != nil || top.query.Offset != nil
	aggregated := top.query.Aggregates()
	switch {
	case chosen && aggregated:
		if err := c.groups(top); err != nil {
			return nil, err
		}
	case chosen:
		inner := top
		inner.finish()
		if top, err = c.base(c.read.Collection, embedded(c.stored)); err != nil {
			return nil, err
		}
		top.query.From = inner.query
	}
	if c.picks {
		if aggregated {
			return nil, unsupported("the rows of the function are aggregated: select cannot change them")
		}
		top = top.bare()
	}
	if err := c.add(top, aggregated); err != nil {
		return nil, err
	}
	top.finish()
	return top, nil
}

// base resolves stored parameters, a range of the root included.
func (c *composing) base(seen *schema.CollectionView, p *syntax.Params) (*level, error) {
	l := c.level(seen)
	for _, step := range [...]func() error{
		func() error { return l.selectItems(p.Items) },
		func() error { return l.filter(p) },
		func() error { return l.sort(p.Orders) },
		func() error { return l.having(p.Late) },
		func() error { return l.embedRanges(p.Bounds) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, g := range p.Bounds {
		if len(g.Path) == 0 {
			l.bound(g)
		}
	}
	return l, nil
}

// groups keeps the range of aggregated rows for the end: what the caller asks for is a part of it, and nothing else can be asked.
func (c *composing) groups(top *level) error {
	own := c.own
	if len(own.Filters)+len(own.Trees)+len(own.Orders)+len(own.Late) > 0 || c.read.Prefer.Count != "" {
		return unsupported("the function's rows are aggregated and limited: they can be paged, not filtered, ordered or counted")
	}
	c.read.stored = syntax.Range{Limit: -1, Explicit: true}
	for _, g := range c.stored.Bounds {
		switch {
		case len(g.Path) > 0:
		case g.Offset:
			c.read.stored.Offset = g.N
		default:
			c.read.stored.Limit = g.N
		}
	}
	top.query.Limit, top.query.Offset = nil, nil
	return nil
}

// embedded is what of the parameters remains where the rows of the root are chosen already: order, and what is about embeds.
func embedded(p *syntax.Params) *syntax.Params {
	out := &syntax.Params{Items: p.Items, Orders: p.Orders, Late: p.Late}
	for _, f := range p.Filters {
		if len(f.Path) > 0 {
			out.Filters = append(out.Filters, f)
		}
	}
	for _, t := range p.Trees {
		if len(t.Path) > 0 {
			out.Trees = append(out.Trees, t)
		}
	}
	for _, g := range p.Bounds {
		if len(g.Path) > 0 {
			out.Bounds = append(out.Bounds, g)
		}
	}
	return out
}

// bare is the level without its items: the same rows in the same order. Embeds that choose rows stay as conditions, and those
// that the order needs without output.
func (l *level) bare() *level {
	row := l.query.Row
	top := &level{resolver: l.resolver, seen: l.seen, order: l.order, where: slices.Clip(l.where),
		query: &ir.Query{Row: row, From: l.query.From}}
	for _, c := range l.below {
		c.finish()
		if c.embed.Inner {
			top.where = append(top.where, &ir.Related{From: row, Rel: c.embed.Rel, Query: c.query})
		}
		if slices.ContainsFunc(l.order, func(o ir.Order) bool { return readsRow(o.X, c.query.Row) }) {
			top.query.Items = append(top.query.Items, &ir.Embed{Name: c.name, Rel: c.embed.Rel, Query: c.query, Silent: true})
		}
	}
	return top
}

func readsRow(e ir.Expr, row *ir.Row) bool {
	found := false
	ir.Visit(e, func(x ir.Expr) bool {
		c, ok := x.(*ir.Column)
		found = found || ok && c.Row == row
		return !found
	})
	return found
}

// add resolves the caller's parameters, by what the caller may name.
func (c *composing) add(top *level, aggregated bool) error {
	defer c.narrow(top)()
	if c.picks {
		if err := top.selectItems(c.own.Items); err != nil {
			return err
		}
		if top.query.Aggregates() { // no row of the function is left to be ordered
			top.order = nil
			top.query.Items = slices.DeleteFunc(top.query.Items, func(it ir.Item) bool {
				e, ok := it.(*ir.Embed)
				return ok && e.Silent && !slices.ContainsFunc(top.below, func(l *level) bool { return l.embed == e })
			})
		}
	}
	filter := top.filter
	if aggregated {
		filter = top.filterGroups
	}
	if err := filter(c.own); err != nil {
		return err
	}
	defer top.after()()
	if err := top.sort(c.own.Orders); err != nil {
		return err
	}
	if err := top.having(c.own.Late); err != nil {
		return err
	}
	return top.embedRanges(c.own.Bounds)
}

// narrow shows the level only what a caller may name of a trusted read, until it is widened again.
func (c *composing) narrow(top *level) (widen func()) {
	if c.narrowed == nil {
		return func() {}
	}
	view, seen, below := c.view, top.seen, top.below
	c.view, top.below = c.narrowed, nil
	top.seen, _ = c.narrowed.Of(seen.Collection)
	return func() { c.view, top.seen, top.below = view, seen, below }
}

// after takes the order of the level and of those below it away, until it is put behind what has been set since.
func (l *level) after() (restore func()) {
	kept, below := l.order, make([]func(), len(l.below))
	l.order = nil
	for i, c := range l.below {
		below[i] = c.after()
	}
	return func() {
		for _, o := range kept {
			if column, ok := o.X.(*ir.Column); !ok || column.Row != l.query.Row || !l.orders(column.Field) {
				l.order = append(l.order, o)
			}
		}
		for _, f := range below {
			f()
		}
	}
}

// filterGroups filters aggregated rows by the names of their outputs.
func (l *level) filterGroups(p *syntax.Params) error {
	for _, f := range p.Filters {
		if len(f.Path) > 0 {
			return notEmbedded(f.Path[0])
		}
		if err := l.groupTest(f.Leaf); err != nil {
			return err
		}
	}
	for _, t := range p.Trees {
		if len(t.Path) > 0 {
			return notEmbedded(t.Path[0])
		}
		if err := l.groupTest(t.Node); err != nil {
			return err
		}
	}
	return nil
}

func (l *level) groupTest(n syntax.Node) error {
	e, err := l.tree(n, func(f *syntax.Leaf) (ir.Expr, error) {
		var x ir.Expr
		if f.Field.Steps == nil {
			x = outputNamed(l.query, f.Field.Name)
		}
		if x == nil {
			return nil, l.unknownColumn(f.Field.Name)
		}
		e, err := l.test(x, l.operations.of(f))
		if err != nil {
			return nil, err
		}
		return negate(f.Op.Not, e), nil
	})
	if err != nil {
		return err
	}
	l.query.Having = ir.All(l.query.Having, e)
	return nil
}

// outputNamed is a column of grouped rows by its name in the output, those of spread to-one embeds included.
func outputNamed(q *ir.Query, name string) ir.Expr {
	for _, it := range q.Items {
		switch it := it.(type) {
		case *ir.Output:
			if it.Name == name && it.Cast == nil {
				return it.X
			}
		case *ir.Embed:
			if it.Spread && it.Rel.ToOne() {
				if x := outputNamed(it.Query, name); x != nil {
					return x
				}
			}
		}
	}
	return nil
}
