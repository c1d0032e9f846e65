package value

import (
	"math/big"
	"math/bits"
)

var smallPow10 = [19]int64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

func pow10(n int32) *big.Int {
	if int(n) < len(smallPow10) {
		return big.NewInt(smallPow10[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// Add is d + o, exact, with the larger scale.
func (d Dec) Add(o Dec) Dec {
	d, o = align(d, o)
	if d.coef == nil && o.coef == nil {
		if sum, ok := addInt(d.small, o.small); ok {
			return Dec{small: sum, scale: d.scale}
		}
	}
	return ofBig(new(big.Int).Add(d.big(), o.big()), d.scale)
}

// Sub is d − o, exact, with the larger scale.
func (d Dec) Sub(o Dec) Dec { return d.Add(o.Neg()) }

// Mul is d · o, exact; the scales add.
func (d Dec) Mul(o Dec) Dec {
	if d.coef == nil && o.coef == nil {
		if product, ok := mulInt(d.small, o.small); ok {
			return Dec{small: product, scale: d.scale + o.scale}
		}
	}
	return ofBig(new(big.Int).Mul(d.big(), o.big()), d.scale+o.scale)
}

// Div is d / o with the given scale, half away from zero; ok is false where o is 0.
func (d Dec) Div(o Dec, scale int32) (q Dec, ok bool) {
	if o.Sign() == 0 {
		return Dec{}, false
	}
	num, den := d.Coefficient(), o.Coefficient()
	if shift := scale + o.scale - d.scale; shift >= 0 {
		num.Mul(num, pow10(shift))
	} else {
		den.Mul(den, pow10(-shift))
	}
	return ofBig(divide(num, den, HalfAwayFromZero), scale), true
}

// Rem is the remainder of d / o truncated to an integer, with the sign of d; ok is false where o is 0.
func (d Dec) Rem(o Dec) (r Dec, ok bool) {
	if o.Sign() == 0 {
		return Dec{}, false
	}
	d, o = align(d, o)
	return ofBig(new(big.Int).Rem(d.big(), o.big()), d.scale), true
}

// Cmp orders by numeric value: 1.5 equals 1.50.
func (d Dec) Cmp(o Dec) int {
	if a, b := d.Sign(), o.Sign(); a != b {
		return sign(a - b)
	}
	d, o = align(d, o)
	if d.coef == nil && o.coef == nil {
		return cmpOrdered(d.small, o.small)
	}
	return d.big().Cmp(o.big())
}

// Rescale gives d the scale; ok is false only where mode is Exact and a non-zero digit would be lost.
func (d Dec) Rescale(scale int32, mode RoundMode) (r Dec, ok bool) {
	if scale >= d.scale {
		return d.extend(scale), true
	}
	power := pow10(d.scale - scale)
	if mode == Exact {
		quotient, rest := new(big.Int).QuoRem(d.big(), power, new(big.Int))
		return ofBig(quotient, scale), rest.Sign() == 0
	}
	return ofBig(divide(d.Coefficient(), power, mode), scale), true
}

// Trim drops the trailing zeros after the point.
func (d Dec) Trim() Dec {
	for d.coef == nil && d.scale > 0 && d.small%10 == 0 {
		d.small, d.scale = d.small/10, d.scale-1
	}
	ten, rest := big.NewInt(10), new(big.Int)
	for d.coef != nil && d.scale > 0 {
		quotient := new(big.Int)
		if quotient.QuoRem(d.coef, ten, rest); rest.Sign() != 0 {
			return d
		}
		d = ofBig(quotient, d.scale-1)
	}
	if d.coef == nil && d.scale > 0 && d.small%10 == 0 {
		return d.Trim()
	}
	return d
}

func (d Dec) extend(scale int32) Dec {
	shift := scale - d.scale
	if shift == 0 {
		return d
	}
	if d.coef == nil && int(shift) < len(smallPow10) {
		if n, ok := mulInt(d.small, smallPow10[shift]); ok {
			return Dec{small: n, scale: scale}
		}
	}
	return ofBig(new(big.Int).Mul(d.big(), pow10(shift)), scale)
}

func align(a, b Dec) (Dec, Dec) {
	if a.scale < b.scale {
		return a.extend(b.scale), b
	}
	return a, b.extend(a.scale)
}

// divide rounds num / den; it may overwrite num.
func divide(num, den *big.Int, mode RoundMode) *big.Int {
	negative := num.Sign()*den.Sign() < 0
	quotient, rest := new(big.Int).QuoRem(num, den, new(big.Int))
	if rest.Sign() == 0 || !roundsAway(mode, negative, rest, den) {
		return quotient
	}
	if negative {
		return quotient.Sub(quotient, big.NewInt(1))
	}
	return quotient.Add(quotient, big.NewInt(1))
}

func roundsAway(mode RoundMode, negative bool, rest, den *big.Int) bool {
	switch mode {
	case Floor:
		return negative
	case Ceil:
		return !negative
	case HalfAwayFromZero:
		return new(big.Int).Lsh(rest, 1).CmpAbs(den) >= 0
	}
	return false
}

func addInt(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

func mulInt(a, b int64) (int64, bool) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	negative := (a < 0) != (b < 0)
	if high != 0 || low > 1<<63 || low == 1<<63 && !negative {
		return 0, false
	}
	if negative {
		return -int64(low), true
	}
	return int64(low), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func sign(n int) int { return cmpOrdered(n, 0) }

func cmpOrdered[T int | int64 | float64 | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
