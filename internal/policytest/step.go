package policytest

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// step reads a test, or a step of its then, with the steps that follow. name is nil where there can be none.
func (r *reader) step(n *yamlfile.Node, what string, name *string) []Step {
	s := Step{Pos: n.Pos, Headers: http.Header{}, As: schema.Word{Text: anon, Pos: n.Pos}}
	var then []Step
	keys := yamlfile.Keys{
		"as":      func(n *yamlfile.Node) { s.As = r.as(n) },
		"request": func(n *yamlfile.Node) { r.request(n, &s) },
		"headers": func(n *yamlfile.Node) { r.headers(n, s.Headers) },
		"body":    func(n *yamlfile.Node) { s.Body = bodyOf(n) },
		"expect":  func(n *yamlfile.Node) { s.Expect = r.expect(n) },
		"then": func(n *yamlfile.Node) {
			r.Items(n, "then", func(n *yamlfile.Node) { then = append(then, r.step(n, "a step", nil)...) })
		},
	}
	if name != nil {
		keys["name"] = func(n *yamlfile.Node) { *name = r.Text(n, "name") }
	}
	r.Object(n, what, keys)
	if s.Target == "" && n.Kind == yamlfile.Map {
		if _, given := n.Get("request"); !given {
			r.Problems.Add(n.Pos, `such as request: "GET /tickets?select=id"`, "%s has a request", what)
		}
	}
	return append([]Step{s}, then...)
}

func (r *reader) as(n *yamlfile.Node) schema.Word {
	w := r.Word(n, "as")
	if _, ok := r.file.known(w.Text); !ok && w.Present() {
		names := []string{anon, service}
		for _, a := range r.file.Actors {
			names = append(names, a.Name)
		}
		r.Problems.Add(w.Pos, "", "no actor %q%s", w.Text, schema.DidYouMean(w.Text, names))
	}
	return w
}

// surface is a path that says itself below which part of the product it is.
var surface = regexp.MustCompile(`^/([a-z]+/v1(/|\?|$)|health(\?|$))`)

func (r *reader) request(n *yamlfile.Node, s *Step) {
	w := r.Word(n, "request")
	if !w.Present() {
		return
	}
	method, target, found := strings.Cut(strings.TrimSpace(w.Text), " ")
	if !found {
		method, target = http.MethodGet, method
	}
	target = strings.TrimSpace(target)
	if method != strings.ToUpper(method) || !strings.HasPrefix(target, "/") {
		r.Problems.Add(w.Pos, `such as "GET /tickets?select=id"`, "a request is a method and a path")
		return
	}
	if !surface.MatchString(target) {
		target = "/rest/v1" + target
	}
	s.Method, s.Target = method, sendable(target)
}

// sendable encodes what cannot stand in a request line; everything else is sent as written.
func sendable(target string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func (r *reader) headers(n *yamlfile.Node, into http.Header) {
	r.Entries(n, "headers", func(name schema.Word, n *yamlfile.Node) { into.Add(name.Text, r.Text(n, "a header")) })
}

// bodyOf is text as it stands, anything else as JSON.
func bodyOf(n *yamlfile.Node) string {
	if n.Kind == yamlfile.String {
		return n.Text
	}
	return n.JSON()
}

func (r *reader) expect(n *yamlfile.Node) Expect {
	var e Expect
	number := func(into **schema.IntSpec, what string) func(*yamlfile.Node) {
		return func(n *yamlfile.Node) { *into = r.Integer(n, what, 0) }
	}
	document := func(into **Document) func(*yamlfile.Node) {
		return func(n *yamlfile.Node) { *into = &Document{JSON: n.JSON(), Text: n.Text, Pos: n.Pos} }
	}
	r.Object(n, "expect", yamlfile.Keys{
		"status": number(&e.Status, "status"), "rows": number(&e.Rows, "rows"), "count": number(&e.Count, "count"),
		"code": func(n *yamlfile.Node) { e.Code = schema.Word{Text: r.Text(n, "code"), Pos: n.Pos} },
		"body": document(&e.Body), "contains": document(&e.Contains),
	})
	return e
}
