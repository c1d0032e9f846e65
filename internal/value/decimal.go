package value

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// MaxDigits bounds the digits of a decimal or JSON number read from text.
const MaxDigits = 400

// Dec is an exact decimal: coefficient · 10^-scale, scale ≥ 0. The zero Dec is 0. Trailing zeros are kept: 1.50 has
// scale 2. A coefficient that fits 64 bits is always held in small.
type Dec struct {
	coef  *big.Int // nil = small
	small int64
	scale int32
}

// RoundMode says what Rescale does with digits that do not fit.
type RoundMode uint8

// The rounding modes. Exact refuses to lose a non-zero digit.
const (
	HalfAwayFromZero RoundMode = iota
	Floor
	Ceil
	Truncate
	Exact
)

// FromInt is n with scale 0.
func FromInt(n int64) Dec { return Dec{small: n} }

// NewDec is coef · 10^-scale for a small coefficient.
func NewDec(coef int64, scale int32) Dec { return Dec{small: coef, scale: scale} }

// FromBig is coef · 10^-scale; coef is copied.
func FromBig(coef *big.Int, scale int32) Dec { return ofBig(new(big.Int).Set(coef), scale) }

// ofBig takes ownership of coef.
func ofBig(coef *big.Int, scale int32) Dec {
	if coef.IsInt64() {
		return Dec{small: coef.Int64(), scale: scale}
	}
	return Dec{coef: coef, scale: scale}
}

// ParseDec reads [+-]digits[.digits][e[+-]digits], also ".5" and "5."; ok is false for anything else and where the
// number needs more than MaxDigits digits. The scale is what the text writes, never below 0.
func ParseDec(s string) (d Dec, ok bool) {
	num, err := scanNumber(s)
	if err != numberOK {
		return Dec{}, false
	}
	return num.dec()
}

// Scale is the number of digits after the point.
func (d Dec) Scale() int32 { return d.scale }

// Coefficient is a fresh copy of the unscaled integer.
func (d Dec) Coefficient() *big.Int { return new(big.Int).Set(d.big()) }

// Small is the unscaled integer where it fits 64 bits.
func (d Dec) Small() (coef int64, ok bool) { return d.small, d.coef == nil }

// Sign is -1, 0 or 1.
func (d Dec) Sign() int {
	if d.coef != nil {
		return d.coef.Sign()
	}
	switch {
	case d.small < 0:
		return -1
	case d.small > 0:
		return 1
	}
	return 0
}

// Neg is -d.
func (d Dec) Neg() Dec {
	if d.coef == nil && d.small != math.MinInt64 {
		return Dec{small: -d.small, scale: d.scale}
	}
	return ofBig(new(big.Int).Neg(d.big()), d.scale)
}

// Digits counts the coefficient's decimal digits; 0 has one.
func (d Dec) Digits() int {
	if d.coef == nil {
		return countDigits(d.small)
	}
	text := d.coef.Text(10)
	return len(strings.TrimPrefix(text, "-"))
}

// Int64 is d as an integer; ok is false where it has a non-zero fraction or does not fit.
func (d Dec) Int64() (n int64, ok bool) {
	whole, ok := d.Rescale(0, Exact)
	return whole.small, ok && whole.coef == nil
}

// Float is the nearest double; infinite where d is too large.
func (d Dec) Float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// String prints d with its scale: "1.50", "-0.05".
func (d Dec) String() string { return string(d.Append(nil)) }

// Append appends d as String prints it.
func (d Dec) Append(dst []byte) []byte {
	if d.scale == 0 && d.coef == nil {
		return strconv.AppendInt(dst, d.small, 10)
	}
	var stack [48]byte
	digits := stack[:0]
	if d.coef == nil {
		digits = strconv.AppendInt(digits, d.small, 10)
	} else {
		digits = d.coef.Append(digits, 10)
	}
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	whole := len(digits) - int(d.scale)
	if whole <= 0 {
		dst = append(dst, "0."...)
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	if d.scale > 0 {
		dst = append(append(dst, '.'), digits[whole:]...)
	}
	return dst
}

func (d Dec) big() *big.Int {
	if d.coef != nil {
		return d.coef
	}
	return big.NewInt(d.small)
}

func countDigits(n int64) int {
	count := 1
	for n /= 10; n != 0; n /= 10 {
		count++
	}
	return count
}
