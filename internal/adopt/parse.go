package adopt

import (
	"slices"
	"strings"
)

// node is an expression of PostgreSQL's.
type node struct {
	op   string // column, number, string, true, false, null, call, cast, list, and, or, not, null?, is …, any, all, neg, or an operator
	text string // of a column, literal, function or type
	args []*node
}

// parser reads expressions as pg_get_expr prints them: nearly every operator in parentheses.
type parser struct {
	tokens []token
	at     int
	failed bool
}

// parse reads one whole expression.
func parse(s string) (*node, error) {
	tokens, err := lex(s)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	n := p.or()
	if p.failed || p.at < len(p.tokens) || n == nil {
		return nil, errUnread
	}
	return n, nil
}

func (p *parser) peek() token {
	if p.failed || p.at >= len(p.tokens) {
		return token{}
	}
	return p.tokens[p.at]
}

func (p *parser) is(text string) bool {
	t := p.peek()
	return t.kind == 'o' && t.text == text || t.kind == 'i' && strings.EqualFold(t.text, text) && t.text == strings.ToUpper(text)
}

// take passes over words where all of them come next.
func (p *parser) take(words ...string) bool {
	start := p.at
	for _, w := range words {
		if !p.is(w) {
			p.at = start
			return false
		}
		p.at++
	}
	return true
}

func (p *parser) want(text string) {
	if !p.take(text) {
		p.failed = true
	}
}

func (p *parser) or() *node {
	n := p.and()
	for p.take("OR") {
		n = &node{op: "or", args: []*node{n, p.and()}}
	}
	return n
}

func (p *parser) and() *node {
	n := p.not()
	for p.take("AND") {
		n = &node{op: "and", args: []*node{n, p.not()}}
	}
	return n
}

func (p *parser) not() *node {
	if p.take("NOT") {
		return &node{op: "not", args: []*node{p.not()}}
	}
	return p.test()
}

// test reads comparisons and what follows them.
func (p *parser) test() *node {
	n := p.sum()
	for !p.failed {
		switch t := p.peek(); {
		case p.take("IS", "NOT", "NULL"):
			n = &node{op: "not", args: []*node{{op: "null?", args: []*node{n}}}}
		case p.take("IS", "NULL"):
			n = &node{op: "null?", args: []*node{n}}
		case p.take("IS", "TRUE"):
			n = &node{op: "is true", args: []*node{n}}
		case p.take("IS", "NOT", "TRUE"):
			n = &node{op: "not", args: []*node{{op: "is true", args: []*node{n}}}}
		case p.take("IS", "FALSE"):
			n = &node{op: "is true", args: []*node{{op: "not", args: []*node{n}}}}
		case t.kind == 'o' && slices.Contains([]string{"=", "<>", "<", "<=", ">", ">=", "~", "!~", "~~", "!~~", "||"}, t.text):
			p.at++
			n = p.compared(t.text, n)
		default:
			return n
		}
	}
	return n
}

func (p *parser) compared(op string, left *node) *node {
	for _, word := range []string{"ANY", "ALL"} {
		if p.take(word) {
			p.want("(")
			of := p.or()
			p.want(")")
			return &node{op: strings.ToLower(word), text: op, args: []*node{left, of}}
		}
	}
	return &node{op: op, args: []*node{left, p.sum()}}
}

func (p *parser) sum() *node {
	n := p.product()
	for {
		switch {
		case p.take("+"):
			n = &node{op: "+", args: []*node{n, p.product()}}
		case p.take("-"):
			n = &node{op: "-", args: []*node{n, p.product()}}
		default:
			return n
		}
	}
}

func (p *parser) product() *node {
	n := p.unary()
	for p.take("*") {
		n = &node{op: "*", args: []*node{n, p.unary()}}
	}
	return n
}

func (p *parser) unary() *node {
	if p.take("-") {
		return &node{op: "neg", args: []*node{p.unary()}}
	}
	n := p.atom()
	for {
		switch {
		case p.take("::"):
			n = &node{op: "cast", text: p.typeName(), args: []*node{n}}
		case p.take("AT", "TIME", "ZONE"):
			n = &node{op: "call", text: "timezone", args: []*node{p.unary(), n}}
		default:
			return n
		}
	}
}

func (p *parser) atom() *node {
	t := p.peek()
	switch {
	case p.take("("):
		n := p.or()
		p.want(")")
		return n
	case p.take("ARRAY", "["):
		return &node{op: "list", args: p.list("]")}
	case p.take("TRUE"), p.word("true"):
		return &node{op: "true"}
	case p.take("FALSE"), p.word("false"):
		return &node{op: "false"}
	case p.take("NULL"):
		return &node{op: "null"}
	case t.kind == 'n' || t.kind == 's':
		p.at++
		return &node{op: map[byte]string{'n': "number", 's': "string"}[t.kind], text: t.text}
	case t.kind == 'i' || t.kind == 'q':
		return p.named()
	}
	p.failed = true
	return nil
}

func (p *parser) word(text string) bool {
	if t := p.peek(); t.kind == 'i' && t.text == text {
		p.at++
		return true
	}
	return false
}

// keywords begin forms that are not read here.
var keywords = []string{"CASE", "CAST", "EXTRACT", "ROW", "EXISTS", "SELECT", "INTERVAL", "POSITION", "SUBSTRING", "OVERLAY", "TRIM", "COLLATE"}

// named reads a column, also behind its table, or a call.
func (p *parser) named() *node {
	t := p.peek()
	if t.kind == 'i' && slices.Contains(keywords, t.text) {
		p.failed = true
		return nil
	}
	p.at++
	path := []string{t.text}
	for p.take(".") {
		next := p.peek()
		if next.kind != 'i' && next.kind != 'q' {
			p.failed = true
			return nil
		}
		p.at++
		path = append(path, next.text)
	}
	name := path[len(path)-1]
	if p.take("(") {
		return &node{op: "call", text: strings.ToLower(strings.TrimPrefix(strings.Join(path, "."), "pg_catalog.")), args: p.list(")")}
	}
	return &node{op: "column", text: name}
}

func (p *parser) list(end string) []*node {
	var out []*node
	for !p.failed && !p.take(end) {
		if len(out) > 0 {
			p.want(",")
		}
		out = append(out, p.or())
	}
	return out
}

// typeName reads a type behind a cast: words, a length, brackets.
func (p *parser) typeName() string {
	t := p.peek()
	if t.kind != 'i' && t.kind != 'q' {
		p.failed = true
		return ""
	}
	p.at++
	name := t.text
	for p.take(".") {
		name += "." + p.peek().text
		p.at++
	}
	for p.word("varying") || p.word("precision") || p.word("without") || p.word("with") || p.word("time") || p.word("zone") {
		name += " " + p.tokens[p.at-1].text
	}
	if p.take("(") {
		for !p.failed && !p.take(")") {
			if p.at++; p.at > len(p.tokens) {
				p.failed = true
			}
		}
		name += "(n)"
	}
	for p.take("[", "]") {
		name += "[]"
	}
	return name
}
