package policy

import (
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Reach is the catalogue as actors of the roles may see it between them, whoever they are: what one of them may name is in it, and
// what one of them may find NULL for its policy's sake is Masked, beside Readable where others see all of it. It describes;
// requests are judged by View.
func (s *Set) Reach(roles ...string) *schema.View {
	var seen []*schema.CollectionView
	for _, c := range s.catalog.Collections {
		access, present := make([]schema.Access, len(c.Fields)), false
		for _, role := range roles {
			if !s.visible(c, Shape{service: role == ServiceRole}) {
				continue
			}
			present = true
			for i, f := range c.Fields {
				access[i] |= s.reach(f, role)
			}
		}
		if present {
			seen = append(seen, &schema.CollectionView{Collection: c, Access: access})
		}
	}
	name := ""
	if len(roles) == 1 {
		name = roles[0]
	}
	return schema.NewView(s.catalog, name, seen)
}

// reach is what some actor of a role may do with a field. Who is anonymous has no other properties; of an account only its
// role is known.
func (s *Set) reach(f *schema.Field, role string) schema.Access {
	switch role {
	case ServiceRole:
		return s.access(f, Shape{service: true})
	case Anon:
		return s.access(f, s.Shape(Actor{Role: Anon}))
	}
	r := s.rules[f.Collection.Index].fields[f.Ordinal]
	var out schema.Access
	if e := known(r.read, role); !r.neverRead && possible(e) {
		out = seenBy(r.read, e)
	}
	if !r.neverWritten && f.Computed == nil && f.Collection.View == nil && possible(known(r.write, role)) {
		out |= schema.Writable
	}
	return out
}

// seenBy is how a field is seen where its rule came to be left: in all rows where that reads none. Where only the rule as it was
// written reads rows, an actor for whom a part of it is unknown may still find NULL.
func seenBy(rule, left ir.Expr) schema.Access {
	switch {
	case rule == nil || isConst(left, ir.True) || authOnly(rule):
		return schema.Readable
	case authOnly(left):
		return schema.Readable | schema.Masked
	}
	return schema.Masked
}

// possible reports whether a rule may hold for somebody; no rule always does.
func possible(e ir.Expr) bool { return e == nil || !isConst(e, ir.False) && !isConst(e, ir.Unknown) }

// known decides the parts of a rule that depend on the role alone, and what follows from them.
func known(e ir.Expr, role string) ir.Expr {
	if e == nil {
		return nil
	}
	return positive(decide(e, &ir.Env{Auth: Actor{Role: role}.Values()}))
}

func decide(e ir.Expr, env *ir.Env) ir.Expr {
	each := func(of []ir.Expr) []ir.Expr {
		out := make([]ir.Expr, len(of))
		for i, x := range of {
			out[i] = decide(x, env)
		}
		return out
	}
	switch x := e.(type) {
	case *ir.And:
		return conjunction(each(x.Of))
	case *ir.Or:
		return disjunction(each(x.Of))
	case *ir.Not:
		return negate(decide(x.X, env))
	}
	if e.Type().Kind == value.Bool && !e.Type().List && roleOnly(e) {
		return constant(truth(eval.Closed(e, env)))
	}
	return e
}

// roleOnly reports whether e concerns nothing but the actor's role.
func roleOnly(e ir.Expr) bool {
	only := authOnly(e)
	ir.Visit(e, func(x ir.Expr) bool {
		if a, ok := x.(*ir.Auth); ok {
			only = only && a.Name == ir.Role
		}
		return only
	})
	return only
}
