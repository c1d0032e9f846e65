package eval

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

func fromTruth(t ir.Truth) value.Value {
	if t == ir.Unknown {
		return null
	}
	return value.OfBool(t == ir.True)
}

// TruthOf reads a boolean value; NULL is Unknown.
func TruthOf(v value.Value) ir.Truth {
	if v.IsNull() {
		return ir.Unknown
	}
	return truth(v.True())
}

func truth(b bool) ir.Truth {
	if b {
		return ir.True
	}
	return ir.False
}

func not(t ir.Truth) ir.Truth {
	switch t {
	case ir.True:
		return ir.False
	case ir.False:
		return ir.True
	}
	return ir.Unknown
}

// kleene folds n truths: their AND where all, else their OR.
func kleene(n int, all bool, at func(i int) ir.Truth) ir.Truth {
	decisive, out := truth(!all), truth(all)
	for i := range n {
		switch at(i) {
		case decisive:
			return decisive
		case ir.Unknown:
			out = ir.Unknown
		}
	}
	return out
}

// Truth is the three-valued truth of a boolean expression.
func (m *Machine) Truth(e ir.Expr, s *Scope) ir.Truth {
	switch e := e.(type) {
	case *ir.And:
		return kleene(len(e.Of), true, func(i int) ir.Truth { return m.Truth(e.Of[i], s) })
	case *ir.Or:
		return kleene(len(e.Of), false, func(i int) ir.Truth { return m.Truth(e.Of[i], s) })
	case *ir.Not:
		return not(m.Truth(e.X, s))
	case *ir.Compare:
		return compare(e.Op, m.Value(e.L, s), m.Value(e.R, s))
	case *ir.Same:
		return truth(same(m.Value(e.L, s), m.Value(e.R, s)) != e.Negate)
	case *ir.IsNull:
		return truth(m.Value(e.X, s).IsNull())
	case *ir.Test:
		return truth(m.Truth(e.X, s) == e.Want)
	case *ir.Quantified:
		return m.quantified(e, s)
	case *ir.Like:
		return m.like(e, s)
	case *ir.Match:
		return m.match(e, s)
	case *ir.Set:
		return set(e.Op, m.Value(e.L, s), m.Value(e.R, s))
	case *ir.TextTest:
		x, y := m.Value(e.X, s), m.Value(e.Y, s)
		if x.IsNull() || y.IsNull() {
			return ir.Unknown
		}
		return truth(textTest(e.Op, x.Str(), y.Str()))
	}
	return m.walk(e, s)
}

// walk is Truth for the nodes that range over rows or elements.
func (m *Machine) walk(e ir.Expr, s *Scope) ir.Truth {
	switch e := e.(type) {
	case *ir.Search:
		return m.search(e, s)
	case *ir.ListAny:
		return m.listAny(e, s)
	case *ir.Exists:
		return m.exists(e, s)
	case *ir.Related:
		m.misplaced("a relation test reached an engine")
		return ir.Unknown
	}
	return TruthOf(m.Value(e, s))
}

func compare(op ir.CompareOp, l, r value.Value) ir.Truth {
	if l.IsNull() || r.IsNull() {
		return ir.Unknown
	}
	c := value.Compare(l, r)
	switch op {
	case ir.Eq:
		return truth(c == 0)
	case ir.Ne:
		return truth(c != 0)
	case ir.Lt:
		return truth(c < 0)
	case ir.Le:
		return truth(c <= 0)
	case ir.Gt:
		return truth(c > 0)
	}
	return truth(c >= 0)
}

func same(l, r value.Value) bool {
	if l.IsNull() || r.IsNull() {
		return l.IsNull() && r.IsNull()
	}
	return value.Compare(l, r) == 0
}

func set(op ir.SetOp, l, r value.Value) ir.Truth {
	if l.IsNull() || r.IsNull() {
		return ir.Unknown
	}
	switch op {
	case ir.Contains:
		return truth(value.Contains(l, r))
	case ir.Contained:
		return truth(value.Contains(r, l))
	}
	return truth(value.Overlaps(l, r))
}

func (m *Machine) quantified(e *ir.Quantified, s *Scope) ir.Truth {
	list := m.Value(e.List, s)
	if list.IsNull() {
		return ir.Unknown
	}
	x, of := m.Value(e.X, s), value.Elements(list)
	return kleene(len(of), e.All, func(i int) ir.Truth { return compare(e.Op, x, of[i]) })
}

func (m *Machine) listAny(e *ir.ListAny, s *Scope) ir.Truth {
	list := m.Value(e.X, s)
	if list.IsNull() {
		return truth(e.All)
	}
	for _, v := range value.Elements(list) {
		if holds := m.Truth(e.Cond, &Scope{up: s, elem: e.V, value: v}) == ir.True; holds != e.All {
			return truth(!e.All)
		}
	}
	return truth(e.All)
}
