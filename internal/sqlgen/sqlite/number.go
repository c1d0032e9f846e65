package sqlite

import (
	"strconv"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Arith is value.Arith; text is joined by SQLite itself.
func (Dialect) Arith(b *sqlgen.Builder, e *ir.Arith) string {
	if e.T.Kind == value.Text {
		return "(" + b.Expr(e.L) + " || " + b.Expr(e.R) + ")"
	}
	lt, l := typed(b, e.L)
	rt, r := typed(b, e.R)
	return call("socle_arith", strconv.Itoa(int(e.Op)), lt, l, rt, r)
}

// Neg is 0 - x with x's scale.
func (Dialect) Neg(b *sqlgen.Builder, e *ir.Neg) string {
	t, x := typed(b, e.X)
	return call("socle_neg", t, x)
}

// Convert is value.Cast.
func (Dialect) Convert(b *sqlgen.Builder, e *ir.Convert) string {
	t, x := typed(b, e.X)
	return call("socle_cast", t, code(e.To), x)
}

// Agg sums integers and scaled decimals natively, as two halves that cannot overflow; socle_sum puts them together.
func (Dialect) Agg(b *sqlgen.Builder, e *ir.Agg) string {
	if e.X == nil {
		return "count(*)"
	}
	x := b.Expr(e.X)
	switch e.Fn {
	case ir.CountRows:
		return "count(" + x + ")"
	case ir.Min:
		return "min(" + x + collation(b, e.X) + ")"
	case ir.Max:
		return "max(" + x + collation(b, e.X) + ")"
	}
	return total(b, e, x)
}

func total(b *sqlgen.Builder, e *ir.Agg, x string) string {
	t := e.X.Type()
	if t.Kind == value.Float {
		return call([]string{ir.Sum: "socle_fsum", ir.Avg: "socle_favg"}[e.Fn], x)
	}
	out := strconv.Itoa(int(e.T.Scale))
	form, ok := stored(b, e.X)
	if !ok || wide(form) {
		return call([]string{ir.Sum: "socle_dsum", ir.Avg: "socle_davg"}[e.Fn], code(t), x, out)
	}
	halves := []string{"sum((" + x + ") >> 32)", "sum((" + x + ") & 4294967295)"}
	scale := strconv.Itoa(int(form.Scale))
	if e.Fn == ir.Sum {
		return call("socle_sum", halves[0], halves[1], scale)
	}
	return call("socle_avg", halves[0], halves[1], "count("+x+")", scale, out)
}
