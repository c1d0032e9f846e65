package policy

import (
	"strings"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// parts are the maximal boolean sub-expressions of all policies that only concern the actor, each kept once.
type parts struct {
	exprs  []ir.Expr
	byNode map[ir.Expr]int
	byText map[string]int
}

// Shape is the part of an actor that a plan depends on: the truths of the auth-only parts of every policy, and which auth
// values are NULL. Actors of one shape share views and plans.
type Shape struct {
	key     string
	truths  []ir.Truth
	service bool
	product bool
}

// Key is the shape's text, for cache keys.
func (s Shape) Key() string { return s.key }

func splitParts(all []*rules) *parts {
	p := &parts{byNode: map[ir.Expr]int{}, byText: map[string]int{}}
	for _, r := range all {
		for _, e := range []ir.Expr{r.read, r.create, r.using, r.check, r.remove, r.viewWhere} {
			p.split(e)
		}
		for _, f := range r.fields {
			p.split(f.read)
			p.split(f.write)
			p.split(f.computed)
		}
	}
	return p
}

// split registers e if it is an auth-only boolean, else looks below it.
func (p *parts) split(e ir.Expr) {
	ir.Visit(e, func(x ir.Expr) bool {
		if x.Type().Kind != value.Bool || x.Type().List || !authOnly(x) {
			return true
		}
		p.add(x)
		return false
	})
}

func (p *parts) add(e ir.Expr) {
	text := ir.PrintExpr(e)
	i, ok := p.byText[text]
	if !ok {
		i = len(p.exprs)
		p.byText[text] = i
		p.exprs = append(p.exprs, e)
	}
	p.byNode[e] = i
}

// closed reports whether e as a whole concerns the actor alone.
func (p *parts) closed(e ir.Expr) bool {
	_, ok := p.byNode[e]
	return ok
}

// authOnly reports whether e reads neither rows nor the clock nor the request. Element variables are bound inside e or make
// the enclosing quantifier the part, so an expression with a free one is not split off.
func authOnly(e ir.Expr) bool {
	only := true
	bound := map[*ir.Var]bool{}
	ir.Visit(e, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.Column, *ir.Through, *ir.Exists, *ir.Count, *ir.Search, *ir.Related, *ir.Param, *ir.Now, *ir.Agg, *ir.Mask:
			only = false
		case *ir.ListAny:
			bound[x.V] = true
		case *ir.Elem:
			only = only && bound[x.V]
		}
		return only
	})
	return only
}

// shapesKept is how many actors' shapes are remembered: of those who ask now, each asks again soon.
const shapesKept = 1024

// Shape is an actor's shape. The whole actor is the key under which it is remembered.
func (s *Set) Shape(a Actor) Shape {
	if sh, ok := s.shapes.GetIfPresent(a); ok {
		return sh
	}
	sh := s.shape(a)
	s.shapes.Set(a, sh)
	return sh
}

func (s *Set) shape(a Actor) Shape {
	auth := a.Values()
	closed := eval.New(&ir.Env{Auth: auth}, nil)
	sh := Shape{truths: make([]ir.Truth, len(s.parts.exprs)), service: a.isService(), product: a.product}
	var key strings.Builder
	key.Grow(len(s.parts.exprs) + 8)
	key.WriteByte("usup"[b2i(sh.service)+2*b2i(sh.product)])
	for i, e := range s.parts.exprs {
		sh.truths[i] = truth(closed.Value(e, nil))
		key.WriteByte("FTN"[sh.truths[i]])
	}
	for _, v := range []value.Value{auth.UID, auth.Email, auth.AAL, auth.Claims} {
		key.WriteByte("v0"[b2i(v.IsNull())])
	}
	sh.key = key.String()
	return sh
}

func truth(v value.Value) ir.Truth {
	switch {
	case v.IsNull():
		return ir.Unknown
	case v.True():
		return ir.True
	}
	return ir.False
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fold replaces the auth-only parts of e by the shape's truths and simplifies the logic above them; nothing else is folded.
func (s *Set) fold(e ir.Expr, sh Shape) ir.Expr {
	if e == nil {
		return nil
	}
	if i, ok := s.parts.byNode[e]; ok {
		return constant(sh.truths[i])
	}
	switch x := e.(type) {
	case *ir.And:
		return conjunction(s.foldEach(x.Of, sh))
	case *ir.Or:
		return disjunction(s.foldEach(x.Of, sh))
	case *ir.Not:
		return negate(s.fold(x.X, sh))
	case *ir.Cond:
		return s.foldCond(x, sh)
	}
	return ir.Below(e, func(x ir.Expr) ir.Expr { return s.fold(x, sh) })
}

func (s *Set) foldEach(of []ir.Expr, sh Shape) []ir.Expr {
	out := make([]ir.Expr, len(of))
	for i, e := range of {
		out[i] = s.fold(e, sh)
	}
	return out
}

// conjunction and disjunction drop the parts that change nothing; a part that decides stands for the whole.
func conjunction(of []ir.Expr) ir.Expr {
	return reduce(of, ir.True, ir.False, func(kept []ir.Expr) ir.Expr { return &ir.And{Of: kept} })
}

func disjunction(of []ir.Expr) ir.Expr {
	return reduce(of, ir.False, ir.True, func(kept []ir.Expr) ir.Expr { return &ir.Or{Of: kept} })
}

func reduce(of []ir.Expr, neutral, decisive ir.Truth, many func([]ir.Expr) ir.Expr) ir.Expr {
	var kept []ir.Expr
	for _, e := range of {
		switch {
		case isConst(e, decisive):
			return e
		case !isConst(e, neutral):
			kept = append(kept, e)
		}
	}
	switch len(kept) {
	case 0:
		return constant(neutral)
	case 1:
		return kept[0]
	}
	return many(kept)
}

// foldCond keeps the branch of a decided condition. An unknown condition gives NULL.
func (s *Set) foldCond(x *ir.Cond, sh Shape) ir.Expr {
	cond := s.fold(x.If, sh)
	switch {
	case isConst(cond, ir.True):
		return s.fold(x.Then, sh)
	case isConst(cond, ir.False):
		return s.fold(x.Else, sh)
	case isConst(cond, ir.Unknown):
		return &ir.Const{T: x.Type()}
	}
	return &ir.Cond{If: cond, Then: s.fold(x.Then, sh), Else: s.fold(x.Else, sh)}
}

// positive simplifies a condition of which only TRUE counts: an unknown part is as good as a false one, so that it leaves a
// disjunction and decides a conjunction.
func positive(e ir.Expr) ir.Expr {
	switch x := e.(type) {
	case *ir.And:
		return conjunction(positives(x.Of))
	case *ir.Or:
		return disjunction(positives(x.Of))
	}
	if isConst(e, ir.Unknown) {
		return ir.Bool(false)
	}
	return e
}

func positives(of []ir.Expr) []ir.Expr {
	out := make([]ir.Expr, len(of))
	for i, e := range of {
		out[i] = positive(e)
	}
	return out
}

func negate(e ir.Expr) ir.Expr {
	switch {
	case isConst(e, ir.True):
		return ir.Bool(false)
	case isConst(e, ir.False):
		return ir.Bool(true)
	case isConst(e, ir.Unknown):
		return e
	}
	return &ir.Not{X: e}
}

func constant(t ir.Truth) ir.Expr {
	if t == ir.Unknown {
		return &ir.Const{T: boolean}
	}
	return ir.Bool(t == ir.True)
}

func isConst(e ir.Expr, t ir.Truth) bool {
	c, ok := e.(*ir.Const)
	return ok && c.T.Kind == value.Bool && truth(c.Value) == t
}
