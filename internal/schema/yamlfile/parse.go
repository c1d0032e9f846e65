package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/socle-hq/socle/internal/schema"
)

// The bounds of one file.
const (
	maxSize   = 1 << 20
	maxDepth  = 50
	maxTokens = 50_000 // the parser's time grows with the square
)

// Parse reads one YAML document whose root is a mapping. The node is nil if the text cannot be read at all; duplicate
// keys are reported and the first kept.
func Parse(file string, data []byte) (root *Node, problems schema.Problems) {
	defer func() { // the parser is not ours: whatever it meets must stay an error
		if p := recover(); p != nil {
			root = nil
			problems.Add(schema.Pos{File: file, Line: 1, Column: 1}, "", "the file cannot be read as YAML: %v", p)
		}
	}()
	src := string(bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\r\n"), []byte("\n")))
	r := &reader{file: file, lines: strings.Split(src, "\n")}
	if r.checkText(src); r.problems.Failed() {
		return nil, r.problems
	}
	tokens := lexer.Tokenize(src)
	if r.checkTokens(tokens); r.problems.Failed() {
		return nil, r.problems
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntaxError(err)
		return nil, r.problems
	}
	return r.root(tree), r.problems
}

// reader turns one file's syntax tree into nodes.
type reader struct {
	file     string
	lines    []string
	problems schema.Problems
}

func (r *reader) at(line, column int) schema.Pos {
	return schema.Pos{File: r.file, Line: max(line, 1), Column: max(column, 1)}
}

func (r *reader) checkText(src string) {
	if len(src) > maxSize {
		r.problems.Add(r.at(1, 1), "", "the file has %d bytes; at most %d are read", len(src), maxSize)
		return
	}
	for i, line := range r.lines {
		if !utf8.ValidString(line) {
			r.problems.Add(r.at(i+1, validPrefix(line)+1), "save the file as UTF-8", "invalid UTF-8")
			continue
		}
		if at := strings.IndexByte(line, 0); at >= 0 {
			r.problems.Add(r.at(i+1, utf8.RuneCountInString(line[:at])+1), "", "a NUL byte")
		}
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if at := strings.IndexByte(indent, '\t'); at >= 0 && len(indent) < len(line) {
			r.problems.Add(r.at(i+1, at+1), "use spaces", "a tab cannot indent YAML")
		}
	}
}

// validPrefix counts the characters before the first invalid byte.
func validPrefix(s string) int {
	n := 0
	for i, c := range s {
		if c == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return n
		}
		n++
	}
	return n
}

var refused = map[token.Type]string{
	token.AnchorType: "anchors (&name) are not used in project files", token.AliasType: "aliases (*name) are not used in project files",
	token.TagType: "tags (!name) are not used in project files", token.MergeKeyType: "merges (<<) are not used in project files",
	token.MappingKeyType: "complex keys (?) are not used in project files", token.DirectiveType: "directives (%) are not used in project files",
	token.DocumentEndType: "a project file holds one document",
}

// checkTokens refuses what project files do not use, and nesting too deep, before anything recursive runs.
func (r *reader) checkTokens(tokens token.Tokens) {
	if len(tokens) > maxTokens {
		r.problems.Add(r.at(1, 1), "split the file", "the file has more than %d words and signs", maxTokens)
		return
	}
	depth := nesting{}
	content := false
	for _, tk := range tokens {
		pos := r.at(tk.Position.Line, tk.Position.Column)
		if tk.Type == token.InvalidType {
			r.problems.Add(pos, "", "%s", orElse(tk.Error, "this is not YAML"))
			return
		}
		if why, bad := refused[tk.Type]; bad {
			r.problems.Add(pos, "put the text in quotes, or write the value out", "%s", why)
			return
		}
		if tk.Type == token.DocumentHeaderType && content {
			r.problems.Add(pos, "", "a project file holds one document")
			return
		}
		content = content || tk.Type != token.CommentType
		if depth.step(tk); depth.deep() {
			r.problems.Add(pos, "", "nested deeper than %d levels", maxDepth)
			return
		}
	}
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// nesting follows the depth of flow brackets and block columns without recursion.
type nesting struct {
	flow    int
	columns []int
}

func (n *nesting) step(tk *token.Token) {
	switch tk.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.flow++
	case token.MappingEndType, token.SequenceEndType:
		n.flow--
	case token.SequenceEntryType, token.MappingValueType:
		if n.flow > 0 {
			return
		}
		column := tk.Position.Column
		if tk.Type == token.MappingValueType && tk.Prev != nil {
			column = tk.Prev.Position.Column
		}
		for len(n.columns) > 0 && n.columns[len(n.columns)-1] >= column {
			n.columns = n.columns[:len(n.columns)-1]
		}
		n.columns = append(n.columns, column)
	}
}

func (n *nesting) deep() bool { return n.flow+len(n.columns) > maxDepth }

func (r *reader) syntaxError(err error) {
	var located yaml.Error
	if !errors.As(err, &located) || located.GetToken() == nil {
		r.problems.Add(r.at(1, 1), "", "the file cannot be read as YAML: %v", err)
		return
	}
	p := located.GetToken().Position
	r.problems.Add(r.at(p.Line, p.Column), "text that holds `: `, `#` or begins with a special character needs quotes", "%s", located.GetMessage())
}

func (r *reader) root(tree *ast.File) *Node {
	var body ast.Node
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			r.problems.Add(r.position(doc.Body), "", "a project file holds one document")
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		return &Node{Kind: Map, Pos: r.at(1, 1)}
	}
	n := r.node(body, 0)
	if n.Kind == Null {
		return &Node{Kind: Map, Pos: r.at(1, 1)}
	}
	if n.Kind != Map {
		r.problems.Add(n.Pos, "write `key: value` lines", "a project file is a mapping, not %s", n.Kind)
		return nil
	}
	return n
}

func (r *reader) position(n ast.Node) schema.Pos {
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return r.at(1, 1)
	}
	return r.at(tk.Position.Line, tk.Position.Column)
}

func (r *reader) node(n ast.Node, depth int) *Node {
	if depth > maxDepth {
		r.problems.Add(r.position(n), "", "nested deeper than %d levels", maxDepth)
		return &Node{Pos: r.position(n)}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.mapping(r.position(n), n.Values, depth)
	case *ast.MappingValueNode:
		return r.mapping(r.position(n.Key), []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out := &Node{Kind: List, Pos: r.position(n)}
		for _, item := range n.Values {
			out.Items = append(out.Items, r.node(item, depth+1))
		}
		return out
	case *ast.LiteralNode:
		return r.block(n)
	}
	return r.scalar(n)
}

func (r *reader) scalar(n ast.Node) *Node {
	out := &Node{Pos: r.position(n)}
	switch n := n.(type) {
	case *ast.StringNode:
		out.Kind, out.Text = String, n.Value
		if t := n.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
			out.Style = Quoted
		}
	case *ast.IntegerNode:
		out.Kind, out.Text = Int, n.GetToken().Value
	case *ast.FloatNode:
		out.Kind, out.Text = Float, n.GetToken().Value
	case *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Text = Float, n.GetToken().Value
	case *ast.BoolNode:
		out.Kind, out.Text = Bool, fmt.Sprint(n.Value)
	case *ast.NullNode:
	default:
		r.problems.Add(out.Pos, "", "%s is not used in project files", n.Type())
	}
	return out
}

func (r *reader) line(n int) string {
	if n < 1 || n > len(r.lines) {
		return ""
	}
	return r.lines[n-1]
}

// block is a | or > scalar: its place is its first line's first character.
func (r *reader) block(n *ast.LiteralNode) *Node {
	out := &Node{Kind: String, Style: Block, Text: strings.TrimRight(n.Value.Value, "\n"), Pos: r.at(n.Start.Position.Line, n.Start.Position.Column)}
	for i := out.Pos.Line; i < len(r.lines); i++ {
		if text := strings.TrimLeft(r.lines[i], " "); text != "" {
			out.Indent = len(r.lines[i]) - len(text)
			out.Pos = r.at(i+1, out.Indent+1)
			break
		}
	}
	return out
}

func (r *reader) mapping(pos schema.Pos, values []*ast.MappingValueNode, depth int) *Node {
	out := &Node{Kind: Map, Pos: pos}
	if len(values) > 0 && values[0].Start.Position.Line > 0 {
		out.Pos = minPos(pos, r.position(values[0].Key))
	}
	seen := map[string]schema.Pos{}
	for _, v := range values {
		key := schema.Word{Text: v.Key.GetToken().Value, Pos: r.position(v.Key)}
		if first, twice := seen[key.Text]; twice {
			r.problems.Add(key.Pos, "", "key %q is already given at %s", key.Text, first)
			continue
		}
		seen[key.Text] = key.Pos
		value := &Node{Pos: key.Pos}
		if v.Value != nil {
			value = r.node(v.Value, depth+1)
		}
		if value.Kind == Null {
			value.Pos = r.nullPosition(value.Pos, key.Pos)
		}
		out.Pairs = append(out.Pairs, Pair{Key: key, Value: value})
	}
	return out
}

// nullPosition is the place of a written null, or the key's where nothing is written.
func (r *reader) nullPosition(p, key schema.Pos) schema.Pos {
	line := []rune(r.line(p.Line))
	rest := string(line[min(p.Column-1, len(line)):])
	bare := strings.TrimLeft(rest, " ")
	if p.Line != key.Line || bare == "" || !strings.Contains("~nN", bare[:1]) {
		return key
	}
	p.Column += len(rest) - len(bare)
	return p
}

func minPos(a, b schema.Pos) schema.Pos {
	if b.Line < a.Line || b.Line == a.Line && b.Column < a.Column {
		return b
	}
	return a
}
