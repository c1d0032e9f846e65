package plan

import "github.com/socle-hq/socle/internal/ir"

// What the parts of a plan weigh. The weights order plans by what they ask of an engine; they predict no time.
const (
	statementWeight = 100
	walkWeight      = 10 // a join, or a relation followed for each row
	nodeWeight      = 1
)

// Cost is the weight of a read: its statements, what they join, and every node of their expressions.
func (p Plan) Cost() int {
	n := 0
	if p.root != nil {
		n = p.root.cost()
	}
	if p.count != nil {
		n += p.count.cost()
	}
	return n
}

func (l *Level) cost() int {
	n := l.Select.cost()
	for _, c := range l.Children {
		n += c.cost()
	}
	return n
}

func (s *Select) cost() int {
	n := statementWeight + weigh(s.Columns...) + weigh(s.Group...) + weigh(s.Where, s.Having)
	if s.From.Derived != nil {
		n += s.From.Derived.cost()
	}
	for _, j := range s.Joins {
		n += walkWeight + weigh(j.On)
		if j.Derived != nil {
			n += j.Derived.cost()
		}
	}
	for _, o := range s.Order {
		n += weigh(o.X)
	}
	if p := s.Parents; p != nil && p.Via != nil {
		n += walkWeight + weigh(p.ViaOn)
	}
	return n
}

func weigh(of ...ir.Expr) int {
	n := 0
	for _, e := range of {
		ir.Visit(e, func(x ir.Expr) bool {
			switch x.(type) {
			case *ir.Through, *ir.Exists, *ir.Count:
				n += walkWeight
			default:
				n += nodeWeight
			}
			return true
		})
	}
	return n
}
