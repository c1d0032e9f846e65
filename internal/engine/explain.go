package engine

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Explanation is the text of every stage of one read.
type Explanation struct {
	IR    string
	Bound string
	Plan  string
	SQL   []string // one statement per level, parents first, then the count
}

// Explain gives the stages of one read for a dialect, without a database.
func Explain(req ir.Request, actor policy.Actor, set *policy.Set, limits plan.Limits, d sqlgen.Dialect) (*Explanation, error) {
	bound, err := set.Bind(req, actor)
	if err != nil {
		return nil, err
	}
	p, err := compile(req, actor, set, limits, d)
	if err != nil {
		return nil, err
	}
	out := &Explanation{IR: ir.Print(req.Query), Bound: ir.Print(bound.Query()), Plan: plan.Print(p.plan)}
	out.statements(p.root)
	if p.count != nil {
		out.SQL = append(out.SQL, p.count.Text)
	}
	return out, nil
}

func (x *Explanation) statements(s *step) {
	x.SQL = append(x.SQL, s.stmt.Text)
	for _, c := range s.children {
		x.statements(c)
	}
}
