package sqlite

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

var _ sqlgen.Filler = Dialect{}

// Untie has nothing to do: references are switched off where the file is opened, and row numbers can always be given.
func (Dialect) Untie(*schema.Collection) []string { return nil }

// Tie has nothing to do: see Untie.
func (Dialect) Tie(*schema.Collection, int64) []string { return nil }

// ChangeOrder is the number that the one writer gave.
func (Dialect) ChangeOrder() sqlgen.Cell {
	return sqlgen.Cell{Raw: `"seq"`, Type: value.Type{Kind: value.Int}}
}
