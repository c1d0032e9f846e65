package rest

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// avgScale is how many digits an average has beyond those of its operand.
const avgScale = 6

var aggregates = map[string]ir.AggFn{"count": ir.CountRows, "sum": ir.Sum, "avg": ir.Avg, "min": ir.Min, "max": ir.Max}

// aggregate resolves field[::cast].fn()[::cast].
func (l *level) aggregate(it item, x ir.Expr) error {
	x, err := widened(x, it.cast)
	if err != nil {
		return err
	}
	fn := aggregates[it.agg]
	t, ok := aggregateType(fn, x.Type())
	if !ok {
		return fault.New(fault.UndefinedOperator, "function %s(%s) does not exist", it.agg, x.Type().SQLName()).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	out := &ir.Output{Name: named(it.alias, it.agg), X: &ir.Agg{Fn: fn, X: x, T: t}}
	out.Cast, err = castTo(it.aggCast)
	l.output(out)
	return err
}

// widened applies a cast in front of an aggregate; only those that lose nothing.
func widened(x ir.Expr, cast string) (ir.Expr, error) {
	to, err := castTo(cast)
	if err != nil || to == nil {
		return x, err
	}
	from := x.Type()
	switch {
	case from.List:
	case from.Kind == to.Kind:
		return x, nil
	case from.Kind == value.Int && to.Kind == value.Decimal,
		from.Kind == value.Date && to.Kind == value.Timestamp,
		to.Kind == value.Text:
		return &ir.Convert{X: x, To: *to}, nil
	}
	return nil, unsupported("a cast from " + from.String() + " to " + to.String() + " before an aggregate may lose values").
		WithHint("declare a computed field with the cast")
}

// aggregateType is the type of fn over t, ok false where there is no such aggregate.
func aggregateType(fn ir.AggFn, t value.Type) (value.Type, bool) {
	switch {
	case fn == ir.CountRows:
		return value.Type{Kind: value.Int}, true
	case t.List:
		return t, false
	case fn == ir.Min || fn == ir.Max:
		return t, t.Numeric() || t.Kind == value.Text || t.Kind == value.Date || t.Kind == value.Timestamp
	case t.Kind == value.Float:
		return t, true
	case t.Kind != value.Int && t.Kind != value.Decimal:
		return t, false
	}
	sum := value.Type{Kind: value.Decimal}
	if t.Kind == value.Decimal {
		sum.Scale = t.Scale
	}
	if fn == ir.Avg {
		sum.Scale += avgScale
	}
	return sum, true
}
