package rest

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

// jsonScanner cuts a body's outer arrays and objects into values. It finds where a value ends, not whether it is one: that is
// jsonValue's matter, or checkJSON's.
type jsonScanner struct {
	src string
	pos int
}

func (s *jsonScanner) done() bool { return s.pos >= len(s.src) }

func (s *jsonScanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.src[s.pos]
}

func (s *jsonScanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// end fails unless only spaces are left.
func (s *jsonScanner) end() error {
	if s.space(); !s.done() {
		return badBody(brokenJSON)
	}
	return nil
}

// array calls element with the position at each element; element consumes it.
func (s *jsonScanner) array(element func() error) error {
	return s.list(']', element)
}

// object calls member with each key and the text of its value.
func (s *jsonScanner) object(member func(key, raw string) error) error {
	return s.list('}', func() error {
		key, err := s.key()
		if err != nil {
			return err
		}
		s.space()
		raw, err := s.cut()
		if err != nil {
			return err
		}
		return member(key, raw)
	})
}

// list reads what stands between brackets, comma-separated.
func (s *jsonScanner) list(closing byte, element func() error) error {
	s.pos++
	if s.space(); s.peek() == closing {
		s.pos++
		return nil
	}
	for {
		s.space()
		if err := element(); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case closing:
			s.pos++
			return nil
		default:
			return badBody(brokenJSON)
		}
	}
}

// key reads a string and the colon after it.
func (s *jsonScanner) key() (string, error) {
	if s.peek() != '"' {
		return "", badBody(brokenJSON)
	}
	raw, err := s.cut()
	if err != nil {
		return "", err
	}
	if s.space(); s.peek() != ':' {
		return "", badBody(brokenJSON)
	}
	s.pos++
	return jsonText(raw)
}

// jsonText is what a JSON string says.
func jsonText(raw string) (string, error) {
	if plainString(raw) {
		return raw[1 : len(raw)-1], checkText(raw)
	}
	v, err := value.FromJSON(textType, []byte(raw))
	return v.Str(), jsonFault(err)
}

// plainString reports whether raw is a JSON string without escapes; its text may still be no UTF-8.
func plainString(raw string) bool {
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

// value consumes a value and checks it.
func (s *jsonScanner) value() (string, error) {
	raw, err := s.cut()
	if err != nil {
		return "", err
	}
	return raw, checkJSON(raw)
}

// cut consumes a value by its brackets and quotation marks.
func (s *jsonScanner) cut() (string, error) {
	start, depth := s.pos, 0
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case '"':
			if !s.skipString() {
				return "", badBody(brokenJSON)
			}
			if depth == 0 {
				return s.src[start:s.pos], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.scalar(start)
			}
			if depth--; depth == 0 {
				s.pos++
				return s.src[start:s.pos], nil
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.scalar(start)
			}
		}
		s.pos++
	}
	if depth > 0 {
		return "", badBody(brokenJSON)
	}
	return s.scalar(start)
}

func (s *jsonScanner) scalar(start int) (string, error) {
	if s.pos == start {
		return "", badBody(brokenJSON)
	}
	return s.src[start:s.pos], nil
}

// skipString moves behind the string that begins at pos.
func (s *jsonScanner) skipString() bool {
	for s.pos++; s.pos < len(s.src); s.pos++ {
		n := strings.IndexAny(s.src[s.pos:], `"\`)
		if n < 0 {
			return false
		}
		if s.pos += n; s.src[s.pos] == '"' {
			s.pos++
			return true
		}
		s.pos++
	}
	return false
}

func checkJSON(raw string) error {
	_, err := value.CanonicalJSON([]byte(raw))
	return jsonFault(err)
}

// jsonFault says of text that is no JSON that the body is broken; other refusals stay what they are.
func jsonFault(err error) error {
	if err != nil && fault.From(err).Code == fault.InvalidText {
		return badBody(brokenJSON).Because(err)
	}
	return err
}

// jsonValue reads a JSON value as a column's type. broken is set where raw is no JSON at all.
func jsonValue(t value.Type, raw string) (v value.Value, broken, err error) {
	text, simple := simpleText(t, raw)
	switch {
	case simple && raw == "null":
		return v, nil, nil
	case simple:
		v, err = value.Parse(t, text)
	default:
		if broken = checkJSON(raw); broken != nil {
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
	case plainString(raw):
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
