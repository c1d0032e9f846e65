package rest

import "strings"

// node is a logic tree: a leaf, or AND or OR of its members.
type node struct {
	not  bool
	or   bool
	of   []node
	leaf *leaf
}

// leaf is one filter.
type leaf struct {
	field fieldRef
	op    operation
}

// parseTree reads the value of and, or, not.and, not.or: op is the parameter's last words.
func parseTree(op, text string, l Limits) (node, error) {
	return parseLogic(op+text, text, l)
}

// parseHaving reads the value of having=: a list in parentheses is a conjunction.
func parseHaving(text string, l Limits) (node, error) {
	if strings.HasPrefix(text, "(") {
		return parseLogic("and"+text, text, l)
	}
	return parseLogic(text, text, l)
}

func parseLogic(src, shown string, l Limits) (node, error) {
	s := &scanner{what: "logic tree", shown: shown, src: src, steps: l.JSONSteps}
	n, err := s.tree(1, l)
	if err != nil {
		return n, err
	}
	return n, s.end(wantEnd)
}

// tree reads ["not."] (and|or) (…), or a filter. A column may be called and_x, or even and.
func (s *scanner) tree(depth int, l Limits) (node, error) {
	if err := within(depth, l.LogicDepth, "conditions are nested deeper than", "levels"); err != nil {
		return node{}, err
	}
	s.spaces()
	start := s.pos
	n := node{not: s.take("not.")}
	s.spaces()
	word := s.connective()
	if word == "" {
		s.pos = start
		return s.leaf(l)
	}
	n.or = word == "or"
	if err := s.lexeme("("); err != nil {
		return n, err
	}
	for {
		member, err := s.tree(depth+1, l)
		if err != nil {
			return n, err
		}
		n.of = append(n.of, member)
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

func (s *scanner) leaf(l Limits) (node, error) {
	start := s.pos
	f, err := s.field()
	if err != nil {
		if s.pos == start {
			err = s.fail(wantLogic)
		}
		return node{}, err
	}
	if err := s.must(".", wantDot); err != nil {
		return node{}, err
	}
	op, err := s.operation(true, l)
	return node{leaf: &leaf{f, op}}, err
}
