package sqlgen

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/value"
)

var searchModes = [...]lexeme.Mode{ir.FTS: lexeme.FTS, ir.PLFTS: lexeme.PlFTS, ir.PHFTS: lexeme.PhFTS, ir.WFTS: lexeme.WFTS}

// ParseQuery reads the full-text query of an argument.
func ParseQuery(c Coding, v value.Value) (lexeme.Query, error) {
	return lexeme.ParseQuery(searchModes[c.Mode], c.Config, v.Str())
}

// QueryArg is the placeholder of a part of a search's query; fields names the searched columns of the engine's index.
func (b *Builder) QueryArg(e *ir.Search, part QueryPart, fields string) string {
	return b.Arg(e.Query, Coding{Form: Query, Type: value.Type{Kind: value.Text}, Mode: e.Mode, Config: Config(e),
		Fields: fields, Part: part})
}

// Config is the collection's search configuration.
func Config(e *ir.Search) string {
	if s := e.Row.Collection.Search; s != nil {
		return s.Config
	}
	return e.Config
}

// Covering is a query without negation that every match of q matches too; ok is false where there is none but all rows.
func Covering(q lexeme.Query) (cover lexeme.Query, ok bool) {
	switch q := q.(type) {
	case lexeme.Term, lexeme.Phrase:
		return q, true
	case lexeme.And:
		var parts []lexeme.Query
		for _, p := range q.Parts {
			if c, ok := Covering(p); ok {
				parts = append(parts, c)
			}
		}
		return combined(parts, func(parts []lexeme.Query) lexeme.Query { return lexeme.And{Parts: parts} })
	case lexeme.Or:
		var parts []lexeme.Query
		for _, p := range q.Parts {
			c, ok := Covering(p)
			if !ok {
				return nil, false
			}
			parts = append(parts, c)
		}
		return combined(parts, func(parts []lexeme.Query) lexeme.Query { return lexeme.Or{Parts: parts} })
	}
	return nil, false
}

func combined(parts []lexeme.Query, join func([]lexeme.Query) lexeme.Query) (lexeme.Query, bool) {
	switch len(parts) {
	case 0:
		return nil, false
	case 1:
		return parts[0], true
	}
	return join(parts), true
}
