package transfer_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/transfer"
)

const everything = `
-- things.yaml --
fields:
  code: text
  part: int
  a_text: text
  an_int: int
  a_float: float
  money: { type: decimal, precision: 12, scale: 2 }
  huge: { type: decimal, precision: 38, scale: 9 }
  yes: bool
  who: uuid
  seen: { type: timestamp, write: never }
  day: date
  doc: json
  raw: bytes
  words: { type: text, list: true }
  numbers: { type: int, list: true }
  kind: { enum: [one, two] }
primary_key: [code, part]
search: [a_text]
policies: { read: true }
-- logs.yaml --
fields: { line: text }
primary_key: none
policies: { read: true }
`

// awkward are texts that files and engines have had trouble with.
var awkward = []string{"", "NULL", "null", " ", " x ", "a,b", "a\nb", "a\r\nb", "\r", "\"", "\"\"", "a\"b", ",", "=1+1", "@x", "-", "'", "\\", "\\N", "\t", "é",
	"日本", "🙂", "\ufeff", "\u2028", "x\n", "\n", "_refused", "{\"a\":1}", "[]", "true", "0", "1e9"}

// values are texts of values by field: what CSV holds.
var values = map[string][]string{
	"an_int": {"0", "-9223372036854775808", "9223372036854775807", "42"}, "a_float": {"0", "1.5", "-2.5e-300", "1e+300", "0.1"},
	"money": {"0.00", "-9999999999.99", "12.30"}, "huge": {"-99999999999999999999999999999.123456789", "0.000000001", "7"},
	"yes": {"true", "false"}, "who": {"0190f3a1-7c5e-7000-8000-00000000000a"},
	"seen": {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-03-01T12:00:00.5+02:00"}, "day": {"2024-02-29", "0001-01-01"},
	"doc": {`{"b":[1,{"c":null}],"a":"\"\n"}`, `"text"`, "12345678901234567890.5", "[]", "false"}, "raw": {"", "AAEC/w==", "aGk="},
	"words": {`[]`, `["a","b,\"c\"","",null]`, `["NULL","x\ny"]`}, "numbers": {"[1,-2]", "[]"}, "kind": {"one", "two"},
}

// rows is CSV of n generated rows of things.
func rows(r *rand.Rand, n int) string {
	fields := []string{"code", "part", "a_text", "an_int", "a_float", "money", "huge", "yes", "who", "seen", "day", "doc", "raw", "words", "numbers", "kind"}
	var b strings.Builder
	b.WriteString(strings.Join(fields, ",") + "\n")
	for i := range n {
		for j, f := range fields {
			if j > 0 {
				b.WriteByte(',')
			}
			switch {
			case f == "code":
				b.WriteString(quoted(awkward[r.IntN(len(awkward))]))
			case f == "part":
				fmt.Fprint(&b, i)
			case r.IntN(4) == 0: // NULL
			case f == "a_text":
				b.WriteString(quoted(awkward[r.IntN(len(awkward))]))
			default:
				if text := values[f][r.IntN(len(values[f]))]; !strings.Contains(text, `"",null`) {
					b.WriteString(quoted(text))
				}
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// What is exported, imported into an empty database and exported again is the same, byte for byte, in both formats and on every
// engine.
func TestWhatIsExportedAndImportedIsExportedAlike(t *testing.T) {
	each(t, everything, func(t *testing.T, p *project) {
		r := rand.New(rand.NewPCG(1, 2))
		p.load("things", transfer.CSV, rows(r, 2500))
		p.load("logs", transfer.CSV, "line\nb\na\n\n\"\"\nb\n")
		other := onSQLite
		if t.Name() == "TestWhatIsExportedAndImportedIsExportedAlike/sqlite" {
			other = onPostgres
		}
		for _, f := range []transfer.Format{transfer.CSV, transfer.NDJSON} {
			q := other(t, everything)
			for _, name := range []string{"things", "logs"} {
				before := p.export(name, f)
				res := q.load(name, f, before)
				if after := q.export(name, f); after != before {
					t.Errorf("%s %s: %d rows\n%s", name, f, res.Written, firstDifference(before, after))
				}
			}
		}
	})
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("line %d\nbefore %q\nafter  %q", i+1, x[i], append(y, "(end)")[min(i, len(y))])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

func TestAnExportIsInTheOrderOfTheKeyAndKeepsNullApartFromEmpty(t *testing.T) {
	each(t, everything, func(t *testing.T, p *project) {
		p.load("things", transfer.CSV, "code,part,a_text,raw\nb,1,,\na,2,\"\",\"\"\na,1,x,aGk=\n")
		const tail = ",,,,,,,,"
		want := "code,part,a_text,an_int,a_float,money,huge,yes,who,seen,day,doc,raw,words,numbers,kind\n" +
			"a,1,x" + tail + ",,aGk=,,,\n" + "a,2,\"\"" + tail + ",,\"\",,,\n" + "b,1," + tail + ",,,,,\n"
		if got := p.export("things", transfer.CSV); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestFilesFromElsewhereAreTakenAsTheyAre(t *testing.T) {
	each(t, everything, func(t *testing.T, p *project) {
		j := p.job("things", transfer.CSV)
		j.Rename = map[string]string{"Key": "code", "Note": "", "№": "part"}
		p.finish(j, "\ufeff\"№\",Note,\"Key\",an_int,yes\r\n1,whatever,a,\" 7 \",t\r\n\r\n2,,\"b\r\nc\",\"\",off")
		if got := p.export("things", transfer.NDJSON); !strings.HasPrefix(got, `{"code":"a","part":1,"a_text":null,"an_int":7,`) ||
			!strings.Contains(got, `{"code":"b\r\nc","part":2,"a_text":null,"an_int":null,"a_float":null,"money":null,"huge":null,"yes":false,`) {
			t.Error(got)
		}
		p.load("logs", transfer.NDJSON, "\ufeff\r\n { \"line\" : \"x\" } \r\n{}\n\n{\"\\u006cine\":\"y\"}")
		if got := p.export("logs", transfer.CSV); got != "line\nx\n\ny\n" {
			t.Errorf("%q", got)
		}
	})
}

func TestRowsWhoseKeyIsThereAreUpdatedOrPassedOver(t *testing.T) {
	each(t, everything, func(t *testing.T, p *project) {
		p.load("things", transfer.CSV, "code,part,a_text,an_int\na,1,old,1\nb,1,old,1\n")
		key := p.collection("things").PrimaryKey
		j := p.job("things", transfer.CSV)
		j.On = &ir.Conflict{Key: key}
		res := p.finish(j, "part,code,a_text\n1,a,new\n1,c,new\n1,c,newer\n")
		if res.Inserted != 1 || res.Passed != 2 || res.Written != 1 {
			t.Errorf("%+v", res)
		}
		j = p.job("things", transfer.NDJSON)
		j.On = &ir.Conflict{Key: key, Merge: true}
		res = p.finish(j, `{"code":"b","part":1,"a_text":"first"}`+"\n"+`{"code":"b","part":1,"a_text":"last"}`+"\n"+
			`{"code":"a","part":1,"an_int":2}`+"\n"+`{"code":"d","part":1}`+"\n")
		if res.Inserted != 1 || res.Written != 4 {
			t.Errorf("%+v", res)
		}
		j = p.job("things", transfer.CSV)
		j.On = &ir.Conflict{Key: key, Merge: true}
		p.finish(j, "code,part,a_text\nc,1,\n")
		want := []string{`"a","part":1,"a_text":"old","an_int":2`, `"b","part":1,"a_text":"last","an_int":1`, `"c","part":1,"a_text":null,"an_int":null`, `"d","part":1,"a_text":null`}
		lines := strings.Split(p.export("things", transfer.NDJSON), "\n")
		for i, w := range want {
			if !strings.Contains(lines[i], w) {
				t.Errorf("got %s\nwant %s", lines[i], w)
			}
		}
	})
}
