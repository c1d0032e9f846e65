package sqlgen

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// Expr is the text of an expression: complete and, where it needs them, in parentheses.
func (b *Builder) Expr(e ir.Expr) string {
	if text, ok := b.written(e); ok {
		return text
	}
	switch e := e.(type) {
	case *ir.Const:
		return b.constant(e)
	case *ir.Param, *ir.Auth, *ir.Now:
		return b.Arg(e, Coding{Type: e.Type()})
	case *ir.Column:
		return b.column(e)
	case *ir.Elem:
		if text, ok := b.vars[e.V]; ok {
			return text
		}
		return b.Impossible(e)
	case *ir.And:
		return b.joined(e.Of, " AND ", "TRUE")
	case *ir.Or:
		return b.joined(e.Of, " OR ", "FALSE")
	case *ir.Not:
		return "(NOT " + b.Expr(e.X) + ")"
	case *ir.IsNull:
		return "(" + b.Expr(e.X) + " IS NULL)"
	case *ir.Test:
		return "(" + b.Expr(e.X) + [...]string{ir.False: " IS FALSE)", ir.True: " IS TRUE)", ir.Unknown: " IS NULL)"}[e.Want]
	case *ir.Mask:
		return "(CASE WHEN " + b.Expr(e.Policy) + " THEN " + b.Expr(e.X) + " END)"
	}
	return b.test(e)
}

// test renders comparisons and the other predicates.
func (b *Builder) test(e ir.Expr) string {
	d := b.dialect
	switch e := e.(type) {
	case *ir.Compare:
		return b.compare(e.Op, Operand{X: e.L}, Operand{X: e.R})
	case *ir.Same:
		return b.same(e)
	case *ir.Quantified:
		return b.quantified(e)
	case *ir.Like:
		return d.Like(b, e)
	case *ir.Match:
		return d.Match(b, e)
	case *ir.Set:
		return d.Set(b, e)
	case *ir.Search:
		return d.Search(b, e)
	case *ir.TextTest:
		return d.TextTest(b, e)
	case *ir.ListAny:
		return d.ListAny(b, e)
	case *ir.Exists:
		return b.exists(e)
	case *ir.Count:
		return b.count(e)
	case *ir.Through:
		return b.through(e)
	}
	return b.computed(e)
}

func (b *Builder) computed(e ir.Expr) string {
	d := b.dialect
	switch e := e.(type) {
	case *ir.Path:
		return d.Path(b, e)
	case *ir.Arith:
		return d.Arith(b, e)
	case *ir.Neg:
		return d.Neg(b, e)
	case *ir.Cond:
		return d.Cond(b, e)
	case *ir.Convert:
		return b.convert(e)
	case *ir.Length:
		return d.Length(b, e)
	case *ir.Agg:
		return d.Agg(b, e)
	}
	return b.Impossible(e)
}

// Exprs is the texts of several expressions.
func (b *Builder) Exprs(of []ir.Expr) []string {
	out := make([]string, len(of))
	for i, e := range of {
		out[i] = b.Expr(e)
	}
	return out
}

func (b *Builder) joined(of []ir.Expr, op, none string) string {
	switch len(of) {
	case 0:
		return none
	case 1:
		return b.Expr(of[0])
	}
	return "(" + strings.Join(b.Exprs(of), op) + ")"
}

func (b *Builder) constant(c *ir.Const) string {
	switch {
	case c.Value.IsNull():
		return b.dialect.Null(c.T)
	case c.T.Kind == value.Bool && !c.T.List && c.Value.True():
		return "TRUE"
	case c.T.Kind == value.Bool && !c.T.List:
		return "FALSE"
	}
	return b.Arg(c, Coding{Type: c.T})
}

func (b *Builder) column(c *ir.Column) string {
	ref, ok := b.scope[c.Row]
	switch {
	case !ok, c.Field.Computed != nil && ref.Derived == nil:
		return b.Impossible(c)
	case ref.Derived != nil:
		return b.dialect.Column(ref.Alias+"."+Output(c.Field.Ordinal), c.Field.Type)
	}
	return b.dialect.Column(ref.Alias+"."+Quote(c.Field.Ident), c.Field.Type)
}

// compare refuses what no front and no policy writes: doubles compare with doubles only.
func (b *Builder) compare(op ir.CompareOp, l, r Operand) string {
	if isFloat(l.Type()) && IsExact(r.Type()) || IsExact(l.Type()) && isFloat(r.Type()) {
		return b.Impossible(op)
	}
	return b.dialect.Compare(b, op, l, r)
}

func isFloat(t value.Type) bool { return t.Kind == value.Float && !t.List }

// same is null-safe equality; against the literal NULL it is a test for NULL.
func (b *Builder) same(e *ir.Same) string {
	x := e.L
	switch {
	case IsNullConst(e.R):
	case IsNullConst(e.L):
		x = e.R
	default:
		return b.dialect.Same(b, e)
	}
	if e.Negate {
		return "(" + b.Expr(x) + " IS NOT NULL)"
	}
	return "(" + b.Expr(x) + " IS NULL)"
}

// Operand is the text of a side of a comparison in the form of its own type.
func (b *Builder) Operand(o Operand) string {
	if o.Pick == Whole {
		return b.Expr(o.X)
	}
	return b.Arg(o.X, Coding{Type: o.Type(), Pick: o.Pick})
}

// overElements is a comparison with the elements of a stored list: NULL where the list is, or where X is and there are elements.
func overElements(e *ir.Quantified) ir.Expr {
	v := &ir.Var{Of: e.List.Type().Element(), Label: "x"}
	none := &ir.Const{Value: value.OfInt(0), T: value.Type{Kind: value.Int}}
	filled := &ir.Compare{Op: ir.Gt, L: &ir.Length{X: e.List}, R: none}
	unknown := &ir.Or{Of: []ir.Expr{&ir.IsNull{X: e.List}, &ir.And{Of: []ir.Expr{&ir.IsNull{X: e.X}, filled}}}}
	return &ir.Cond{If: unknown, Then: &ir.Const{T: e.Type()}, Else: &ir.ListAny{
		X: e.List, V: v, Cond: &ir.Compare{Op: e.Op, L: e.X, R: &ir.Elem{V: v}}, All: e.All,
	}}
}

// quantified compares with the list's least or greatest element, which decides for all of them; equality has its own form.
func (b *Builder) quantified(e *ir.Quantified) string {
	if !isLeaf(e.List) {
		return b.Expr(overElements(e))
	}
	least, greatest := Operand{e.List, Least}, Operand{e.List, Greatest}
	with := func(op ir.CompareOp, o Operand) string { return b.compare(op, Operand{X: e.X}, o) }
	var text string
	switch {
	case e.Op == ir.Eq && !e.All, e.Op == ir.Ne && e.All:
		return b.dialect.Among(b, e.X, e.List, e.All)
	case e.Op == ir.Eq:
		text = with(ir.Eq, least) + " AND " + with(ir.Eq, greatest)
	case e.Op == ir.Ne:
		text = with(ir.Ne, least) + " OR " + with(ir.Ne, greatest)
	case (e.Op == ir.Lt || e.Op == ir.Le) == e.All:
		text = with(e.Op, least)
	default:
		text = with(e.Op, greatest)
	}
	filled := b.Arg(e.List, Coding{Form: Filled, Type: value.Type{Kind: value.Bool}})
	if e.All {
		return "((" + text + ") OR NOT " + filled + ")"
	}
	return "((" + text + ") AND " + filled + ")"
}

// convert refuses the conversions that only a select list has: those run in Go.
func (b *Builder) convert(e *ir.Convert) string {
	from := e.X.Type()
	known := value.Castable(from, e.To) && !e.To.List
	switch e.To.Kind {
	case value.Int, value.Decimal, value.Float, value.Text, value.UUID, value.Date, value.Timestamp:
	default:
		known = from == e.To
	}
	if !known {
		return b.Fail(fault.New(fault.NotImplemented, "Feature not implemented").
			WithDetails("There is no conversion from " + from.String() + " to " + e.To.String() + " in an expression."))
	}
	return b.dialect.Convert(b, e)
}
