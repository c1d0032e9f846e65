package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/socle-hq/socle/internal/policy"
)

// call is one request made of a document alone.
type call struct {
	doc    *openapi3.T
	path   string
	method string
	op     *openapi3.Operation
	query  url.Values
	header http.Header
	body   []byte
}

// begin is an operation's request with what it requires and its example body.
func begin(doc *openapi3.T, path, method string, op *openapi3.Operation) *call {
	c := &call{doc: doc, path: path, method: method, op: op, query: url.Values{}, header: http.Header{}}
	for _, p := range op.Parameters {
		if p.Value.Required {
			c.set(p.Value, p.Value.Example)
		}
	}
	if op.RequestBody != nil {
		c.header.Set("Content-Type", "application/json")
		c.body, _ = json.Marshal(op.RequestBody.Value.Content["application/json"].Example)
	}
	return c
}

func (c *call) set(p *openapi3.Parameter, v any) {
	if p.In == "header" {
		c.header.Set(p.Name, fmt.Sprint(v))
	} else {
		c.query.Set(p.Name, fmt.Sprint(v))
	}
}

// with is a copy of the call with one more parameter.
func (c *call) with(p *openapi3.Parameter, v any) *call {
	out := *c
	out.query, out.header = maps.Clone(c.query), c.header.Clone()
	out.set(p, v)
	return &out
}

// send carries the call out. The answer's status must be documented, and its body must be what the document says.
func (c *call) send(t *testing.T, s *server, role string) (status int, answer []byte) {
	t.Helper()
	target := s.url + "/rest/v1" + c.path + "?" + c.query.Encode()
	r, err := http.NewRequestWithContext(t.Context(), c.method, target, bytes.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = c.header.Clone()
	for name, v := range s.headers[role] {
		r.Header.Set(name, v)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if answer, err = io.ReadAll(w.Body); err != nil {
		t.Fatal(err)
	}
	c.judge(t, role, w, answer)
	return w.StatusCode, answer
}

func (c *call) judge(t *testing.T, role string, w *http.Response, answer []byte) {
	t.Helper()
	what := fmt.Sprintf("%s: %s %s?%s %s %s", role, c.method, c.path, c.query.Encode(), c.body, c.header)
	said := c.op.Responses.Value(fmt.Sprint(w.StatusCode))
	if said == nil {
		t.Errorf("%s: %d is not documented: %s", what, w.StatusCode, answer)
		return
	}
	if len(answer) == 0 {
		return
	}
	kind, _, _ := mime.ParseMediaType(w.Header.Get("Content-Type"))
	media := said.Value.Content[kind]
	if media == nil {
		t.Errorf("%s: %d with %s is not documented: %s", what, w.StatusCode, kind, answer)
		return
	}
	if kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(answer))
	if err := d.Decode(&v); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if err := media.Schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation(), openapi3.MultiErrors()); err != nil && !c.shaped() {
		t.Errorf("%s: %s does not fit its schema: %v", what, answer, err)
	}
}

// shaped reports whether the request asks for other columns than the schema describes.
func (c *call) shaped() bool { s := c.query.Get("select"); return s != "" && s != "*" }

// forms is the call with its example in each other form that its body may have.
func (c *call) forms() []*call {
	var out []*call
	var row map[string]any
	if c.op.RequestBody == nil || json.Unmarshal(c.body, &row) != nil {
		return nil
	}
	for kind := range c.op.RequestBody.Value.Content {
		form := *c
		form.header = c.header.Clone()
		form.header.Set("Content-Type", kind)
		switch kind {
		case "text/csv":
			form.body = table(row)
		case "application/x-www-form-urlencoded":
			pairs := url.Values{}
			for name, v := range row {
				pairs.Set(name, fmt.Sprint(v))
			}
			form.body = []byte(pairs.Encode())
		}
		out = append(out, &form)
	}
	return out
}

// table is a row as CSV.
func table(row map[string]any) []byte {
	var head, line []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		head = append(head, `"`+strings.ReplaceAll(name, `"`, `""`)+`"`)
		line = append(line, fmt.Sprintf(`"%v"`, row[name]))
	}
	return []byte(strings.Join(head, ",") + "\n" + strings.Join(line, ","))
}

func operations(doc *openapi3.T, methods ...string) []*call {
	var out []*call
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		for _, method := range methods {
			if op := doc.Paths.Value(path).GetOperation(method); op != nil {
				out = append(out, begin(doc, path, method, op))
			}
		}
	}
	return out
}

// Every documented operation is called with its examples, and answers as the document says.
func TestEveryDocumentedOperationAnswersAsDocumented(t *testing.T) {
	t.Parallel()
	for name, dir := range projects(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, dir)
			fill(t, s)
			for _, role := range roles {
				for _, namespace := range s.runtime.Project().Set.Catalog().Namespaces {
					doc := load(t, s.document(t, role, namespace))
					readAll(t, s, role, doc)
					writeAll(t, s, role, doc)
				}
			}
		})
	}
}

// document asks the server for the description of a role's API.
func (s *server) document(t *testing.T, role, namespace string) []byte {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/rest/v1/", nil)
	r.Header.Set("Accept", "application/openapi+json")
	r.Header.Set("Accept-Profile", namespace)
	for name, v := range s.headers[role] {
		r.Header.Set(name, v)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil || w.StatusCode != 200 || w.Header.Get("Content-Type") != "application/openapi+json; charset=utf-8" {
		t.Fatal(err, w.StatusCode, w.Header, string(text))
	}
	return text
}

// fill puts every example row into its collection. What refers to others comes after them, in whatever order that is.
func fill(t *testing.T, s *server) {
	t.Helper()
	var left []*call
	for _, namespace := range s.runtime.Project().Set.Catalog().Namespaces {
		doc := load(t, s.document(t, policy.ServiceRole, namespace))
		left = append(left, operations(doc, "PUT")...)
	}
	for len(left) > 0 {
		before := len(left)
		var last []byte
		left = slices.DeleteFunc(left, func(c *call) bool {
			status, answer := c.send(t, s, policy.ServiceRole)
			if status != 201 {
				last = answer
			}
			return status == 201
		})
		if len(left) == before {
			t.Fatalf("%d examples cannot be inserted, as %s %s: %s", before, left[0].path, left[0].body, last)
		}
	}
}

// readAll reads everything in every form, and with each example of each parameter.
func readAll(t *testing.T, s *server, role string, doc *openapi3.T) {
	t.Helper()
	for _, c := range operations(doc, "GET", "HEAD") {
		if status, answer := c.send(t, s, role); status != 200 {
			t.Errorf("%s: %s %s: %d %s", role, c.method, c.path, status, answer)
		}
		for kind := range c.op.Responses.Value("200").Value.Content {
			form := *c
			form.header = c.header.Clone()
			form.header.Set("Accept", kind)
			if status, answer := form.send(t, s, role); status != 200 && !strings.Contains(string(answer), "PGRST116") {
				t.Errorf("%s: %s as %s: %d %s", role, c.path, kind, status, answer)
			}
		}
		for _, p := range c.op.Parameters {
			for name, e := range p.Value.Examples {
				if status, answer := c.with(p.Value, e.Value.Value).send(t, s, role); status != 200 && status != 206 {
					t.Errorf("%s: %s %s with %s (%s) %v: %d %s", role, c.method, c.path, p.Value.Name, name, e.Value.Value, status, answer)
				}
			}
		}
	}
}

// writeAll writes with every example; a conflict with what is there and a policy's refusal are answers too, bad requests are not.
func writeAll(t *testing.T, s *server, role string, doc *openapi3.T) {
	t.Helper()
	returned := &openapi3.Parameter{Name: "Prefer", In: "header"}
	for _, c := range operations(doc, "POST", "PUT", "PATCH", "DELETE") {
		calls := []*call{c}
		if c.method == "PATCH" || c.method == "DELETE" {
			if status, answer := c.send(t, s, role); status != 400 || !strings.Contains(string(answer), "21000") {
				t.Errorf("%s: %s %s without a filter: %d %s", role, c.method, c.path, status, answer)
			}
			calls = nil
		}
		for _, p := range c.op.Parameters {
			for name, e := range p.Value.Examples {
				filtered := p.Value.In == "query" && p.Value.Name != "select"
				if calls == nil && filtered && name == "equal" {
					calls = append(calls, c.with(p.Value, e.Value.Value))
				}
				if c.method == "POST" || c.method == "PUT" || filtered {
					calls = append(calls, c.with(p.Value, e.Value.Value))
				}
			}
		}
		calls = append(calls, calls[0].with(returned, "return=representation, count=exact"))
		calls = append(calls, calls[0].forms()...)
		for _, w := range calls {
			if status, answer := w.send(t, s, role); status >= 400 && status != 409 && status != 403 && status != 401 {
				t.Errorf("%s: %s %s?%v %s: %d %s", role, w.method, w.path, w.query, w.body, status, answer)
			}
		}
	}
}
