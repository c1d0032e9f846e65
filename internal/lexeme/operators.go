package lexeme

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// operatorParser reads the language of to_tsquery. ! binds tightest, then <->, then &, then |.
type operatorParser struct {
	config, text string
	pos, depth   int
}

func parseOperators(config, text string) (Query, error) {
	p := &operatorParser{config: config, text: text}
	if p.space(); p.pos == len(text) {
		return Empty{}, nil
	}
	q, err := p.or()
	if err == nil && p.pos != len(text) {
		err = p.syntax()
	}
	return q, err
}

func (p *operatorParser) syntax() error {
	text := p.text
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return fault.New(fault.Syntax, "syntax error in tsquery: \"%s\"", text)
}

func (p *operatorParser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n\v\f", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// take consumes token and the space after it.
func (p *operatorParser) take(token string) bool {
	if !strings.HasPrefix(p.text[p.pos:], token) {
		return false
	}
	p.pos += len(token)
	p.space()
	return true
}

func (p *operatorParser) or() (Query, error)  { return p.list("|", either, p.and) }
func (p *operatorParser) and() (Query, error) { return p.list("&", both, p.phrase) }

func (p *operatorParser) list(op string, join func([]Query) Query, part func() (Query, error)) (Query, error) {
	var parts []Query
	for {
		q, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, q)
		if !p.take(op) {
			return join(parts), nil
		}
	}
}

func (p *operatorParser) phrase() (Query, error) {
	left, err := p.unary()
	for err == nil {
		follows, bad := p.follows()
		if bad != nil || !follows {
			return left, bad
		}
		var right Query
		if right, err = p.unary(); err == nil {
			left, err = follow(left, right)
		}
	}
	return nil, err
}

// follows reads <-> or <1>.
func (p *operatorParser) follows() (bool, error) {
	if p.take("<->") {
		return true, nil
	}
	if !strings.HasPrefix(p.text[p.pos:], "<") {
		return false, nil
	}
	end := strings.IndexByte(p.text[p.pos:], '>')
	if end < 2 || strings.Trim(p.text[p.pos+1:p.pos+end], "0123456789") != "" {
		return false, p.syntax()
	}
	if distance := p.text[p.pos+1 : p.pos+end]; distance != "1" {
		return false, unsupported("A distance other than 1 in a text search (<%.20s>) is not supported.", distance)
	}
	p.pos += end + 1
	p.space()
	return true, nil
}

// follow appends a word to a word or phrase.
func follow(left, right Query) (Query, error) {
	if _, ok := left.(Empty); ok {
		return right, nil
	}
	var terms []Term
	switch l := left.(type) {
	case Term:
		terms = []Term{l}
	case Phrase:
		terms = append(terms, l.Terms...)
	default:
		return nil, unsupported("<-> joins words only.")
	}
	switch r := right.(type) {
	case Empty:
		return left, nil
	case Term:
		if terms[len(terms)-1].Prefix {
			return nil, unsupported("Only the last word of a phrase may be a prefix.")
		}
		return Phrase{append(terms, r)}, nil
	}
	return nil, unsupported("<-> joins words only.")
}

func (p *operatorParser) unary() (Query, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fault.New(fault.TooComplex, "a text search is nested deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.take("!") {
		q, err := p.unary()
		if err != nil {
			return nil, err
		}
		return negate(q), nil
	}
	if p.take("(") {
		q, err := p.or()
		if err == nil && !p.take(")") {
			err = p.syntax()
		}
		return q, err
	}
	return p.operand()
}

// operand reads a bare or quoted word with its :suffix.
func (p *operatorParser) operand() (Query, error) {
	word, ok := p.word()
	if !ok {
		return nil, p.syntax()
	}
	prefix := false
	if strings.HasPrefix(p.text[p.pos:], ":") {
		p.pos++
		start := p.pos
		for p.pos < len(p.text) && strings.IndexByte("*abcdABCD", p.text[p.pos]) >= 0 {
			prefix = prefix || p.text[p.pos] == '*'
			p.pos++
		}
		suffix := p.text[start:p.pos]
		if suffix == "" {
			return nil, p.syntax()
		}
		if strings.Trim(suffix, "*") != "" {
			return nil, unsupported("Weights in a text search (:%.20s) are not supported.", suffix)
		}
	}
	p.space()
	return phraseOf(p.config, word, prefix), nil
}

func (p *operatorParser) word() (string, bool) {
	var b strings.Builder
	quoted := strings.HasPrefix(p.text[p.pos:], "'")
	if quoted {
		p.pos++
	}
	for ; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		switch {
		case c == '\\':
			if p.pos++; p.pos == len(p.text) {
				return "", false
			}
			c = p.text[p.pos]
		case quoted && c == '\'':
			p.pos++
			if !strings.HasPrefix(p.text[p.pos:], "'") {
				return b.String(), true
			}
		case !quoted && strings.IndexByte(" \t\r\n\v\f&|!<>():'", c) >= 0:
			return b.String(), b.Len() > 0
		}
		b.WriteByte(c)
	}
	return b.String(), !quoted && b.Len() > 0
}
