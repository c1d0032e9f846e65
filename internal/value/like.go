package value

import (
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/fault"
)

// CheckPattern validates a LIKE pattern: a lone trailing \ is 22025.
func CheckPattern(pattern string) error {
	trailing := 0
	for i := len(pattern) - 1; i >= 0 && pattern[i] == '\\'; i-- {
		trailing++
	}
	if trailing%2 == 1 {
		return fault.New(fault.InvalidEscape, "LIKE pattern must not end with escape character")
	}
	return nil
}

// Like reports whether s matches pattern (% _ and \ escapes); fold makes it ASCII case-insensitive. It takes time in
// proportion to len(s)·len(pattern) at worst, and matches nothing for a pattern that CheckPattern refuses.
func Like(s, pattern string, fold bool) bool {
	i, p := 0, 0
	starP, starI := -1, 0 // where to resume when the text after the last % does not fit
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '%' {
			p++
			starP, starI = p, i
			continue
		}
		if ni, np, ok := likeStep(s, i, pattern, p, fold); ok {
			i, p = ni, np
			continue
		}
		if starP < 0 {
			return false
		}
		_, size := utf8.DecodeRuneInString(s[starI:])
		starI += size
		i, p = starI, starP
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern)
}

// likeStep matches one pattern item other than % at s[i:].
func likeStep(s string, i int, pattern string, p int, fold bool) (ni, np int, ok bool) {
	if p >= len(pattern) {
		return 0, 0, false
	}
	switch pattern[p] {
	case '_':
		_, size := utf8.DecodeRuneInString(s[i:])
		return i + size, p + 1, true
	case '\\':
		p++
		if p >= len(pattern) {
			return 0, 0, false
		}
	}
	a, b := s[i], pattern[p]
	if fold {
		a, b = lowerASCII(a), lowerASCII(b)
	}
	return i + 1, p + 1, a == b
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
