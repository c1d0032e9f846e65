package schema

import (
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// keywords are the defaults that are computed when a row is written, with the types each fits.
var keywords = map[string]struct {
	kind DefaultKind
	fits []value.Kind
}{
	"now":      {DefaultNow, []value.Kind{value.Timestamp, value.Date, value.Text}},
	"today":    {DefaultToday, []value.Kind{value.Date, value.Timestamp, value.Text}},
	"uuid":     {DefaultUUID, []value.Kind{value.UUID, value.Text}},
	"auth.uid": {DefaultAuthUID, []value.Kind{value.UUID, value.Text}},
}

// defaultOf reads a default or on_update: a keyword on a type it fits, or a literal. `'now'` in quotes is the text. An
// enum takes no keywords, its values are literals.
func (r *resolver) defaultOf(f *Field, what string, l Constant) Default {
	if l.Kind == NoLiteral || l.Kind == LitNull {
		return Default{}
	}
	if k, ok := keywords[l.Text]; ok && l.Kind == LitText && f.Enum == nil && !f.Type.List {
		for _, kind := range k.fits {
			if kind == f.Type.Kind {
				return Default{Kind: k.kind}
			}
		}
		if f.Type.Kind != value.JSON {
			r.problems.Add(l.Pos, "", "%s: %s does not fit field %q, which is %s", what, l.Text, f.Key, typeWord(f.Type))
			return Default{}
		}
	}
	if l.Kind == LitText {
		l.Text = unquoteKeyword(l.Text)
	}
	v, ok := r.literal(f, what, f.Type, l)
	if !ok {
		return Default{}
	}
	for _, broken := range CheckValue(f, v) {
		if broken.Rule == "enum" {
			r.problems.Add(l.Pos, "one of "+strings.Join(f.Enum, ", "), "%s of field %q is not one of its values%s", what, f.Key, DidYouMean(v.Str(), f.Enum))
			continue
		}
		r.problems.Add(l.Pos, "", "%s of field %q breaks its own %s", what, f.Key, broken.Rule)
	}
	return Default{Kind: Literal, Value: v}
}

// unquoteKeyword removes one layer of quotes from a quoted keyword.
func unquoteKeyword(s string) string {
	bare := strings.Trim(s, "'")
	if _, ok := keywords[bare]; ok && len(s) >= len(bare)+2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return s[1 : len(s)-1]
	}
	return s
}

// literal reads a constant as t.
func (r *resolver) literal(f *Field, what string, t value.Type, l Constant) (value.Value, bool) {
	if t.Kind == value.Null {
		return value.Value{}, false
	}
	if l.Kind != LitText && t.Kind == value.Text && !t.List && l.Kind != LitNull {
		r.problems.Add(l.Pos, "put it in quotes", "%s of field %q is not text", what, f.Key)
		return value.Value{}, false
	}
	v, err := readLiteral(t, l)
	if err == nil {
		v, err = value.Fit(t, v)
	}
	if err != nil {
		r.problems.Add(l.Pos, "", "%s of field %q: %s", what, f.Key, err)
		return value.Value{}, false
	}
	return v, true
}

func readLiteral(t value.Type, l Constant) (value.Value, error) {
	switch {
	case l.Kind == LitNull:
		return value.Value{}, nil
	case l.Kind == LitJSON:
		return value.FromJSON(t, []byte(l.Text))
	case t.Kind == value.JSON && !t.List && l.Kind == LitText:
		return value.FromJSON(t, value.AppendJSONString(nil, l.Text))
	case t.Kind == value.JSON && !t.List:
		return value.FromJSON(t, []byte(l.Text))
	}
	return value.Parse(t, l.Text)
}
