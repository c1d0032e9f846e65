package eval

import (
	"math"
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// aggregate ranges over the members of the nearest group.
func (m *Machine) aggregate(e *ir.Agg, s *Scope) value.Value {
	for s != nil && s.group == nil {
		s = s.up
	}
	if s == nil {
		return m.misplaced("an aggregate outside a group")
	}
	if e.Fn == ir.CountRows && e.X == nil {
		return value.OfInt(int64(len(s.group)))
	}
	var of []value.Value
	for _, member := range s.group {
		if v := m.Value(e.X, member); !v.IsNull() {
			of = append(of, v)
		}
	}
	if e.Fn == ir.CountRows {
		return value.OfInt(int64(len(of)))
	}
	if len(of) == 0 {
		return null
	}
	return m.fold(e, of)
}

func (m *Machine) fold(e *ir.Agg, of []value.Value) value.Value {
	switch e.Fn {
	case ir.Min:
		return slices.MinFunc(of, value.Compare)
	case ir.Max:
		return slices.MaxFunc(of, value.Compare)
	}
	if e.T.Kind == value.Float {
		return m.floats(e.Fn, of)
	}
	return exact(e, of)
}

// floats add in ascending order, so that every engine rounds alike.
func (m *Machine) floats(fn ir.AggFn, of []value.Value) value.Value {
	slices.SortFunc(of, value.Compare)
	sum := of[0].Float()
	for _, v := range of[1:] {
		sum += v.Float()
	}
	if math.IsInf(sum, 0) {
		return m.fail(fault.New(fault.OutOfRange, "value out of range: overflow"))
	}
	if fn == ir.Avg {
		sum /= float64(len(of))
	}
	return value.OfFloat(sum)
}
