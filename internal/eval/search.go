package eval

import (
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
)

func (m *Machine) search(e *ir.Search, s *Scope) ir.Truth {
	m.fail(fault.New(fault.NotImplemented, "Feature not implemented").WithDetails("full-text search in memory"))
	return ir.Unknown
}
