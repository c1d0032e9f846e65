package value

import (
	"math"
	"strconv"

	"github.com/socle-hq/socle/internal/fault"
)

// Castable reports whether Cast knows the way from one type to the other; single values may still fail.
func Castable(from, to Type) bool {
	if from.Kind == Duration || to.Kind == Duration {
		return false
	}
	switch {
	case from.List == to.List && from.Kind == to.Kind, from.Kind == Null, from.Kind == Text && !from.List && to.Kind != Bytes:
		return true
	case from.List:
		return !to.List && (to.Kind == Text || to.Kind == JSON)
	case to.List:
		return false
	}
	switch to.Kind {
	case Text:
		return true
	case Int:
		return from.Kind == Decimal || from.Kind == Float || from.Kind == Bool || from.Kind == JSON
	case Decimal, Float:
		return from.Numeric() || from.Kind == JSON
	case Bool:
		return from.Kind == Int || from.Kind == JSON
	case Timestamp:
		return from.Kind == Date
	case Date:
		return from.Kind == Timestamp
	case JSON:
		return from.Numeric() || from.Kind == Bool
	}
	return false
}

// Cast converts v (of type from) to type to, as a cast in a select list or a conversion in an expression does. Decimal
// and float become int half away from zero; float becomes the shortest decimal that reads back as it. A JSON scalar
// becomes a number or bool only where it is one, JSON null becomes NULL. The error is a *fault.Fault (22xxx, or
// PGRST127 where there is no such cast); expressions turn it into NULL.
func Cast(v Value, from, to Type) (Value, error) {
	if !Castable(from, to) {
		return Value{}, noCast(from, to)
	}
	if v.IsNull() {
		return Value{}, nil
	}
	if v.list || to.List {
		return castList(v, to)
	}
	if v.kind == JSON && to.Kind != JSON && to.Kind != Text {
		return castJSON(v, to)
	}
	switch to.Kind {
	case v.kind:
		return Fit(to, v)
	case Text:
		return OfText(string(AppendText(nil, from, v))), nil
	case Int:
		return castInt(v)
	case Decimal:
		return castDecimal(v, to)
	case Float:
		return castFloat(v)
	case Timestamp:
		if v.kind == Date {
			return OfTimestamp(v.n * microsPerDay), nil
		}
	case Date:
		if v.kind == Timestamp {
			return OfDate(floorDiv(v.n, microsPerDay)), nil
		}
	case Bool:
		if v.kind == Int {
			return OfBool(v.n != 0), nil
		}
	}
	return parseCast(v, from, to)
}

// parseCast reads v's text form as to.
func parseCast(v Value, from, to Type) (Value, error) {
	parsed, err := Parse(to, string(AppendText(nil, from, v)))
	if err != nil {
		return Value{}, err
	}
	return Fit(to, parsed)
}

func noCast(from, to Type) *fault.Fault {
	return fault.New(fault.NotImplemented, "Feature not implemented").WithDetails(
		"There is no cast from " + from.String() + " to " + to.String() + ".")
}

func castList(v Value, to Type) (Value, error) {
	switch {
	case to.List && v.list:
		return Fit(to, v)
	case to.List:
		return parseCast(v, Type{Kind: v.kind}, to)
	case to.Kind == JSON:
		return OfJSON(v.s), nil
	}
	return OfText(v.s), nil
}

func castJSON(v Value, to Type) (Value, error) {
	rank := jsonRank(v.s)
	switch {
	case rank == jsonNull:
		return Value{}, nil
	case rank == jsonBool && to.Kind == Bool:
		return OfBool(v.s == "true"), nil
	case rank == jsonNumber && to.Kind != Bool:
		d, _ := ParseDec(v.s)
		return Cast(OfDecimal(d), Type{Kind: Decimal}, to)
	}
	names := [...]string{"null", "string", "number", "boolean", "array", "object"}
	return Value{}, fault.New(fault.InvalidText, "cannot cast JSON %s to type %s", names[rank], to.SQLName())
}

func castInt(v Value) (Value, error) {
	switch v.kind {
	case Bool:
		return OfInt(v.n), nil
	case Decimal:
		whole, _ := v.d.Rescale(0, HalfAwayFromZero)
		if n, ok := whole.Int64(); ok {
			return OfInt(n), nil
		}
		return Value{}, fault.New(fault.OutOfRange, "bigint out of range")
	case Float:
		f := math.Round(v.Float())
		if f >= -(1<<63) && f < 1<<63 {
			return OfInt(int64(f)), nil
		}
		return Value{}, fault.New(fault.OutOfRange, "bigint out of range")
	}
	return parseCast(v, Type{Kind: v.kind}, Type{Kind: Int})
}

func castDecimal(v Value, to Type) (Value, error) {
	switch v.kind {
	case Int:
		return Fit(to, OfDecimal(FromInt(v.n)))
	case Float:
		d, ok := ParseDec(strconv.FormatFloat(v.Float(), 'f', -1, 64))
		if !ok {
			return Value{}, outOfRange(to, v.Text())
		}
		return Fit(to, OfDecimal(d))
	}
	return parseCast(v, Type{Kind: v.kind}, to)
}

func castFloat(v Value) (Value, error) {
	switch v.kind {
	case Int:
		return OfFloat(float64(v.n)), nil
	case Decimal:
		f := v.d.Float()
		if math.IsInf(f, 0) {
			return Value{}, outOfRange(Type{Kind: Float}, v.Text())
		}
		return OfFloat(f), nil
	}
	return parseCast(v, Type{Kind: v.kind}, Type{Kind: Float})
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
