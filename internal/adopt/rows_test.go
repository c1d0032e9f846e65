package adopt_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"
)

type file struct{ *bytes.Buffer }

func (file) Close() error { return nil }

// Each type's values in the form that an import reads.
func TestRowsAreWrittenInTheFormThatAnImportReads(t *testing.T) {
	t.Parallel()
	ddl, err := os.ReadFile("testdata/awkward.sql")
	if err != nil {
		t.Fatal(err)
	}
	dsn := database(t, string(ddl)+`
INSERT INTO tickets (no, year, title, state, customer_id, starts, ends) VALUES (2, 2024, E'two\nlines', 'on', 1, '2024-01-02', '2024-01-03'), (1, 2024, 'one', 'open', 1, '2024-01-01', '2024-01-02');
CREATE TABLE forms (i interval, host inet, hosts inet[], r int4range, big numeric(50, 2), f float8, n numeric(4, 1), t timestamptz, d date, b bool,
  x xml, l int[], s text, j json);
INSERT INTO forms VALUES ('1 day 2 hours', '10.0.0.1', '{10.0.0.1,NULL}', '[1,5)', 12345678901234567890123456789012345678901234.5, 0.1, 1.0,
  '2024-05-06 07:08:09.123+02', '2024-05-06', true, '<a/>', '{}', E'"\\\t', '"x"');
INSERT INTO forms DEFAULT VALUES;`)
	p, source, _ := pulled(t, dsn, "public", "Billing Dept")
	got := map[string]file{}
	err = source.Rows(context.Background(), p, func(name string) (io.WriteCloser, error) {
		got[name] = file{&bytes.Buffer{}}
		return got[name], nil
	}, func(string, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"billing_dept.invoices": "",
		"events":                `{"id":1,"day":"2024-05-05"}` + "\n",
		"forms": `{"i":"1 day 02:00:00","host":"10.0.0.1","hosts":["10.0.0.1",null],"r":"[1,5)","big":"12345678901234567890123456789012345678901234.50",` +
			`"f":0.1,"n":1.0,"t":"2024-05-06T05:08:09.123+00:00","d":"2024-05-06","b":true,"x":"<a/>","l":[],"s":"\"\\\t","j":"x"}` + "\n" +
			`{"i":null,"host":null,"hosts":null,"r":null,"big":null,"f":null,"n":null,"t":null,"d":null,"b":null,"x":null,"l":null,"s":null,"j":null}` + "\n",
	} {
		if got[name].String() != want {
			t.Errorf("%s:\n%swant\n%s", name, got[name], want)
		}
	}
	first := bytes.Index(got["tickets"].Bytes(), []byte(`"title":"one"`))
	if second := bytes.Index(got["tickets"].Bytes(), []byte(`"title":"two\nlines"`)); first < 0 || second < first {
		t.Errorf("the order is not the key's: %s", got["tickets"])
	}
	row := got["customers"].String()
	for _, want := range []string{`"raw":"AP8="`, `"raws":["AQ==","AgM="]`, `"home":{"street":"Lane","number":4}`, `"balance":12.50`, `"at":"13:00:00"`,
		`"old_meta":{"b":1,"a":2}`, `"fixed":"x  "`, `"numbers":[1.5,2.25]`, `"hidden":null`, `"CASE_2":null`} {
		if !bytes.Contains([]byte(row), []byte(want)) {
			t.Errorf("%s is not in %s", want, row)
		}
	}
}
