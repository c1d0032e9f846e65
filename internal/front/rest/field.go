package rest

import (
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// fieldRef is a name with a JSON path below it; text says that the path ends in ->>.
type fieldRef struct {
	name  string
	steps []value.Step
	text  bool
}

// field reads a name and its path.
func (s *scanner) field() (fieldRef, error) {
	name, err := s.name()
	if err != nil {
		return fieldRef{}, err
	}
	f := fieldRef{name: name}
	return f, s.path(&f)
}

func (s *scanner) path(f *fieldRef) error {
	for {
		switch {
		case s.take("->>"):
			f.text = true
		case s.take("->"):
			f.text = false
		default:
			return nil
		}
		step, err := s.step()
		if err != nil {
			return err
		}
		f.steps = append(f.steps, step)
		if err := within(len(f.steps), s.steps, "a JSON path has more than", "steps"); err != nil {
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

// outputName is the key under which a selected field appears: the path's last key, or the column.
func (f fieldRef) outputName() string {
	for i := len(f.steps) - 1; i >= 0; i-- {
		if !f.steps[i].IsIndex {
			return f.steps[i].Key
		}
	}
	return f.name
}
