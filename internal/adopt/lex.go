package adopt

import (
	"errors"
	"strings"
)

// token is a word of an expression as PostgreSQL prints it.
type token struct {
	kind byte // 'i' identifier, 'q' quoted identifier, 'n' number, 's' string, 'o' operator or punctuation, 0 the end
	text string
}

var errUnread = errors.New("a form that is not known here")

const (
	operatorBytes = "+-*/<>=~!@#%^&|`?"
	single        = "()[],.;"
)

// lex reads the text of an expression.
func lex(s string) ([]token, error) {
	var out []token
	for len(s) > 0 {
		c := s[0]
		var t token
		var n int
		switch {
		case c == ' ' || c == '\n' || c == '\t':
			s = s[1:]
			continue
		case c == '\'' || c == '"':
			t, n = quotedToken(s)
		case c >= '0' && c <= '9':
			n = span(s, func(b byte) bool { return b >= '0' && b <= '9' || b == '.' })
			t = token{'n', s[:n]}
		case wordByte(c):
			n = span(s, func(b byte) bool { return wordByte(b) || b >= '0' && b <= '9' || b == '$' })
			t = token{'i', s[:n]}
		case strings.HasPrefix(s, "::"):
			t, n = token{'o', "::"}, 2
		case strings.IndexByte(single, c) >= 0:
			t, n = token{'o', s[:1]}, 1
		case strings.IndexByte(operatorBytes, c) >= 0:
			n = span(s, func(b byte) bool { return strings.IndexByte(operatorBytes, b) >= 0 })
			t = token{'o', s[:n]}
		}
		if n == 0 {
			return nil, errUnread
		}
		out, s = append(out, t), s[n:]
	}
	return out, nil
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= 0x80
}

func span(s string, of func(byte) bool) int {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return n
}

// quotedToken reads a string or a quoted identifier, in which a quote is doubled; n is 0 where its end is not there.
func quotedToken(s string) (t token, n int) {
	q := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != q:
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == q:
			b.WriteByte(q)
			i++
		default:
			kind := byte('s')
			if q == '"' {
				kind = 'q'
			}
			return token{kind, b.String()}, i + 1
		}
	}
	return token{}, 0
}
