package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// judge says how an answer differs from what the case expects; nothing where it does not. The differences that the profile
// declares are none: JSON is compared after decoding, Content-Length not at all, the API's root is not part of addresses, a
// fault may carry violations beside its four members, and rows that nobody put in an order come in the profile's.
func (c *testCase) judge(a *answer) []string {
	var out []string
	wrong := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	e := &c.Expect
	if a.code != e.Status {
		wrong("status %d, not %d", a.code, e.Status)
	}
	if e.StatusText != "" && a.status != fmt.Sprintf("%d %s", e.Status, e.StatusText) {
		wrong("status text %q", a.status)
	}
	for name, want := range e.Headers {
		if got := headerOf(a, name); name != "Content-Length" && got != want {
			wrong("%s %q, not %q", name, got, want)
		}
	}
	for _, name := range e.Absent {
		if c.Request.Method == http.MethodHead && name == "Content-Length" {
			continue
		}
		if a.header.Get(name) != "" {
			wrong("%s is there: %q", name, a.header.Get(name))
		}
	}
	if e.NoBlank {
		for name := range a.header {
			if strings.TrimSpace(name) == "" {
				wrong("a header without a name")
			}
		}
	}
	return append(out, e.body(c.unordered(), a.body)...)
}

func headerOf(a *answer, name string) string {
	got := strings.Join(a.header.Values(name), "\n")
	if name == "Location" || name == "Content-Location" {
		got = strings.TrimPrefix(got, root)
	}
	return got
}

func (e *expectation) body(unordered bool, got []byte) []string {
	if e.Raw != nil && ordered(unordered, string(got)) != ordered(unordered, *e.Raw) {
		return []string{fmt.Sprintf("body %q, not %q", got, *e.Raw)}
	}
	if e.Contains != nil && !strings.Contains(ordered(unordered, string(got)), ordered(unordered, *e.Contains)) {
		return []string{fmt.Sprintf("body %q has no %q", got, *e.Contains)}
	}
	if e.exact != nil && !e.same(unordered, got) {
		return []string{fmt.Sprintf("body %s, not %s", got, e.exact)}
	}
	if len(e.Paths) == 0 {
		return nil
	}
	v, err := decoded(got)
	if err != nil {
		return []string{fmt.Sprintf("body %q is not JSON", got)}
	}
	var out []string
	for _, p := range e.Paths {
		if wrong := p.judge(v); wrong != "" {
			out = append(out, wrong)
		}
	}
	return out
}

// ordered is text whose lines are in an order of their own, if they come in any.
func ordered(unordered bool, text string) string {
	text = strings.TrimSuffix(text, "\n")
	if !unordered {
		return text
	}
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// same compares JSON. An expected null or empty text means no body at all, of a function's value too where there is none.
func (e *expectation) same(unordered bool, got []byte) bool {
	if s := string(e.exact); s == "null" || s == `""` {
		return len(got) == 0 || s == string(got)
	}
	want, err := decoded(e.exact)
	if err != nil {
		return false
	}
	have, err := decoded(got)
	if err != nil {
		return false
	}
	if m, ok := have.(map[string]any); ok && m["violations"] != nil && m["code"] != nil {
		delete(m, "violations")
	}
	return alike(want, have) || unordered && permuted(want, have)
}

// permuted reports whether two lists hold the same rows.
func permuted(a, b any) bool {
	want, ok := a.([]any)
	have, too := b.([]any)
	if !ok || !too || len(want) != len(have) {
		return false
	}
	rest := slices.Clone(have)
	for _, row := range want {
		at := slices.IndexFunc(rest, func(v any) bool { return alike(row, v) })
		if at < 0 {
			return false
		}
		rest = slices.Delete(rest, at, at+1)
	}
	return true
}

func decoded(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// alike is deep equality, of numbers by value.
func alike(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		n, ok := b.(json.Number)
		x, okX := new(big.Rat).SetString(a.String())
		y, okY := new(big.Rat).SetString(n.String())
		return ok && okX && okY && x.Cmp(y) == 0
	case []any:
		list, ok := b.([]any)
		if !ok || len(a) != len(list) {
			return false
		}
		for i := range a {
			if !alike(a[i], list[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok || len(a) != len(m) {
			return false
		}
		for k := range a {
			if v, has := m[k]; !has || !alike(a[k], v) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

var step = regexp.MustCompile(`^(?:\.([^.\[]+)|\['([^']*)'\]|\[(\d+)\])`)

// judge follows the path from the body's root and says what is wrong there, "" for nothing.
func (p *jsonPath) judge(v any) string {
	rest, ok := strings.TrimPrefix(p.Path, "$"), true
	for rest != "" && ok {
		m := step.FindStringSubmatch(rest)
		if m == nil {
			return p.Path + " is no path"
		}
		rest = rest[len(m[0]):]
		v, ok = member(v, m)
	}
	switch {
	case p.Absent && ok:
		return p.Path + " is there"
	case p.Absent:
		return ""
	case !ok:
		return p.Path + " is absent"
	case p.Present || p.Exists:
		return ""
	}
	raw, err := json.Marshal(p.Equals)
	if err != nil {
		return err.Error()
	}
	if want, err := decoded(raw); err != nil || !alike(want, v) {
		return fmt.Sprintf("%s is %v, not %s", p.Path, v, raw)
	}
	return ""
}

func member(v any, m []string) (any, bool) {
	if m[3] != "" {
		list, ok := v.([]any)
		n, err := strconv.Atoi(m[3])
		if !ok || err != nil || n >= len(list) {
			return nil, false
		}
		return list[n], true
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	v, ok = object[m[1]+m[2]]
	return v, ok
}

// fault is the answer's code and details, where it is an error.
func (a *answer) fault() (f struct{ Code, Details string }) {
	_ = json.Unmarshal(a.body, &f) // what is no error has no code
	return f
}

// text is the answer without what differs from one asking to the next.
func (a *answer) text() string {
	var out strings.Builder
	h := a.header.Clone()
	h.Del("Date")
	h.Del("X-Request-Id")
	fmt.Fprintln(&out, a.status)
	_ = h.Write(&out) // a builder takes everything
	out.WriteString("\n")
	out.Write(a.body)
	return out.String()
}
