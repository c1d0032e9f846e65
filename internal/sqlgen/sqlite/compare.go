package sqlite

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

var operators = [...]string{ir.Eq: " = ", ir.Ne: " <> ", ir.Lt: " < ", ir.Le: " <= ", ir.Gt: " > ", ir.Ge: " >= "}

// flipped is the operator for exchanged sides.
var flipped = [...]ir.CompareOp{ir.Eq: ir.Eq, ir.Ne: ir.Ne, ir.Lt: ir.Gt, ir.Le: ir.Ge, ir.Gt: ir.Lt, ir.Ge: ir.Le}

// Compare is SQLite's own operator wherever both sides have one form, so that indexes serve; else it asks socle_cmp.
func (Dialect) Compare(b *sqlgen.Builder, op ir.CompareOp, l, r sqlgen.Operand) string {
	left, right, ok := alike(b, op, l, r)
	if ok {
		return "(" + left + operators[op] + right + ")"
	}
	return "(" + call("socle_cmp", code(l.Type()), b.Operand(l), code(r.Type()), b.Operand(r)) + operators[op] + "0)"
}

// Same is IS wherever both sides have one form.
func (Dialect) Same(b *sqlgen.Builder, e *ir.Same) string {
	l, r := sqlgen.Operand{X: e.L}, sqlgen.Operand{X: e.R}
	left, right, ok := alike(b, ir.Eq, l, r)
	switch {
	case ok && e.Negate:
		return "(" + left + " IS NOT " + right + ")"
	case ok:
		return "(" + left + " IS " + right + ")"
	}
	same := call("socle_same", code(l.Type()), b.Operand(l), code(r.Type()), b.Operand(r))
	if e.Negate {
		return "(NOT " + same + ")"
	}
	return same
}

// alike renders both sides in one form that SQLite compares as package value does; ok is false where there is none.
func alike(b *sqlgen.Builder, op ir.CompareOp, l, r sqlgen.Operand) (left, right string, ok bool) {
	lt, rt := l.Type(), r.Type()
	switch {
	case lt.List || rt.List:
		ok = lt.List == rt.List
	case isDecimal(lt) || isDecimal(rt):
		return exact(b, op, l, r)
	case lt.Kind == value.JSON:
		ok = rt.Kind == value.JSON && (op == ir.Eq || op == ir.Ne)
	default:
		ok = family(lt.Kind) == family(rt.Kind)
	}
	if !ok {
		return "", "", false
	}
	return b.Operand(l), b.Operand(r), true
}

// family is equal for kinds whose stored forms compare directly.
func family(k value.Kind) value.Kind {
	if k == value.UUID {
		return value.Text
	}
	return k
}

// exact compares where at least one side is a decimal: an argument takes the form of the stored side.
func exact(b *sqlgen.Builder, op ir.CompareOp, l, r sqlgen.Operand) (left, right string, ok bool) {
	if !sqlgen.IsExact(l.Type()) || !sqlgen.IsExact(r.Type()) {
		return "", "", false
	}
	lt, lok := storedOperand(b, l)
	rt, rok := storedOperand(b, r)
	switch {
	case lok && argument(r):
		return b.Operand(l), scaled(b, op, r, lt), true
	case rok && argument(l):
		return scaled(b, flipped[op], l, rt), b.Operand(r), true
	}
	return b.Operand(l), b.Operand(r), lok && rok && sameForm(lt, rt)
}

func argument(o sqlgen.Operand) bool { return o.Leaf() && !sqlgen.IsNullConst(o.X) }

func scaled(b *sqlgen.Builder, op ir.CompareOp, o sqlgen.Operand, as value.Type) string {
	return b.Arg(o.X, sqlgen.Coding{Form: sqlgen.Scaled, Type: as, Op: op, Pick: o.Pick})
}

func sameForm(a, b value.Type) bool {
	return a.Scale == b.Scale && wide(a) == wide(b) && (!wide(a) || a.Precision == b.Precision)
}

func storedOperand(b *sqlgen.Builder, o sqlgen.Operand) (value.Type, bool) {
	if o.Pick != sqlgen.Whole || o.Leaf() {
		return value.Type{}, false
	}
	return stored(b, o.X)
}

// stored reports whether an exact number has a stored form (scaled integer or fixed-width text), and of which type.
func stored(b *sqlgen.Builder, e ir.Expr) (value.Type, bool) {
	return storedIn(e, func(row *ir.Row) *plan.Select {
		ref, _ := b.Ref(row)
		return ref.Derived
	})
}

func storedIn(e ir.Expr, derived func(*ir.Row) *plan.Select) (value.Type, bool) {
	if e.Type().Kind == value.Int && !e.Type().List {
		return e.Type(), true
	}
	switch e := e.(type) {
	case *ir.Column:
		sel := derived(e.Row)
		if sel == nil {
			return e.Field.Type, true
		}
		return storedIn(sel.Columns[e.Field.Ordinal], sources(sel))
	case *ir.Mask:
		return storedIn(e.X, derived)
	case *ir.Through:
		return storedIn(e.Yield, derived)
	case *ir.Agg:
		if e.Fn == ir.Min || e.Fn == ir.Max {
			return storedIn(e.X, derived)
		}
	}
	return value.Type{}, false
}

func sources(sel *plan.Select) func(*ir.Row) *plan.Select {
	return func(row *ir.Row) *plan.Select {
		if sel.From.Row == row {
			return sel.From.Derived
		}
		for _, j := range sel.Joins {
			if j.Row == row {
				return j.Derived
			}
		}
		return nil
	}
}

// Among looks x up in the list's elements, coded in x's stored form.
func (Dialect) Among(b *sqlgen.Builder, x, list ir.Expr, not bool) string {
	in, missing := " IN ", ""
	if not {
		in, missing = " NOT IN ", "NOT "
	}
	t, ok := elementForm(b, x, list.Type())
	if !ok {
		return "(" + missing + call("socle_among", code(x.Type()), b.Expr(x), code(list.Type()), b.Expr(list)) + ")"
	}
	item := "value"
	if t.Kind == value.Bytes {
		item = "unhex(value)"
	}
	elements := b.Arg(list, sqlgen.Coding{Form: sqlgen.Elements, Type: t})
	return "(" + b.Expr(x) + in + "(SELECT " + item + " FROM json_each(" + elements + ")))"
}

// elementForm is the stored type the list's elements take. Floats are left out: not every double survives SQLite's reading
// of its text.
func elementForm(b *sqlgen.Builder, x ir.Expr, list value.Type) (value.Type, bool) {
	t := x.Type()
	switch {
	case t.List || t.Kind == value.Float:
		return t, false
	case sqlgen.IsExact(t):
		form, ok := stored(b, x)
		return form, ok && (list.Kind == value.Int || list.Kind == value.Decimal)
	}
	return t, family(t.Kind) == family(list.Kind)
}
