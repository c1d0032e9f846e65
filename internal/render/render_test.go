package render

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
	"pgregory.net/rapid"
)

var (
	text      = value.Type{Kind: value.Text}
	integer   = value.Type{Kind: value.Int}
	timestamp = value.Type{Kind: value.Timestamp}
	document  = value.Type{Kind: value.JSON}
	price     = value.Type{Kind: value.Decimal, Precision: 8, Scale: 2}
)

func field(name string, column int, t value.Type) *plan.Leaf {
	return &plan.Leaf{Name: name, Column: column, Type: t}
}

func object(members ...plan.Member) *plan.Object { return &plan.Object{Members: members} }

func decimal(s string) value.Value {
	d, _ := value.ParseDec(s)
	return value.OfDecimal(d)
}

// tickets is a level with every kind of member: leaves, a joined project, comments as an array and a single note, and
// the names and tags of labels spread, the tags from a spread within the spread.
func tickets() (*plan.Level, *plan.Result) {
	tags := &plan.Child{Level: &plan.Level{Object: object(field("tag", 1, text))}}
	labels := &plan.Child{Level: &plan.Level{Object: object(field("label", 1, text), &plan.Spread{Child: 0}), Children: []*plan.Child{tags}}}
	level := &plan.Level{
		Object: object(
			field("id", 0, integer), field("title", 1, text), field("price", 2, price), field("at", 3, timestamp), field("meta", 4, document),
			&plan.One{Name: "project", Present: 5, Object: object(field("name", 6, text), &plan.Many{Name: "comments", Child: 0})},
			&plan.Many{Name: "note", Child: 1}, &plan.Spread{Child: 2}),
		Children: []*plan.Child{
			{Level: &plan.Level{Object: object(field("body", 1, text))}},
			{Level: &plan.Level{Object: object(field("text", 1, text))}, Single: true}, labels},
	}
	rows := func(bodies ...string) *plan.Result {
		r := &plan.Result{Total: -1}
		for _, b := range bodies {
			r.Tuples = append(r.Tuples, plan.Tuple{value.OfInt(0), value.OfText(b)})
		}
		return r
	}
	labelRows := rows("ui", "api")
	labelRows.Children = []plan.ChildResult{{Result: rows("x", "y"), Of: [][]int{{0, 1}, nil}}}
	null := value.Value{}
	return level, &plan.Result{Total: -1,
		Tuples: []plan.Tuple{
			{value.OfInt(1), value.OfText("a \"b\"\n"), decimal("1.5"), value.OfTimestamp(1_704_164_645_120_000), value.OfJSON(`{"a":null,"b":[null]}`), value.OfInt(7), value.OfText("P")},
			{value.OfInt(2), null, null, null, value.OfJSON("null"), null, null},
		},
		Children: []plan.ChildResult{
			{Result: rows("c1", "c2", "c3"), Of: [][]int{{2, 0}, nil}},
			{Result: rows("n1"), Of: [][]int{{0}, nil}},
			{Result: labelRows, Of: [][]int{{0, 1}, nil}},
		}}
}

func TestRowsBecomeCompactJSONInSelectOrder(t *testing.T) {
	t.Parallel()
	level, result := tickets()
	const first = `{"id":1,"title":"a \"b\"\n","price":1.50,"at":"2024-01-02T03:04:05.12+00:00","meta":{"a":null,"b":[null]},` +
		`"project":{"name":"P","comments":[{"body":"c3"},{"body":"c1"}]},"note":{"text":"n1"},"label":["ui","api"],"tag":[["x","y"],[]]}`
	const second = `{"id":2,"title":null,"price":null,"at":null,"meta":null,"project":null,"note":null,"label":[],"tag":[]}`
	check(t, "["+first+","+second+"]", nil)(Compile(level).Array(nil, result, Options{}))
	check(t, first+"\n"+second+"\n", nil)(Compile(level).Lines(nil, result, Options{}))
	check(t, "[]", nil)(Compile(level).Array(nil, &plan.Result{}, Options{}))
	check(t, "", nil)(Compile(level).Lines(nil, &plan.Result{}, Options{}))
}

// check compares output; with a code it wants that fault instead.
func check(t *testing.T, want string, code *fault.Code) func([]byte, error) {
	t.Helper()
	return func(got []byte, err error) {
		t.Helper()
		switch {
		case code != nil && (err == nil || fault.From(err).Code != *code):
			t.Errorf("error %v, want %s", err, *code)
		case code == nil && (err != nil || string(got) != want):
			t.Errorf("got  %s\nwant %s\n%v", got, want, err)
		}
	}
}

func TestStrippingReachesIntoEmbedsAndDocuments(t *testing.T) {
	t.Parallel()
	level, result := tickets()
	check(t, `[{"id":1,"title":"a \"b\"\n","price":1.50,"at":"2024-01-02T03:04:05.12+00:00","meta":{"b":[null]},`+
		`"project":{"name":"P","comments":[{"body":"c3"},{"body":"c1"}]},"note":{"text":"n1"},"label":["ui","api"],"tag":[["x","y"],[]]},`+
		`{"id":2,"label":[],"tag":[]}]`, nil)(Compile(level).Array(nil, result, Options{Stripped: true}))
	all := &plan.Level{Object: object(field("a", 0, text), field("b", 1, text), field("c", 2, text))}
	rows := &plan.Result{Tuples: []plan.Tuple{{value.Value{}, value.OfText("{"), value.Value{}}, {value.Value{}, value.Value{}, value.Value{}}}}
	check(t, `[{"b":"{"},{}]`, nil)(Compile(all).Array(nil, rows, Options{Stripped: true}))
}

func TestASingularAnswerHasExactlyOneRow(t *testing.T) {
	t.Parallel()
	level := &plan.Level{Object: object(field("id", 0, integer))}
	rows := &plan.Result{Tuples: []plan.Tuple{{value.OfInt(1)}, {value.OfInt(2)}}}
	_, err := Compile(level).Object(nil, rows, Options{})
	if f := fault.From(err); f.Code != fault.NotSingular || f.Details != "The result contains 2 rows" {
		t.Errorf("%v", err)
	}
	check(t, `{"id":1}`, nil)(Compile(level).Object(nil, &plan.Result{Tuples: rows.Tuples[:1]}, Options{}))
}

func TestPathsAndCastsAreAppliedAfterTheFetch(t *testing.T) {
	t.Parallel()
	steps := []value.Step{{Key: "n"}}
	intType := value.Type{Kind: value.Int}
	level := &plan.Level{Object: object(
		&plan.Leaf{Name: "json", Type: document, Steps: steps}, &plan.Leaf{Name: "text", Type: document, Steps: steps, Text: true},
		&plan.Leaf{Name: "int", Type: document, Steps: steps, Text: true, Cast: &intType}, &plan.Leaf{Name: "doc", Type: document, Cast: &text})}
	rows := &plan.Result{Tuples: []plan.Tuple{{value.OfJSON(`{"n":"7"}`)}}}
	check(t, `{"json":"7","text":"7","int":7,"doc":"{\"n\":\"7\"}"}`, nil)(Compile(level).Object(nil, rows, Options{}))
	bad := fault.InvalidText
	check(t, "", &bad)(Compile(level).Object(nil, &plan.Result{Tuples: []plan.Tuple{{value.OfJSON(`{"n":"x"}`)}}}, Options{}))
}

func TestATimeZoneChangesPrintedOffsetsOnly(t *testing.T) {
	t.Parallel()
	level := &plan.Level{Object: object(field("at", 0, timestamp))}
	rows := &plan.Result{Tuples: []plan.Tuple{{value.OfTimestamp(0)}}}
	zone := Options{Zone: time.FixedZone("", -3*3600)}
	check(t, `[{"at":"1969-12-31T21:00:00-03:00"}]`, nil)(Compile(level).Array(nil, rows, zone))
	check(t, "at\n1969-12-31T21:00:00-03:00", nil)(Compile(level).CSV(nil, rows, zone))
}

func TestAnAnswerBeyondTheLimitIsRefusedAndLeavesTheBufferAsItWas(t *testing.T) {
	t.Parallel()
	level, result := tickets()
	shape := Compile(level)
	whole, _ := shape.Array(nil, result, Options{})
	check(t, "x"+string(whole), nil)(shape.Array([]byte("x"), result, Options{Limit: len(whole)}))
	for name, write := range map[string]func([]byte, *plan.Result, Options) ([]byte, error){"array": shape.Array, "lines": shape.Lines, "csv": shape.CSV} {
		got, err := write([]byte("x"), result, Options{Limit: 50})
		if err == nil || fault.From(err).Code != fault.TooComplex || string(got) != "x" {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

func TestCSVHasAHeaderAndHarmlessCells(t *testing.T) {
	t.Parallel()
	level := &plan.Level{Object: object(field("id", 0, integer), field("=title", 1, text), field("d", 2, document)),
		Children: []*plan.Child{}}
	null := value.Value{}
	rows := &plan.Result{Tuples: []plan.Tuple{
		{value.OfInt(-1), value.OfText("=1+1"), value.OfJSON(`{"a":"b"}`)}, {value.OfInt(2), value.OfText(""), null}, {null, null, value.OfJSON("-5")},
		{value.OfInt(3), value.OfText("a,\"b\"\nc"), null}, {value.OfInt(4), value.OfText("@x,y"), null}, {value.OfInt(5), value.OfText(" x"), null}, {value.OfInt(6), value.OfText("plain text"), null},
	}}
	check(t, "id,'=title,d\n-1,'=1+1,\"{\"\"a\"\":\"\"b\"\"}\"\n2,\"\",\n,,-5\n3,\"a,\"\"b\"\"\nc\",\n4,\"'@x,y\",\n5,\" x\",\n6,plain text,", nil)(Compile(level).CSV(nil, rows, Options{Stripped: true, Harmless: true}))
	check(t, "id,=title,d\n-1,=1+1,\"{\"\"a\"\":\"\"b\"\"}\"\n2,\"\",\n,,-5\n3,\"a,\"\"b\"\"\nc\",\n4,\"@x,y\",\n5,\" x\",\n6,plain text,", nil)(Compile(level).CSV(nil, rows, Options{}))
	check(t, "id,'=title,d", nil)(Compile(level).CSV(nil, &plan.Result{}, Options{Harmless: true}))
}

func TestCSVEmbedsRowsAsJSON(t *testing.T) {
	t.Parallel()
	level, result := tickets()
	got, err := Compile(level).CSV(nil, result, Options{})
	records, bad := csv.NewReader(strings.NewReader(string(got))).ReadAll()
	if err != nil || bad != nil || len(records) != 3 {
		t.Fatalf("%s %v %v", got, err, bad)
	}
	if r := records[1]; r[5] != `{"name":"P","comments":[{"body":"c3"},{"body":"c1"}]}` || r[7] != `["ui","api"]` || records[2][5] != "" {
		t.Errorf("%q", records)
	}
}

func TestAnyTextSurvivesJSONAndCSV(t *testing.T) {
	t.Parallel()
	shape := Compile(&plan.Level{Object: object(field("k\"é", 0, text), field("n", 1, integer))})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a =",\n\t\\é'+-]{0,6}`).Draw(t, "s")
		rows := &plan.Result{Tuples: []plan.Tuple{{value.OfText(s), value.OfInt(1)}}}
		out, err := shape.Object(nil, rows, Options{})
		var back map[string]any
		if err != nil || json.Unmarshal(out, &back) != nil || back["k\"é"] != s {
			t.Fatalf("%q is %s %v", s, out, err)
		}
		out, err = shape.CSV(nil, rows, Options{})
		records, bad := csv.NewReader(strings.NewReader(string(out))).ReadAll()
		if err != nil || bad != nil || records[1][0] != s {
			t.Fatalf("%q is %s %v %v", s, out, err, bad)
		}
	})
}

func TestWritingAllocatesNothingPerField(t *testing.T) {
	level := &plan.Level{Object: object(field("id", 0, integer), field("title", 1, text), field("price", 2, price), field("at", 3, timestamp))}
	result := &plan.Result{}
	for i := range 200 {
		result.Tuples = append(result.Tuples, plan.Tuple{value.OfInt(int64(i)), value.OfText("a title"), decimal("12.5"), value.OfTimestamp(int64(i) * 1e12)})
	}
	shape, buf := Compile(level), make([]byte, 0, 1<<16)
	if n := testing.AllocsPerRun(20, func() { _, _ = shape.Array(buf, result, Options{Limit: 1 << 20}) }); n > 2 {
		t.Errorf("200 rows of 4 fields make %v allocations", n)
	}
}
