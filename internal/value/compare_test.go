package value

import (
	"math/big"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"pgregory.net/rapid"
)

func anyValue() *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		switch rapid.IntRange(0, 10).Draw(t, "kind") {
		case 0:
			return OfInt(rapid.Int64().Draw(t, "int"))
		case 1:
			return OfFloat(rapid.Float64Range(-1e19, 1e19).Draw(t, "float"))
		case 2:
			return OfDecimal(drawDec(t, "decimal"))
		case 3:
			return OfText(rapid.StringN(0, 3, 9).Draw(t, "text"))
		case 4:
			return OfBool(rapid.Bool().Draw(t, "bool"))
		case 5:
			return OfTimestamp(rapid.Int64Range(-1e12, 1e12).Draw(t, "us"))
		case 6:
			return OfDate(rapid.Int64Range(-20, 20).Draw(t, "days"))
		case 7:
			return OfBytes(rapid.StringN(0, 2, 6).Draw(t, "bytes"))
		case 8:
			return OfInt(rapid.Int64Range(-2, 2).Draw(t, "small"))
		case 9:
			return OfFloat(float64(rapid.Int64Range(-4, 4).Draw(t, "halves")) / 2)
		}
		_, canonical := drawJSON(t, "json")
		return OfJSON(canonical)
	})
}

func TestCompareIsATotalOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyValue().Draw(t, "a"), anyValue().Draw(t, "b"), anyValue().Draw(t, "c")
		if Compare(a, a) != 0 || Compare(a, b) != -Compare(b, a) {
			t.Fatalf("%s and %s compare as %d and %d", a.Text(), b.Text(), Compare(a, b), Compare(b, a))
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("%s ≤ %s ≤ %s, but not %[1]s ≤ %[3]s", a.Text(), b.Text(), c.Text())
		}
	})
}

func TestNumbersCompareExactlyAcrossKinds(t *testing.T) {
	t.Parallel()
	exact := func(v Value) *big.Rat {
		if v.Kind() == Float {
			return new(big.Rat).SetFloat64(v.Float())
		}
		return rat(decimalOf(v))
	}
	rapid.Check(t, func(t *rapid.T) {
		numeric := anyValue().Filter(func(v Value) bool { return family(v.Kind()) == Int })
		a, b := numeric.Draw(t, "a"), numeric.Draw(t, "b")
		if got, want := Compare(a, b), exact(a).Cmp(exact(b)); got != want {
			t.Fatalf("%s and %s compare as %d", a.Text(), b.Text(), got)
		}
	})
	if Compare(OfInt(1<<53+1), OfFloat(1<<53)) != 1 {
		t.Error("2^53+1 equals 2^53 as a double")
	}
}

func TestValuesReadBackFromTheirText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Draw(t, "v")
		if v.Kind() == Text && checkText(v.Str()) != nil {
			return
		}
		back, err := Parse(Type{Kind: v.Kind()}, v.Text())
		if err != nil || Compare(v, back) != 0 || back.Text() != v.Text() {
			t.Fatalf("%s reads back as %s: %v", v.Text(), back.Text(), err)
		}
	})
}

func TestJSONOrdersByKindThenValue(t *testing.T) {
	t.Parallel()
	ordered := []string{`null`, `""`, `"a"`, `"b"`, `-10`, `9`, `9.5`, `10`, `false`, `true`, `[10]`, `[1]`, `[9]`, `{"a":1}`, `{"b":0}`}
	for i := 1; i < len(ordered); i++ {
		if Compare(OfJSON(ordered[i-1]), OfJSON(ordered[i])) != -1 {
			t.Errorf("%s is not before %s", ordered[i-1], ordered[i])
		}
	}
}

func TestLikeMatchesByCodePoint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s, pattern  string
		plain, fold bool
	}{
		{"abc", "a%", true, true}, {"ABC", "a%", false, true}, {"é", "_", true, true}, {"É", "é", false, false}, {"a%b", `a\%b`, true, true},
		{"axb", `a\%b`, false, false}, {"", "%", true, true}, {"", "_", false, false}, {"aab", "%ab", true, true}, {"mississippi", "%iss%ip%i", true, true},
		{"abc", "ab", false, false}, {"ab", "abc", false, false}, {`a\`, `a\\`, true, true}, {"a", `a\`, false, false}, {"日本語", "日_語", true, true}, {"xé", "%é", true, true},
	} {
		if Like(c.s, c.pattern, false) != c.plain || Like(c.s, c.pattern, true) != c.fold {
			t.Errorf("%q like %q: %t %t", c.s, c.pattern, Like(c.s, c.pattern, false), Like(c.s, c.pattern, true))
		}
	}
	if CheckPattern(`a\`) == nil || CheckPattern(`a\\`) != nil || CheckPattern("") != nil || codeOf(CheckPattern(`\\\`)) != fault.InvalidEscape {
		t.Error("a lone trailing backslash is not told from an escaped one")
	}
}

func TestCastsConvertOrSayWhyNot(t *testing.T) {
	t.Parallel()
	dec := Type{Kind: Decimal, Precision: 6, Scale: 2}
	for _, c := range []struct {
		from     Type
		in       string
		to       Type
		want     string
		wantCode fault.Code
	}{
		{Type{Kind: Text}, " 7 ", Type{Kind: Int}, "7", ""}, {Type{Kind: Text}, "x", Type{Kind: Int}, "", fault.InvalidText},
		{Type{Kind: Decimal}, "2.5", Type{Kind: Int}, "3", ""}, {Type{Kind: Decimal}, "-2.5", Type{Kind: Int}, "-3", ""}, {Type{Kind: Float}, "2.5", Type{Kind: Int}, "3", ""},
		{Type{Kind: Float}, "1e19", Type{Kind: Int}, "", fault.OutOfRange}, {Type{Kind: Decimal}, "1e19", Type{Kind: Int}, "", fault.OutOfRange},
		{Type{Kind: Float}, "0.1", Type{Kind: Decimal}, "0.1", ""}, {Type{Kind: Float}, "1e-7", dec, "0.00", ""}, {Type{Kind: Int}, "10000", dec, "", fault.OutOfRange},
		{dec, "1.5", Type{Kind: Text}, "1.50", ""}, {Type{Kind: Int}, "2", Type{Kind: Bool}, "true", ""}, {Type{Kind: Bool}, "t", Type{Kind: Int}, "1", ""},
		{Type{Kind: Date}, "1969-12-31", Type{Kind: Timestamp}, "1969-12-31T00:00:00+00:00", ""}, {Type{Kind: Timestamp}, "1969-12-31T23:59:59Z", Type{Kind: Date}, "1969-12-31", ""},
		{Type{Kind: JSON}, `{"b":1,"a":2}`, Type{Kind: Text}, `{"a":2,"b":1}`, ""}, {Type{Kind: JSON}, "1.5", Type{Kind: Int}, "2", ""}, {Type{Kind: JSON}, "true", Type{Kind: Bool}, "true", ""},
		{Type{Kind: JSON}, `"1"`, Type{Kind: Int}, "", fault.InvalidText}, {Type{Kind: JSON}, "null", Type{Kind: Int}, "", ""}, {Type{Kind: JSON}, "1", Type{Kind: UUID}, "", fault.NotImplemented},
		{Type{Kind: Text, List: true}, "{a}", Type{Kind: JSON}, `["a"]`, ""}, {Type{Kind: Int}, "1", Type{Kind: JSON}, "1", ""}, {Type{Kind: Bool}, "t", Type{Kind: Float}, "", fault.NotImplemented},
		{Type{Kind: Text}, "{1,2}", Type{Kind: Int, List: true}, "[1,2]", ""}, {Type{Kind: Int}, "1", Type{Kind: Date}, "", fault.NotImplemented},
		{Type{Kind: Text}, "aa", Type{Kind: Bytes}, "", fault.NotImplemented}, {Type{Kind: Bytes}, "aa==", Type{Kind: Text}, "aQ==", ""},
	} {
		v, err := Parse(c.from, c.in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Cast(v, c.from, c.to)
		if got.Text() != c.want || codeOf(err) != c.wantCode {
			t.Errorf("%s %q as %s is %q %v, want %q %s", c.from, c.in, c.to, got.Text(), err, c.want, c.wantCode)
		}
	}
}

func TestAZoneChangesOnlyThePrintedOffset(t *testing.T) {
	t.Parallel()
	v, _ := Parse(Type{Kind: Timestamp}, "2024-07-01T12:00:00.5Z")
	east := time.FixedZone("", 5*3600+30*60)
	if got := string(AppendJSONIn(nil, Type{Kind: Timestamp}, v, east)); got != `"2024-07-01T17:30:00.5+05:30"` {
		t.Error(got)
	}
	if got := string(AppendJSONIn(nil, Type{Kind: Timestamp}, v, time.FixedZone("", -3600))); got != `"2024-07-01T11:00:00.5-01:00"` {
		t.Error(got)
	}
}

func TestTypesHaveTwoNames(t *testing.T) {
	t.Parallel()
	for typ, want := range map[Type][2]string{
		{Kind: Decimal, Precision: 8, Scale: 2}: {"decimal(8,2)", "numeric"}, {Kind: Text, List: true}: {"text[]", "text[]"},
		{Kind: Timestamp}: {"timestamp", "timestamp with time zone"}, {Kind: Int}: {"int", "bigint"}, {Kind: Bool, List: true}: {"bool[]", "boolean[]"},
	} {
		if typ.String() != want[0] || typ.SQLName() != want[1] {
			t.Errorf("%s, %s", typ, typ.SQLName())
		}
	}
}
