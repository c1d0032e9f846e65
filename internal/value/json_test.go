package value

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"pgregory.net/rapid"
)

func TestJSONHasOneCanonicalText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		` [ 1 , 2.50 , -0 , 0e5 , 1E3, 12e-1, 100 ] `:    `[1,2.5,0,0,1000,1.2,100]`,
		`{"bb":1,"a":2,"c":{"z":1,"y":2,"z":3}}`:         `{"a":2,"c":{"y":2,"z":3},"bb":1}`,
		`{"a":1,"\u0061":2}`:                             `{"a":2}`,
		`"\u0041\/\u001f\u0022\ud83d\ude00\u2028\u007f"`: "\"A/\\u001f\\\"😀\u2028\u007f\"",
		`{}`: `{}`, `[]`: `[]`, `null`: `null`, `-0.0`: `0`, `0.00100`: `0.001`, `-1.0e-2`: `-0.01`, `""`: `""`,
		`{"é":1,"zz":2,"zzz":3}`: `{"zz":2,"é":1,"zzz":3}`,
		`{"a":1,"a":{"b":[]}}`:   `{"a":{"b":[]}}`,
	} {
		if got, err := CanonicalJSON([]byte(in)); err != nil || got != want {
			t.Errorf("%s → %s (%v), want %s", in, got, err, want)
		}
	}
}

func TestBadJSONIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", MaxJSONDepth+1) + strings.Repeat("]", MaxJSONDepth+1)
	for in, want := range map[string]fault.Code{
		``: fault.InvalidText, `{`: fault.InvalidText, `[1,]`: fault.InvalidText, `{"a":1,}`: fault.InvalidText, `01`: fault.InvalidText,
		`1.`: fault.InvalidText, `.5`: fault.InvalidText, `+1`: fault.InvalidText, `-`: fault.InvalidText, `1 2`: fault.InvalidText,
		`tru`: fault.InvalidText, "\"a\nb\"": fault.InvalidText, `"\x"`: fault.InvalidText, `"\u12"`: fault.InvalidText, `NaN`: fault.InvalidText,
		`1e`: fault.InvalidText, `"abc`: fault.InvalidText, `{1:2}`: fault.InvalidText, `[1 2]`: fault.InvalidText, `1-2`: fault.InvalidText,
		`"\u0000"`: fault.InvalidUnicode, `"\ud800"`: fault.InvalidUnicode, `"\ude00\ud83d"`: fault.InvalidUnicode, `{"\ud800x":1}`: fault.InvalidUnicode,
		"\"a\xff\"": fault.InvalidEncoding, "\xff": fault.InvalidEncoding, "[1,\x00]": fault.InvalidEncoding,
		`1e400`: fault.OutOfRange, `1e-400`: fault.OutOfRange, `1e99999999999`: fault.OutOfRange, deep: fault.TooComplex,
	} {
		if got, err := CanonicalJSON([]byte(in)); codeOf(err) != want {
			t.Errorf("%.40q → %q %s %v, want %s", in, got, codeOf(err), err, want)
		}
	}
	if _, err := CanonicalJSON([]byte(deep[1 : len(deep)-1])); err != nil {
		t.Errorf("the deepest allowed JSON is refused: %v", err)
	}
}

// jsonTree draws any JSON value as encoding/json would hold it.
func jsonTree(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Float64Range(-1e20, 1e20).AsAny(), rapid.Int32().AsAny(), rapid.StringMatching(`[ab"\\é\x01]{0,4}`).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := jsonTree(depth - 1)
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(inner, 0, 4).AsAny(),
		rapid.MapOfN(rapid.StringMatching(`[abé"]{0,3}`), inner, 0, 10).AsAny())...)
}

func drawJSON(t *rapid.T, label string) (raw []byte, canonical string) {
	raw, err := json.Marshal(jsonTree(3).Draw(t, label))
	if err != nil {
		t.Fatal(err)
	}
	canonical, err = CanonicalJSON(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return raw, canonical
}

func TestCanonicalJSONMeansTheSameAndIsAFixpoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw, canonical := drawJSON(t, "json")
		if again, err := CanonicalJSON([]byte(canonical)); err != nil || again != canonical {
			t.Fatalf("%s is not a fixpoint: %s %v", canonical, again, err)
		}
		var a, b any
		if json.Unmarshal(raw, &a) != nil || json.Unmarshal([]byte(canonical), &b) != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%s became %s", raw, canonical)
		}
	})
}

func TestContainmentIsReflexiveAndFollowsFromRemovingMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, a := drawJSON(t, "a")
		if !Contains(OfJSON(a), OfJSON(a)) {
			t.Fatalf("%s does not contain itself", a)
		}
		if jsonRank(a) == jsonArray {
			eachElement(a, func(e string) bool {
				if !Contains(OfJSON(a), OfJSON("["+e+"]")) {
					t.Fatalf("%s does not contain [%s]", a, e)
				}
				return true
			})
		}
	})
}

func TestContainmentAnswersAsJsonbDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`[1,2,3]`, `[3,1,1]`, true}, {`[1,2,[1,3]]`, `[1,3]`, false}, {`[1,[1,3]]`, `[[1]]`, true},
		{`["a","b"]`, `"b"`, true}, {`"b"`, `["b"]`, false}, {`[["b"]]`, `"b"`, false}, {`"b"`, `"b"`, true},
		{`{"a":{"b":1,"c":2}}`, `{"a":{"b":1}}`, true}, {`{"a":{"b":1}}`, `{"b":1}`, false}, {`{"a":1}`, `{}`, true},
		{`[]`, `{}`, false}, {`{}`, `[]`, false}, {`[{"a":1}]`, `{"a":1}`, false}, {`[{"a":1,"b":2}]`, `[{"b":2}]`, true},
		{`[1]`, `[]`, true}, {`{"a":[1,2]}`, `{"a":1}`, false}, {`null`, `null`, true}, {`[null]`, `null`, true}, {`1`, `2`, false},
	} {
		if got := Contains(OfJSON(c.a), OfJSON(c.b)); got != c.want {
			t.Errorf("%s @> %s is %t", c.a, c.b, got)
		}
	}
}

func TestStrippingLeavesOutNullMembersOnly(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":null,"b":{"c":null},"d":[null,{"e":null,"f":1},[]]}`: `{"b":{},"d":[null,{"f":1},[]]}`,
		`null`: `null`, `[[],[]]`: `[[],[]]`, `[null,null]`: `[null,null]`, `"{"`: `"{"`, `{"{":"[","x":null,"y":"{"}`: `{"{":"[","y":"{"}`,
	} {
		if got := string(AppendStripped(nil, in)); got != want {
			t.Errorf("%s → %s, want %s", in, got, want)
		}
	}
}

func TestAPathLeadsToAMemberOrToNull(t *testing.T) {
	t.Parallel()
	doc := OfJSON(`{"n":null,"s":"x\"\n","arr":[1,{"k":true},"z"]}`)
	key := func(k string) Step { return Step{Key: k} }
	at := func(i int) Step { return Step{Index: i, IsIndex: true} }
	for _, c := range []struct {
		steps      []Step
		json, text string // "" is NULL
	}{
		{[]Step{key("n")}, "null", ""}, {[]Step{key("s")}, `"x\"\n"`, "x\"\n"}, {[]Step{key("arr"), at(-1)}, `"z"`, "z"},
		{[]Step{key("arr"), at(1), key("k")}, "true", "true"}, {[]Step{key("arr"), at(1)}, `{"k":true}`, `{"k":true}`},
		{[]Step{key("arr"), at(3)}, "", ""}, {[]Step{key("arr"), at(-4)}, "", ""}, {[]Step{at(0)}, "", ""}, {[]Step{key("arr"), key("k")}, "", ""},
		{[]Step{key("s"), key("x")}, "", ""}, {[]Step{key("arr"), at(0)}, "1", "1"},
	} {
		asJSON, asText := JSONPath(doc, c.steps, false), JSONPath(doc, c.steps, true)
		if asJSON.Str() != c.json || asJSON.IsNull() != (c.json == "") || asText.Str() != c.text || asText.IsNull() != (c.text == "") {
			t.Errorf("%v gives %q and %q, want %q and %q", c.steps, asJSON.Str(), asText.Str(), c.json, c.text)
		}
	}
}

func TestListsAreSets(t *testing.T) {
	t.Parallel()
	list := func(s string) Value {
		v, err := Parse(Type{Kind: Text, List: true}, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if !Contains(list("{a,b}"), list("{b,b,a}")) || Contains(list("{a}"), list("{a,b}")) || !Contains(list("{a}"), list("{}")) {
		t.Error("containment of lists is not that of sets")
	}
	if !Overlaps(list("{a,b}"), list("{c,b}")) || Overlaps(list("{a}"), list("{}")) {
		t.Error("overlap of lists is not that of sets")
	}
	if e := Elements(list(`{"x y",z}`)); len(e) != 2 || e[0].Str() != "x y" || Length(list("{a,b,a}")) != 3 {
		t.Errorf("elements are %v", e)
	}
}

func FuzzCanonicalJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,{"b":null}]}`, `"\ud83d\ude00"`, `1e10`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := CanonicalJSON(raw)
		if err != nil {
			if codeOf(err).Status() != 400 {
				t.Fatalf("%v is no 400", err)
			}
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("%q was accepted", raw)
		}
		if again, err := CanonicalJSON([]byte(text)); err != nil || again != text {
			t.Fatalf("%q is no fixpoint: %q %v", text, again, err)
		}
	})
}
