package postgres

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

var operators = [...]string{ir.Eq: " = ", ir.Ne: " <> ", ir.Lt: " < ", ir.Le: " <= ", ir.Gt: " > ", ir.Ge: " >= "}

// Compare is PostgreSQL's own operator; JSON and lists in order compare by kind and canonical text.
func (Dialect) Compare(b *sqlgen.Builder, op ir.CompareOp, l, r sqlgen.Operand) string {
	left, right := sides(b, l, r)
	if ordered(op) && l.Type().List {
		left, right = canonical(left), canonical(right)
	} else if ordered(op) && l.Type().Kind == value.JSON {
		left, right = jsonKey(left), jsonKey(right)
	}
	return "(" + left + operators[op] + right + ")"
}

func ordered(op ir.CompareOp) bool { return op != ir.Eq && op != ir.Ne }

// sides renders both operands in one type.
func sides(b *sqlgen.Builder, l, r sqlgen.Operand) (left, right string) {
	lt, rt := l.Type(), r.Type()
	left, right = b.Operand(l), b.Operand(r)
	if lt.List || rt.List || lt.Kind == rt.Kind {
		return left, right
	}
	return common(left, lt, rt), common(right, rt, lt)
}

// common brings a side to the type it shares with the other.
func common(text string, t, other value.Type) string {
	switch {
	case t.Kind == value.UUID && other.Kind == value.Text:
		return "((" + text + ")::text" + collate + ")"
	case t.Kind == value.Date && other.Kind == value.Timestamp:
		return midnight(text)
	case t.Kind == value.Int && other.Kind == value.Decimal:
		return "(" + text + ")::numeric"
	}
	return text
}

// midnight is a date's first instant, in UTC whatever the session's zone.
func midnight(date string) string { return "((" + date + ")::timestamp AT TIME ZONE 'UTC')" }

// Same is IS NOT DISTINCT FROM.
func (Dialect) Same(b *sqlgen.Builder, e *ir.Same) string {
	left, right := sides(b, sqlgen.Operand{X: e.L}, sqlgen.Operand{X: e.R})
	if e.Negate {
		return "(" + left + " IS DISTINCT FROM " + right + ")"
	}
	return "(" + left + " IS NOT DISTINCT FROM " + right + ")"
}

// Among compares with an array of the element type.
func (Dialect) Among(b *sqlgen.Builder, x, list ir.Expr, not bool) string {
	t := list.Type()
	t.List = false
	left := b.Expr(x)
	if x.Type().Kind != t.Kind {
		left = common(left, x.Type(), t)
		if x.Type().Kind == value.Decimal {
			t = value.Type{Kind: value.Decimal}
		}
	}
	elements := b.Arg(list, sqlgen.Coding{Form: sqlgen.Elements, Type: t})
	if not {
		return "(" + left + " <> ALL(" + elements + "))"
	}
	return "(" + left + " = ANY(" + elements + "))"
}
