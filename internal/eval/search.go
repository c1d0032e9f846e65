package eval

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/lexeme"
)

// search is FALSE for a row whose searched fields are all NULL, whatever is asked.
func (m *Machine) search(e *ir.Search, s *Scope) ir.Truth {
	asked := m.Value(e.Query, s)
	if asked.IsNull() {
		return ir.Unknown
	}
	q, err := lexeme.ParseQuery(modes[e.Mode], e.Config, asked.Str())
	if err != nil {
		m.fail(err)
		return ir.Unknown
	}
	t, ok := m.tuple(e.Row, s)
	if !ok || t == nil {
		return ir.False
	}
	var fields [][]lexeme.Token
	for _, f := range e.Fields {
		if v := t[f.Ordinal]; !v.IsNull() {
			fields = append(fields, lexeme.Tokenise(e.Config, v.Str()))
		}
	}
	return truth(len(fields) > 0 && lexeme.Match(q, fields))
}

var modes = [...]lexeme.Mode{ir.FTS: lexeme.FTS, ir.PLFTS: lexeme.PlFTS, ir.PHFTS: lexeme.PhFTS, ir.WFTS: lexeme.WFTS}
