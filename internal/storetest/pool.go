package storetest

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// The pools hold the values that engines disagree about.
var (
	texts = []string{"", "a", "A", "abc", "ABC", "aBc", "é", "É", "e\u0301", "ß", "ſ", "K", "ı", "😀", "a%b_c\\d", "%", "_", "\\", "a\nb",
		"a b", " a ", "1", "-1", "01", "1.50", "1e3", "true", "t", "null", "NULL", "'", "\"", "a,b", "{a}", "[1]", "2024-01-02",
		"2024-01-02T03:04:05Z", "0190a0b0-c0d0-7000-8000-00000000000a", "\u007f", "\uffff", "zz", strings.Repeat("x", 300)}
	ints = []int64{0, 1, -1, 2, 3, 7, 10, -10, 255, 1 << 31, -(1 << 31), 1<<53 - 1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64,
		math.MaxInt64 - 1, math.MinInt64 + 1}
	floats = []float64{0, 1, -1, 0.1, 0.2, 0.3, -0.1, 1.5, 2.5, 1e15, 1e16, 123456789.123, math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, 1e-7, 9007199254740993, 9.2e18, 1e19, math.Pi}
	narrow = []string{"0", "1", "-1", "1.5", "-1.5", "0.0001", "-0.0001", "99999999.9999", "-99999999.9999", "2", "10", "12.3456"}
	wide   = []string{"0", "1", "-1", "0.000001", "-0.000001", "999999999999999999999999.999999", "-999999999999999999999999.999999",
		"9223372036854775807", "9223372036854775808", "1.5", "12345678901234567890.123456", "-12345678901234567890.123456"}
	uuids = []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
		"0190a0b0-c0d0-7000-8000-00000000000a", "0190a0b0-c0d0-7000-8000-00000000000b"}
	instants = []string{"1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
		"2024-01-02T03:04:05.12Z", "2024-01-02T03:04:05.123456Z", "2024-02-29T00:00:00Z", "1582-10-10T12:00:00Z", "2000-01-01T00:00:00.000001Z"}
	dates = []string{"1970-01-01", "1969-12-31", "0001-01-01", "9999-12-31", "2024-02-29", "2024-01-02", "1900-03-01"}
	jsons = []string{`null`, `true`, `false`, `0`, `1`, `-1`, `1.5`, `12.50`, `1e2`, `123456789012345678901234567890`, `""`, `"a"`, `"É"`, `"1"`,
		`[]`, `{}`, `[1,2,3]`, `[1,"two",null,{"a":1}]`, `{"a":1}`, `{"a":1,"b":[1,2,{"c":null}],"aa":"x"}`, `{"a":{"b":"é"}}`, `{"a":null}`,
		`[[1],[2]]`, `"a\"b\\c\n"`, `{"":1}`, `{"0":"zero"}`, `{"a":1.0}`}
	blobs  = []string{"", "a", "\x00\xff", "hi", "\x80", "\x00"}
	enums  = []string{"low", "mid", "high"}
	tlists = []string{`[]`, `["a"]`, `["a","b"]`, `["b","a"]`, `["a","a"]`, `[""]`, `["É","😀"]`, `["a,b","\"q\"","{x}"]`, `["a%b_c\\d"]`}
	ilists = []string{`[]`, `[1]`, `[1,2,3]`, `[3,2,1]`, `[-1,0]`, `[9223372036854775807,-9223372036854775808]`, `[10]`}
)

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// sample draws a value of type t, never NULL. Half of the time it is a plain one, so that things meet.
func sample(r *rand.Rand, t value.Type) value.Value {
	switch {
	case t.List && t.Kind == value.Int:
		return value.OfList(value.Int, pick(r, ilists))
	case t.List && t.Kind == value.Text:
		return value.OfList(value.Text, pick(r, tlists))
	case t.List:
		return sampleList(r, t)
	}
	switch t.Kind {
	case value.Text:
		return value.OfText(pick(r, texts))
	case value.Int:
		return value.OfInt(pick(r, ints))
	case value.Float:
		return value.OfFloat(pick(r, floats))
	case value.Decimal:
		return sampleDecimal(r, t)
	case value.Bool:
		return value.OfBool(r.IntN(2) == 0)
	case value.Bytes:
		return value.OfBytes(pick(r, blobs))
	case value.JSON:
		s, _ := value.CanonicalJSON([]byte(pick(r, jsons)))
		return value.OfJSON(s)
	case value.Duration:
		return value.OfDuration(pick(r, []int64{0, 1, -1, 3_600_000_000, -86_400_000_000}))
	}
	return parsed(t, pick(r, map[value.Kind][]string{value.UUID: uuids, value.Timestamp: instants, value.Date: dates}[t.Kind]))
}

// sampleList draws up to three elements.
func sampleList(r *rand.Rand, t value.Type) value.Value {
	var of []value.Value
	for range r.IntN(4) {
		of = append(of, sample(r, t.Element()))
	}
	v, err := value.ListOf(t, of)
	if err != nil {
		panic(err)
	}
	return v
}

// sampleDecimal draws until the value is within the type's precision.
func sampleDecimal(r *rand.Rand, t value.Type) value.Value {
	pool := narrow
	if t.Precision > 18 {
		pool = wide
	}
	for {
		d, _ := value.ParseDec(pick(r, pool))
		if t.Precision == 0 {
			return value.OfDecimal(d)
		}
		if v, err := value.Fit(t, value.OfDecimal(d)); err == nil {
			return v
		}
	}
}

// parsed reads a pool's text; the pools hold only valid ones.
func parsed(t value.Type, s string) value.Value {
	v, err := value.Parse(t, s)
	if err != nil {
		panic(err)
	}
	return v
}

// fill makes n rows for every collection: keys count from 1, references point at existing rows or nowhere, everything else is
// drawn from the pools.
func fill(r *rand.Rand, c *schema.Catalog, n int) Rows {
	data := Rows{}
	for _, col := range c.Collections {
		if col.Internal || col.View != nil {
			continue
		}
		seen := map[string]bool{}
		for i := range n {
			t := fillRow(r, col, i, func(*schema.ForeignKey) value.Value { return value.OfInt(1 + r.Int64N(int64(n))) })
			if k := keyText(col, t); !seen[k] {
				seen[k] = true
				data[col] = append(data[col], t)
			}
		}
	}
	return data
}

// fillRow makes row number i; refer draws what a reference points at.
func fillRow(r *rand.Rand, col *schema.Collection, i int, refer func(*schema.ForeignKey) value.Value) eval.Tuple {
	t := make(eval.Tuple, len(col.Fields))
	for _, f := range col.Fields {
		switch {
		case f.Computed != nil:
		case f.Ref != nil && (!f.Nullable() || r.IntN(5) > 0):
			t[f.Ordinal] = refer(f.Ref)
		case f.Ref != nil:
		case f.IsKey() && f.Type.Kind == value.Int:
			t[f.Ordinal] = value.OfInt(int64(i + 1))
		case f.Enum != nil && (f.Required || r.IntN(6) > 0):
			t[f.Ordinal] = value.OfText(pick(r, f.Enum))
		case f.Enum == nil && (!f.Nullable() || r.IntN(6) > 0):
			t[f.Ordinal] = sample(r, f.Type)
		}
	}
	return t
}

func keyText(col *schema.Collection, t eval.Tuple) string {
	var k strings.Builder
	for _, f := range col.PrimaryKey {
		k.WriteString(t[f.Ordinal].Text() + "|")
	}
	return k.String()
}

// show is a value as the wire shows it.
func show(t value.Type, v value.Value) string { return string(value.AppendJSON(nil, t, v)) }
