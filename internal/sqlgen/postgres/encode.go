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
	of := value.Elements(v)
	out := make([]string, len(of))
	for i, e := range of {
		text, err := translate(e.Str(), c.Fold)
		if err != nil {
			return nil, err
		}
		out[i] = text
	}
	return arrayOf(out), nil
}

func elements(c sqlgen.Coding, of []value.Value) string {
	return array(len(of), func(i int) (string, bool) {
		if of[i].IsNull() {
			return "", false
		}
		item := text(c.Type, of[i])
		if c.Fold {
			item = strings.Map(lowerASCII, item)
		}
		return item, true
	})
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// array is an array literal of n texts; where there is no text is NULL.
func array(n int, item func(int) (string, bool)) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		s, ok := item(i)
		if i == 1 {
			b.Grow(n * (b.Len() + len(`,`))) // they are mostly as long as the first
		}
		if i > 0 {
			b.WriteByte(',')
		}
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

func arrayOf(texts []string) string {
	return array(len(texts), func(i int) (string, bool) { return texts[i], true })
}

// BindKeys is one column of the parent keys as an array.
func (Dialect) BindKeys(types []value.Type, column int, parents []plan.Tuple) (any, error) {
	return array(len(parents), func(i int) (string, bool) {
		v := parents[i][column]
		if v.IsNull() {
			return "", false
		}
		return text(types[column], v), true
	}), nil
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
