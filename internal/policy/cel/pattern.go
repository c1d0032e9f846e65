package cel

import (
	"regexp/syntax"
	"strings"
)

// maxRepeat bounds a counted repetition: the most every engine takes.
const maxRepeat = 255

// checkPattern validates a regular expression of the subset all engines share; message is "" for a good one.
func checkPattern(pattern string) (message, hint string) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "invalid pattern: " + strings.TrimPrefix(err.Error(), "error parsing regexp: "), "the syntax is RE2's: no look-around, no back-references"
	}
	if message, hint = checkSpelling([]rune(pattern)); message != "" {
		return message, hint
	}
	if repeats(tree) > maxRepeat {
		return "the pattern repeats more than 255 times", "use *, + or a smaller bound"
	}
	return "", ""
}

// checkSpelling finds what the syntax tree no longer shows: inline flags and Unicode classes.
func checkSpelling(p []rune) (message, hint string) {
	next := func(i int) rune {
		if i < len(p) {
			return p[i]
		}
		return 0
	}
	inClass := false
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\' && (next(i+1) == 'p' || next(i+1) == 'P'):
			return "a pattern has no Unicode classes", "write the characters: [a-zA-Z0-9]"
		case p[i] == '\\' && next(i+1) == 'Q':
			return `a pattern has no \Q`, `write \ before each special character`
		case p[i] == '\\':
			i++
		case inClass:
			inClass = p[i] != ']'
		case p[i] == '[':
			inClass = true
			if next(i+1) == '^' {
				i++
			}
			if next(i+1) == ']' { // a bracket that comes first stands for itself
				i++
			}
		case p[i] == '(' && next(i+1) == '?' && next(i+2) != ':':
			return "a pattern has no inline flags or group names", "write (…) or (?:…)"
		}
	}
	return "", ""
}

// repeats is the highest count of a repetition in the tree.
func repeats(re *syntax.Regexp) int {
	most := 0
	if re.Op == syntax.OpRepeat {
		most = max(re.Min, re.Max)
	}
	for _, sub := range re.Sub {
		most = max(most, repeats(sub))
	}
	return most
}
