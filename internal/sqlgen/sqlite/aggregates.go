package sqlite

import (
	"errors"
	"math"
	"math/big"
	"slices"

	"github.com/socle-hq/socle/internal/value"
)

// Aggregates are the aggregate functions that a connection needs.
func Aggregates() []Aggregate {
	return []Aggregate{
		{"socle_dsum", 3, func() State { return &decimals{} }},
		{"socle_davg", 3, func() State { return &decimals{average: true} }},
		{"socle_fsum", 1, func() State { return &floats{} }},
		{"socle_favg", 1, func() State { return &floats{average: true} }},
	}
}

// decimals adds exactly: (type, raw, scale of an average).
type decimals struct {
	average bool
	sum     value.Dec
	n       int64
	scale   int64
}

func (d *decimals) Step(args []any) error {
	v, err := decoded(args[0], args[1])
	if err != nil || v.IsNull() {
		return err
	}
	d.scale, _ = args[2].(int64)
	d.n++
	d.sum = d.sum.Add(v.Dec())
	return nil
}

func (d *decimals) Value() (any, error) {
	if d.n == 0 {
		return nil, nil
	}
	if !d.average {
		return d.sum.String(), nil
	}
	avg, _ := d.sum.Div(value.FromInt(d.n), int32(d.scale))
	return avg.String(), nil
}

// ErrOverflow is a float sum beyond the greatest double. The engine reports it by its text.
var ErrOverflow = errors.New("value out of range: overflow")

// floats adds in ascending order, so that the sum does not depend on the order of the rows.
type floats struct {
	average bool
	of      []float64
}

func (f *floats) Step(args []any) error {
	switch x := args[0].(type) {
	case float64:
		f.of = append(f.of, x)
	case int64:
		f.of = append(f.of, float64(x))
	}
	return nil
}

func (f *floats) Value() (any, error) {
	if len(f.of) == 0 {
		return nil, nil
	}
	slices.Sort(f.of)
	var sum float64
	for _, x := range f.of {
		sum += x
	}
	if math.IsInf(sum, 0) {
		return nil, ErrOverflow
	}
	if f.average {
		sum /= float64(len(f.of))
	}
	return sum, nil
}

// joinHalves is hi·2³² + lo at a scale: a sum that no 64-bit integer had to hold.
func joinHalves(args []any) (any, error) {
	sum, ok := halves(args[0], args[1], args[2])
	if !ok {
		return nil, nil
	}
	return sum.String(), nil
}

// average is (hi, lo, count, scale, scale of the result).
func average(args []any) (any, error) {
	sum, ok := halves(args[0], args[1], args[3])
	n, counted := args[2].(int64)
	scale, _ := args[4].(int64)
	if !ok || !counted {
		return nil, nil
	}
	avg, _ := sum.Div(value.FromInt(n), int32(scale))
	return avg.String(), nil
}

func halves(hi, lo, scale any) (value.Dec, bool) {
	h, okH := hi.(int64)
	l, okL := lo.(int64)
	s, _ := scale.(int64)
	sum := new(big.Int).Lsh(big.NewInt(h), 32)
	return value.FromBig(sum.Add(sum, big.NewInt(l)), int32(s)), okH && okL
}
