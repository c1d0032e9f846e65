package postgres

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Encode gives v as a text that PostgreSQL reads as t, nil for NULL.
func (Dialect) Encode(t value.Type, v value.Value) (any, error) {
	if v.IsNull() {
		return nil, nil
	}
	return text(t, v), nil
}

func text(t value.Type, v value.Value) string {
	switch {
	case v.IsList(), v.Kind() == value.Text, v.Kind() == value.UUID, v.Kind() == value.JSON:
		return v.Str()
	case v.Kind() == value.Bytes:
		return `\x` + hex.EncodeToString([]byte(v.Str()))
	case v.Kind() == value.Duration:
		return strconv.FormatInt(v.Int(), 10)
	}
	var short [40]byte
	return string(value.AppendText(short[:0], t, v))
}

// Bind codes an argument.
func (d Dialect) Bind(c sqlgen.Coding, v value.Value) (any, error) {
	if v.IsNull() {
		return nil, nil
	}
	switch c.Form {
	case sqlgen.Elements:
		return elements(c, value.Elements(v)), nil
	case sqlgen.Regex:
		return bindRegex(c, v)
	case sqlgen.Query:
		return bindQuery(c, v)
	}
	return d.Encode(c.Type, v)
}

func bindRegex(c sqlgen.Coding, v value.Value) (any, error) {
	if !v.IsList() {
		return translate(v.Str(), c.Fold)
	}
	var out []string
	for _, e := range value.Elements(v) {
		text, err := translate(e.Str(), c.Fold)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return array(out), nil
}

func elements(c sqlgen.Coding, of []value.Value) string {
	out := make([]any, len(of))
	for i, e := range of {
		if e.IsNull() {
			continue
		}
		item := text(c.Type, e)
		if c.Fold {
			item = strings.Map(lowerASCII, item)
		}
		out[i] = item
	}
	return array(out)
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// array is an array literal of texts; nil is NULL.
func array[T any](of []T) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, x := range of {
		if i > 0 {
			b.WriteByte(',')
		}
		s, ok := any(x).(string)
		if !ok {
			b.WriteString("NULL")
			continue
		}
		b.WriteByte('"')
		b.WriteString(escape.Replace(s))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// BindKeys is one column of the parent keys as an array.
func (Dialect) BindKeys(types []value.Type, column int, parents []plan.Tuple) (any, error) {
	out := make([]any, len(parents))
	for i, tuple := range parents {
		if v := tuple[column]; !v.IsNull() {
			out[i] = text(types[column], v)
		}
	}
	return array(out), nil
}

// Decode reads a column in PostgreSQL's text format: a string, a []byte, or nil for NULL.
func (Dialect) Decode(t value.Type, raw any) (value.Value, error) {
	var s string
	switch x := raw.(type) {
	case nil:
		return value.Value{}, nil
	case []byte:
		if x == nil {
			return value.Value{}, nil
		}
		s = string(x)
	case string:
		s = x
	default:
		return value.Value{}, fmt.Errorf("postgres: a %T where %s is stored", raw, t)
	}
	return DecodeText(t, s)
}

// DecodeText reads a column that is not NULL in PostgreSQL's text format.
func DecodeText(t value.Type, s string) (value.Value, error) {
	switch {
	case t.List:
		return value.FromJSON(t, []byte(s))
	case t.Kind == value.Text:
		return value.OfText(s), nil
	case t.Kind == value.UUID:
		return value.OfUUID(s), nil
	case t.Kind == value.JSON:
		canonical, err := value.CanonicalJSON([]byte(s))
		return value.OfJSON(canonical), err
	case t.Kind == value.Bool:
		return value.OfBool(s == "t" || s == "true"), nil
	case t.Kind == value.Duration:
		n, err := strconv.ParseInt(s, 10, 64)
		return value.OfDuration(n), err
	}
	return value.Parse(t, s)
}
