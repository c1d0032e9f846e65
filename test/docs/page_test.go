package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository.
const root = "../.."

// piece is a fenced block, or a directive: a comment `<!-- test: … -->` that readers do not see.
type piece struct {
	line int      // of the opening fence, from 1
	info []string // words after the fence, or of the directive's first line after `test:`
	hide bool     // a directive
	text string   // what is between, with its last newline
}

// lang is the language of a block.
func (p piece) lang() string {
	if len(p.info) == 0 {
		return ""
	}
	return p.info[0]
}

// word reports whether the block's mark has a word.
func (p piece) word(w string) bool {
	for _, have := range p.info[1:] {
		if have == w {
			return true
		}
	}
	return false
}

// file is the path a block's mark names; "" where it names none. A + behind it appends.
func (p piece) file() (path string, more bool) {
	for _, w := range p.info[1:] {
		if strings.ContainsAny(w, "./") {
			return strings.CutSuffix(w, "+")
		}
	}
	return "", false
}

// pages are the documents a reader is led to.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(found) == 0 {
		t.Fatal(err, "no documents")
	}
	return append(found, root+"/README.md")
}

func readPage(t *testing.T, path string) []piece {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := parse(string(raw))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return pieces
}

const fence = "```"

// parse cuts a document into its pieces. Code without a fence is refused: nobody would run it.
func parse(text string) ([]piece, error) {
	var out []piece
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\n")
		var end func(string) bool
		p := piece{line: i + 1}
		switch {
		case strings.HasPrefix(line, fence):
			p.info, end = strings.Fields(line[len(fence):]), func(l string) bool { return l == fence }
		case strings.HasPrefix(line, "<!-- test:") && strings.HasSuffix(line, "-->"):
			p.hide, p.info = true, strings.Fields(strings.TrimSuffix(line[len("<!-- test:"):], "-->"))
			out = append(out, p)
			continue
		case strings.HasPrefix(line, "<!-- test:"):
			p.hide, p.info, end = true, strings.Fields(line[len("<!-- test:"):]), func(l string) bool { return l == "-->" }
		case strings.HasPrefix(line, "    ") && i > 0 && strings.TrimSpace(lines[i-1]) == "":
			return nil, fmt.Errorf("line %d: indented code is not run: fence it", i+1)
		default:
			continue
		}
		for i++; i < len(lines) && !end(strings.TrimRight(lines[i], "\n")); i++ {
			p.text += lines[i]
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: what begins here has no end", p.line)
		}
		out = append(out, p)
	}
	return out, nil
}

// variable stands in a shown output for what differs from run to run.
const variable = "…"

// alike reports whether got is what was shown; … stands for any text of a line, a line of it alone for any lines.
func alike(shown, got string) bool {
	var pattern strings.Builder
	pattern.WriteString(`^`)
	for _, line := range strings.Split(strings.TrimRight(shown, "\n"), "\n") {
		if strings.TrimSpace(line) == variable {
			pattern.WriteString(`(?:[^\n]*\n)*?`)
			continue
		}
		parts := strings.Split(strings.TrimRight(line, " "), variable)
		for i, p := range parts {
			parts[i] = regexp.QuoteMeta(p)
		}
		pattern.WriteString(strings.Join(parts, `[^\n]*`) + ` *\n`)
	}
	pattern.WriteString(`$`)
	return regexp.MustCompile(pattern.String()).MatchString(strings.TrimRight(got, "\n") + "\n")
}

// A block that the harness reads wrongly would be run wrongly, or not at all.
func TestPagesAreCutIntoTheirBlocks(t *testing.T) {
	t.Parallel()
	got, err := parse("# T\n\n<!-- test: project a -->\n```yaml collections/a.yaml+\nx: 1\n```\n<!-- test: file b/c\none\n-->\n")
	if err != nil || len(got) != 3 || !got[0].hide || got[1].text != "x: 1\n" || got[2].text != "one\n" || got[1].line != 4 {
		t.Fatalf("%+v %v", got, err)
	}
	if path, more := got[1].file(); path != "collections/a.yaml" || !more {
		t.Error(path, more)
	}
	for _, bad := range []string{"```sh\nls\n", "text\n\n    code\n"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestWhatIsShownStandsForWhatCame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shown, got string
		want       bool
	}{
		{"a\n…\nd\n", "a\nb\nc\nd\n", true}, {"a\n…\nd\n", "a\nd\n", true}, {"a\n…\n", "a\n", true},
		{"key  …", "key  x_1", true}, {"a (1)", "a (1)", true}, {"a", "a\nb", false}, {"a", "b", false}, {"a…", "b", false},
	} {
		if alike(c.shown, c.got) != c.want {
			t.Errorf("alike(%q, %q) is not %v", c.shown, c.got, c.want)
		}
	}
}
