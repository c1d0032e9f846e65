package rest

import (
	"slices"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

var textType = value.Type{Kind: value.Text}

var patternSigns = map[syntax.Operator]string{syntax.Like: "~~", syntax.ILike: "~~*", syntax.Match: "~", syntax.IMatch: "~*"}

// pattern resolves like, ilike, match and imatch, of one pattern or of a list.
func (l *level) pattern(x ir.Expr, o operation) (ir.Expr, error) {
	if o.missing {
		return nil, badArgument("an element of a list of patterns is NULL")
	}
	if x.Type() != textType {
		return nil, noOperator(x.Type(), patternSigns[o.Code], "unknown")
	}
	var p *ir.Param
	var err error
	if o.Each == syntax.Plain {
		p, err = l.operand(textType, o)
	} else {
		p, err = l.listOf(textType, o)
	}
	if err != nil {
		return nil, err
	}
	fold, list, all := o.Code == syntax.ILike || o.Code == syntax.IMatch, o.Each != syntax.Plain, o.Each == syntax.All
	if o.Code == syntax.Like || o.Code == syntax.ILike {
		return &ir.Like{X: x, Pattern: p, Fold: fold, List: list, All: all}, nil
	}
	return &ir.Match{X: x, Pattern: p, Fold: fold, List: list, All: all}, nil
}

// searchColumn is a full-text test of one field of the collection's search set.
func (l *level) searchColumn(x ir.Expr, o operation) (ir.Expr, error) {
	if x.Type() != textType {
		return nil, noOperator(x.Type(), "@@", "tsquery")
	}
	column, ok := x.(*ir.Column)
	if !ok || !slices.Contains(l.seen.Search(), column.Field) {
		return nil, unsupported("full-text search needs an index").
			WithHint("declare `search:` with the field in collection %s", l.seen.Collection.Name)
	}
	return l.search([]*schema.Field{column.Field}, o)
}

// searchAll is a test of every search field the actor may read.
func (l *level) searchAll(o operation) (ir.Expr, error) {
	if o.isNull {
		return unknown(), nil
	}
	if !o.Code.Search() {
		return nil, noOperator(value.Type{Kind: value.Text}, o.Name, "unknown")
	}
	e, err := l.search(l.seen.Search(), o)
	if err != nil {
		return nil, err
	}
	return negate(o.Not, e), nil
}

func (l *level) search(fields []*schema.Field, o operation) (ir.Expr, error) {
	config := l.seen.Collection.Search.Config
	if o.Config != "" && o.Config != config {
		return nil, unsupported("the text search configuration of " + l.seen.Collection.Name + " is " + config)
	}
	mode := ir.SearchMode(o.Code - syntax.FTS)
	if l.query.From != nil {
		return nil, unsupported("full-text search needs all rows of " + l.seen.Collection.Name + ", and a limit chose some of them before")
	}
	q, err := l.place(slot{textType, config}, o)
	if err != nil {
		return nil, err
	}
	return &ir.Search{Row: l.query.Row, Fields: fields, Mode: mode, Config: config, Query: q}, nil
}
