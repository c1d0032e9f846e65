package cel

import (
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/parser"
	"github.com/socle-hq/socle/internal/schema"
)

// parserDepth is the parser's own bound: above maxNesting, so that the translator reports the place, but finite.
const parserDepth = 2 * maxNesting

// celParser has no macros: exists, all and has reach the translator as calls, where their arguments have places.
var celParser = mustParser(parser.NewParser(
	parser.EnablePrattParser(true),
	parser.EnableVariadicOperatorASTs(true),
	parser.EnableIdentEscapeSyntax(false),
	parser.MaxRecursionDepth(parserDepth),
	parser.ExpressionSizeCodePointLimit(maxLength),
	parser.ErrorRecoveryLimit(4),
))

func mustParser(p *parser.Parser, err error) *parser.Parser {
	if err != nil {
		panic("cel: the parser's fixed options are wrong: " + err.Error())
	}
	return p
}

// parse gives the syntax tree, nil after reporting a problem.
func (t *translator) parse() ast.Expr {
	switch {
	case strings.TrimSpace(t.src.Text) == "":
		t.fail(0, `write true to allow everybody, or leave it out to allow nobody`, "the expression is empty")
		return nil
	case len(t.src.Text) > maxLength:
		t.fail(0, "move parts of it to computed fields", "the expression is longer than %d bytes", maxLength)
		return nil
	}
	tree, errs := celParser.Parse(common.NewTextSource(t.src.Text))
	if errs != nil && len(errs.GetErrors()) > 0 {
		t.syntax(errs.GetErrors()[0])
		return nil
	}
	t.info = tree.SourceInfo()
	return tree.Expr()
}

// syntax reports why the text is not CEL: as a habit of another language where there is one, else as the parser found it.
func (t *translator) syntax(e *common.Error) {
	message := strings.TrimPrefix(e.Message, "Syntax error: ")
	if strings.Contains(message, "recursion") {
		t.tooDeep(t.offset(e.Location))
		return
	}
	if h, ok := findHabit(t.text); ok {
		t.fail(h.at, h.hint, "%s", h.message)
		return
	}
	at := t.offset(e.Location)
	switch {
	case strings.Contains(message, "EOF") || at >= len(t.text):
		t.fail(len(t.text), "", "the expression ends too early")
	case strings.HasPrefix(message, "unexpected token"):
		t.fail(at, "", "unexpected %s", t.word(at))
	case strings.HasPrefix(message, "reserved identifier"):
		t.fail(at, "", "%s is a reserved word", t.word(at))
	case strings.HasPrefix(message, "expected identifier"):
		t.fail(at, "", "expected a name, found %s", t.word(at))
	case strings.HasPrefix(message, "unable to unescape"):
		t.fail(at, `a backslash is written \\, or the literal r'…'`, "the text has an unknown escape")
	default:
		t.fail(at, "", "%s", message)
	}
}

// tooDeep is reported once: what nests too deeply does so in many places.
func (t *translator) tooDeep(at int) {
	if t.deep {
		return
	}
	t.deep = true
	t.fail(at, "move parts of it to computed fields", "the expression nests deeper than %d levels", maxNesting)
}

// offset is a parser location as an index into the text's characters.
func (t *translator) offset(l common.Location) int {
	at, line := 0, 1
	for at < len(t.text) && line < l.Line() {
		if t.text[at] == '\n' {
			line++
		}
		at++
	}
	return min(at+max(l.Column(), 0), len(t.text))
}

// pos is the place in the project of a character of the text.
func (t *translator) pos(at int) schema.Pos {
	line, column := 1, 1
	for _, r := range t.text[:min(max(at, 0), len(t.text))] {
		if r == '\n' {
			line, column = line+1, 1
		} else {
			column++
		}
	}
	return t.src.At(line, column)
}

// word is the word or sign at an offset, quoted.
func (t *translator) word(at int) string {
	end := at
	for end < len(t.text) && isWord(t.text[end]) {
		end++
	}
	if end == at {
		end = min(at+1, len(t.text))
	}
	return `"` + string(t.text[at:end]) + `"`
}

func isWord(r rune) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// Syntax reports what is wrong with an expression whatever the catalogue says: for projects whose catalogue cannot be made.
func Syntax(src schema.Source) []schema.Problem {
	t := &translator{src: src, text: []rune(src.Text)}
	t.parse()
	return t.problems
}
