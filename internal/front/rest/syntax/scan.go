package syntax

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

// scanner walks over one parameter. what and shown appear in messages; src is what is read, from pos on.
type scanner struct {
	what, shown, src string
	pos              int
	steps            int // limit of JSON path steps
}

// What a message says was expected, in PostgREST's words.
const (
	wantName     = "field name (* or [a..z0..9_$])"
	wantDot      = "delimiter (.)"
	wantOperator = "operator (eq, gt, ...)"
	wantIs       = "isVal: (null, not_null, true, false, unknown)"
	wantLogic    = wantName + ", negation operator (not) or logic operator (and, or)"
	wantJSONKey  = "any non reserved character different from: .,>()"
	wantEnd      = "end of input"
	wantItemEnd  = `",", ")" or ` + wantEnd
)

func (s *scanner) done() bool { return s.pos >= len(s.src) }

// peek is the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.done() {
		return 0
	}
	return s.src[s.pos]
}

func (s *scanner) rest() string { return s.src[s.pos:] }

// take consumes lit if it comes next.
func (s *scanner) take(lit string) bool {
	if !strings.HasPrefix(s.rest(), lit) {
		return false
	}
	s.pos += len(lit)
	return true
}

func (s *scanner) spaces() {
	for !s.done() && (s.src[s.pos] == ' ' || s.src[s.pos] >= '\t' && s.src[s.pos] <= '\r') {
		s.pos++
	}
}

// must consumes lit or fails.
func (s *scanner) must(lit, want string) error {
	if s.take(lit) {
		return nil
	}
	return s.fail(want)
}

// lexeme is must with spaces allowed around.
func (s *scanner) lexeme(lit string) error {
	s.spaces()
	if err := s.must(lit, strconv.Quote(lit)); err != nil {
		return err
	}
	s.spaces()
	return nil
}

// end fails unless everything has been read.
func (s *scanner) end(want string) error {
	if s.done() {
		return nil
	}
	r, _ := utf8.DecodeRuneInString(s.rest())
	return s.failure("unexpected " + strconv.QuoteRune(r) + " expecting " + want)
}

// fail says what stands at the position and what should have.
func (s *scanner) fail(want string) error {
	got := wantEnd
	if !s.done() {
		r, _ := utf8.DecodeRuneInString(s.rest())
		got = strconv.Quote(string(r))
	}
	return s.failure("unexpected " + got + " expecting " + want)
}

func (s *scanner) failure(details string) error {
	column := utf8.RuneCountInString(s.src[:s.pos]) + 1
	return fault.New(fault.Parse, "\"failed to parse %s (%s)\" (line 1, column %d)", s.what, s.shown, column).
		WithDetails(details)
}

// name reads a quoted name, or an identifier with inner dashes and spaces.
func (s *scanner) name() (string, error) {
	if s.peek() == '"' {
		return s.quoted()
	}
	start := s.pos
	for s.identifierChar() || s.innerDash(start) {
	}
	name := strings.TrimSpace(s.src[start:s.pos])
	if name == "" {
		return "", s.fail(wantName)
	}
	return name, nil
}

// identifierChar consumes a letter, a digit, _, $ or a space.
func (s *scanner) identifierChar() bool {
	c := s.peek()
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '$', c == ' ':
		s.pos++
		return true
	case c < utf8.RuneSelf:
		return false
	}
	r, n := utf8.DecodeRuneInString(s.rest())
	if !unicode.IsLetter(r) && !unicode.IsMark(r) {
		return false
	}
	s.pos += n
	return true
}

// innerDash consumes a dash inside a name; "->" is an arrow.
func (s *scanner) innerDash(start int) bool {
	if s.pos == start || s.peek() != '-' || s.pos+1 >= len(s.src) || s.src[s.pos+1] == '>' {
		return false
	}
	s.pos++
	if s.identifierChar() {
		return true
	}
	s.pos--
	return false
}

// quoted reads "…", where \ escapes any character.
func (s *scanner) quoted() (string, error) {
	s.pos++
	start := s.pos
	var b []byte
	for !s.done() {
		switch c := s.src[s.pos]; c {
		case '"':
			text := s.src[start:s.pos]
			s.pos++
			if b != nil {
				text = string(append(b, text...))
			}
			return text, nil
		case '\\':
			b = append(b, s.src[start:s.pos]...)
			s.pos++
			start = s.pos
			if !s.done() {
				s.pos++
			}
		default:
			s.pos++
		}
	}
	return "", s.fail(`"\""`)
}

// field reads a name and its path.
func (s *scanner) field() (Field, error) {
	name, err := s.name()
	if err != nil {
		return Field{}, err
	}
	f := Field{Name: name}
	return f, s.path(&f)
}

func (s *scanner) path(f *Field) error {
	for {
		switch {
		case s.take("->>"):
			f.Text = true
		case s.take("->"):
			f.Text = false
		default:
			return nil
		}
		step, err := s.step()
		if err != nil {
			return err
		}
		f.Steps = append(f.Steps, step)
		if err := admission.Within(len(f.Steps), s.steps, "a JSON path has more than", "steps"); err != nil {
			return err
		}
	}
}

// step reads an index, which ends where the operand ends, or a key.
func (s *scanner) step() (value.Step, error) {
	start := s.pos
	if s.peek() == '"' {
		key, err := s.quoted()
		return value.Step{Key: key}, err
	}
	if s.peek() == '-' || s.peek() == '+' {
		s.pos++
	}
	digits := s.pos
	for s.peek() >= '0' && s.peek() <= '9' {
		s.pos++
	}
	if s.pos == digits && digits > start {
		return value.Step{}, s.fail("digit")
	}
	if s.pos > digits && s.operandEnds() {
		n, err := strconv.ParseInt(s.src[start:s.pos], 10, 32)
		if err != nil {
			return value.Step{}, s.failure("the index is out of range")
		}
		return value.Step{Index: int(n), IsIndex: true}, nil
	}
	s.pos = start
	return s.key()
}

func (s *scanner) operandEnds() bool {
	rest := s.rest()
	return rest == "" || strings.HasPrefix(rest, "->") || strings.HasPrefix(rest, "::") ||
		rest[0] == '.' || rest[0] == ',' || rest[0] == ')'
}

func (s *scanner) key() (value.Step, error) {
	start := s.pos
	for !s.done() {
		c := s.src[s.pos]
		if strings.IndexByte("(:.,>)", c) >= 0 || c == '-' && (s.pos == start || strings.HasPrefix(s.rest(), "->")) {
			break
		}
		s.pos++
	}
	key := strings.TrimSpace(s.src[start:s.pos])
	if key == "" {
		return value.Step{}, s.fail(wantJSONKey)
	}
	return value.Step{Key: key}, nil
}
