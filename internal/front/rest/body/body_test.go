package body

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

// told writes down what a body says.
type told struct{ out []string }

func (t *told) Begin() error { t.out = append(t.out, "("); return nil }
func (t *told) End() error   { t.out = append(t.out, ")"); return nil }

func (t *told) JSON(key, raw string) error {
	t.out = append(t.out, fmt.Sprintf("%q:%s", key, raw))
	return Check(raw)
}

func (t *told) Text(key, text string, null bool) error {
	t.out = append(t.out, fmt.Sprintf("%q=%q", key, text))
	if null {
		t.out[len(t.out)-1] += "?"
	}
	return nil
}

func TestEveryFormIsCutIntoItsCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, text, want string }{
		{"application/json", ` [ {"a":1 , "\u0062" : [ {"c":","} ]} ,{} ] `, `( "a":1 "b":[ {"c":","} ] ) ( )`},
		{"", `{"a":"}"}`, `( "a":"}" )`},
		{"application/json", "[]", ""},
		{"Application/X-NDJSON; charset=utf-8", "{\"a\":1}\r\n\n {\"a\":null}\n", `( "a":1 ) ( "a":null )`},
		{"text/csv", "\ufeffa,b\n1,NULL\n,\"x\"\"\ny\"\n", `( "a"="1" "b"="NULL"? ) ( "a"="" "b"="x\"\ny" )`},
		{"application/x-www-form-urlencoded", "a=1+2&b=%26&&c", `( "a"="1 2" "b"="&" "c"="" )`},
	} {
		f, err := FormOf(http.Header{"Content-Type": {c.kind}})
		if err != nil {
			t.Fatal(err)
		}
		to := &told{}
		if err := Decode(f, c.text, to); err != nil || strings.Join(to.out, " ") != c.want {
			t.Errorf("%q says %s (%v), want %s", c.text, strings.Join(to.out, " "), err, c.want)
		}
	}
}

func TestABrokenBodyIsToldHow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form       Form
		text, want string
	}{
		{JSON, "", brokenJSON}, {JSON, "1", brokenJSON}, {JSON, `{"a":1`, brokenJSON}, {JSON, `{"a":1}x`, brokenJSON}, {JSON, `{"a" 1}`, brokenJSON},
		{JSON, `{"a":tru}`, brokenJSON}, {JSON, `[{},]`, brokenJSON}, {JSON, `[{}, 7]`, MixedKeys}, {Lines, "{}\n{} {}", brokenJSON},
		{CSV, "", brokenCSV}, {CSV, "a,b\n1", raggedRows}, {CSV, "a\n\"", brokenCSV},
	} {
		var f *fault.Fault
		if err := Decode(c.form, c.text, &told{}); !errors.As(err, &f) || f.Message != c.want || f.Code != fault.InvalidBody {
			t.Errorf("%q is refused with %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := FormOf(http.Header{"Content-Type": {"text/plain"}}); err == nil || err.Error() != "Content-Type not acceptable: text/plain" {
		t.Error(err)
	}
}

func TestABodyHasALimit(t *testing.T) {
	t.Parallel()
	if text, err := Read(strings.NewReader("12345"), 5, 5); err != nil || text != "12345" {
		t.Errorf("%q, %v", text, err)
	}
	if text, err := Read(nil, 0, 5); err != nil || text != "" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Read(strings.NewReader("123456"), 2, 5); err == nil || fault.From(err).Code != fault.TooLarge {
		t.Error(err)
	}
}

// Whatever was said of its size, a body is what came.
func TestTheSizeThatIsToldOfABodyIsNotBelieved(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("0123456789", 20_000)
	for _, size := range []int64{-1, 0, 1, 100, int64(len(want)), 1 << 40} {
		if text, err := Read(strings.NewReader(want), size, len(want)); err != nil || text != want {
			t.Errorf("of %d bytes that were told: %d, %v", size, len(text), err)
		}
		if _, err := Read(strings.NewReader(want), size, len(want)-1); err == nil {
			t.Errorf("of %d bytes that were told more than the limit came", size)
		}
	}
}

// Whatever the body, it is cut or refused with a status of the client's; of JSON nothing is read that another parser refuses, and
// every value means what the full reader says of it.
func FuzzDecode(f *testing.F) {
	for form, seeds := range map[Form][]string{
		JSON:  {`[{"id":1,"title":"a\u00e9","labels":["x"]},{"id":2,"title":null}]`, `{"meta":{"a":[1,2.50,{}]},"points":1e2}`, `[{}, {}]`, `{"a":"\"","a":tru}`},
		Lines: {"{\"id\":1}\n\n{\"id\":2}"}, CSV: {"id,title\n1,NULL\n2,\"a\"\"b\"\n"}, Pairs: {"id=1&title=a+b%26"},
	} {
		for _, seed := range seeds {
			f.Add(uint8(form), seed)
		}
	}
	types := []value.Type{{Kind: value.Text}, {Kind: value.Int}, {Kind: value.Bool}, {Kind: value.JSON}, {Kind: value.Int, List: true}}
	f.Fuzz(func(t *testing.T, form uint8, text string) {
		if err := Decode(Form(form%4), text, &told{}); err != nil {
			if status := fault.From(err).Status(); status < 400 || status >= 500 {
				t.Fatalf("%d %v", status, err)
			}
		} else if Form(form%4) == JSON && !json.Valid([]byte(text)) {
			t.Fatalf("read what is no JSON: %q", text)
		}
		for _, as := range types {
			got, broken, err := Value(as, text)
			want, full := value.FromJSON(as, []byte(text))
			if full == nil && !want.IsNull() {
				want, full = value.Fit(as, want)
			}
			if (broken != nil || err != nil) != (full != nil) || full == nil && !value.Equal(got, want) && !(got.IsNull() && want.IsNull()) {
				t.Fatalf("%q as %s is %v (%v, %v), in full %v (%v)", text, as, got, broken, err, want, full)
			}
		}
	})
}
