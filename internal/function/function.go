// Package function owns the declared functions of queries/: their compilation against a project's policies, the shape of what
// they answer, who may call them, and the values they compute. What a stored request means is package front/rest's, the meaning
// of expressions package eval's; it knows no HTTP and runs no statement.
package function

import (
	"slices"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Function is a compiled function.
type Function struct {
	Decl   *schema.Function
	Result Result

	stored *rest.Stored
	when   ir.Expr // who may call it; nil: service_role alone
	gives  ir.Expr // of value:
}

// Set is a project's functions. It is safe for concurrent use.
type Set struct {
	ids    clock.IDs
	limits rest.Limits
	all    []*Function
	byName map[[2]string]*Function
}

// Compile compiles every function of the policies' catalogue. The problems are complete; notes among them name the functions
// that act with the project's rights.
func Compile(set *policy.Set, limits rest.Limits) (*Set, schema.Problems) {
	c := set.Catalog()
	b := &compiling{cel: cel.New(c), service: set.View(policy.Service()), limits: limits}
	out := &Set{limits: limits, byName: map[[2]string]*Function{}}
	for _, decl := range c.Functions {
		f := b.function(decl)
		out.all = append(out.all, f)
		out.byName[[2]string{decl.Namespace, decl.Name}] = f
	}
	return out, b.problems
}

type compiling struct {
	cel      *cel.Compiler
	service  *schema.View
	limits   rest.Limits
	problems schema.Problems
}

var boolean = value.Type{Kind: value.Bool}

func (b *compiling) function(decl *schema.Function) *Function {
	f := &Function{Decl: decl, when: b.expr(decl, decl.When, boolean), gives: b.expr(decl, decl.Value, value.Type{})}
	stored, problems := rest.Prepare(decl, b.service, b.limits)
	f.stored = stored
	b.problems = append(b.problems, problems...)
	f.Result = f.result(stored.Query)
	if decl.Trusted {
		b.problems.Note(decl.Pos, "its `when` alone says who may call it; leave out `as: project` to act with the caller's rights",
			"function %q acts with the project's rights", decl.Name)
	}
	return f
}

func (b *compiling) expr(decl *schema.Function, src schema.Source, want value.Type) ir.Expr {
	if !src.Present() {
		return nil
	}
	args := append([]*schema.Arg{}, decl.Args...) // never nil: args is known
	e, problems := b.cel.Compile(src, cel.Scope{Want: want, Args: args})
	b.problems = append(b.problems, problems...)
	return e
}

// All is every function, by namespace and name.
func (s *Set) All() []*Function {
	if s == nil {
		return nil
	}
	return s.all
}

// Callable is the functions that an actor of a role may be allowed to call: those whose `when` is not certainly false for it.
func (s *Set) Callable(role string) []*Function {
	var out []*Function
	for _, f := range s.All() {
		if f.callable(role) {
			out = append(out, f)
		}
	}
	return out
}

// Shown is the functions that work for those who see v and have one of the roles, each with what it gives them.
func (s *Set) Shown(v *schema.View, roles ...string) []*Function {
	var out []*Function
	for _, f := range s.All() {
		if !slices.ContainsFunc(roles, f.callable) {
			continue
		}
		if rows, ok := f.stored.Seen(v, s.limits); ok {
			seen := *f
			seen.Result = f.result(rows)
			out = append(out, &seen)
		}
	}
	return out
}

func (f *Function) callable(role string) bool {
	return role == policy.ServiceRole || f.when != nil && possible(f.when, role)&mayBeTrue != 0
}
