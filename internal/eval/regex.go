package eval

import (
	"regexp"

	"github.com/socle-hq/socle/internal/pattern"
)

type regex struct {
	text string
	fold bool
}

// compile reads a pattern of the RE2 subset, once. With fold the ASCII letters, and no others, stand for both of their cases.
func (m *Machine) compile(text string, fold bool) (*regexp.Regexp, error) {
	key := regex{text, fold}
	if re, ok := m.regexes[key]; ok {
		return re, nil
	}
	re, err := pattern.Compile(text, fold)
	if err != nil {
		return nil, err
	}
	if m.regexes == nil {
		m.regexes = map[regex]*regexp.Regexp{}
	}
	m.regexes[key] = re
	return re, nil
}
