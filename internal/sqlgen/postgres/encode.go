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
	case v.IsList():
	case v.Kind() == value.Bytes:
		return `\x` + hex.EncodeToString([]byte(v.Str()))
	case v.Kind() == value.Duration:
		return strconv.FormatInt(v.Int(), 10)
	}
	return string(value.AppendText(nil, t, v))
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
	out := make([]string, len(of))
	for i, e := range of {
		out[i] = text(c.Type, e)
		if c.Fold {
			out[i] = strings.Map(lowerASCII, out[i])
		}
	}
	return array(out)
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// array is an array literal.
func array(of []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, s := range of {
		if i > 0 {
			b.WriteByte(',')
		}
		appendQuoted(&b, s)
	}
	b.WriteByte('}')
	return b.String()
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func appendQuoted(b *strings.Builder, s string) {
	b.WriteByte('"')
	b.WriteString(escape.Replace(s))
	b.WriteByte('"')
}

// BindKeys is one column of the parent keys as an array.
func (Dialect) BindKeys(types []value.Type, column int, parents []plan.Tuple) (any, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, tuple := range parents {
		if i > 0 {
			b.WriteByte(',')
		}
		if v := tuple[column]; v.IsNull() {
			b.WriteString("NULL")
		} else {
			appendQuoted(&b, text(types[column], v))
		}
	}
	b.WriteByte('}')
	return b.String(), nil
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
	return decode(t, s)
}

func decode(t value.Type, s string) (value.Value, error) {
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
