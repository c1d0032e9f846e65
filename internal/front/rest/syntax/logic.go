package syntax

import (
	"strings"

	"github.com/socle-hq/socle/internal/admission"
)

// parseTree reads the value of and, or, not.and, not.or: op is the parameter's last words.
func parseTree(op, text string, l admission.Limits) (Node, error) {
	return parseLogic(op+text, text, l)
}

// ParseHaving reads the value of having=: a list in parentheses is a conjunction.
func ParseHaving(text string, l admission.Limits) (Node, error) {
	if strings.HasPrefix(text, "(") {
		return parseLogic("and"+text, text, l)
	}
	return parseLogic(text, text, l)
}

func parseLogic(src, shown string, l admission.Limits) (Node, error) {
	s := &scanner{what: "logic tree", shown: shown, src: src, steps: l.JSONSteps}
	n, err := s.tree(1, l)
	if err != nil {
		return nil, err
	}
	return n, s.end(wantEnd)
}

// tree reads ["not."] (and|or) (…), or a filter. A column may be called and_x, or even and.
func (s *scanner) tree(depth int, l admission.Limits) (Node, error) {
	if err := admission.Within(depth, l.LogicDepth, "conditions are nested deeper than", "levels"); err != nil {
		return nil, err
	}
	s.spaces()
	start := s.pos
	n := &Logic{Not: s.take("not.")}
	s.spaces()
	word := s.connective()
	if word == "" {
		s.pos = start
		return s.leaf(l)
	}
	n.Or = word == "or"
	if err := s.lexeme("("); err != nil {
		return n, err
	}
	for {
		member, err := s.tree(depth+1, l)
		if err != nil {
			return n, err
		}
		n.Of = append(n.Of, member)
		if s.spaces(); !s.take(",") {
			return n, s.lexeme(")")
		}
	}
}

// connective consumes and or or where a parenthesis follows.
func (s *scanner) connective() string {
	for _, word := range [...]string{"and", "or"} {
		if rest := s.rest(); strings.HasPrefix(rest, word) &&
			strings.HasPrefix(strings.TrimLeft(rest[len(word):], " \t"), "(") {
			s.pos += len(word)
			return word
		}
	}
	return ""
}

func (s *scanner) leaf(l admission.Limits) (Node, error) {
	start := s.pos
	f, err := s.field()
	if err != nil {
		if s.pos == start {
			err = s.fail(wantLogic)
		}
		return nil, err
	}
	if err := s.must(".", wantDot); err != nil {
		return nil, err
	}
	op, err := s.operation(true, l)
	return &Leaf{f, op}, err
}
