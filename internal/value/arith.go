package value

import "math"

// maxArithDigits bounds a decimal result; beyond it the result is NULL.
const maxArithDigits = 76

// divisionDigits is how far a decimal quotient is more precise than its operands.
const divisionDigits = 6

// ArithType is the type of a op b, ok false where the operation does not exist (float with int or decimal asks for a
// conversion). A decimal result is unbounded; its Scale is the scale it has when the operands have theirs.
func ArithType(op byte, a, b Type) (Type, bool) {
	if a.List || b.List {
		return Type{}, false
	}
	switch {
	case a.Kind == Int && b.Kind == Int:
		return Type{Kind: Int}, isNumeric(op)
	case isExact(a.Kind) && isExact(b.Kind):
		return Type{Kind: Decimal, Scale: resultScale(op, a.Scale, b.Scale)}, isNumeric(op)
	case a.Kind == Float && b.Kind == Float:
		return Type{Kind: Float}, isNumeric(op) && op != '%'
	case a.Kind == Text && b.Kind == Text:
		return Type{Kind: Text}, op == '+'
	case a.Kind == Timestamp && b.Kind == Timestamp:
		return Type{Kind: Duration}, op == '-'
	case a.Kind == Timestamp && b.Kind == Duration:
		return Type{Kind: Timestamp}, op == '+' || op == '-'
	case a.Kind == Duration && b.Kind == Timestamp:
		return Type{Kind: Timestamp}, op == '+'
	case a.Kind == Duration && b.Kind == Duration:
		return Type{Kind: Duration}, op == '+' || op == '-'
	}
	return Type{}, false
}

func isNumeric(op byte) bool {
	return op == '+' || op == '-' || op == '*' || op == '/' || op == '%'
}

func isExact(k Kind) bool { return k == Int || k == Decimal }

func resultScale(op byte, a, b uint8) uint8 {
	scale := int(max(a, b))
	switch op {
	case '*':
		scale = int(a) + int(b)
	case '/':
		scale += divisionDigits
	}
	return uint8(min(scale, math.MaxUint8))
}

// Arith computes a op b, op one of + - * / %; NULL operands, overflow and division by zero give NULL, and so does an
// operation that ArithType refuses. The result has the kind ArithType says. Integer division truncates; a remainder
// has the sign of the dividend; decimals divide half away from zero with six digits more than the longer operand.
func Arith(op byte, a, b Value) Value {
	t, ok := ArithType(op, Type{Kind: a.kind, List: a.list}, Type{Kind: b.kind, List: b.list})
	if !ok {
		return Value{}
	}
	switch t.Kind {
	case Int:
		return arithInt(op, a.n, b.n)
	case Decimal:
		return arithDecimal(op, decimalOf(a), decimalOf(b))
	case Float:
		return arithFloat(op, a.Float(), b.Float())
	case Text:
		return OfText(a.s + b.s)
	}
	return arithTime(op, t.Kind, a.n, b.n)
}

func arithInt(op byte, a, b int64) Value {
	n, ok := int64(0), false
	switch op {
	case '+':
		n, ok = addInt(a, b)
	case '-':
		n = a - b
		ok = (n < a) == (b > 0)
	case '*':
		n, ok = mulInt(a, b)
	case '/':
		if ok = b != 0 && (a != math.MinInt64 || b != -1); ok {
			n = a / b
		}
	case '%':
		if ok = b != 0; ok && b != -1 {
			n = a % b
		}
	}
	if !ok {
		return Value{}
	}
	return OfInt(n)
}

func arithDecimal(op byte, a, b Dec) Value {
	d, ok := Dec{}, true
	switch op {
	case '+':
		d = a.Add(b)
	case '-':
		d = a.Sub(b)
	case '*':
		d = a.Mul(b)
	case '/':
		d, ok = a.Div(b, max(a.scale, b.scale)+divisionDigits)
	case '%':
		d, ok = a.Rem(b)
	}
	if !ok || d.Digits() > maxArithDigits {
		return Value{}
	}
	return OfDecimal(d)
}

func arithFloat(op byte, a, b float64) Value {
	f := 0.0
	switch op {
	case '+':
		f = a + b
	case '-':
		f = a - b
	case '*':
		f = a * b
	case '/':
		f = a / b
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return OfFloat(f + 0)
}

// arithTime adds or subtracts µs; a timestamp outside its years is NULL.
func arithTime(op byte, kind Kind, a, b int64) Value {
	sum := arithInt(op, a, b)
	if sum.IsNull() {
		return sum
	}
	if kind == Timestamp && (sum.n < MinTimestamp || sum.n > MaxTimestamp) {
		return Value{}
	}
	return Value{kind: kind, n: sum.n}
}
