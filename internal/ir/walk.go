package ir

// Rewrite rebuilds e bottom-up: every sub-expression is rewritten first, then f may replace the node (returning it
// unchanged keeps it). Queries inside Related are not entered.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return f(rebuild(e, func(x Expr) Expr { return Rewrite(x, f) }))
}

// Below copies e with its direct sub-expressions replaced by g; leaves are returned as they are.
func Below(e Expr, g func(Expr) Expr) Expr { return rebuild(e, g) }

// rebuild copies e with its direct sub-expressions replaced by g.
func rebuild(e Expr, g func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *Const, *Param, *Auth, *Now, *Column, *Elem, *Related:
		return e
	case *Path:
		return &Path{X: g(e.X), Steps: e.Steps, Text: e.Text}
	case *And:
		return &And{Of: each(e.Of, g)}
	case *Or:
		return &Or{Of: each(e.Of, g)}
	case *Not:
		return &Not{X: g(e.X)}
	case *Compare:
		return &Compare{Op: e.Op, L: g(e.L), R: g(e.R)}
	case *Same:
		return &Same{L: g(e.L), R: g(e.R), Negate: e.Negate}
	case *IsNull:
		return &IsNull{X: g(e.X)}
	case *Test:
		return &Test{X: g(e.X), Want: e.Want}
	case *Quantified:
		return &Quantified{Op: e.Op, X: g(e.X), List: g(e.List), All: e.All}
	case *Like:
		return &Like{X: g(e.X), Pattern: g(e.Pattern), Fold: e.Fold, List: e.List, All: e.All}
	case *Match:
		return &Match{X: g(e.X), Pattern: g(e.Pattern), Fold: e.Fold, List: e.List, All: e.All}
	case *Set:
		return &Set{Op: e.Op, L: g(e.L), R: g(e.R)}
	case *Search:
		c := *e
		c.Query = g(e.Query)
		return &c
	default:
		return rebuildScalar(e, g)
	}
}

func rebuildScalar(e Expr, g func(Expr) Expr) Expr {
	switch e := e.(type) {
	case *TextTest:
		return &TextTest{Op: e.Op, X: g(e.X), Y: g(e.Y)}
	case *Arith:
		return &Arith{Op: e.Op, L: g(e.L), R: g(e.R), T: e.T}
	case *Neg:
		return &Neg{X: g(e.X)}
	case *Cond:
		return &Cond{If: g(e.If), Then: g(e.Then), Else: g(e.Else)}
	case *Convert:
		return &Convert{X: g(e.X), To: e.To}
	case *Length:
		return &Length{X: g(e.X)}
	case *ListAny:
		return &ListAny{X: g(e.X), V: e.V, Cond: g(e.Cond), All: e.All}
	case *Through:
		return &Through{From: e.From, Rel: e.Rel, To: e.To, Yield: g(e.Yield)}
	case *Exists:
		return &Exists{From: e.From, Path: e.Path, To: e.To, Cond: g(e.Cond), All: e.All}
	case *Count:
		if e.Cond == nil {
			return e
		}
		return &Count{From: e.From, Rel: e.Rel, To: e.To, Cond: g(e.Cond)}
	case *Agg:
		if e.X == nil {
			return e
		}
		return &Agg{Fn: e.Fn, X: g(e.X), T: e.T}
	case *Mask:
		return &Mask{Policy: g(e.Policy), X: g(e.X)}
	}
	return e
}

func each(of []Expr, g func(Expr) Expr) []Expr {
	out := make([]Expr, len(of))
	for i, e := range of {
		out[i] = g(e)
	}
	return out
}

// Rebind returns e with every reference to the scope variable from replaced by to (same collection).
func Rebind(e Expr, from, to *Row) Expr {
	swap := func(r *Row) *Row {
		if r == from {
			return to
		}
		return r
	}
	return Rewrite(e, func(e Expr) Expr {
		switch e := e.(type) {
		case *Column:
			return &Column{Row: swap(e.Row), Field: e.Field}
		case *Through:
			return &Through{From: swap(e.From), Rel: e.Rel, To: e.To, Yield: e.Yield}
		case *Exists:
			return &Exists{From: swap(e.From), Path: e.Path, To: e.To, Cond: e.Cond, All: e.All}
		case *Count:
			return &Count{From: swap(e.From), Rel: e.Rel, To: e.To, Cond: e.Cond}
		case *Search:
			c := *e
			c.Row = swap(e.Row)
			return &c
		case *Related:
			return &Related{From: swap(e.From), Rel: e.Rel, Query: e.Query, Via: e.Via}
		}
		return e
	})
}

// Visit calls f on e and every sub-expression, parents first; f returning false skips the children. Queries inside Related
// are not entered.
func Visit(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	rebuild(e, func(x Expr) Expr {
		Visit(x, f)
		return x
	})
}
