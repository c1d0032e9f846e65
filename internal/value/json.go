package value

import (
	"sort"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/fault"
)

// MaxJSONDepth bounds the nesting of arrays and objects.
const MaxJSONDepth = 100

// The ranks of JSON kinds in their order.
const (
	jsonNull = iota
	jsonText
	jsonNumber
	jsonBool
	jsonArray
	jsonObject
)

// CanonicalJSON validates raw and returns its one canonical text: no spaces; keys by length, then bytes, the last
// duplicate winning; numbers without exponent, trailing zeros or negative zero; the shortest escapes. The error is a
// *fault.Fault: 22P02 syntax, 22021 bytes that are no UTF-8, 22P05 \u0000 and lone surrogates, 22003 a number of more
// than MaxDigits digits, 54001 nesting beyond MaxJSONDepth.
func CanonicalJSON(raw []byte) (string, error) {
	out, err := AppendCanonicalJSON(make([]byte, 0, len(raw)), raw)
	if err != nil {
		return "", err
	}
	return string(out), nil
}

// AppendCanonicalJSON appends the canonical text of raw; see CanonicalJSON.
func AppendCanonicalJSON(dst, raw []byte) ([]byte, error) {
	s := scanner{src: raw, out: dst}
	s.space()
	if !s.value(0) {
		return dst, s.err
	}
	s.space()
	if s.pos != len(raw) {
		s.syntax()
		return dst, s.err
	}
	return s.out, nil
}

// scanner reads JSON from src and writes its canonical form to out. Its methods report success; a failure leaves err.
type scanner struct {
	src []byte
	pos int
	out []byte
	err error
}

func (s *scanner) fail(f *fault.Fault) bool {
	if s.err == nil {
		s.err = f
	}
	return false
}

func (s *scanner) syntax() bool {
	f := fault.New(fault.InvalidText, "invalid input syntax for type json")
	if s.pos >= len(s.src) {
		return s.fail(f.WithDetails("The input string ended unexpectedly."))
	}
	if c := s.src[s.pos]; c == 0 || c >= utf8.RuneSelf {
		if err := checkBytes(s.src[s.pos:]); err != nil {
			s.err = err
			return false
		}
	}
	r, _ := utf8.DecodeRune(s.src[s.pos:])
	return s.fail(f.WithDetails("Token \"" + string(r) + "\" is invalid."))
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

func (s *scanner) value(depth int) bool {
	switch c := s.peek(); c {
	case '{', '[':
		if depth >= MaxJSONDepth {
			return s.fail(fault.New(fault.TooComplex, "JSON is nested deeper than %d levels", MaxJSONDepth))
		}
		if c == '{' {
			return s.object(depth + 1)
		}
		return s.array(depth + 1)
	case '"':
		return s.string()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) word(w string) bool {
	if len(s.src)-s.pos < len(w) || string(s.src[s.pos:s.pos+len(w)]) != w {
		return s.syntax()
	}
	s.pos += len(w)
	s.out = append(s.out, w...)
	return true
}

func (s *scanner) array(depth int) bool {
	s.out = append(s.out, '[')
	s.pos++
	if s.space(); s.peek() == ']' {
		s.pos++
		s.out = append(s.out, ']')
		return true
	}
	for {
		s.space()
		if !s.value(depth) {
			return false
		}
		more, ok := s.next(']')
		if !ok {
			return false
		}
		if !more {
			return true
		}
	}
}

// next reads the comma or the closing bracket after an element.
func (s *scanner) next(closing byte) (more, ok bool) {
	s.space()
	c := s.peek()
	if c != ',' && c != closing {
		return false, s.syntax()
	}
	s.pos++
	s.out = append(s.out, c)
	return c == ',', true
}

// member is one member of an object while it is being read: its span in out, and its decoded key.
type member struct {
	key        string
	start, end int
}

func (s *scanner) object(depth int) bool {
	start := len(s.out)
	s.out = append(s.out, '{')
	s.pos++
	if s.space(); s.peek() == '}' {
		s.pos++
		s.out = append(s.out, '}')
		return true
	}
	var stack [8]member
	members, ordered := stack[:0], true
	for {
		m, ok := s.member(depth)
		if !ok {
			return false
		}
		if n := len(members); n > 0 && !keyLess(members[n-1].key, m.key) {
			ordered = false
		}
		members = append(members, m)
		more, ok := s.next('}')
		if !ok {
			return false
		}
		if !more {
			break
		}
	}
	if !ordered {
		s.reorder(start, members)
	}
	return true
}

func (s *scanner) member(depth int) (member, bool) {
	s.space()
	if s.peek() != '"' {
		return member{}, s.syntax()
	}
	m := member{start: len(s.out)}
	if !s.string() {
		return m, false
	}
	m.key = unquote(string(s.out[m.start:]))
	if s.space(); s.peek() != ':' {
		return m, s.syntax()
	}
	s.pos++
	s.out = append(s.out, ':')
	s.space()
	ok := s.value(depth)
	m.end = len(s.out)
	return m, ok
}

// keyLess orders keys by length, then bytes.
func keyLess(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// reorder rewrites the object that begins at start with its members sorted and the last of equal keys kept.
func (s *scanner) reorder(start int, members []member) {
	text := append([]byte(nil), s.out[start:]...)
	sort.SliceStable(members, func(i, j int) bool { return keyLess(members[i].key, members[j].key) })
	s.out = append(s.out[:start], '{')
	for i, m := range members {
		if i+1 < len(members) && members[i+1].key == m.key {
			continue
		}
		if len(s.out) > start+1 {
			s.out = append(s.out, ',')
		}
		s.out = append(s.out, text[m.start-start:m.end-start]...)
	}
	s.out = append(s.out, '}')
}

func (s *scanner) number() bool {
	start := s.pos
	i := start
	if s.peek() == '-' {
		i++
	}
	first := i
	for i < len(s.src) && isNumberByte(s.src[i]) {
		i++
	}
	text := string(s.src[start:i])
	num, bad := scanNumber(text)
	if bad != numberOK || !jsonNumberShape(s.src[first:i]) {
		return s.syntax()
	}
	s.pos = i
	out, ok := num.appendCanonical(s.out)
	if !ok {
		return s.fail(outOfRange(Type{Kind: Decimal}, text))
	}
	s.out = out
	return true
}

func isNumberByte(c byte) bool {
	return isDigit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// jsonNumberShape refuses what scanNumber takes and JSON does not: a missing or zero-padded whole part, a bare point.
func jsonNumberShape(s []byte) bool {
	if len(s) == 0 || !isDigit(s[0]) || len(s) > 1 && s[0] == '0' && isDigit(s[1]) {
		return false
	}
	for i, c := range s {
		if c == '.' {
			return i+1 < len(s) && isDigit(s[i+1])
		}
	}
	return true
}

func jsonRank(s string) int {
	switch {
	case s == "" || s[0] == 'n':
		return jsonNull
	case s[0] == '"':
		return jsonText
	case s[0] == 't' || s[0] == 'f':
		return jsonBool
	case s[0] == '[':
		return jsonArray
	case s[0] == '{':
		return jsonObject
	}
	return jsonNumber
}
