package function

import (
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
)

// truths is a set of truths that a condition may have.
type truths uint8

const (
	mayBeFalse truths = 1 << iota
	mayBeTrue
	mayBeUnknown

	anything = mayBeFalse | mayBeTrue | mayBeUnknown
)

// possible is what a condition may be for actors of a role, whatever the arguments and the rest of the actor are.
func possible(e ir.Expr, role string) truths {
	switch x := e.(type) {
	case *ir.And:
		return fold(x.Of, role, func(a, b truths) truths { return a.and(b) }, mayBeTrue)
	case *ir.Or:
		return fold(x.Of, role, func(a, b truths) truths { return a.not().and(b.not()).not() }, mayBeFalse)
	case *ir.Not:
		return possible(x.X, role).not()
	}
	if !certain(e, role) {
		return anything
	}
	v := eval.Closed(e, &ir.Env{Auth: policy.Actor{Role: role}.Values()})
	switch {
	case v.IsNull():
		return mayBeUnknown
	case v.True():
		return mayBeTrue
	}
	return mayBeFalse
}

func fold(of []ir.Expr, role string, with func(a, b truths) truths, from truths) truths {
	for _, e := range of {
		from = with(from, possible(e, role))
	}
	return from
}

func (t truths) not() truths {
	out := t & mayBeUnknown
	if t&mayBeTrue != 0 {
		out |= mayBeFalse
	}
	if t&mayBeFalse != 0 {
		out |= mayBeTrue
	}
	return out
}

// and is Kleene's conjunction over all pairs.
func (t truths) and(u truths) truths {
	out := (t | u) & mayBeFalse
	out |= t & u & mayBeTrue
	if t&mayBeUnknown != 0 && u&(mayBeTrue|mayBeUnknown) != 0 || u&mayBeUnknown != 0 && t&(mayBeTrue|mayBeUnknown) != 0 {
		out |= mayBeUnknown
	}
	return out
}

// certain reports whether a role decides an expression: an anonymous actor has nothing but its role.
func certain(e ir.Expr, role string) bool {
	known := true
	ir.Visit(e, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.Param, *ir.Now:
			known = false
		case *ir.Auth:
			known = known && (x.Name == ir.Role || role == policy.Anon)
		}
		return known
	})
	return known
}
