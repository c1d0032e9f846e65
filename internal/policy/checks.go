package policy

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// RowChecks are a collection's compiled checks, in declared order, over Row. Only TRUE passes.
type RowChecks struct {
	Row    *ir.Row
	Checks []ir.Expr
}

// Checks gives the compiled checks of a collection.
func (s *Set) Checks(c *schema.Collection) RowChecks {
	r := s.rules[c.Index]
	return RowChecks{r.row, r.checks}
}
