package pattern

import (
	"regexp/syntax"
	"unicode"
)

// foldTree rewrites the literals and classes of a tree in place.
func foldTree(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		letters := re.Rune
		re.Op, re.Rune, re.Sub = syntax.OpConcat, nil, nil
		for _, r := range letters {
			re.Sub = append(re.Sub, &syntax.Regexp{Op: syntax.OpCharClass, Rune: foldClass([]rune{r, r})})
		}
	case syntax.OpCharClass:
		re.Rune = foldClass(re.Rune)
	default:
		for _, sub := range re.Sub {
			foldTree(sub)
		}
	}
}

// foldClass closes a class of rune ranges under the case of ASCII letters: a letter of the class brings the other case in. In a
// negated class, which reaches up to the last rune, a letter left out takes the other case out.
func foldClass(ranges []rune) []rune {
	negated := len(ranges) > 0 && ranges[len(ranges)-1] == unicode.MaxRune
	var out []rune
	for r := rune(0); r < unicode.MaxASCII+1; r++ {
		in, other := contains(ranges, r), contains(ranges, otherCase(r))
		if in && other || !negated && (in || other) {
			out = extend(out, r, r)
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if hi := ranges[i+1]; hi > unicode.MaxASCII {
			out = extend(out, max(ranges[i], unicode.MaxASCII+1), hi)
		}
	}
	return out
}

// extend appends a range, joining it to the last one where they touch: the printer of patterns relies on it.
func extend(ranges []rune, lo, hi rune) []rune {
	if n := len(ranges); n > 0 && ranges[n-1]+1 == lo {
		ranges[n-1] = hi
		return ranges
	}
	return append(ranges, lo, hi)
}

func contains(ranges []rune, r rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

func otherCase(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case 'A' <= r && r <= 'Z':
		return r - 'A' + 'a'
	}
	return r
}
