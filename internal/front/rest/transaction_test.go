package rest_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

func steps(t *testing.T, v *schema.View, body string) []*rest.Step {
	t.Helper()
	r := parse(t, v, send("POST /rpc/transaction", body, "Prefer", "tx=rollback"))
	if r.Transaction == nil || r.Write != nil || !r.Rollback || r.Applied != "tx=rollback" {
		t.Fatalf("%+v", r)
	}
	return r.Transaction.Steps
}

// first answers every reference with what the project of step 0 got.
func first(step, row int, field string) (value.Value, bool) {
	switch {
	case step != 0 || row != 0:
		return value.Value{}, false
	case field == "id":
		return value.OfInt(7), true
	case field == "name":
		return value.OfText(`a "b"`), true
	}
	return value.Value{}, true
}

func TestStepsNameEarlierResults(t *testing.T) {
	t.Parallel()
	v := fullerView(catalogue(t))
	got := steps(t, v, `[
		{"method":"POST","path":"/projects?select=id,name,client_id","prefer":"return=representation","body":{"name":"p"}},
		{"method":"POST","path":"tickets","body":[{"project_id":{"$ref":"0.0.id"},"title":{"$ref":"0.0.name"},"meta":{"$ref":"0.0.name"}},
			{"project_id":1,"title":"x","meta":{"$ref":1}}]},
		{"method":"PATCH","path":"/tickets?id=in.(1,{%22$ref%22:%220.0.id%22})&or=(title.eq.{%22$ref%22:%220.0.name%22},points.is.null)","body":{"points":2}},
		{"method":"PUT","path":"/clients?id=eq.{\"$ref\":\"0.0.id\"}","body":{"id":{"$ref":"0.0.id"},"name":"c"}},
		{"method":"DELETE","path":"/clients?id=eq.1"}]`)
	for i, want := range []struct {
		refers bool
		text   string
	}{
		{false, "insert projects#0 (name)\n  row \"p\"\n  return\n"},
		{true, "insert tickets#0 (project_id, title, meta)\n  row 7 \"a \\\"b\\\"\" \"a \\\"b\\\"\"\n  row 1 \"x\" {\"$ref\":1}"},
		{true, "update tickets#0 (points)\n  row 2\n  where (and (=any tickets#0.id $0:int[]) (or (= tickets#0.title $1:text) (is-null tickets#0.points)))\n  $0 = [1,7]\n  $1 = \"a \\\"b\\\"\""},
		{true, "insert clients#0 (id, name) put\n  row 7 \"c\"\n  merge on (id)"},
		{false, "delete clients#0 ()\n  where (= clients#0.id $0:int)\n  $0 = 1"},
	} {
		read, err := got[i].Resolve(first)
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if text := ir.PrintWrite(read.Write); !strings.HasPrefix(text, want.text) || got[i].Refers != want.refers {
			t.Errorf("step %d (refers %t):\n got %s\nwant %s", i, got[i].Refers, text, want.text)
		}
	}
}

// fullerView lets everything be read and written.
func fullerView(c *schema.Catalog) *schema.View {
	v := fullView(c)
	for _, col := range c.Collections {
		if cv, ok := v.Of(col); ok {
			for i := range cv.Access {
				cv.Access[i] |= schema.Readable | schema.Writable
			}
		}
	}
	return v
}

func TestReferencesThatFailAtTheirTurn(t *testing.T) {
	t.Parallel()
	v := fullerView(catalogue(t))
	const insert = `{"method":"POST","path":"/projects","prefer":"return=representation","body":[{"name":"p"}]}`
	for _, c := range []struct{ step, code, message string }{
		{`{"method":"POST","path":"/tickets","body":{"project_id":{"$ref":"0.5.id"}}}`, "PGRST102", "The reference 0.5.id leads nowhere: step 0 has no row 5"},
		{`{"method":"POST","path":"/tickets","body":{"project_id":{"$ref":"0.0.name"}}}`, "22P02", `invalid input syntax for type bigint: "a "b""`},
		{`{"method":"DELETE","path":"/tickets?id=eq.{\"$ref\":\"0.0.client_id\"}"}`, "PGRST102", "The reference 0.0.client_id is null and compares with nothing"},
		{`{"method":"PUT","path":"/clients?id=eq.{\"$ref\":\"0.0.id\"}","body":{"id":8}}`, "PGRST115", "Payload values do not match URL in primary key column(s)"},
	} {
		_, err := steps(t, v, "["+insert+","+c.step+"]")[1].Resolve(first)
		f := rest.StepFault(1, err)
		if string(f.Code) != c.code || f.Message != c.message || f.Details != "step 1" {
			t.Errorf("%s\n got %s %s (%v)", c.step, f.Code, f.Message, f.Details)
		}
	}
}

func TestBrokenTransactionsAreRefusedBeforeAnythingHappens(t *testing.T) {
	t.Parallel()
	v := fullerView(catalogue(t))
	const insert = `{"method":"POST","path":"/projects?select=id,client:clients(name)","prefer":"return=representation","body":{}}`
	for _, c := range []struct{ body, code, message, details string }{
		{``, "PGRST102", "The body of a transaction is an array of steps", ""},
		{`{}`, "PGRST102", "The body of a transaction is an array of steps", ""},
		{`[]`, "PGRST102", "A transaction has at least one step", ""},
		{`[` + insert, "PGRST102", "Empty or invalid json", ""},
		{`[1]`, "PGRST102", "A step is an object with method and path", "step 0"},
		{`[{"method":"GET","path":"/projects"}]`, "PGRST101", "Unsupported HTTP method: GET", "step 0"},
		{`[{"method":"POST","path":"/rpc/transaction","body":[]}]`, "PGRST125", "Invalid path specified in request URL", "step 0"},
		{`[{"method":"POST"}]`, "PGRST125", "Invalid path specified in request URL", "step 0"},
		{`[{"method":"POST","path":7}]`, "PGRST102", `The step's "path" is not text`, "step 0"},
		{`[{"method":"POST","method":"PUT"}]`, "PGRST102", `The key "method" appears twice in one object`, "step 0"},
		{`[{"verb":"POST"}]`, "PGRST102", `A step has no "verb"`, "step 0"},
		{`[` + insert + `,{"method":"POST","path":"/garlic","body":{}}]`, "PGRST205", "Could not find the table 'public.garlic' in the schema cache", "step 1"},
		{`[` + insert + `,{"method":"PATCH","path":"/tickets?limit=1","body":{}}]`, "PGRST127", "Feature not implemented", "step 1: order, limit and offset do not choose the rows of PATCH"},
		{`[{"method":"POST","path":"/projects","body":{"name":{"$ref":"0.0.id"}}}]`, "PGRST102", "The reference 0.0.id is not to an earlier step", "step 0"},
		{`[` + insert + `,{"method":"POST","path":"/projects","body":{"name":{"$ref":"0.id"}}}]`, "PGRST102", `The reference "0.id" is not step.row.field`, "step 1"},
		{`[` + insert + `,{"method":"POST","path":"/projects","body":{"name":{"$ref":"0.0.client"}}}]`, "PGRST102", "The reference 0.0.client names no field of step 0's representation", "step 1"},
		{`[{"method":"POST","path":"/projects","body":{}},{"method":"DELETE","path":"/projects?id=eq.{\"$ref\":\"0.0.id\"}"}]`, "PGRST102", "The reference 0.0.id is to a step without a representation", "step 1"},
		{`[` + strings.Repeat(insert+",", 100) + insert + `]`, "54001", "a transaction has more than 100 steps", ""},
	} {
		f := refusal(t, v, rest.Limits{}, send("POST /rpc/transaction", c.body))
		details, _ := f.Details.(string)
		if string(f.Code) != c.code || f.Message != c.message || details != c.details {
			t.Errorf("%.120s\n got %s %s (%s)", c.body, f.Code, f.Message, details)
		}
	}
	f := refusal(t, v, rest.Limits{}, send("POST /rpc/transaction", "[]", "Content-Type", "text/csv"))
	if f.Message != "Content-Type not acceptable: text/csv" {
		t.Errorf("%s", f.Message)
	}
}
