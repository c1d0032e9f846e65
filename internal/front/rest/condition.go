package rest

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// condition is the meaning of one filter: of an embed's name, of `search`, or of a column.
func (l *level) condition(f *syntax.Leaf) (ir.Expr, error) {
	o := l.operations.of(f)
	if f.Field.Steps == nil {
		if c := l.child(f.Field.Name); c != nil && (f.Op.Null() || !l.hasField(f.Field.Name)) {
			return related(l, c, f)
		}
		if f.Field.Name == "search" && !l.hasField("search") && len(l.seen.Search()) > 0 {
			return l.searchAll(o)
		}
	}
	x, err := l.column(f.Field)
	if err != nil {
		return nil, err
	}
	e, err := l.test(x, o)
	if err != nil {
		return nil, err
	}
	return negate(o.Not, e), nil
}

func (l *level) hasField(name string) bool {
	_, ok := l.seen.Field(name)
	return ok
}

// related filters parents by whether an embed has rows; nothing else can be asked of an embed.
func related(l, child *level, f *syntax.Leaf) (ir.Expr, error) {
	if !f.Op.Null() {
		return nil, fault.New(fault.EmbedFilter, "Bad operator on the '%s' embedded resource", f.Field.Name).
			WithDetails("Only is null or not is null filters are allowed on embedded resources")
	}
	e := &ir.Related{From: l.query.Row, Rel: child.embed.Rel, Query: child.query}
	return negate((f.Op.Text == "null") != f.Op.Not, e), nil
}

// test applies an operator to what was found.
func (l *level) test(x ir.Expr, o operation) (ir.Expr, error) {
	if err := o.fits(x.Type()); err != nil {
		return nil, err
	}
	switch {
	case o.isNull && o.Code == syntax.IsDistinct:
		return &ir.Not{X: &ir.IsNull{X: x}}, nil
	case o.isNull:
		return unknown(), nil
	case o.Code == syntax.Is:
		return is(x, o)
	case o.Code == syntax.RangeOperator:
		return nil, unsupported("the range operator " + o.Name + " is not in the profile")
	case o.Code.Search():
		return l.searchColumn(x, o)
	case o.Code == syntax.In:
		return l.in(x, o)
	case o.Code >= syntax.Contains:
		return l.set(x, o)
	case o.Code >= syntax.Like && o.Code <= syntax.IMatch:
		return l.pattern(x, o)
	}
	return l.compare(x, o)
}

// is tests for NULL and, of booleans, for a truth.
func is(x ir.Expr, o operation) (ir.Expr, error) {
	switch o.Text {
	case "null":
		return &ir.IsNull{X: x}, nil
	case "not_null":
		return &ir.Not{X: &ir.IsNull{X: x}}, nil
	}
	if t := x.Type(); t.Kind != value.Bool || t.List {
		return nil, fault.New(fault.DatatypeMismatch, "argument of IS %s must be type boolean, not type %s",
			strings.ToUpper(o.Text), t.SQLName())
	}
	return &ir.Test{X: x, Want: map[string]ir.Truth{"true": ir.True, "false": ir.False, "unknown": ir.Unknown}[o.Text]}, nil
}

var comparisons = [...]ir.CompareOp{syntax.Eq: ir.Eq, syntax.Neq: ir.Ne, syntax.Gt: ir.Gt, syntax.Gte: ir.Ge, syntax.Lt: ir.Lt, syntax.Lte: ir.Le}

func (l *level) compare(x ir.Expr, o operation) (ir.Expr, error) {
	t := x.Type()
	if o.Code >= syntax.Gt && o.Code <= syntax.Lte && (t.Kind == value.JSON || t.List) {
		return nil, unsupported(o.Name + " does not compare " + t.String()).WithHint("compare a ->> path as text")
	}
	if o.Each != syntax.Plain {
		list, err := l.listOf(t, o)
		return o.orUnknown(&ir.Quantified{Op: comparisons[o.Code], X: x, List: list, All: o.Each == syntax.All}), err
	}
	p, err := l.operand(t, o)
	if err != nil {
		return nil, err
	}
	if o.Code == syntax.IsDistinct {
		return &ir.Same{L: x, R: p, Negate: true}, nil
	}
	return &ir.Compare{Op: comparisons[o.Code], L: x, R: p}, nil
}

// listOf makes a {a,b} literal one Param.
func (l *level) listOf(element value.Type, o operation) (*ir.Param, error) {
	if element.List {
		return nil, unsupported("a list cannot be compared with any or all of several lists")
	}
	return l.operand(list(element), o)
}

func list(element value.Type) value.Type {
	element.List = true
	return element
}

func (l *level) in(x ir.Expr, o operation) (ir.Expr, error) {
	t := x.Type()
	if t.List {
		return nil, unsupported("in does not compare lists")
	}
	p, err := l.operand(list(t), o)
	if err != nil {
		return nil, err
	}
	return o.orUnknown(&ir.Quantified{Op: ir.Eq, X: x, List: p}), nil
}

func (l *level) operand(t value.Type, o operation) (*ir.Param, error) { return l.place(slot{t: t}, o) }

// unknown is the truth of a comparison with NULL.
func unknown() ir.Expr { return &ir.Const{T: value.Type{Kind: value.Bool}} }

// orUnknown is what a test of a list is where an element of it was NULL: never more than unknown.
func (o operation) orUnknown(e *ir.Quantified) ir.Expr {
	switch {
	case !o.missing:
		return e
	case e.All:
		return &ir.And{Of: []ir.Expr{e, unknown()}}
	}
	return &ir.Or{Of: []ir.Expr{e, unknown()}}
}

var sets = map[syntax.Operator]struct {
	op   ir.SetOp
	sign string
}{syntax.Contains: {ir.Contains, "@>"}, syntax.Contained: {ir.Contained, "<@"}, syntax.Overlaps: {ir.Overlaps, "&&"}}

func (l *level) set(x ir.Expr, o operation) (ir.Expr, error) {
	t, s := x.Type(), sets[o.Code]
	if !t.List && (t.Kind != value.JSON || s.op == ir.Overlaps) {
		return nil, noOperator(t, s.sign, "unknown")
	}
	if o.listed {
		t = list(t.Element())
	}
	r, err := l.operand(t, o)
	if err != nil {
		return nil, err
	}
	return &ir.Set{Op: s.op, L: x, R: r}, nil
}
