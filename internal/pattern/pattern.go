// Package pattern owns the regular expressions that requests and policies may use: the subset of RE2's syntax on which all
// engines agree, its check, and ASCII case folding on the parsed tree. It knows no engine.
package pattern

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// maxRepeat bounds a counted repetition: the most every engine takes.
const maxRepeat = 255

// Check refuses what the engines could not agree on: anything outside RE2's syntax, Unicode classes, inline flags, group
// names and repeats above 255. The error is a *fault.Fault (2201B) with a hint.
func Check(pattern string) error {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return refuse(strings.TrimPrefix(err.Error(), "error parsing regexp: "), "the syntax is RE2's: no look-around, no back-references").Because(err)
	}
	if f := spelling([]rune(pattern)); f != nil {
		return f
	}
	if repeats(tree) > maxRepeat {
		return refuse("repeats above 255 are not supported", "use *, + or a smaller bound")
	}
	return nil
}

func refuse(why, hint string) *fault.Fault {
	return fault.New(fault.InvalidRegex, "invalid regular expression: %s", why).WithHint("%s", hint)
}

// Parse gives the tree of a checked pattern; with fold its ASCII letters, and no others, stand for both of their cases.
func Parse(pattern string, fold bool) (*syntax.Regexp, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, refuse("cannot be parsed", "").Because(err)
	}
	if fold {
		foldTree(tree)
	}
	return tree, nil
}

// Compile is Parse as Go's own matcher, unanchored.
func Compile(pattern string, fold bool) (*regexp.Regexp, error) {
	tree, err := Parse(pattern, fold)
	if err != nil {
		return nil, err
	}
	return regexp.Compile(tree.String())
}

// spelling finds what the syntax tree no longer shows: inline flags, group names, quotations and Unicode classes.
func spelling(p []rune) *fault.Fault {
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
			return refuse("Unicode classes are not supported", "write the characters: [a-zA-Z0-9]")
		case p[i] == '\\' && next(i+1) == 'Q':
			return refuse(`\Q quotations are not supported`, `write \ before each special character`)
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
			return refuse("inline flags and named groups are not supported", "write (…) or (?:…)")
		}
	}
	return nil
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
