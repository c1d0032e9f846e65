package value

import "math/big"

// number is the lexical form of a decimal number: digits without sign and point, as slices of the source.
type number struct {
	negative    bool
	whole, frac string
	exponent    int // saturates far beyond MaxDigits
}

type numberError uint8

const (
	numberOK numberError = iota
	numberSyntax
)

// scanNumber splits s, which must be a number and nothing else.
func scanNumber(s string) (number, numberError) {
	var num number
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		num.negative = s[i] == '-'
		i++
	}
	end := digitsEnd(s, i)
	num.whole, i = s[i:end], end
	if i < len(s) && s[i] == '.' {
		end = digitsEnd(s, i+1)
		num.frac, i = s[i+1:end], end
	}
	if num.whole == "" && num.frac == "" {
		return num, numberSyntax
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		exponent, next := scanExponent(s, i+1)
		if next < 0 {
			return num, numberSyntax
		}
		num.exponent, i = exponent, next
	}
	if i != len(s) {
		return num, numberSyntax
	}
	return num, numberOK
}

func digitsEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// scanExponent gives next = -1 where no digit follows.
func scanExponent(s string, i int) (exponent, next int) {
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	end := digitsEnd(s, i)
	if end == i {
		return 0, -1
	}
	for _, c := range []byte(s[i:end]) {
		if exponent < 1<<24 {
			exponent = exponent*10 + int(c-'0')
		}
	}
	if negative {
		exponent = -exponent
	}
	return exponent, end
}

// dec is the exact value; ok is false where it needs more than MaxDigits digits.
func (n number) dec() (Dec, bool) {
	whole := n.whole
	for len(whole) > 0 && whole[0] == '0' {
		whole = whole[1:]
	}
	if n.isZero() {
		return Dec{scale: int32(min(max(len(n.frac)-n.exponent, 0), MaxDigits))}, len(n.frac) <= MaxDigits
	}
	scale := len(n.frac) - n.exponent
	if len(whole)+n.exponent > MaxDigits || scale > MaxDigits || len(whole)+len(n.frac) > 2*MaxDigits {
		return Dec{}, false
	}
	d := n.coefficient(whole + n.frac)
	if scale < 0 {
		d, scale = d.extend(int32(-scale)), 0
	}
	d.scale = int32(scale)
	return d, d.Digits() <= MaxDigits
}

func (n number) coefficient(digits string) Dec {
	if len(digits) <= 18 {
		var small int64
		for _, c := range []byte(digits) {
			small = small*10 + int64(c-'0')
		}
		if n.negative {
			small = -small
		}
		return Dec{small: small}
	}
	coef, _ := new(big.Int).SetString(digits, 10)
	if n.negative {
		coef.Neg(coef)
	}
	return ofBig(coef, 0)
}

func (n number) isZero() bool { return allZero(n.whole) && allZero(n.frac) }

func allZero(s string) bool {
	for i := range len(s) {
		if s[i] != '0' {
			return false
		}
	}
	return true
}

// appendCanonical appends the one form of the number: no exponent, no trailing zeros, no negative zero. ok is false
// where that takes more than MaxDigits digits.
func (n number) appendCanonical(dst []byte) (_ []byte, ok bool) {
	if n.isZero() {
		return append(dst, '0'), true
	}
	whole, frac := n.whole, n.frac
	point := len(whole) + n.exponent // position of the point within whole+frac
	digits := []byte(nil)
	var stack [64]byte
	digits = append(append(stack[:0], whole...), frac...)
	for digits[0] == '0' {
		digits, point = digits[1:], point-1
	}
	for digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if max(point, 1)+max(len(digits)-point, 0) > MaxDigits {
		return dst, false
	}
	if n.negative {
		dst = append(dst, '-')
	}
	return appendPlaced(dst, digits, point), true
}

func appendPlaced(dst, digits []byte, point int) []byte {
	if point <= 0 {
		dst = appendZeros(append(dst, "0."...), -point)
		return append(dst, digits...)
	}
	if point >= len(digits) {
		return appendZeros(append(dst, digits...), point-len(digits))
	}
	dst = append(append(dst, digits[:point]...), '.')
	return append(dst, digits[point:]...)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
