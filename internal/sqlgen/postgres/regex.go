package postgres

import (
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/pattern"
)

// maxRepeat is PostgreSQL's greatest bound of a repetition.
const maxRepeat = 255

// translate writes a pattern of the RE2 subset as one of PostgreSQL's advanced regular expressions that matches the same texts.
// It goes by the parsed tree: literals and classes are spelled out by code point, so that no letter means something else there.
func translate(text string, fold bool) (string, error) {
	re, err := pattern.Parse(text, fold)
	if err != nil {
		return "", fault.New(fault.InvalidRegex, "invalid regular expression").Because(err)
	}
	var b strings.Builder
	b.WriteString("***:")
	if err := write(&b, re); err != nil {
		return "", err
	}
	return b.String(), nil
}

var fixed = map[syntax.Op]string{
	syntax.OpNoMatch:        `\y\Y`,
	syntax.OpEmptyMatch:     `(?:)`,
	syntax.OpAnyCharNotNL:   `[^\n]`,
	syntax.OpAnyChar:        `(?:.|\n)`,
	syntax.OpBeginLine:      `(?:\A|(?<=\n))`,
	syntax.OpEndLine:        `(?:\Z|(?=\n))`,
	syntax.OpBeginText:      `\A`,
	syntax.OpEndText:        `\Z`,
	syntax.OpWordBoundary:   `\y`,
	syntax.OpNoWordBoundary: `\Y`,
}

func write(b *strings.Builder, re *syntax.Regexp) error {
	if text, ok := fixed[re.Op]; ok {
		b.WriteString(text)
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		writeLiteral(b, re)
	case syntax.OpCharClass:
		writeClass(b, re.Rune)
	case syntax.OpCapture:
		return group(b, re.Sub, "")
	case syntax.OpConcat:
		return group(b, re.Sub, "")
	case syntax.OpAlternate:
		return group(b, re.Sub, "|")
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return writeRepeat(b, re)
	default:
		return fault.New(fault.InvalidRegex, "invalid regular expression").Because(fmt.Errorf("postgres: %v", re.Op))
	}
	return nil
}

func group(b *strings.Builder, subs []*syntax.Regexp, between string) error {
	b.WriteString("(?:")
	for i, sub := range subs {
		if i > 0 {
			b.WriteString(between)
		}
		if err := write(b, sub); err != nil {
			return err
		}
	}
	b.WriteString(")")
	return nil
}

// writeLiteral writes a literal; one that the pattern's own flags fold is a class per character.
func writeLiteral(b *strings.Builder, re *syntax.Regexp) {
	for _, r := range re.Rune {
		if re.Flags&syntax.FoldCase == 0 {
			writeRune(b, r)
			continue
		}
		class := []rune{r, r}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			class = append(class, f, f)
		}
		writeClass(b, class)
	}
}

// writeClass writes a class; no text has a NUL, and one of nothing else matches nothing.
func writeClass(b *strings.Builder, ranges []rune) {
	var in strings.Builder
	for i := 0; i+1 < len(ranges); i += 2 {
		lo, hi := max(ranges[i], 1), ranges[i+1]
		if lo > hi {
			continue
		}
		writeRune(&in, lo)
		if hi > lo {
			in.WriteString("-")
			writeRune(&in, hi)
		}
	}
	if in.Len() == 0 {
		b.WriteString(fixed[syntax.OpNoMatch])
		return
	}
	b.WriteString("[" + in.String() + "]")
}

// writeRune writes ASCII letters and digits as themselves and anything else by its number.
func writeRune(b *strings.Builder, r rune) {
	if r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
		b.WriteRune(r)
		return
	}
	fmt.Fprintf(b, `\U%08X`, r)
}

func writeRepeat(b *strings.Builder, re *syntax.Regexp) error {
	if err := group(b, re.Sub, ""); err != nil {
		return err
	}
	switch re.Op {
	case syntax.OpStar:
		b.WriteString("*")
	case syntax.OpPlus:
		b.WriteString("+")
	case syntax.OpQuest:
		b.WriteString("?")
	default:
		if re.Min > maxRepeat || re.Max > maxRepeat {
			return fault.New(fault.InvalidRegex, "invalid regular expression: a repetition has more than %d", maxRepeat)
		}
		b.WriteString("{" + strconv.Itoa(re.Min) + bound(re) + "}")
	}
	return nil
}

func bound(re *syntax.Regexp) string {
	switch re.Max {
	case re.Min:
		return ""
	case -1:
		return ","
	}
	return "," + strconv.Itoa(re.Max)
}
