package syntax

import (
	"strings"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/admission"
)

// Operator is what a condition does with its value.
type Operator uint8

// The operators.
const (
	Eq Operator = iota
	Neq
	Gt
	Gte
	Lt
	Lte
	Like
	ILike
	Match
	IMatch
	In
	Is
	IsDistinct
	FTS
	PLFTS
	PHFTS
	WFTS
	Contains
	Contained
	Overlaps
	RangeOperator // sl sr nxr nxl adj: not in the profile
)

// Quantifier is any, all or neither.
type Quantifier uint8

// The quantifiers.
const (
	Plain Quantifier = iota
	Any
	All
)

var operators = map[string]Operator{
	"eq": Eq, "neq": Neq, "gt": Gt, "gte": Gte, "lt": Lt, "lte": Lte, "like": Like, "ilike": ILike,
	"match": Match, "imatch": IMatch, "in": In, "is": Is, "isdistinct": IsDistinct,
	"fts": FTS, "plfts": PLFTS, "phfts": PHFTS, "wfts": WFTS,
	"cs": Contains, "cd": Contained, "ov": Overlaps,
	"sl": RangeOperator, "sr": RangeOperator, "nxr": RangeOperator, "nxl": RangeOperator, "adj": RangeOperator,
}

func (c Operator) quantifiable() bool { return c <= IMatch && c != Neq }

// Search reports whether the operator is one of full text.
func (c Operator) Search() bool { return c >= FTS && c <= WFTS }

// operation reads ["not."] op. In a logic tree a value ends at a comma or parenthesis; elsewhere it is everything left.
func (s *scanner) operation(inTree bool, l admission.Limits) (Operation, error) {
	var o Operation
	o.Not = s.take("not.")
	start := s.pos
	for s.peek() >= 'a' && s.peek() <= 'z' {
		s.pos++
	}
	o.Name = s.src[start:s.pos]
	code, known := operators[o.Name]
	if !known {
		s.pos = start
		return o, s.fail(choose(o.Not, wantOperator, `"not" or `+wantOperator))
	}
	o.Code = code
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
func (s *scanner) argument(o *Operation) error {
	switch {
	case o.Code.quantifiable() && s.take("(any)"):
		o.Each = Any
	case o.Code.quantifiable() && s.take("(all)"):
		o.Each = All
	case o.Code.Search():
		end := strings.IndexByte(s.rest(), ')')
		if end < 2 {
			return s.fail("text search configuration")
		}
		o.Config = s.src[s.pos+1 : s.pos+end]
		s.pos += end + 1
	default:
		return s.fail(wantDot)
	}
	return nil
}

func (s *scanner) operand(o *Operation, inTree bool, l admission.Limits) (err error) {
	switch {
	case o.Code == In:
		if o.List, err = s.list(l); err == nil && !inTree {
			err = s.end(wantEnd)
		}
	case o.Code == Is:
		o.Text, err = s.isValue(inTree)
	case inTree:
		o.Text, err = s.treeValue()
	default:
		o.Text, s.pos = s.rest(), len(s.src)
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
func (s *scanner) list(l admission.Limits) ([]string, error) {
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
		if err := admission.Within(len(out), l.InItems, "a list has more than", "elements"); err != nil {
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
