package policytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   any // of the body, with json.Number; nil where it is none
	isJSON bool
}

func newAnswer(status int, header http.Header, body []byte) *answer {
	a := &answer{status: status, header: header, body: body}
	a.json, a.isJSON = decoded(string(body))
	return a
}

// decoded reads JSON in its canonical form, in which equal numbers are equal texts.
func decoded(text string) (any, bool) {
	canonical, err := value.CanonicalJSON([]byte(text))
	if err != nil {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(canonical))
	d.UseNumber()
	var v any
	return v, d.Decode(&v) == nil
}

// judge compares an answer with what is expected. Where the status is wrong nothing else is worth saying.
func judge(s Step, a *answer) []Failure {
	if f := judgeStatus(s, a); f != nil {
		return f
	}
	v := &verdict{}
	if w := s.Expect.Code; w.Text != "" {
		v.want(w.Pos, "code", a.code(), w.Text)
	}
	if n := s.Expect.Rows; n != nil {
		v.want(n.Pos, "rows", a.rows(), strconv.FormatInt(n.Value, 10))
	}
	if n := s.Expect.Count; n != nil {
		v.want(n.Pos, "count", a.count(), strconv.FormatInt(n.Value, 10))
	}
	if d := s.Expect.Body; d != nil && !a.is(d) {
		v.fail(d.Pos, "body", a.text(), d.JSON)
	}
	if d := s.Expect.Contains; d != nil && !a.contains(d) {
		v.fail(d.Pos, "contains", a.text(), d.JSON)
	}
	return v.failures
}

func judgeStatus(s Step, a *answer) []Failure {
	v := &verdict{}
	switch n := s.Expect.Status; {
	case n != nil && n.Value != int64(a.status):
		v.fail(n.Pos, "status", a.summary(), strconv.FormatInt(n.Value, 10))
	case n == nil && s.Expect.Code.Text == "" && a.status/100 != 2:
		v.fail(s.Pos, "status", a.summary(), "2xx")
	}
	return v.failures
}

// verdict collects failures.
type verdict struct{ failures []Failure }

func (v *verdict) want(pos schema.Pos, what, got, want string) {
	if got != want {
		v.fail(pos, what, got, want)
	}
}

func (v *verdict) fail(pos schema.Pos, what, got, want string) {
	v.failures = append(v.failures, Failure{pos, what, got, want})
}

// shown is how much of a body a failure quotes.
const shown = 300

func (a *answer) text() string {
	text := strings.TrimSpace(string(a.body))
	if runes := []rune(text); len(runes) > shown {
		return string(runes[:shown]) + "…"
	}
	if text == "" {
		return "an empty body"
	}
	return text
}

func (a *answer) summary() string {
	if a.status/100 == 2 {
		return strconv.Itoa(a.status)
	}
	return fmt.Sprintf("%d %s", a.status, a.text())
}

func (a *answer) code() string {
	object, _ := a.json.(map[string]any)
	if code, ok := object["code"].(string); ok {
		return code
	}
	return a.summary()
}

func (a *answer) rows() string {
	switch v := a.json.(type) {
	case []any:
		return strconv.Itoa(len(v))
	case map[string]any:
		return "1"
	}
	return a.text()
}

// count is the total in Content-Range.
func (a *answer) count() string {
	_, total, found := strings.Cut(a.header.Get("Content-Range"), "/")
	if !found {
		return "no Content-Range"
	}
	return total
}

func (a *answer) is(d *Document) bool {
	if !a.isJSON {
		return strings.TrimSpace(string(a.body)) == strings.TrimSpace(d.Text)
	}
	want, ok := decoded(d.JSON)
	return ok && same(a.json, want)
}

func (a *answer) contains(d *Document) bool {
	if !a.isJSON {
		return d.Text != "" && strings.Contains(string(a.body), d.Text)
	}
	want, ok := decoded(d.JSON)
	return ok && within(a.json, want)
}

func same(got, want any) bool {
	g, errGot := json.Marshal(got)
	w, errWant := json.Marshal(want)
	return errGot == nil && errWant == nil && string(g) == string(w)
}

// within: every member of a wanted object is in the object, every element of a wanted list somewhere in the list, and a
// wanted object or scalar somewhere in a list.
func within(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		if list, ok := got.([]any); ok {
			return somewhere(list, want)
		}
		object, ok := got.(map[string]any)
		for k, member := range w {
			have, there := object[k]
			ok = ok && there && within(have, member)
		}
		return ok
	case []any:
		list, ok := got.([]any)
		for _, element := range w {
			ok = ok && somewhere(list, element)
		}
		return ok
	}
	if list, ok := got.([]any); ok {
		return somewhere(list, want)
	}
	return same(got, want)
}

func somewhere(list []any, want any) bool {
	for _, element := range list {
		if within(element, want) {
			return true
		}
	}
	return false
}
