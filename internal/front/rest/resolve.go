package rest

import (
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// resolver looks names up and collects the request's values.
type resolver struct {
	view   *schema.View
	limits Limits
	args   []value.Value
	slots  []slot // of the first args: those of conditions

	operations operations // in which something stands for a value
}

// level is one level of the read under construction.
type level struct {
	*resolver
	seen  *schema.CollectionView
	query *ir.Query
	embed *ir.Embed // nil at the root
	name  string    // how parameters address it

	called string // what select calls it: order and range may say this where an alias is given, and filters may not
	below  []*level
	where  []ir.Expr
	order  []ir.Order
}

// param makes a value of the request a Param.
func (r *resolver) param(t value.Type, v value.Value) *ir.Param {
	r.args = append(r.args, v)
	return &ir.Param{Slot: len(r.args) - 1, T: t}
}

func (r *resolver) level(seen *schema.CollectionView) *level {
	row := &ir.Row{Collection: seen.Collection, Label: seen.Collection.Name}
	return &level{resolver: r, seen: seen, query: &ir.Query{Row: row}}
}

// resolve builds the whole tree: what is selected, then filters, order and the ranges of embeds.
func (r *resolver) resolve(seen *schema.CollectionView, p *syntax.Params) (*level, error) {
	root := r.level(seen)
	if err := root.selectItems(p.Items); err != nil {
		return nil, err
	}
	if err := root.filter(p); err != nil {
		return nil, err
	}
	if err := root.sort(p.Orders); err != nil {
		return nil, err
	}
	if err := root.having(p.Late); err != nil {
		return nil, err
	}
	root.finish()
	return root, root.embedRanges(p.Bounds)
}

// at finds the level a parameter's path leads to.
func (l *level) at(path []string) (*level, error) {
	for _, name := range path {
		next := l.child(name)
		if next == nil {
			return nil, notEmbedded(name)
		}
		l = next
	}
	return l, nil
}

// arranged finds the level whose order or range a parameter sets: by alias, or by the relation's own name where only one
// embed bears it.
func (l *level) arranged(path []string) (*level, error) {
	for _, name := range path {
		next := l.child(name)
		if next == nil {
			next = l.only(name)
		}
		if next == nil {
			return nil, notEmbedded(name)
		}
		l = next
	}
	return l, nil
}

func (l *level) only(relation string) *level {
	var found *level
	for _, c := range l.below {
		if c.called != relation {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

func (l *level) child(name string) *level {
	for _, c := range l.below {
		if c.name == name {
			return c
		}
	}
	return nil
}

func notEmbedded(name string) error {
	return fault.New(fault.NotEmbedded, "'%s' is not an embedded resource in this request", name).
		WithHint("Verify that '%s' is included in the 'select' query parameter.", name)
}

// filter adds the filters and logic trees to their levels.
func (l *level) filter(p *syntax.Params) error {
	for _, f := range p.Filters {
		to, err := l.at(f.Path)
		if err != nil {
			return err
		}
		if err := to.add(to.condition(f.Leaf)); err != nil {
			return err
		}
	}
	for _, t := range p.Trees {
		to, err := l.at(t.Path)
		if err != nil {
			return err
		}
		if err := to.add(to.tree(t.Node, to.condition)); err != nil {
			return err
		}
	}
	return nil
}

func (l *level) add(e ir.Expr, err error) error {
	l.where = append(l.where, e)
	return err
}

// tree gives a logic tree's meaning; leaves by the given function.
func (l *level) tree(n syntax.Node, leaves func(*syntax.Leaf) (ir.Expr, error)) (ir.Expr, error) {
	if leaf, ok := n.(*syntax.Leaf); ok {
		return leaves(leaf)
	}
	logic := n.(*syntax.Logic)
	of := make([]ir.Expr, len(logic.Of))
	for i, m := range logic.Of {
		var err error
		if of[i], err = l.tree(m, leaves); err != nil {
			return nil, err
		}
	}
	e := of[0]
	switch {
	case len(of) > 1 && logic.Or:
		e = &ir.Or{Of: of}
	case len(of) > 1:
		e = &ir.And{Of: of}
	}
	return negate(logic.Not, e), nil
}

func negate(not bool, e ir.Expr) ir.Expr {
	if not {
		return &ir.Not{X: e}
	}
	return e
}

// column finds a readable field, or one at the end of a JSON path.
func (l *level) column(f syntax.Field) (ir.Expr, error) {
	field, ok := l.seen.Field(f.Name)
	if !ok {
		return nil, l.unknownColumn(f.Name)
	}
	column := &ir.Column{Row: l.query.Row, Field: field}
	if f.Steps == nil {
		return column, nil
	}
	if t := field.Type; t.Kind != value.JSON && !t.List {
		return nil, noOperator(t, choose(f.Text, "->>", "->"), "unknown")
	}
	return &ir.Path{X: column, Steps: f.Steps, Text: f.Text}, nil
}

func (l *level) unknownColumn(name string) error {
	return fault.New(fault.UnknownColumn, "column %s.%s does not exist", l.seen.Collection.Name, name)
}

// noOperator says, as PostgreSQL does, that an operator does not take a type.
func noOperator(t value.Type, op, right string) error {
	return fault.New(fault.UndefinedOperator, "operator does not exist: %s %s %s", t.SQLName(), op, right).
		WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
}

// finish writes what was collected into the queries. A level that gives at most one row needs no order.
func (l *level) finish() {
	if len(l.where) > 0 {
		l.query.Where = ir.All(l.where...)
	}
	if l.embed == nil || !l.embed.Rel.ToOne() {
		l.query.Order = l.total()
	}
	for _, c := range l.below {
		c.finish()
	}
}

// total is the order made total: the primary key, in the direction of the last term. Groups are made total by the plan.
func (l *level) total() []ir.Order {
	if l.query.Aggregates() {
		return l.order
	}
	desc := false
	if n := len(l.order); n > 0 {
		desc = l.order[n-1].Desc
	}
	out := slices.Clip(l.order)
	for _, f := range l.tieBreak() {
		if !l.orders(f) {
			column := &ir.Column{Row: l.query.Row, Field: f}
			out = append(out, ir.Order{X: column, Desc: desc, NullsFirst: desc})
		}
	}
	return out
}

func (l *level) orders(f *schema.Field) bool {
	return slices.ContainsFunc(l.order, func(o ir.Order) bool {
		c, ok := o.X.(*ir.Column)
		return ok && c.Row == l.query.Row && c.Field == f
	})
}

// tieBreak is the primary key; without one, every scalar stored field.
func (l *level) tieBreak() []*schema.Field {
	if key := l.seen.Collection.PrimaryKey; len(key) > 0 {
		return key
	}
	return slices.DeleteFunc(l.seen.Star(), func(f *schema.Field) bool {
		return f.Type.List || f.Type.Kind == value.JSON
	})
}

// embedRanges sets the limits and offsets of embeds. They come after every value that filters.
func (l *level) embedRanges(given []syntax.Bound) error {
	for _, g := range given {
		if len(g.Path) == 0 {
			continue
		}
		to, err := l.arranged(g.Path)
		if err != nil {
			return err
		}
		to.bound(g)
	}
	return nil
}

// bound sets the level's limit or offset.
func (l *level) bound(g syntax.Bound) {
	p := l.param(value.Type{Kind: value.Int}, value.OfInt(g.N))
	if g.Offset {
		l.query.Offset = p
	} else {
		l.query.Limit = p
	}
}

// rootRange bounds the root: always a limit, and an offset where one was asked for.
func (r *resolver) rootRange(root *level, asked syntax.Range) {
	first := len(r.args)
	r.args = rangeArgs(r.args, &r.limits, asked)
	root.query.Limit = &ir.Param{Slot: first, T: value.Type{Kind: value.Int}}
	if asked.Offset > 0 {
		root.query.Offset = &ir.Param{Slot: first + 1, T: value.Type{Kind: value.Int}}
	}
}

// rangeArgs appends the values of the root's range: the lesser of what was asked for and what is allowed, and an offset.
func rangeArgs(args []value.Value, l *Limits, asked syntax.Range) []value.Value {
	limit := int64(l.Rows)
	if asked.Limit >= 0 {
		limit = min(limit, asked.Limit)
	}
	args = append(args, value.OfInt(limit))
	if asked.Offset > 0 {
		args = append(args, value.OfInt(asked.Offset))
	}
	return args
}
