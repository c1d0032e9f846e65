package rest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
)

// Whatever the body, it is read or refused with a status of the client's, twice the same; what is read is as wide as its
// columns; and of JSON nothing is read that another parser refuses.
func FuzzBody(f *testing.F) {
	kinds := []string{"application/json", "application/x-ndjson", "text/csv", "application/x-www-form-urlencoded"}
	for kind, seeds := range [][]string{
		{`[{"id":1,"title":"a\u00e9","labels":["x"]},{"id":2,"title":null,"labels":"{}"}]`, `{"meta":{"a":[1,2.50,{}]},"points":1e2}`, `[{}, {}]`, `{"a":1,"a":2}`, `[]`, `{"due":"2024-02-30"}`},
		{"{\"id\":1}\n\n{\"id\":2}"}, {"id,title\n1,NULL\n2,\"a\"\"b\"\n", "\ufeffid\n"}, {"id=1&title=a+b%26", "labels=%7B%7D"},
	} {
		for _, seed := range seeds {
			f.Add(uint8(kind), "POST /tickets?on_conflict=id", seed)
			f.Add(uint8(kind), "PATCH /tickets?id=eq.1&columns=title,points", seed)
		}
	}
	f.Add(uint8(0), "POST /rpc/transaction", `[{"method":"POST","path":"/clients","prefer":"return=representation","body":{}},{"method":"DELETE","path":"/clients?id=eq.{\"$ref\":\"0.0.id\"}"}]`)
	v := fullerView(catalogue(f))
	f.Fuzz(func(t *testing.T, kind uint8, request, body string) {
		media := kinds[int(kind)%len(kinds)]
		headers := []string{"Content-Type", media, "Prefer", "return=representation,resolution=merge-duplicates"}
		r, err := rest.Parse(v, rest.Limits{}, send(request, body, headers...))
		again, err2 := rest.Parse(v, rest.Limits{}, send(request, body, headers...))
		if err != nil {
			var refused *fault.Fault
			if !errors.As(err, &refused) || refused.Status() >= 500 || err2 == nil || err2.Error() != err.Error() {
				t.Fatalf("%v, then %v", err, err2)
			}
			return
		}
		if r.Transaction != nil {
			for _, step := range r.Transaction.Steps {
				if _, err := step.Resolve(first); err != nil && fault.From(err).Status() >= 500 {
					t.Fatal(err)
				}
			}
			return
		}
		if r.Write == nil {
			return
		}
		if text := ir.PrintWrite(r.Write); text != ir.PrintWrite(again.Write) {
			t.Fatalf("two readings differ: %s", text)
		}
		for _, row := range r.Write.Rows {
			if len(row.Values) != len(r.Write.Columns) || len(row.Given) != len(r.Write.Columns) {
				t.Fatalf("%d columns, row %v", len(r.Write.Columns), row)
			}
		}
		if r.Write.Action != ir.Delete && media == "application/json" && !json.Valid([]byte(body)) {
			t.Fatalf("read what is no JSON: %q", body)
		}
	})
}

func BenchmarkBulkInsert(b *testing.B) {
	v := fullerView(catalogue(b))
	body := []byte("[")
	for i := range 100 {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"title":"A title of some length","points":12,"done":false,"project_id":3,"created_at":"2024-01-02T03:04:05Z"}`...)
	}
	body = append(body, ']')
	in := send("POST /tickets", "", "Content-Type", "application/json")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		in.Body = bytes.NewReader(body)
		if _, err := rest.Parse(v, rest.Limits{}, in); err != nil {
			b.Fatal(err)
		}
	}
}
