package postgres

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Order is one term; JSON needs one for its kind, its number and its canonical text.
func (Dialect) Order(b *sqlgen.Builder, o ir.Order) []sqlgen.Term {
	x, t := b.Expr(o.X), o.X.Type()
	texts := []string{x}
	switch {
	case t.List:
		texts = []string{canonical(x)}
	case t.Kind == value.JSON:
		texts = []string{jsonRank(x), jsonNumber(x), canonical(x)}
	}
	terms := make([]sqlgen.Term, len(texts))
	for i, text := range texts {
		terms[i] = sqlgen.Term{Text: text, Direction: sqlgen.Direction(o)}
	}
	return terms
}
