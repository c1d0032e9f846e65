package yamlfile

import (
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/schema"
)

// Render prints problems for people: each with its place, the offending line, a caret and the hint.
func Render(fsys fs.FS, problems schema.Problems) string {
	files := map[string][]string{}
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
		lines, ok := files[p.Pos.File]
		if !ok {
			lines = linesOf(fsys, p.Pos.File)
			files[p.Pos.File] = lines
		}
		b.WriteString(excerpt(lines, p.Pos))
		if p.Hint != "" {
			b.WriteString("    hint: " + p.Hint + "\n")
		}
	}
	return b.String()
}

func linesOf(fsys fs.FS, file string) []string {
	if !fs.ValidPath(file) {
		return nil
	}
	data, err := readBounded(fsys, file)
	if err != nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
}

// widest is how much of a line an excerpt shows.
const widest = 160

// excerpt is the line and a caret under the column; nothing where the line is unknown or blank.
func excerpt(lines []string, pos schema.Pos) string {
	if pos.Line < 1 || pos.Line > len(lines) || strings.TrimSpace(lines[pos.Line-1]) == "" {
		return ""
	}
	line := []rune(printable(lines[pos.Line-1]))
	column := min(max(pos.Column, 1), len(line)+1)
	from := 0
	if column > widest {
		from = column - widest/2
	}
	to := min(len(line), from+widest)
	return "    " + string(line[from:to]) + "\n    " + strings.Repeat(" ", column-1-from) + "^\n"
}

// printable keeps one column per character: tabs become blanks, control characters and invalid bytes '?'.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return ' '
		case c < ' ' || c == 0x7f || c == utf8.RuneError:
			return '?'
		}
		return c
	}, s)
}
