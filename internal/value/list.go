package value

import (
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/fault"
)

// Elements splits a list value into its elements; anything else has none.
func Elements(v Value) []Value {
	if !v.list {
		return nil
	}
	out := make([]Value, 0, countElements(v.s))
	t := Type{Kind: v.kind}
	eachElement(v.s, func(element string) bool {
		if v.kind == JSON { // null among JSON elements is a JSON value, not NULL
			out = append(out, OfJSON(element))
			return true
		}
		e, err := FromJSON(t, []byte(element))
		if err != nil { // not reachable from a canonical list; a NULL element is never TRUE
			e = Value{}
		}
		out = append(out, e)
		return true
	})
	return out
}

// ListOf makes a list of element type t. A NULL element is 22004.
func ListOf(t Type, elements []Value) (Value, error) {
	out := []byte{'['}
	for i, e := range elements {
		if e.IsNull() {
			return Value{}, nullElement()
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = appendElement(out, e)
	}
	return OfList(t.Kind, string(append(out, ']'))), nil
}

// appendElement appends the canonical JSON of a list's element: numbers lose the scale they were written with.
func appendElement(dst []byte, v Value) []byte {
	switch v.kind {
	case Decimal:
		return v.d.Trim().Append(dst)
	case Float:
		num, _ := scanNumber(string(appendFloat(nil, v.Float())))
		dst, _ = num.appendCanonical(dst) // a double has at most 324 places
		return dst
	}
	return AppendJSON(dst, Type{Kind: v.kind}, v)
}

// Length is the number of code points of a text, bytes of a Bytes, elements of a list or JSON array; else 0.
func Length(v Value) int64 {
	switch {
	case v.list, v.kind == JSON && jsonRank(v.s) == jsonArray:
		return int64(countElements(v.s))
	case v.kind == Text, v.kind == UUID:
		return int64(utf8.RuneCountInString(v.s))
	case v.kind == Bytes:
		return int64(len(v.s))
	}
	return 0
}

func nullElement() *fault.Fault {
	return fault.New(fault.NullInList, "null elements are not allowed in a list")
}

// parseList reads {a,"b"} or a JSON array.
func parseList(t Type, s string) (Value, error) {
	trimmed := trimSpace(s)
	if strings.HasPrefix(trimmed, "[") {
		return listFromJSON(t, []byte(trimmed))
	}
	items, ok := splitLiteral(trimmed)
	if !ok {
		return Value{}, fault.New(fault.InvalidText, "malformed array literal: %s", quoted(s))
	}
	elements := make([]Value, len(items))
	for i, item := range items {
		if !item.quoted && strings.EqualFold(item.text, "null") {
			return Value{}, nullElement()
		}
		v, err := Parse(t.Element(), item.text)
		if err != nil {
			return Value{}, err
		}
		elements[i] = v
	}
	return ListOf(t, elements)
}

func listFromJSON(t Type, raw []byte) (Value, error) {
	text, err := CanonicalJSON(raw)
	if err != nil {
		return Value{}, err
	}
	if jsonRank(text) != jsonArray {
		return Value{}, fault.New(fault.InvalidText, "malformed array literal: %s", quoted(text))
	}
	var elements []Value
	eachElement(text, func(element string) bool {
		if element == "null" {
			err = nullElement()
			return false
		}
		var v Value
		v, err = FromJSON(t.Element(), []byte(element))
		elements = append(elements, v)
		return err == nil
	})
	if err != nil {
		return Value{}, err
	}
	return ListOf(t, elements)
}

// literalItem is one element of a {…} literal, unescaped.
type literalItem struct {
	text   string
	quoted bool
}

// splitLiteral splits {a,"b"}; nested braces are refused.
func splitLiteral(s string) ([]literalItem, bool) {
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, false
	}
	s = s[1 : len(s)-1]
	if trimSpace(s) == "" {
		return nil, true
	}
	var items []literalItem
	for {
		item, rest, ok := cutItem(s)
		if !ok {
			return nil, false
		}
		items = append(items, item)
		if rest == "" {
			return items, true
		}
		s = rest[1:]
	}
}

// cutItem reads one element; rest is empty or begins with the comma after it.
func cutItem(s string) (item literalItem, rest string, ok bool) {
	s = strings.TrimLeft(s, spaces)
	if strings.HasPrefix(s, `"`) {
		return cutQuoted(s)
	}
	var b strings.Builder
	keep := 0 // escaped spaces at the end are kept, plain ones are not
	i := 0
	for ; i < len(s) && s[i] != ','; i++ {
		c := s[i]
		if c == '{' || c == '}' || c == '"' {
			return item, "", false
		}
		if c == '\\' {
			if i++; i == len(s) {
				return item, "", false
			}
			c = s[i]
			b.WriteByte(c)
			keep = b.Len()
			continue
		}
		b.WriteByte(c)
	}
	text := b.String()
	item.text = text[:keep] + strings.TrimRight(text[keep:], spaces)
	item.quoted = keep > 0
	return item, s[i:], item.text != ""
}

func cutQuoted(s string) (item literalItem, rest string, ok bool) {
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' {
			if i++; i == len(s) {
				return item, "", false
			}
		}
		b.WriteByte(s[i])
	}
	if i >= len(s) {
		return item, "", false
	}
	rest = strings.TrimLeft(s[i+1:], spaces)
	return literalItem{b.String(), true}, rest, rest == "" || rest[0] == ','
}
