package rest

import (
	"slices"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// selectItems resolves a level's items in order.
func (l *level) selectItems(items []syntax.Item) error {
	for _, it := range items {
		if err := l.selectItem(it); err != nil {
			return err
		}
	}
	return nil
}

func (l *level) selectItem(it syntax.Item) error {
	switch it := it.(type) {
	case syntax.Star:
		l.star()
		return nil
	case *syntax.Count:
		return l.count(it.Alias, it.Cast)
	case *syntax.Embed:
		return l.embedded(it)
	case *syntax.Column:
		return l.selectColumn(it)
	}
	return nil
}

func (l *level) selectColumn(it *syntax.Column) error {
	if bareCount(it) && !l.hasField(it.Field.Name) {
		return l.count(it.Alias, "")
	}
	x, err := l.column(it.Field)
	if err != nil {
		return err
	}
	if it.Aggregate != "" {
		return l.aggregate(it, x)
	}
	out := &ir.Output{Name: named(it.Alias, it.Field.OutputName()), X: x}
	if out.Cast, err = castTo(it.Cast); err != nil {
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
func bareCount(it *syntax.Column) bool {
	return it.Field.Name == "count" && it.Field.Steps == nil && it.Aggregate == "" && it.Cast == ""
}

func (l *level) output(o *ir.Output) { l.query.Items = append(l.query.Items, o) }

func named(alias, name string) string {
	if alias != "" {
		return alias
	}
	return name
}

func (l *level) count(alias, cast string) error {
	to, err := castTo(cast)
	l.output(&ir.Output{Name: named(alias, "count"), Cast: to,
		X: &ir.Agg{Fn: ir.CountRows, T: value.Type{Kind: value.Int}}})
	return err
}

func (l *level) embedded(it *syntax.Embed) error {
	rel, err := l.relation(it.Name, it.Hint)
	if err != nil {
		return err
	}
	seen, ok := l.view.Of(rel.To)
	if !ok {
		return l.noRelation(it.Name, it.Hint)
	}
	child := l.resolver.level(seen)
	child.name, child.called = named(it.Alias, it.Name), it.Name
	child.embed = &ir.Embed{Name: child.name, Rel: rel, Query: child.query, Inner: it.Inner,
		Spread: it.Spread, Silent: len(it.Items) == 0}
	l.below = append(l.below, child)
	l.query.Items = append(l.query.Items, child.embed)
	return child.selectItems(it.Items)
}
