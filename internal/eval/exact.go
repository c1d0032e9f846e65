package eval

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// exact is the sum or average of integers and decimals. A sum keeps its operands' scale; an average is the exact sum divided
// once, half away from zero, at the scale of e.T.
func exact(e *ir.Agg, of []value.Value) value.Value {
	var sum value.Dec
	for _, v := range of {
		sum = sum.Add(decimal(v))
	}
	if e.Fn == ir.Sum {
		return value.OfDecimal(sum)
	}
	avg, _ := sum.Div(value.FromInt(int64(len(of))), int32(e.T.Scale))
	return value.OfDecimal(avg)
}

func decimal(v value.Value) value.Dec {
	if v.Kind() == value.Int {
		return value.FromInt(v.Int())
	}
	return v.Dec()
}
