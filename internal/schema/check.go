package schema

import (
	"encoding/json"
	"net/mail"
	"net/url"
	"regexp"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

// CheckValue tests a value, already fitted to the field's type, against the field's own constraints. All violations are
// returned, in the order required, min, max, enum, pattern, format; their Row is 0 for the caller to set. NULL breaks
// only `required`.
func CheckValue(f *Field, v value.Value) []fault.Violation {
	c := checker{field: f}
	if v.IsNull() {
		c.breaks(f.Required, "required", nil)
		return c.broken
	}
	c.size(v)
	for _, e := range elements(f.Type, v) {
		c.text(e)
	}
	return c.broken
}

type checker struct {
	field  *Field
	broken []fault.Violation
}

// breaks records a violation of rule where bad, once per rule.
func (c *checker) breaks(bad bool, rule string, limit any) {
	if !bad {
		return
	}
	for _, b := range c.broken {
		if b.Rule == rule {
			return
		}
	}
	c.broken = append(c.broken, fault.Violation{Column: c.field.Name, Rule: rule, Limit: limit})
}

func (c *checker) size(v value.Value) {
	f := c.field
	t := f.Type
	if measured(t) {
		v, t = value.OfInt(int64(length(f.Type, v))), value.Type{Kind: value.Int}
	}
	if f.Min != nil {
		c.bound(value.Compare(v, *f.Min) < 0, "min", t, *f.Min)
	}
	if f.Max != nil {
		c.bound(value.Compare(v, *f.Max) > 0, "max", t, *f.Max)
	}
}

// bound is breaks with a limit that is written out only where it is broken.
func (c *checker) bound(bad bool, rule string, t value.Type, limit value.Value) {
	if bad {
		c.breaks(bad, rule, limitOf(t, limit))
	}
}

// length counts list elements, bytes, or code points.
func length(t value.Type, v value.Value) int {
	switch {
	case t.List:
		return len(value.Elements(v))
	case t.Kind == value.Bytes:
		return len(v.Str())
	}
	return utf8.RuneCountInString(v.Str())
}

// limitOf is a bound as a violation shows it: a JSON number, or the text of dates and timestamps.
func limitOf(t value.Type, v value.Value) any {
	text := string(value.AppendText(nil, t, v))
	switch t.Kind {
	case value.Int:
		return v.Int()
	case value.Decimal, value.Float:
		return json.Number(text)
	}
	return text
}

func elements(t value.Type, v value.Value) []value.Value {
	if t.List {
		return value.Elements(v)
	}
	return []value.Value{v}
}

func (c *checker) text(v value.Value) {
	f := c.field
	if f.Type.Kind != value.Text {
		return
	}
	s := v.Str()
	if f.Enum != nil {
		c.breaks(!listed(f.Enum, s), "enum", f.Enum)
	}
	if f.pattern != nil {
		c.breaks(!f.pattern.MatchString(s), "pattern", f.Pattern)
	}
	if f.Format != "" {
		c.breaks(!formatted(f.Format, s), "format", f.Format)
	}
}

func listed(values []string, s string) bool {
	for _, v := range values {
		if v == s {
			return true
		}
	}
	return false
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func formatted(format, s string) bool {
	switch format {
	case "email":
		a, err := mail.ParseAddress(s)
		return err == nil && a.Address == s
	case "url":
		u, err := url.Parse(s)
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	case "slug":
		return slug.MatchString(s)
	}
	return false
}
