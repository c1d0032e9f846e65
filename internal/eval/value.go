package eval

import (
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

var null value.Value

// Value is the value of e in scope s; whatever fails is NULL.
func (m *Machine) Value(e ir.Expr, s *Scope) value.Value {
	if v, ok := m.env.Leaf(e); ok {
		return v
	}
	switch e := e.(type) {
	case *ir.Column:
		return m.column(e, s)
	case *ir.Elem:
		return m.element(e, s)
	case *ir.Path:
		return m.path(e, s)
	case *ir.Arith:
		return m.arith(e, s)
	case *ir.Neg:
		return m.negate(e, s)
	case *ir.Cond:
		return m.choose(e, s)
	case *ir.Convert:
		return m.convert(e, s)
	case *ir.Length:
		return m.length(e, s)
	case *ir.Through:
		return m.through(e, s)
	case *ir.Count:
		return value.OfInt(m.count(e, s))
	case *ir.Agg:
		return m.aggregate(e, s)
	case *ir.Mask:
		if !m.Value(e.Policy, s).True() {
			return null
		}
		return m.Value(e.X, s)
	}
	return fromTruth(m.Truth(e, s))
}

func (m *Machine) path(e *ir.Path, s *Scope) value.Value {
	x := m.Value(e.X, s)
	if x.IsNull() {
		return null
	}
	return value.JSONPath(x, e.Steps, e.Text)
}

func (m *Machine) arith(e *ir.Arith, s *Scope) value.Value {
	return value.Arith(e.Op, m.Value(e.L, s), m.Value(e.R, s))
}

func (m *Machine) negate(e *ir.Neg, s *Scope) value.Value {
	x := m.Value(e.X, s)
	switch x.Kind() {
	case value.Float:
		return value.Arith('-', value.OfFloat(0), x)
	case value.Duration:
		return value.Arith('-', value.OfDuration(0), x)
	}
	return value.Arith('-', value.OfInt(0), x)
}

func (m *Machine) choose(e *ir.Cond, s *Scope) value.Value {
	switch m.Truth(e.If, s) {
	case ir.True:
		return m.Value(e.Then, s)
	case ir.False:
		return m.Value(e.Else, s)
	}
	return null
}

func (m *Machine) convert(e *ir.Convert, s *Scope) value.Value {
	x := m.Value(e.X, s)
	if x.IsNull() {
		return null
	}
	v, err := value.Cast(x, e.X.Type(), e.To)
	if err != nil {
		return null
	}
	return v
}

func (m *Machine) length(e *ir.Length, s *Scope) value.Value {
	x := m.Value(e.X, s)
	switch {
	case x.IsNull():
		return null
	case x.IsList():
		return value.OfInt(int64(len(value.Elements(x))))
	case x.Kind() == value.Bytes:
		return value.OfInt(int64(len(x.Str())))
	}
	return value.OfInt(int64(utf8.RuneCountInString(x.Str())))
}

func textTest(op ir.TextOp, x, y string) bool {
	switch op {
	case ir.StartsWith:
		return strings.HasPrefix(x, y)
	case ir.EndsWith:
		return strings.HasSuffix(x, y)
	}
	return strings.Contains(x, y)
}
