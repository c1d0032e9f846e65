package value

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func drawDec(t *rapid.T, label string) Dec {
	text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,12})?`).Draw(t, label)
	d, ok := ParseDec(text)
	if !ok {
		t.Fatalf("%s is not read", text)
	}
	if want := text; d.String() != want && d.Sign() != 0 {
		t.Fatalf("%s prints as %s", want, d)
	}
	return d
}

func rat(d Dec) *big.Rat { return new(big.Rat).SetFrac(d.Coefficient(), pow10(d.Scale())) }

func TestDecimalsComputeAsRationalsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDec(t, "a"), drawDec(t, "b")
		x, y := rat(a), rat(b)
		if rat(a.Add(b)).Cmp(new(big.Rat).Add(x, y)) != 0 || rat(a.Sub(b)).Cmp(new(big.Rat).Sub(x, y)) != 0 {
			t.Fatalf("%s ± %s is %s, %s", a, b, a.Add(b), a.Sub(b))
		}
		if rat(a.Mul(b)).Cmp(new(big.Rat).Mul(x, y)) != 0 || a.Cmp(b) != x.Cmp(y) || a.Trim().Cmp(a) != 0 {
			t.Fatalf("%s · %s is %s, cmp %d", a, b, a.Mul(b), a.Cmp(b))
		}
		q, ok := a.Div(b, 9)
		if ok != (b.Sign() != 0) {
			t.Fatalf("%s / %s: ok %t", a, b, ok)
		}
		if ok && q.String() != roundedString(new(big.Rat).Quo(x, y), 9) && q.Sign() != 0 {
			t.Fatalf("%s / %s = %s", a, b, q)
		}
		if r, ok := a.Rem(b); ok && (r.Sign() != 0 && r.Sign() != a.Sign() || rat(r).Cmp(y) >= 0 && y.Sign() > 0) {
			t.Fatalf("%s %% %s = %s", a, b, r)
		}
	})
}

// roundedString is big.Rat's own rounding, half away from zero.
func roundedString(r *big.Rat, scale int) string { return r.FloatString(scale) }

func TestRescaleRoundsInEveryMode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in                          string
		half, floor, ceil, truncate string
	}{
		{"1.25", "1.3", "1.2", "1.3", "1.2"}, {"-1.25", "-1.3", "-1.3", "-1.2", "-1.2"}, {"1.20", "1.2", "1.2", "1.2", "1.2"}, {"-0.04", "0.0", "-0.1", "0.0", "0.0"},
		{"99999999999999999999.95", "100000000000000000000.0", "99999999999999999999.9", "100000000000000000000.0", "99999999999999999999.9"},
	} {
		d, _ := ParseDec(c.in)
		for mode, want := range map[RoundMode]string{HalfAwayFromZero: c.half, Floor: c.floor, Ceil: c.ceil, Truncate: c.truncate} {
			if got, ok := d.Rescale(1, mode); !ok || got.String() != want {
				t.Errorf("%s in mode %d is %s, want %s", c.in, mode, got, want)
			}
		}
	}
	d, _ := ParseDec("1.50")
	if _, ok := d.Rescale(0, Exact); ok {
		t.Error("1.50 became an integer exactly")
	}
	if got, ok := d.Rescale(1, Exact); !ok || got.String() != "1.5" {
		t.Errorf("1.50 with scale 1 is %s", got)
	}
}

func TestArithmeticIsTotal(t *testing.T) {
	t.Parallel()
	const lowest, highest = -1 << 63, 1<<63 - 1
	dec := func(s string) Value { d, _ := ParseDec(s); return OfDecimal(d) }
	for _, c := range []struct {
		op   byte
		a, b Value
		want string // "" is NULL
	}{
		{'+', OfInt(highest), OfInt(1), ""}, {'-', OfInt(lowest), OfInt(1), ""}, {'-', OfInt(0), OfInt(lowest), ""}, {'*', OfInt(lowest), OfInt(-1), ""},
		{'/', OfInt(lowest), OfInt(-1), ""}, {'%', OfInt(lowest), OfInt(-1), "0"}, {'/', OfInt(1), OfInt(0), ""}, {'%', OfInt(1), OfInt(0), ""},
		{'/', OfInt(-7), OfInt(2), "-3"}, {'%', OfInt(-7), OfInt(2), "-1"}, {'*', OfInt(lowest), OfInt(1), "-9223372036854775808"},
		{'/', dec("1.00"), OfInt(3), "0.33333333"}, {'/', dec("-2"), dec("3"), "-0.666667"}, {'%', dec("-7.5"), OfInt(2), "-1.5"}, {'/', dec("1"), dec("0.00"), ""},
		{'+', OfInt(1), dec("0.50"), "1.50"}, {'*', dec("1.5"), dec("1.5"), "2.25"}, {'*', dec("1e60"), dec("1e60"), ""},
		{'/', OfFloat(1), OfFloat(0), ""}, {'*', OfFloat(1e300), OfFloat(1e300), ""}, {'+', OfFloat(0.1), OfFloat(0.2), "0.30000000000000004"},
		{'+', OfFloat(1), OfInt(1), ""}, {'+', OfText("a"), OfText("b"), "ab"}, {'-', OfText("a"), OfText("b"), ""}, {'+', Value{}, OfInt(1), ""},
		{'+', OfTimestamp(0), OfDuration(1_500_000), "1970-01-01T00:00:01.5+00:00"}, {'+', OfTimestamp(MaxTimestamp), OfDuration(1), ""},
		{'-', OfTimestamp(5), OfTimestamp(2), "3µs"}, {'-', OfDate(5), OfDate(2), ""},
	} {
		if got := Arith(c.op, c.a, c.b); got.Text() != c.want || got.IsNull() != (c.want == "") {
			t.Errorf("%s %c %s is %q, want %q", c.a.Text(), c.op, c.b.Text(), got.Text(), c.want)
		}
	}
}

func TestCELDurationsBecomeMicroseconds(t *testing.T) {
	t.Parallel()
	if d, err := ParseDuration("1h30m0.0000015s"); err != nil || d.Int() != 5_400_000_002 {
		t.Errorf("%d %v", d.Int(), err)
	}
	if _, err := ParseDuration("soon"); codeOf(err) != "22007" {
		t.Errorf("soon: %v", err)
	}
}
