package value

import (
	"math"
	"math/big"
	"strconv"
)

// midpointsFrom is the least magnitude at which a short decimal can lie exactly between two doubles.
const midpointsFrom = 1 << 53

// shortest is the shortest scientific text that is nearer to f than to any other double. Of a decimal exactly between two
// doubles strconv relies on readers that round to even; PostgreSQL does not and prints another digit, and so do we.
func shortest(dst []byte, f float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if math.Abs(f) < midpointsFrom || math.IsInf(f, 0) || !midpoint(string(dst[start:]), f) {
		return dst
	}
	for digits := 1; digits <= 16; digits++ {
		longer := strconv.AppendFloat(dst[:start:start], f, 'e', digits, 64)
		if back, err := strconv.ParseFloat(string(longer[start:]), 64); err == nil && back == f && !midpoint(string(longer[start:]), f) {
			return longer
		}
	}
	return dst
}

// midpoint reports whether text is exactly between f and a neighbour.
func midpoint(text string, f float64) bool {
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return false
	}
	for _, toward := range []float64{math.Inf(-1), math.Inf(1)} {
		next := math.Nextafter(f, toward)
		if math.IsInf(next, 0) {
			continue
		}
		sum := new(big.Rat).Add(new(big.Rat).SetFloat64(f), new(big.Rat).SetFloat64(next))
		if sum.Cmp(exact.Add(exact, exact)) == 0 {
			return true
		}
		exact.Quo(exact, big.NewRat(2, 1))
	}
	return false
}
