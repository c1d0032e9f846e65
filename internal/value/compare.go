package value

import (
	"math"
	"math/big"
)

// Compare orders two non-NULL values: -1, 0, 1. Int, Decimal and Float compare exactly across kinds; text by code
// point; JSON by kind (null, text, number, bool, array, object) then number or canonical text; lists by canonical
// text. Kinds that have nothing in common order by kind, so that the order is total; NULL comes first.
func Compare(a, b Value) int {
	if a.list || b.list {
		return compareLists(a, b)
	}
	ra, rb := family(a.kind), family(b.kind)
	if ra != rb {
		return cmpOrdered(int(ra), int(rb))
	}
	switch ra {
	case Int:
		return compareNumbers(a, b)
	case JSON:
		return compareJSON(a.s, b.s)
	case Text, Bytes:
		return cmpOrdered(a.s, b.s)
	case Timestamp:
		return compareInstants(a, b)
	}
	return cmpOrdered(a.n, b.n)
}

// Equal reports whether two non-NULL values compare as equal.
func Equal(a, b Value) bool { return Compare(a, b) == 0 }

// family is the kind that stands for all kinds comparable with k.
func family(k Kind) Kind {
	switch k {
	case Int, Float, Decimal:
		return Int
	case Text, UUID:
		return Text
	case Timestamp, Date:
		return Timestamp
	}
	return k
}

func compareLists(a, b Value) int {
	if a.list != b.list {
		if b.list {
			return -1
		}
		return 1
	}
	return cmpOrdered(a.s, b.s)
}

func compareInstants(a, b Value) int {
	if a.kind == b.kind {
		return cmpOrdered(a.n, b.n)
	}
	return cmpOrdered(microseconds(a), microseconds(b))
}

func microseconds(v Value) int64 {
	if v.kind == Date {
		return v.n * microsPerDay
	}
	return v.n
}

func compareNumbers(a, b Value) int {
	switch {
	case a.kind == Int && b.kind == Int:
		return cmpOrdered(a.n, b.n)
	case a.kind == Float && b.kind == Float:
		return cmpOrdered(a.Float(), b.Float())
	case a.kind == Float:
		return -compareWithFloat(decimalOf(b), a.Float())
	case b.kind == Float:
		return compareWithFloat(decimalOf(a), b.Float())
	}
	return decimalOf(a).Cmp(decimalOf(b))
}

func compareWithFloat(d Dec, f float64) int {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		if f < 0 {
			return 1
		}
		return -1
	}
	exact := new(big.Rat).SetFrac(d.big(), pow10(d.scale))
	return exact.Cmp(new(big.Rat).SetFloat64(f))
}

// decimalOf is an Int or Decimal as a Dec.
func decimalOf(v Value) Dec {
	if v.kind == Int {
		return FromInt(v.n)
	}
	return v.d
}

func compareJSON(a, b string) int {
	ra, rb := jsonRank(a), jsonRank(b)
	if ra != rb {
		return cmpOrdered(ra, rb)
	}
	if ra == jsonNumber {
		x, _ := ParseDec(a)
		y, _ := ParseDec(b)
		return x.Cmp(y)
	}
	return cmpOrdered(a, b)
}
