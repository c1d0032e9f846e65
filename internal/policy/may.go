package policy

import (
	"slices"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// Actions are what can be done with a collection's rows.
type Actions struct{ Read, Create, Update, Delete bool }

// May tells which actions are not certainly refused to every actor of a role, whatever the row. Only rows that may be read can be
// changed or deleted. It describes; what a request may do is decided by Bind and BindWrite alone.
func (s *Set) May(role string, c *schema.Collection) Actions {
	r, stored := s.rules[c.Index], c.View == nil
	if role == ServiceRole {
		return Actions{Read: true, Create: stored, Update: stored, Delete: stored}
	}
	may := func(e ir.Expr) bool { return e != nil && possible(known(e, role)) }
	if role == Anon {
		nobody, env := s.Shape(Actor{}), &ir.Env{Auth: Actor{}.Values()}
		may = func(e ir.Expr) bool { return e != nil && !hopeless(s.fold(e, nobody), env) }
	}
	read := may(r.read)
	return Actions{
		Read:   read,
		Create: stored && may(r.create),
		Update: stored && read && may(r.using) && may(r.check),
		Delete: stored && read && may(r.remove),
	}
}

// hopeless reports whether a condition is TRUE of no row for one actor, because it compares with what the actor does not have.
func hopeless(e ir.Expr, env *ir.Env) bool {
	nothing := func(e ir.Expr) bool { return hopeless(e, env) }
	switch x := e.(type) {
	case *ir.And:
		return slices.ContainsFunc(x.Of, nothing)
	case *ir.Or:
		return !slices.ContainsFunc(x.Of, func(e ir.Expr) bool { return !nothing(e) })
	case *ir.Exists:
		return !x.All && x.Cond != nil && nothing(x.Cond)
	case *ir.Compare:
		return absent(x.L, env) || absent(x.R, env)
	}
	return !possible(e)
}

// absent reports whether e is a value of the actor that is NULL.
func absent(e ir.Expr, env *ir.Env) bool {
	return authOnly(e) && eval.Closed(e, env).IsNull()
}
