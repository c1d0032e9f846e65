package rest

import (
	"slices"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// selectItems resolves a level's items in order.
func (l *level) selectItems(items []item) error {
	for _, it := range items {
		if err := l.selectItem(it); err != nil {
			return err
		}
	}
	return nil
}

func (l *level) selectItem(it item) error {
	switch it.kind {
	case starItem:
		l.star()
		return nil
	case countItem:
		return l.count(it)
	case embedItem, spreadItem:
		return l.embedded(it)
	}
	if _, isField := l.seen.Field(it.field.name); !isField && it.bareCount() {
		return l.count(it)
	}
	x, err := l.column(it.field)
	if err != nil {
		return err
	}
	if it.agg != "" {
		return l.aggregate(it, x)
	}
	out := &ir.Output{Name: named(it.alias, it.field.outputName()), X: x}
	if out.Cast, err = castTo(it.cast); err != nil {
		return err
	}
	l.output(out)
	return nil
}

// star selects every readable stored field.
func (l *level) star() {
	fields := l.seen.Star()
	outputs, columns := make([]ir.Output, len(fields)), make([]ir.Column, len(fields))
	l.query.Items = slices.Grow(l.query.Items, len(fields))
	for i, f := range fields {
		columns[i] = ir.Column{Row: l.query.Row, Field: f}
		outputs[i] = ir.Output{Name: f.Name, X: &columns[i]}
		l.output(&outputs[i])
	}
}

// bareCount: `count` stands for count() where no column is called so.
func (it item) bareCount() bool {
	return it.field.name == "count" && it.field.steps == nil && it.agg == "" && it.cast == ""
}

func (l *level) output(o *ir.Output) { l.query.Items = append(l.query.Items, o) }

func named(alias, name string) string {
	if alias != "" {
		return alias
	}
	return name
}

func (l *level) count(it item) error {
	cast, err := castTo(it.aggCast)
	l.output(&ir.Output{Name: named(it.alias, "count"), Cast: cast,
		X: &ir.Agg{Fn: ir.CountRows, T: value.Type{Kind: value.Int}}})
	return err
}

func (l *level) embedded(it item) error {
	rel, err := l.relation(it.field.name, it.hint)
	if err != nil {
		return err
	}
	seen, ok := l.view.Of(rel.To)
	if !ok {
		return l.noRelation(it.field.name, it.hint)
	}
	child := l.resolver.level(seen)
	child.name, child.called = named(it.alias, it.field.name), it.field.name
	child.embed = &ir.Embed{Name: child.name, Rel: rel, Query: child.query, Inner: it.inner,
		Spread: it.kind == spreadItem, Silent: len(it.items) == 0}
	l.below = append(l.below, child)
	l.query.Items = append(l.query.Items, child.embed)
	return child.selectItems(it.items)
}
