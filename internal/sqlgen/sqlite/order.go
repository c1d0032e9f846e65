package sqlite

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Order is one term; what SQLite would order differently has a collation of ours.
func (Dialect) Order(b *sqlgen.Builder, o ir.Order) []sqlgen.Term {
	return []sqlgen.Term{{Text: b.Expr(o.X) + collation(b, o.X), Direction: sqlgen.Direction(o)}}
}

// collation is the COLLATE clause of what does not sort by its own form: computed decimals and JSON.
func collation(b *sqlgen.Builder, e ir.Expr) string {
	t := e.Type()
	switch {
	case t.List:
		return ""
	case t.Kind == value.JSON:
		return " COLLATE socle_json"
	case t.Kind == value.Decimal:
		if _, ok := stored(b, e); !ok {
			return " COLLATE socle_decimal"
		}
	}
	return ""
}
