package openapi

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Examples that stand for every value of their type.
const (
	exampleUUID = "0190f3a1-7c5e-7000-8000-000000000001"
	exampleTime = "2026-03-01T12:00:00Z"
	exampleDate = "2026-03-01"
)

// example is a value that fits a field, ok false where none is found. A reference has its target's example, so that the
// examples of a project belong together.
func example(f *schema.Field) (v value.Value, ok bool) {
	const longest = 8 // keys may refer in a circle
	for range longest {
		if to := reference(f); to != nil {
			f = to
		}
	}
	for _, text := range candidates(f) {
		v, err := value.Parse(f.Type, text)
		if err != nil {
			continue
		}
		if v, err = value.Fit(f.Type, v); err == nil && len(schema.CheckValue(f, v)) == 0 {
			return v, true
		}
	}
	return value.Value{}, false
}

// candidates are texts to try, the likeliest first.
func candidates(f *schema.Field) []string {
	element := scalars(f)
	if !f.Type.List {
		return element
	}
	var out []string
	least := 1
	if f.Min != nil {
		least = max(least, int(f.Min.Int()))
	}
	for _, e := range element {
		if f.Type.Kind != value.JSON {
			e = string(value.AppendJSONString(nil, e))
		}
		out = append(out, "["+strings.Repeat(e+",", least-1)+e+"]")
	}
	return append(out, "[]")
}

func scalars(f *schema.Field) []string {
	var out []string
	if !f.Type.List {
		for _, bound := range []*value.Value{f.Min, f.Max} {
			if bound != nil && f.Type.Kind != value.Text && f.Type.Kind != value.Bytes {
				out = append(out, string(value.AppendText(nil, f.Type, *bound)))
			}
		}
	}
	switch f.Type.Kind {
	case value.Text:
		return words(f)
	case value.Bytes:
		return []string{"U29jbGU=", "", "U29j", strings.Repeat("U29j", 20)}
	case value.Bool:
		return []string{"true", "false"}
	case value.UUID:
		return []string{exampleUUID}
	case value.Timestamp:
		out = append(out, exampleTime)
	case value.Date:
		out = append(out, exampleDate)
	case value.JSON:
		out = append(out, `{"key":"value"}`)
	case value.Float, value.Decimal:
		out = append(out, "1.5", "1", "0.5", "0")
	default:
		out = append(out, "1", "0")
	}
	return out
}

// words are texts for a field: one of its enum, one its pattern matches, one of its format, or its own name.
func words(f *schema.Field) []string {
	if f.Enum != nil {
		return f.Enum
	}
	size := 0
	if f.Min != nil && !f.Type.List {
		size = int(f.Min.Int())
	}
	var out []string
	if f.Pattern != "" {
		for _, extra := range []int{0, 1, 2, size} {
			out = append(out, sample(f.Pattern, extra))
		}
	}
	switch f.Format {
	case "email":
		out = append(out, "ann@example.org")
	case "url":
		out = append(out, "https://example.org/"+strings.Repeat("a", max(0, size-20)))
	}
	plain := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(f.Key)), "-")
	return append(out, plain, plain+strings.Repeat("a", max(0, size-len(plain))), "a", strings.Repeat("a", size), "")
}

// exampleJSON is a field's example as JSON; nil where there is none.
func exampleJSON(f *schema.Field) any {
	v, ok := example(f)
	if !ok {
		return nil
	}
	return json.RawMessage(value.AppendJSON(nil, f.Type, v))
}

// exampleText is a field's example as a filter writes it.
func exampleText(f *schema.Field) (string, bool) {
	v, ok := example(f)
	if !ok {
		return "", false
	}
	return string(value.AppendText(nil, f.Type, v)), true
}

// exampleRow is what a read of the collection answers with.
func exampleRow(cv *schema.CollectionView) object {
	out := object{}
	for _, f := range cv.Star() {
		out = out.with(f.Name, exampleJSON(f))
	}
	return out
}

// exampleInsert is the shortest body that is complete: the fields that must be given, or else one that may be; keys too where
// whole says so.
func (d *document) exampleInsert(cv *schema.CollectionView, whole bool) object {
	out := object{}
	var spare *schema.Field
	for _, f := range insertable(cv) {
		switch {
		case d.needed(f), whole && f.IsKey():
			out = out.with(f.Name, exampleJSON(f))
		case spare == nil && f.Ref == nil && f.Default.Kind == schema.NoDefault && !f.Identity:
			spare = f
		}
	}
	if len(out) == 0 && spare != nil {
		out = out.with(spare.Name, exampleJSON(spare))
	}
	return out
}

// exampleUpdate changes one field that is no reference, where there is one: best a text that nothing else hangs on.
func exampleUpdate(cv *schema.CollectionView) object {
	var best *schema.Field
	rank := 0
	for _, f := range updatable(cv) {
		if r := ease(f); best == nil || r > rank {
			best, rank = f, r
		}
	}
	return object{{best.Name, exampleJSON(best)}}
}

func ease(f *schema.Field) int {
	switch {
	case f.Ref != nil:
		return 0
	case f.Type.Kind == value.Text && f.Enum == nil && !f.Type.List:
		return 2
	}
	return 1
}

func itoa(n int) string { return strconv.Itoa(n) }
