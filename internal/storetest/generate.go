package storetest

import (
	"math/rand/v2"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// maker draws typed expressions over one row, as policies, computed fields and requests can write them.
type maker struct {
	*rand.Rand
	row  *ir.Row
	args []value.Value
	vars []*ir.Var
}

var (
	aBool      = value.Type{Kind: value.Bool}
	aText      = value.Type{Kind: value.Text}
	anInt      = value.Type{Kind: value.Int}
	aFloat     = value.Type{Kind: value.Float}
	aNarrow    = value.Type{Kind: value.Decimal, Precision: 12, Scale: 4}
	aWide      = value.Type{Kind: value.Decimal, Precision: 30, Scale: 6}
	aUUID      = value.Type{Kind: value.UUID}
	aTimestamp = value.Type{Kind: value.Timestamp}
	aDate      = value.Type{Kind: value.Date}
	aJSON      = value.Type{Kind: value.JSON}
	someBytes  = value.Type{Kind: value.Bytes}
	someTexts  = value.Type{Kind: value.Text, List: true}
	someInts   = value.Type{Kind: value.Int, List: true}
	allTypes   = []value.Type{aBool, aText, anInt, aFloat, aNarrow, aWide, aUUID, aTimestamp, aDate, aJSON, someBytes, someTexts, someInts}
)

// Expr draws an expression of type t, at most depth nodes deep.
func (m *maker) Expr(t value.Type, depth int) ir.Expr {
	if depth <= 0 || m.IntN(5) == 0 {
		return m.leaf(t)
	}
	if m.IntN(8) == 0 && t.Kind != value.Decimal {
		return &ir.Cond{If: m.Expr(aBool, depth-1), Then: m.Expr(t, depth-1), Else: m.Expr(t, depth-1)}
	}
	if m.IntN(10) == 0 && m.vars == nil {
		if e := m.through(t, depth); e != nil {
			return e
		}
	}
	switch {
	case t == aBool:
		return m.predicate(depth)
	case t == aText:
		return m.text(depth)
	case t == anInt:
		return m.integer(depth)
	case t == aFloat:
		return m.arith(t, depth)
	case t.Kind == value.Decimal && !t.List:
		return m.decimal(t, depth)
	case t == aTimestamp:
		return m.timestamp(depth)
	case t == aJSON:
		return &ir.Path{X: m.column(pick(m.Rand, []value.Type{aJSON, someTexts, someInts})), Steps: m.steps()}
	}
	return m.leaf(t)
}

// leaf is a column, a literal, a value of the request, or rarely NULL.
func (m *maker) leaf(t value.Type) ir.Expr {
	for _, v := range m.vars {
		if v.Of == t && m.IntN(2) == 0 {
			return &ir.Elem{V: v}
		}
	}
	switch m.IntN(10) {
	case 0:
		return &ir.Const{Value: sample(m.Rand, t), T: t}
	case 1, 2:
		return m.param(sample(m.Rand, t), t)
	case 3:
		if m.IntN(4) == 0 {
			return &ir.Const{T: t}
		}
	}
	return m.column(t)
}

func (m *maker) param(v value.Value, t value.Type) ir.Expr {
	m.args = append(m.args, v)
	return &ir.Param{Slot: len(m.args) - 1, T: t}
}

// column is a field of type t; where the row has none, a literal.
func (m *maker) column(t value.Type) ir.Expr {
	var of []*schema.Field
	for _, f := range m.row.Collection.Fields {
		if f.Type == t && f.Computed == nil {
			of = append(of, f)
		}
	}
	if len(of) == 0 {
		return &ir.Const{Value: sample(m.Rand, t), T: t}
	}
	return &ir.Column{Row: m.row, Field: pick(m.Rand, of)}
}

func (m *maker) steps() []value.Step {
	steps := make([]value.Step, 1+m.IntN(2))
	for i := range steps {
		steps[i] = pick(m.Rand, []value.Step{{Key: "a"}, {Key: "b"}, {Key: ""}, {Key: "zz"},
			{Index: 0, IsIndex: true}, {Index: 1, IsIndex: true}, {Index: -1, IsIndex: true}, {Index: 9, IsIndex: true}})
	}
	return steps
}

func (m *maker) text(depth int) ir.Expr {
	switch m.IntN(4) {
	case 0:
		return m.arith(aText, depth)
	case 1:
		return &ir.Path{X: m.column(pick(m.Rand, []value.Type{aJSON, someTexts, someInts})), Steps: m.steps(), Text: true}
	}
	return m.convert(aText, depth)
}

// convert draws a conversion to t from any type that has one.
func (m *maker) convert(to value.Type, depth int) ir.Expr {
	var from []value.Type
	for _, t := range allTypes {
		if t != to && value.Castable(t, to) {
			from = append(from, t)
		}
	}
	if len(from) == 0 {
		return m.leaf(to)
	}
	return &ir.Convert{X: m.Expr(pick(m.Rand, from), depth-1), To: to}
}

func (m *maker) integer(depth int) ir.Expr {
	switch m.IntN(6) {
	case 0:
		return &ir.Length{X: m.Expr(pick(m.Rand, []value.Type{aText, someBytes, someTexts, someInts}), depth-1)}
	case 1:
		return m.convert(anInt, depth)
	case 2:
		return &ir.Neg{X: m.Expr(anInt, depth-1)}
	case 3:
		if m.vars == nil {
			return m.count(depth)
		}
	}
	return m.arith(anInt, depth)
}

func (m *maker) decimal(t value.Type, depth int) ir.Expr {
	if m.IntN(3) == 0 {
		return m.convert(t, depth)
	}
	l, r := m.exact(depth-1), m.exact(depth-1)
	if m.IntN(4) == 0 {
		return &ir.Neg{X: l}
	}
	op := "+-*/%"[m.IntN(5)]
	if at, ok := value.ArithType(op, l.Type(), r.Type()); ok && at.Kind == value.Decimal {
		return &ir.Arith{Op: op, L: l, R: r, T: at}
	}
	return m.leaf(t)
}

// exact is an int or a decimal.
func (m *maker) exact(depth int) ir.Expr {
	return m.Expr(pick(m.Rand, []value.Type{anInt, aNarrow, aWide}), depth)
}

func (m *maker) arith(t value.Type, depth int) ir.Expr {
	op := "+-*/%"[m.IntN(5)]
	if t == aText {
		op = '+'
	}
	at, ok := value.ArithType(op, t, t)
	if !ok || at != t {
		return m.leaf(t)
	}
	return &ir.Arith{Op: op, L: m.Expr(t, depth-1), R: m.Expr(t, depth-1), T: at}
}

func (m *maker) timestamp(depth int) ir.Expr {
	if m.IntN(2) == 0 {
		return m.convert(aTimestamp, depth)
	}
	d := value.Type{Kind: value.Duration}
	return &ir.Arith{Op: "+-"[m.IntN(2)], L: m.Expr(aTimestamp, depth-1), R: &ir.Const{Value: sample(m.Rand, d), T: d}, T: aTimestamp}
}
