package value

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/fault"
)

const hexDigits = "0123456789abcdef"

// AppendJSONString appends s as a JSON string with the escapes of the canonical form: \b \f \n \r \t \" \\, \u00xx for
// the other controls, nothing else.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			start = i + 1
		}
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// string copies the string at pos to out in canonical escapes.
func (s *scanner) string() bool {
	s.pos++
	s.out = append(s.out, '"')
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		switch {
		case c == '"':
			s.pos++
			s.out = append(s.out, '"')
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < 0x20:
			return s.syntax()
		case c < utf8.RuneSelf:
			s.out = append(s.out, c)
			s.pos++
		default:
			if !s.rune() {
				return false
			}
		}
	}
	return s.syntax()
}

func (s *scanner) rune() bool {
	r, size := utf8.DecodeRune(s.src[s.pos:])
	if r == utf8.RuneError && size == 1 {
		return s.fail(badByte(s.src[s.pos]))
	}
	s.out = append(s.out, s.src[s.pos:s.pos+size]...)
	s.pos += size
	return true
}

func (s *scanner) escape() bool {
	s.pos++
	c := s.peek()
	plain := byte(0)
	switch c {
	case '"', '\\', '/':
		plain = c
	case 'b':
		plain = '\b'
	case 'f':
		plain = '\f'
	case 'n':
		plain = '\n'
	case 'r':
		plain = '\r'
	case 't':
		plain = '\t'
	case 'u':
		return s.unicodeEscape()
	default:
		return s.syntax()
	}
	s.pos++
	s.appendRune(rune(plain))
	return true
}

func (s *scanner) appendRune(r rune) {
	if r < 0x20 || r == '"' || r == '\\' {
		s.out = appendEscape(s.out, byte(r))
		return
	}
	s.out = utf8.AppendRune(s.out, r)
}

func (s *scanner) unicodeEscape() bool {
	r, ok := s.hex4()
	if !ok {
		return s.syntax()
	}
	if r == 0 {
		return s.fail(badUnicode(`\u0000 cannot be converted to text.`))
	}
	if utf16.IsSurrogate(r) {
		low := rune(0)
		if s.peek() == '\\' && s.pos+1 < len(s.src) && s.src[s.pos+1] == 'u' {
			s.pos++
			if low, ok = s.hex4(); !ok {
				return s.syntax()
			}
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return s.fail(badUnicode("Unicode surrogates come in pairs, high before low."))
		}
	}
	s.appendRune(r)
	return true
}

// hex4 reads u and four hexadecimal digits.
func (s *scanner) hex4() (rune, bool) {
	s.pos++
	if len(s.src)-s.pos < 4 {
		s.pos = len(s.src)
		return 0, false
	}
	var r rune
	for range 4 {
		d, ok := hexValue(s.src[s.pos])
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(d)
		s.pos++
	}
	return r, true
}

func hexValue(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// unquote decodes a canonical JSON string.
func unquote(s string) string {
	s = s[1 : len(s)-1]
	plain := 0
	for plain < len(s) && s[plain] != '\\' {
		plain++
	}
	if plain == len(s) {
		return s
	}
	out := append(make([]byte, 0, len(s)), s[:plain]...)
	for i := plain; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] == 'u' {
			high, _ := hexValue(s[i+3])
			low, _ := hexValue(s[i+4])
			out = append(out, high<<4|low)
			i += 4
			continue
		}
		out = append(out, unescaped(s[i]))
	}
	return string(out)
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func badUnicode(details string) *fault.Fault {
	return fault.New(fault.InvalidUnicode, "unsupported Unicode escape sequence").WithDetails(details)
}
