package value

import (
	"errors"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
)

func codeOf(err error) fault.Code {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestParsedTextPrintsInItsCanonicalForm(t *testing.T) {
	t.Parallel()
	dec := Type{Kind: Decimal, Precision: 8, Scale: 2}
	for _, c := range []struct {
		t        Type
		in, want string // want is the JSON form
	}{
		{Type{Kind: Text}, "a\"\n\u2028é\x01", "\"a\\\"\\n\u2028é\\u0001\""},
		{Type{Kind: Int}, " -0042 ", "-42"},
		{Type{Kind: Int}, "9223372036854775807", "9223372036854775807"},
		{dec, "1.5", "1.50"}, {dec, "-.5", "-0.50"}, {dec, "1.005", "1.005"}, {dec, "12e2", "1200.00"},
		{Type{Kind: Float}, "-0", "0"}, {Type{Kind: Float}, "1e21", "1e+21"}, {Type{Kind: Float}, "0.0000001", "1e-07"},
		{Type{Kind: Float}, "0.0001", "0.0001"}, {Type{Kind: Float}, "123456789012345", "123456789012345"},
		{Type{Kind: Float}, "1e15", "1e+15"}, {Type{Kind: Float}, ".1", "0.1"},
		{Type{Kind: Bool}, "YeS", "true"}, {Type{Kind: Bool}, "of", "false"}, {Type{Kind: Bool}, "tr", "true"},
		{Type{Kind: UUID}, "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{Type{Kind: UUID}, "a0eebc999c0b4ef8bb6d6bb9bd380a11", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{Type{Kind: Timestamp}, "2024-01-02", `"2024-01-02T00:00:00+00:00"`},
		{Type{Kind: Timestamp}, "2024-01-02 03:04", `"2024-01-02T03:04:00+00:00"`},
		{Type{Kind: Timestamp}, "2024-01-02T03:04:05.120Z", `"2024-01-02T03:04:05.12+00:00"`},
		{Type{Kind: Timestamp}, "2024-01-02T03:04:05.9999995+05:30", `"2024-01-01T21:34:06+00:00"`},
		{Type{Kind: Timestamp}, "2024-01-02T03:04:05.0000014-08", `"2024-01-02T11:04:05.000001+00:00"`},
		{Type{Kind: Timestamp}, "0001-01-01T00:00:00Z", `"0001-01-01T00:00:00+00:00"`},
		{Type{Kind: Date}, "2024-02-29", `"2024-02-29"`}, {Type{Kind: Date}, "2024-02-29T23:00:00-05:00", `"2024-02-29"`},
		{Type{Kind: JSON}, ` {"bb":1,"a":1.50} `, `{"a":1.5,"bb":1}`},
		{Type{Kind: Bytes}, "_-8", `"/+8="`}, {Type{Kind: Bytes}, `\xFFef`, `"/+8="`}, {Type{Kind: Bytes}, "", `""`},
		{Type{Kind: Text, List: true}, `{a, "b,\"c" ,d\ }`, `["a","b,\"c","d "]`},
		{Type{Kind: Text, List: true}, `["a", 1]`, `["a","1"]`}, {Type{Kind: Text, List: true}, `{}`, `[]`},
		{Type{Kind: Text, List: true}, `{"null"}`, `["null"]`}, {Type{Kind: Int, List: true}, `{3,-1}`, `[3,-1]`},
		{Type{Kind: Decimal, List: true}, `{1.50,2}`, `[1.5,2]`}, {Type{Kind: Float, List: true}, `{1e20}`, `[100000000000000000000]`},
	} {
		v, err := Parse(c.t, c.in)
		if err != nil {
			t.Errorf("Parse(%s, %q): %v", c.t, c.in, err)
			continue
		}
		if got := string(AppendJSON(nil, c.t, v)); got != c.want {
			t.Errorf("Parse(%s, %q) prints %s, want %s", c.t, c.in, got, c.want)
		}
	}
}

func TestBadValuesAnswerOneTextPerType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t    Type
		in   string
		code fault.Code
		text string
	}{
		{Type{Kind: Int}, "abc", fault.InvalidText, `invalid input syntax for type bigint: "abc"`},
		{Type{Kind: Int}, "1.0", fault.InvalidText, `invalid input syntax for type bigint: "1.0"`},
		{Type{Kind: Int}, "--1", fault.InvalidText, `invalid input syntax for type bigint: "--1"`},
		{Type{Kind: Int}, "9223372036854775808", fault.OutOfRange, `value "9223372036854775808" is out of range for type bigint`},
		{Type{Kind: Decimal}, "NaN", fault.InvalidText, `invalid input syntax for type numeric: "NaN"`},
		{Type{Kind: Decimal}, "1e400", fault.OutOfRange, `value "1e400" is out of range for type numeric`},
		{Type{Kind: Decimal}, "1e-99999999999999999999", fault.OutOfRange, `value "1e-99999999999999999999" is out of range for type numeric`},
		{Type{Kind: Float}, "Infinity", fault.InvalidText, `invalid input syntax for type double precision: "Infinity"`},
		{Type{Kind: Float}, "0x1p3", fault.InvalidText, `invalid input syntax for type double precision: "0x1p3"`},
		{Type{Kind: Float}, "1e309", fault.OutOfRange, `value "1e309" is out of range for type double precision`},
		{Type{Kind: Float}, "1e-400", fault.OutOfRange, `value "1e-400" is out of range for type double precision`},
		{Type{Kind: Bool}, "o", fault.InvalidText, `invalid input syntax for type boolean: "o"`},
		{Type{Kind: Bool}, "", fault.InvalidText, `invalid input syntax for type boolean: ""`},
		{Type{Kind: UUID}, "a0eebc99", fault.InvalidText, `invalid input syntax for type uuid: "a0eebc99"`},
		{Type{Kind: Timestamp}, "now", fault.InvalidDate, `invalid input syntax for type timestamp with time zone: "now"`},
		{Type{Kind: Timestamp}, "2024-01-02T25:00:00", fault.InvalidDate, `invalid input syntax for type timestamp with time zone: "2024-01-02T25:00:00"`},
		{Type{Kind: Timestamp}, "2024-01-02T03:04:05.1234567890", fault.InvalidDate, `invalid input syntax for type timestamp with time zone: "2024-01-02T03:04:05.1234567890"`},
		{Type{Kind: Timestamp}, "2024-01-02T03:04:05+05:", fault.InvalidDate, `invalid input syntax for type timestamp with time zone: "2024-01-02T03:04:05+05:"`},
		{Type{Kind: Timestamp}, "10000-01-01", fault.DateOverflow, `timestamp out of range: "10000-01-01"`},
		{Type{Kind: Timestamp}, "9999-12-31T23:59:59-01:00", fault.DateOverflow, `timestamp out of range: "9999-12-31T23:59:59-01:00"`},
		{Type{Kind: Date}, "0000-01-01", fault.DateOverflow, `date out of range: "0000-01-01"`},
		{Type{Kind: Date}, "2023-02-29", fault.InvalidDate, `invalid input syntax for type date: "2023-02-29"`},
		{Type{Kind: JSON}, "{a:1}", fault.InvalidText, `invalid input syntax for type json`},
		{Type{Kind: Bytes}, "a", fault.InvalidText, `invalid input syntax for type bytea: "a"`},
		{Type{Kind: Text}, "a\x00b", fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8": 0x00`},
		{Type{Kind: Int}, "1\xff", fault.InvalidEncoding, `invalid byte sequence for encoding "UTF8": 0xff`},
		{Type{Kind: Text, List: true}, "a", fault.InvalidText, `malformed array literal: "a"`},
		{Type{Kind: Text, List: true}, "{a,,b}", fault.InvalidText, `malformed array literal: "{a,,b}"`},
		{Type{Kind: Text, List: true}, "{a,}", fault.InvalidText, `malformed array literal: "{a,}"`},
		{Type{Kind: Text, List: true}, "{{a}}", fault.InvalidText, `malformed array literal: "{{a}}"`},
		{Type{Kind: Text, List: true}, "{a,NULL}", fault.NullInList, `null elements are not allowed in a list`},
		{Type{Kind: Int, List: true}, "[1,null]", fault.NullInList, `null elements are not allowed in a list`},
		{Type{Kind: Int, List: true}, "{1,x}", fault.InvalidText, `invalid input syntax for type bigint: "x"`},
	} {
		_, err := Parse(c.t, c.in)
		if err == nil || codeOf(err) != c.code || err.Error() != c.text {
			t.Errorf("Parse(%s, %q) = %s %v, want %s %s", c.t, c.in, codeOf(err), err, c.code, c.text)
		}
	}
}

func TestAGiantBadValueIsQuotedInPart(t *testing.T) {
	t.Parallel()
	_, err := Parse(Type{Kind: Int}, strings.Repeat("é", 100_000))
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("the error repeats the value: %d bytes", len(err.Error()))
	}
}

func TestBodiesReadAsPostgresReadsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		t         Type
		raw, want string
	}{
		{Type{Kind: Text}, `12`, "12"}, {Type{Kind: Text}, `true`, "true"}, {Type{Kind: Text}, `"a\u00e9"`, "aé"},
		{Type{Kind: Text}, `{"b": 1, "a": 2}`, `{"a":2,"b":1}`}, {Type{Kind: Int}, `"7"`, "7"}, {Type{Kind: Bool}, `1`, "true"},
		{Type{Kind: Decimal}, `1.50`, "1.50"}, {Type{Kind: JSON}, `"x"`, `"x"`}, {Type{Kind: Int, List: true}, `"{1,2}"`, "[1,2]"},
		{Type{Kind: JSON, List: true}, `[{"bb":1,"a":[]}]`, `[{"a":[],"bb":1}]`},
	} {
		v, err := FromJSON(c.t, []byte(c.raw))
		if got := v.Text(); err != nil || got != c.want {
			t.Errorf("FromJSON(%s, %s) = %s %v, want %s", c.t, c.raw, got, err, c.want)
		}
	}
	if v, err := FromJSON(Type{Kind: JSON}, []byte(" null ")); err != nil || !v.IsNull() {
		t.Errorf("null is %v %v", v, err)
	}
	if v, err := FromJSON(Type{Kind: Int}, []byte(`1e3`)); err != nil || v.Int() != 1000 {
		t.Errorf("1e3 is %v %v", v, err)
	}
	for raw, want := range map[string]fault.Code{`1.5`: fault.InvalidText, `[1]`: fault.InvalidText, `1e30`: fault.OutOfRange} {
		if _, err := FromJSON(Type{Kind: Int}, []byte(raw)); codeOf(err) != want {
			t.Errorf("FromJSON(int, %s): %v", raw, err)
		}
	}
}

func TestStorageRoundsDecimalsHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	field := Type{Kind: Decimal, Precision: 4, Scale: 2}
	for in, want := range map[string]string{"1.005": "1.01", "-1.005": "-1.01", "1.004": "1.00", "99.994": "99.99", "0": "0.00"} {
		v, _ := Parse(field, in)
		if got, err := Fit(field, v); err != nil || got.Text() != want {
			t.Errorf("%s is stored as %s (%v), want %s", in, got.Text(), err, want)
		}
	}
	v, _ := Parse(field, "99.995")
	if _, err := Fit(field, v); codeOf(err) != fault.OutOfRange {
		t.Errorf("99.995 fits decimal(4,2): %v", err)
	}
	list, _ := Parse(Type{Kind: Decimal, List: true}, "{1.005,3}")
	if got, err := Fit(Type{Kind: Decimal, Precision: 4, Scale: 2, List: true}, list); err != nil || got.Str() != "[1.01,3]" {
		t.Errorf("list is stored as %s (%v)", got.Str(), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "1", "1e5", "{a,b}", `["a"]`, "2024-01-02T03:04:05Z", `{"a":1}`, "t", `\xff`} {
		f.Add(uint8(0), false, seed)
	}
	f.Fuzz(func(t *testing.T, kind uint8, list bool, s string) {
		typ := Type{Kind: Kind(kind%uint8(Bytes)) + 1, List: list}
		v, err := Parse(typ, s)
		if err != nil {
			if codeOf(err) == "" || codeOf(err).Status() != 400 {
				t.Fatalf("%v is no 400", err)
			}
			return
		}
		text := v.Text()
		again, err := Parse(typ, text)
		if err != nil || again.Text() != text || Compare(v, again) != 0 {
			t.Fatalf("%s %q prints %q, which reads as %q %v", typ, s, text, again.Text(), err)
		}
	})
}
