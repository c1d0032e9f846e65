package sqlgen

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"unicode"
)

// ParseRegex reads a pattern of the RE2 subset. With fold, each ASCII letter stands for both of its cases and no other
// character folds.
func ParseRegex(pattern string, fold bool) (*syntax.Regexp, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if fold {
		foldASCII(re)
	}
	return re, nil
}

// CompileRegex compiles a pattern as ParseRegex reads it.
func CompileRegex(pattern string, fold bool) (*regexp.Regexp, error) {
	if !fold {
		return regexp.Compile(pattern)
	}
	re, err := ParseRegex(pattern, true)
	if err != nil {
		return nil, err
	}
	return regexp.Compile(re.String())
}

// foldASCII rewrites literals and classes in place.
func foldASCII(re *syntax.Regexp) {
	for _, sub := range re.Sub {
		foldASCII(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		foldLiteral(re)
	case syntax.OpCharClass:
		re.Rune = foldClass(re.Rune)
	}
}

func foldLiteral(re *syntax.Regexp) {
	parts := make([]*syntax.Regexp, len(re.Rune))
	for i, r := range re.Rune {
		parts[i] = &syntax.Regexp{Op: syntax.OpCharClass, Flags: re.Flags &^ syntax.FoldCase, Rune: foldClass([]rune{r, r})}
	}
	*re = syntax.Regexp{Op: syntax.OpConcat, Flags: re.Flags &^ syntax.FoldCase, Sub: parts}
}

// foldClass adds the other case of the ASCII letters among sorted pairs of bounds. A class that reaches the last code point is
// taken as a negated one: what it leaves out is folded.
func foldClass(ranges []rune) []rune {
	if n := len(ranges); n > 0 && ranges[n-1] == unicode.MaxRune {
		return complement(foldClass(complement(ranges)))
	}
	out := slices.Clone(ranges)
	for i := 0; i+1 < len(ranges); i += 2 {
		out = shifted(out, ranges[i], ranges[i+1], 'a', 'z', 'A'-'a')
		out = shifted(out, ranges[i], ranges[i+1], 'A', 'Z', 'a'-'A')
	}
	return merged(out)
}

func shifted(out []rune, lo, hi, first, last, by rune) []rune {
	if lo, hi = max(lo, first), min(hi, last); lo <= hi {
		return append(out, lo+by, hi+by)
	}
	return out
}

// merged sorts pairs of bounds and joins those that touch.
func merged(ranges []rune) []rune {
	pairs := make([][2]rune, 0, len(ranges)/2)
	for i := 0; i+1 < len(ranges); i += 2 {
		pairs = append(pairs, [2]rune{ranges[i], ranges[i+1]})
	}
	slices.SortFunc(pairs, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out []rune
	for _, p := range pairs {
		if n := len(out); n > 0 && p[0] <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p[1])
			continue
		}
		out = append(out, p[0], p[1])
	}
	return out
}

// complement is all code points outside sorted pairs of bounds.
func complement(ranges []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] > next {
			out = append(out, next, ranges[i]-1)
		}
		next = ranges[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}
