package openapi

import (
	"regexp/syntax"
	"strings"
)

// portable reports whether a pattern means the same to ECMA-262, whose syntax JSON Schema takes: no flags, no named groups, no
// classes by name, and only escapes that both have.
func portable(pattern string) bool {
	class := false
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch c := pattern[i]; {
		case c >= 0x80:
			return false
		case c == '\\':
			if i++; i >= len(pattern) || !shared(pattern[i], class) {
				return false
			}
		case class:
			if strings.HasPrefix(rest, "[:") || c == '[' {
				return false
			}
			class = c != ']'
		case c == '[':
			class = true
			if strings.HasPrefix(rest, "[]") || strings.HasPrefix(rest, "[^]") {
				return false
			}
		case c == '{' || c == '}':
			n := quantifier(rest)
			if n == 0 {
				return false
			}
			i += n - 1
		case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:"):
			return false
		}
	}
	return true
}

// shared are the escapes of both syntaxes.
func shared(c byte, class bool) bool {
	return strings.IndexByte(`dDwWtnrfv.\^$*+?()[]{}|/`, c) >= 0 || class && c == '-' || !class && (c == 'b' || c == 'B')
}

// quantifier is the length of {2}, {2,} or {2,5} at the beginning of s, 0 where there is none.
func quantifier(s string) int {
	end := strings.IndexByte(s, '}')
	if end < 2 || s[0] != '{' || strings.Trim(s[1:end], "0123456789,") != "" || s[1] == ',' || strings.Count(s[1:end], ",") > 1 {
		return 0
	}
	return end + 1
}

// sample is a short text that a pattern matches; extra lengthens what may repeat. Assertions are left to whoever checks it.
func sample(pattern string, extra int) string {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var out strings.Builder
	grow(&out, tree, &extra)
	return out.String()
}

func grow(out *strings.Builder, re *syntax.Regexp, extra *int) {
	switch re.Op {
	case syntax.OpLiteral:
		out.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		out.WriteRune(pleasant(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte('a')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			grow(out, sub, extra)
		}
	case syntax.OpAlternate:
		grow(out, re.Sub[0], extra)
	case syntax.OpPlus:
		repeat(out, re.Sub[0], 1, -1, extra)
	case syntax.OpStar:
		repeat(out, re.Sub[0], 0, -1, extra)
	case syntax.OpRepeat:
		repeat(out, re.Sub[0], re.Min, re.Max, extra)
	}
}

// repeat writes the least number of times, and more while extra lasts.
func repeat(out *strings.Builder, re *syntax.Regexp, least, most int, extra *int) {
	for n := 0; n < least || *extra > 0 && (most < 0 || n < most); n++ {
		if n >= least {
			*extra--
		}
		grow(out, re, extra)
	}
}

// pleasant is a character of a class: a letter or a digit where it has one.
func pleasant(ranges []rune) rune {
	for _, wanted := range []rune{'a', 'A', 'e', 'E', '0', '1', '-', '_'} {
		for i := 0; i+1 < len(ranges); i += 2 {
			if wanted >= ranges[i] && wanted <= ranges[i+1] {
				return wanted
			}
		}
	}
	return ranges[0]
}
