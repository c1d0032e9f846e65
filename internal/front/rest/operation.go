package rest

import (
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/schema"
)

// opcode is a filter operator.
type opcode uint8

const (
	opEq opcode = iota
	opNeq
	opGt
	opGte
	opLt
	opLte
	opLike
	opILike
	opMatch
	opIMatch
	opIn
	opIs
	opIsDistinct
	opFTS
	opPLFTS
	opPHFTS
	opWFTS
	opContains
	opContained
	opOverlaps
	opRange // sl sr nxr nxl adj: not in the profile
)

// quantifier is any, all or neither.
type quantifier uint8

const (
	plain quantifier = iota
	anyOf
	allOf
)

// operation is one parsed operator with its value as text.
type operation struct {
	not    bool
	code   opcode
	name   string // as written
	each   quantifier
	config string   // full text
	text   string   // the value; of `is` in lower case
	list   []string // of `in`

	pending bool        // the value is a reference or an argument that has no value yet
	arg     *schema.Arg // the value is an argument's
	isNull  bool        // and the argument is NULL
	listed  bool        // the value is list, not text
	missing bool        // an element of list was NULL and is left out
}

var operators = map[string]opcode{
	"eq": opEq, "neq": opNeq, "gt": opGt, "gte": opGte, "lt": opLt, "lte": opLte, "like": opLike, "ilike": opILike,
	"match": opMatch, "imatch": opIMatch, "in": opIn, "is": opIs, "isdistinct": opIsDistinct,
	"fts": opFTS, "plfts": opPLFTS, "phfts": opPHFTS, "wfts": opWFTS,
	"cs": opContains, "cd": opContained, "ov": opOverlaps,
	"sl": opRange, "sr": opRange, "nxr": opRange, "nxl": opRange, "adj": opRange,
}

func (c opcode) quantifiable() bool { return c <= opIMatch && c != opNeq }
func (c opcode) search() bool       { return c >= opFTS && c <= opWFTS }

// operation reads ["not."] op. In a logic tree a value ends at a comma or parenthesis; elsewhere it is everything left.
func (s *scanner) operation(inTree bool, l Limits) (operation, error) {
	var o operation
	o.not = s.take("not.")
	start := s.pos
	for s.peek() >= 'a' && s.peek() <= 'z' {
		s.pos++
	}
	o.name = s.src[start:s.pos]
	code, known := operators[o.name]
	if !known {
		s.pos = start
		return o, s.fail(choose(o.not, wantOperator, `"not" or `+wantOperator))
	}
	o.code = code
	if s.peek() == '(' {
		if err := s.argument(&o); err != nil {
			return o, err
		}
	}
	if err := s.must(".", choose(s.done(), wantOperator, wantDot)); err != nil {
		return o, err
	}
	return o, s.operand(&o, inTree, l)
}

// argument reads (any), (all) or a full-text configuration.
func (s *scanner) argument(o *operation) error {
	switch {
	case o.code.quantifiable() && s.take("(any)"):
		o.each = anyOf
	case o.code.quantifiable() && s.take("(all)"):
		o.each = allOf
	case o.code.search():
		end := strings.IndexByte(s.rest(), ')')
		if end < 2 {
			return s.fail("text search configuration")
		}
		o.config = s.src[s.pos+1 : s.pos+end]
		s.pos += end + 1
	default:
		return s.fail(wantDot)
	}
	return nil
}

func (s *scanner) operand(o *operation, inTree bool, l Limits) (err error) {
	switch {
	case o.code == opIn:
		if o.list, err = s.list(l); err == nil && !inTree {
			err = s.end(wantEnd)
		}
	case o.code == opIs:
		o.text, err = s.isValue(inTree)
	case inTree:
		o.text, err = s.treeValue()
	default:
		o.text, s.pos = s.rest(), len(s.src)
	}
	return err
}

// isValue reads the word of `is`, in any case.
func (s *scanner) isValue(inTree bool) (string, error) {
	start := s.pos
	for c := s.peek(); c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'; c = s.peek() {
		s.pos++
	}
	switch word := strings.ToLower(s.src[start:s.pos]); word {
	case "null", "not_null", "true", "false", "unknown":
		if inTree {
			return word, nil
		}
		return word, s.end(wantEnd)
	}
	s.pos = start
	return "", s.fail(wantIs)
}

// list reads ("a",b,…). An empty pair of parentheses is an empty list.
func (s *scanner) list(l Limits) ([]string, error) {
	if err := s.lexeme("("); err != nil {
		return nil, err
	}
	var out []string
	for {
		element, err := s.element()
		if err != nil {
			return nil, err
		}
		out = append(out, element)
		if err := within(len(out), l.InItems, "a list has more than", "elements"); err != nil {
			return nil, err
		}
		if !s.take(",") {
			break
		}
	}
	if len(out) == 1 && out[0] == "" && s.pos > 0 && s.src[s.pos-1] != '"' {
		out = nil
	}
	return out, s.lexeme(")")
}

// element reads a quoted value that ends where an element ends, or everything up to a comma or parenthesis.
func (s *scanner) element() (string, error) {
	if s.peek() == '"' {
		start := s.pos
		text, err := s.quoted()
		if err == nil && (s.done() || s.peek() == ',' || s.peek() == ')') {
			return text, nil
		}
		s.pos = start
	}
	return s.until(",)"), nil
}

// treeValue is an element or a literal in braces, which may hold commas.
func (s *scanner) treeValue() (string, error) {
	if s.peek() == '{' {
		rest := s.rest()
		if end := strings.IndexAny(rest[1:], "{}"); end >= 0 && rest[end+1] == '}' {
			s.pos += end + 2
			return rest[:end+2], nil
		}
	}
	return s.element()
}

func (s *scanner) until(stop string) string {
	start := s.pos
	for !s.done() && strings.IndexByte(stop, s.src[s.pos]) < 0 {
		_, n := utf8.DecodeRuneInString(s.rest())
		s.pos += n
	}
	return s.src[start:s.pos]
}

func choose(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
