package body

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/value"
)

// Text is what a JSON string says.
func Text(raw string) (string, error) {
	if Plain(raw) {
		return raw[1 : len(raw)-1], syntax.CheckText(raw)
	}
	v, err := value.FromJSON(value.Type{Kind: value.Text}, []byte(raw))
	return v.Str(), jsonFault(err)
}

// Plain reports whether raw is a JSON string without escapes; its text may still be no UTF-8.
func Plain(raw string) bool {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return false
	}
	for i := 1; i < len(raw)-1; i++ {
		if c := raw[i]; c < 0x20 || c == '\\' || c == '"' {
			return false
		}
	}
	return true
}

// Check refuses text that is no JSON.
func Check(raw string) error {
	_, err := value.CanonicalJSON([]byte(raw))
	return jsonFault(err)
}

// jsonFault says of text that is no JSON that the body is broken; other refusals stay what they are.
func jsonFault(err error) error {
	if err != nil && fault.From(err).Code == fault.InvalidText {
		return Bad(brokenJSON).Because(err)
	}
	return err
}

// Value reads a JSON value as a column's type. broken is set where raw is no JSON at all.
func Value(t value.Type, raw string) (v value.Value, broken, err error) {
	text, simple := simpleText(t, raw)
	switch {
	case simple && raw == "null":
		return v, nil, nil
	case simple:
		v, err = value.Parse(t, text)
	default:
		if broken = Check(raw); broken != nil {
			return v, broken, nil
		}
		v, err = value.FromJSON(t, []byte(raw))
	}
	if err != nil || v.IsNull() {
		return v, nil, err
	}
	v, err = value.Fit(t, v)
	return v, nil, err
}

// simpleText is the text of a JSON value that is certainly valid and means, as t, what its text means. Everything else is for
// the full reader.
func simpleText(t value.Type, raw string) (text string, ok bool) {
	switch {
	case t.List || t.Kind == value.JSON:
		return "", false
	case Plain(raw):
		return raw[1 : len(raw)-1], true
	case raw == "null":
		return raw, true
	case t.Kind == value.Bool:
		return raw, raw == "true" || raw == "false"
	case t.Kind == value.Int:
		return raw, plainInteger(raw)
	}
	return "", false
}

// plainInteger: digits that begin with no zero.
func plainInteger(raw string) bool {
	if raw == "" || raw[0] == '0' && len(raw) > 1 || len(raw) > 18 {
		return false
	}
	for i := range len(raw) {
		if raw[i] < '0' || raw[i] > '9' {
			return false
		}
	}
	return true
}
