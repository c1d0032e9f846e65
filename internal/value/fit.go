package value

import (
	"math"

	"github.com/socle-hq/socle/internal/fault"
)

// FromJSON reads one JSON value of a written body or seed as t (null gives NULL). A JSON string is read as Parse reads
// it; a number, true or false as its text.
func FromJSON(t Type, raw []byte) (Value, error) {
	text, err := CanonicalJSON(raw)
	if err != nil {
		return Value{}, err
	}
	rank := jsonRank(text)
	switch {
	case rank == jsonNull:
		return Value{}, nil
	case t.List && rank == jsonArray:
		return listFromJSON(t, []byte(text))
	case t.Kind == JSON && !t.List:
		return OfJSON(text), nil
	case rank == jsonText:
		return Parse(t, unquote(text))
	case rank == jsonNumber && t.Kind == Int:
		return Parse(t, text)
	case rank == jsonNumber:
		return Parse(t, trimSpace(string(raw)))
	}
	return Parse(t, text)
}

// Fit rounds and range-checks v for storage as t: a decimal to its scale, half away from zero, and its precision; a
// timestamp or date to the years 0001–9999; floats to finite ones.
func Fit(t Type, v Value) (Value, error) {
	if v.list {
		return fitList(t, v)
	}
	switch v.kind {
	case Int:
		if t.Kind == Decimal {
			return fitDecimal(t, FromInt(v.n))
		}
	case Decimal:
		return fitDecimal(t, v.d)
	case Float:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return Value{}, outOfRange(t, v.Text())
		}
	case Timestamp:
		if v.n < MinTimestamp || v.n > MaxTimestamp {
			return Value{}, fault.New(fault.DateOverflow, "timestamp out of range")
		}
	case Date:
		if v.n < MinDate || v.n > MaxDate {
			return Value{}, fault.New(fault.DateOverflow, "date out of range")
		}
	}
	return v, nil
}

func fitDecimal(t Type, d Dec) (Value, error) {
	if t.Kind != Decimal || t.Precision == 0 {
		return OfDecimal(d), nil
	}
	rounded, _ := d.Rescale(int32(t.Scale), HalfAwayFromZero)
	if rounded.Sign() != 0 && rounded.Digits() > int(t.Precision) {
		return Value{}, fault.New(fault.OutOfRange, "numeric field overflow").WithDetails(
			"A field of type " + t.Element().String() + " cannot hold the value.")
	}
	return OfDecimal(rounded), nil
}

func fitList(t Type, v Value) (Value, error) {
	if v.kind != Decimal || t.Precision == 0 {
		return v, nil
	}
	elements := Elements(v)
	for i, e := range elements {
		fitted, err := Fit(t.Element(), e)
		if err != nil {
			return Value{}, err
		}
		elements[i] = fitted
	}
	return ListOf(t, elements)
}
