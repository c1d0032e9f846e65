package eval

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

func (m *Machine) like(e *ir.Like, s *Scope) ir.Truth {
	return m.patterns(e.X, e.Pattern, e.List, e.All, s, func(x, p string) bool { return value.Like(x, p, e.Fold) })
}

func (m *Machine) match(e *ir.Match, s *Scope) ir.Truth {
	return m.patterns(e.X, e.Pattern, e.List, e.All, s, func(x, p string) bool {
		re, err := m.compile(p, e.Fold)
		if err != nil {
			m.fail(err)
			return false
		}
		return re.MatchString(x)
	})
}

// patterns tests x against one pattern or a list of them.
func (m *Machine) patterns(x, pattern ir.Expr, list, all bool, s *Scope, match func(x, p string) bool) ir.Truth {
	text, p := m.Value(x, s), m.Value(pattern, s)
	of := []value.Value{p}
	switch {
	case p.IsNull():
		return ir.Unknown
	case list:
		of = value.Elements(p)
	}
	return kleene(len(of), all, func(i int) ir.Truth {
		if text.IsNull() {
			return ir.Unknown
		}
		return truth(match(text.Str(), of[i].Str()))
	})
}
