package body

import "strings"

// Scanner cuts a body's outer arrays and objects into values. It finds where a value ends, not whether it is one: that is
// Value's matter, or Check's.
type Scanner struct {
	src string
	pos int
}

// Scan begins to read JSON.
func Scan(src string) *Scanner { return &Scanner{src: src} }

// Done reports whether everything has been read.
func (s *Scanner) Done() bool { return s.pos >= len(s.src) }

// Peek is the next byte, 0 at the end.
func (s *Scanner) Peek() byte {
	if s.Done() {
		return 0
	}
	return s.src[s.pos]
}

// Space moves on to what is no space.
func (s *Scanner) Space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// End fails unless only spaces are left.
func (s *Scanner) End() error {
	if s.Space(); !s.Done() {
		return Bad(brokenJSON)
	}
	return nil
}

// Array calls element with the position at each element; element consumes it.
func (s *Scanner) Array(element func() error) error {
	return s.list(']', element)
}

// Object calls member with each key and the text of its value.
func (s *Scanner) Object(member func(key, raw string) error) error {
	return s.list('}', func() error {
		key, err := s.key()
		if err != nil {
			return err
		}
		s.Space()
		raw, err := s.cut()
		if err != nil {
			return err
		}
		return member(key, raw)
	})
}

// list reads what stands between brackets, comma-separated.
func (s *Scanner) list(closing byte, element func() error) error {
	s.pos++
	if s.Space(); s.Peek() == closing {
		s.pos++
		return nil
	}
	for {
		s.Space()
		if err := element(); err != nil {
			return err
		}
		s.Space()
		switch s.Peek() {
		case ',':
			s.pos++
		case closing:
			s.pos++
			return nil
		default:
			return Bad(brokenJSON)
		}
	}
}

// key reads a string and the colon after it.
func (s *Scanner) key() (string, error) {
	if s.Peek() != '"' {
		return "", Bad(brokenJSON)
	}
	raw, err := s.cut()
	if err != nil {
		return "", err
	}
	if s.Space(); s.Peek() != ':' {
		return "", Bad(brokenJSON)
	}
	s.pos++
	return Text(raw)
}

// value consumes a value and checks it.
func (s *Scanner) value() (string, error) {
	raw, err := s.cut()
	if err != nil {
		return "", err
	}
	return raw, Check(raw)
}

// cut consumes a value by its brackets and quotation marks.
func (s *Scanner) cut() (string, error) {
	start, depth := s.pos, 0
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case '"':
			if !s.skipString() {
				return "", Bad(brokenJSON)
			}
			if depth == 0 {
				return s.src[start:s.pos], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.scalar(start)
			}
			if depth--; depth == 0 {
				s.pos++
				return s.src[start:s.pos], nil
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.scalar(start)
			}
		}
		s.pos++
	}
	if depth > 0 {
		return "", Bad(brokenJSON)
	}
	return s.scalar(start)
}

func (s *Scanner) scalar(start int) (string, error) {
	if s.pos == start {
		return "", Bad(brokenJSON)
	}
	return s.src[start:s.pos], nil
}

// skipString moves behind the string that begins at pos.
func (s *Scanner) skipString() bool {
	for s.pos++; s.pos < len(s.src); s.pos++ {
		n := strings.IndexAny(s.src[s.pos:], `"\`)
		if n < 0 {
			return false
		}
		if s.pos += n; s.src[s.pos] == '"' {
			s.pos++
			return true
		}
		s.pos++
	}
	return false
}
