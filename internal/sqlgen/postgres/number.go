package postgres

import (
	"math"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// fill replaces {name} in a template by the texts given as pairs.
func fill(template string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// inInt is a numeric as a bigint, NULL where it does not fit.
const inInt = "(SELECT CASE WHEN i.v BETWEEN -9223372036854775808 AND 9223372036854775807 THEN i.v::bigint END FROM (SELECT {v} AS v) AS i)"

// inDecimal is a numeric, NULL where it has more than 76 digits.
const inDecimal = "(SELECT CASE WHEN abs(d.v) * ('1e' || scale(d.v))::numeric < 1e76 THEN d.v END FROM (SELECT {v} AS v) AS d)"

// inTime is µs as a timestamp, NULL outside the years 0001 to 9999.
const inTime = "(SELECT CASE WHEN t.v BETWEEN {min} AND {max} THEN (timestamp '1970-01-01' + div(t.v, 86400000000)::int * interval '1 day'" +
	" + mod(t.v, 86400000000)::float8 * interval '1 microsecond') AT TIME ZONE 'UTC' END FROM (SELECT {v} AS v) AS t)"

// quotient divides exactly, half away from zero, to {k} digits.
const quotient = "(sign({a}) * sign({b}) * div(2 * abs({a}) * ('1e' || {k})::numeric + abs({b}), NULLIF(2 * abs({b}), 0)) * ('1e-' || {k})::numeric)"

// Arith computes integers and decimals as numeric, so that nothing overflows before the range is tested.
func (Dialect) Arith(b *sqlgen.Builder, e *ir.Arith) string {
	l, r := b.Expr(e.L), b.Expr(e.R)
	switch e.T.Kind {
	case value.Text:
		return "((" + l + " || " + r + ")" + collate + ")"
	case value.Int:
		return fill(inInt, "v", exact(e.Op, "("+l+")::numeric", "("+r+")::numeric"))
	case value.Decimal:
		return fill(inDecimal, "v", exact(e.Op, "("+l+")::numeric", "("+r+")::numeric", "decimal"))
	case value.Float:
		return "(SELECT " + float(e.Op) + " FROM (SELECT " + l + " AS a, " + r + " AS b) AS f)"
	}
	sum := micros(l, e.L.Type()) + " " + string(e.Op) + " " + micros(r, e.R.Type())
	if e.T.Kind == value.Duration {
		return fill(inInt, "v", sum)
	}
	return fromMicros(sum)
}

func fromMicros(v string) string {
	return fill(inTime, "v", v, "min", strconv.Itoa(value.MinTimestamp), "max", strconv.Itoa(value.MaxTimestamp))
}

// micros is an instant or a duration as a numeric of µs.
func micros(x string, t value.Type) string {
	if t.Kind == value.Timestamp {
		return "(extract(epoch FROM " + x + ") * 1000000)"
	}
	return "(" + x + ")::numeric"
}

// exact is an operation on two numerics; integers divide to an integer towards zero.
func exact(op byte, l, r string, kind ...string) string {
	switch {
	case op == '%':
		return "mod(" + l + ", NULLIF(" + r + ", 0))"
	case op == '/' && len(kind) == 0:
		return "div(" + l + ", NULLIF(" + r + ", 0))"
	case op == '/':
		return "(SELECT " + fill(quotient, "a", "q.a", "b", "q.b", "k", "(greatest(scale(q.a), scale(q.b)) + 6)") +
			" FROM (SELECT " + l + " AS a, " + r + " AS b) AS q)"
	}
	return l + " " + string(op) + " " + r
}

// The tests below keep a double's operation from raising: halves and scaled operands stay in range where the result would
// not. Multiplying with a power of two is exact there.
const (
	half       = "(CASE WHEN abs({x}) < 1 THEN 0 ELSE {x} * 0.5 END)"
	sumFits    = "abs(f.a) < 1e300 AND abs(f.b) < 1e300 OR abs({a} {op} {b}) < {2^1023}"
	bigTimes   = "abs(f.a) > 1 AND abs(f.b) > 1 AND (abs(f.a) * {2^-512}) * (abs(f.b) * {2^-512}) >= 1"
	smallTimes = "f.a <> 0 AND f.b <> 0 AND abs(f.a) < 1 AND abs(f.b) < 1 AND abs(f.a) * {2^563} <= {2^-512} / abs(NULLIF(f.b, 0))"
	bigOver    = "abs(f.b) < 1 AND abs(f.a) > 1e-15 AND abs(f.a) * {2^-512} >= abs(f.b) * {2^512}"
	smallOver  = "f.a <> 0 AND abs(f.b) > 1 AND abs(f.a) < 1 AND abs(f.a) * {2^512} <= abs(f.b) * {2^-563}"
)

// float is an operation on the doubles f.a and f.b: NULL where it overflows, 0 where it vanishes, never -0.
func float(op byte) string {
	switch op {
	case '*':
		return powers("(CASE WHEN " + bigTimes + " THEN NULL WHEN " + smallTimes + " THEN 0 ELSE f.a * f.b + 0 END)")
	case '/':
		return powers("(CASE WHEN f.b = 0 OR " + bigOver + " THEN NULL WHEN " + smallOver + " THEN 0 ELSE f.a / f.b + 0 END)")
	}
	fits := fill(sumFits, "a", fill(half, "x", "f.a"), "b", fill(half, "x", "f.b"), "op", string(op))
	return powers("(CASE WHEN " + fits + " THEN f.a " + string(op) + " f.b + 0 END)")
}

// powers writes out the powers of two.
func powers(text string) string {
	for _, n := range []int{1023, 563, 512, -512, -563} {
		power := "'" + strconv.FormatFloat(math.Ldexp(1, n), 'g', -1, 64) + "'::float8"
		text = strings.ReplaceAll(text, "{2^"+strconv.Itoa(n)+"}", power)
	}
	return text
}

// Neg is 0 - x: NULL for the one integer that has no opposite.
func (Dialect) Neg(b *sqlgen.Builder, e *ir.Neg) string {
	x := b.Expr(e.X)
	switch e.X.Type().Kind {
	case value.Int, value.Duration:
		return fill(inInt, "v", "- (("+x+")::numeric)")
	case value.Float:
		return "(0 - (" + x + "))"
	}
	return fill(inDecimal, "v", "- ("+x+")")
}

// Agg adds integers as numeric and doubles in ascending order.
func (Dialect) Agg(b *sqlgen.Builder, e *ir.Agg) string {
	if e.X == nil {
		return "count(*)"
	}
	x, t := b.Expr(e.X), e.X.Type()
	switch {
	case e.Fn == ir.CountRows:
		return "count(" + x + ")"
	case e.Fn == ir.Min:
		return extreme(x, t, "min", "")
	case e.Fn == ir.Max:
		return extreme(x, t, "max", " DESC")
	case t.Kind == value.Float && e.Fn == ir.Sum:
		return "(sum(" + x + " ORDER BY " + x + ") + 0)"
	case t.Kind == value.Float:
		text := strings.ReplaceAll(float('/'), "f.a", "sum("+x+" ORDER BY "+x+")")
		return strings.ReplaceAll(text, "f.b", "count("+x+")::float8")
	case e.Fn == ir.Sum:
		return "sum((" + x + ")::numeric)"
	}
	return fill(quotient, "a", "sum(("+x+")::numeric)", "b", "count("+x+")::numeric", "k", strconv.Itoa(int(e.T.Scale)))
}

// extreme is the least or greatest value; some types have no min and max.
func extreme(x string, t value.Type, fn, desc string) string {
	order := []string{x}
	switch {
	case t.List:
		order = []string{canonical(x)}
	case t.Kind == value.JSON:
		order = []string{jsonRank(x), jsonNumber(x), canonical(x)}
	case t.Kind == value.Bool:
		return map[string]string{"min": "bool_and(", "max": "bool_or("}[fn] + x + ")"
	case t.Kind == value.UUID:
		return fn + "((" + x + ")::text" + collate + ")::uuid"
	case t.Kind == value.Text:
		return "(" + fn + "(" + x + ")" + collate + ")"
	case t.Kind != value.Bytes:
		return fn + "(" + x + ")"
	}
	return "((array_agg(" + x + " ORDER BY " + strings.Join(order, desc+", ") + desc + ") FILTER (WHERE " + x + " IS NOT NULL))[1])"
}
