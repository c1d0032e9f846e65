package memory

import (
	"slices"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// tuples runs one select, for one parent key where it has parents.
func (r *run) tuples(s *plan.Select, key plan.Tuple) []plan.Tuple {
	scopes := r.source(s.From, []*eval.Scope{nil})
	if s.Parents != nil {
		scopes = r.belonging(s.Parents, key, scopes)
	}
	for _, j := range s.Joins {
		scopes = r.join(j, scopes)
	}
	scopes = r.filter(s.Where, scopes)
	if s.Grouped {
		scopes = r.group(s.Group, scopes)
		r.finish(s, scopes)
		scopes = r.filter(s.Having, scopes)
	}
	scopes = r.ranged(s, r.sorted(s.Order, scopes))
	out := make([]plan.Tuple, len(scopes))
	for i, sc := range scopes {
		out[i] = r.values(s.Columns, sc)
	}
	return out
}

func (r *run) values(of []ir.Expr, sc *eval.Scope) plan.Tuple {
	t := make(plan.Tuple, len(of))
	for i, e := range of {
		if e != nil {
			t[i] = r.Value(e, sc)
		}
	}
	return t
}

// source brings every row of src into every scope.
func (r *run) source(src plan.Source, scopes []*eval.Scope) []*eval.Scope {
	rows := r.rows(src)
	out := make([]*eval.Scope, 0, len(rows)*len(scopes))
	for _, sc := range scopes {
		for _, t := range rows {
			out = append(out, sc.With(src.Row, t))
		}
	}
	return out
}

func (r *run) rows(src plan.Source) []eval.Tuple {
	if src.Derived == nil {
		return r.Rows(src.Row.Collection)
	}
	var out []eval.Tuple
	for _, t := range r.tuples(src.Derived, nil) {
		out = append(out, t)
	}
	return out
}

// belonging keeps the rows of one parent key.
func (r *run) belonging(p *plan.Parents, key plan.Tuple, scopes []*eval.Scope) []*eval.Scope {
	if p.Via != nil {
		scopes = r.filter(p.ViaOn, r.source(*p.Via, scopes))
	}
	var out []*eval.Scope
	for _, sc := range scopes {
		if same := r.values(p.Key, sc); !hasNull(same) && equal(same, key) {
			out = append(out, sc)
		}
	}
	return out
}

func hasNull(t plan.Tuple) bool { return slices.ContainsFunc(t, value.Value.IsNull) }

// join brings in the rows for which On is TRUE, or a row of NULLs where there is none and the join is not inner.
func (r *run) join(j plan.Join, scopes []*eval.Scope) []*eval.Scope {
	rows := r.rows(j.Source)
	var out []*eval.Scope
	for _, sc := range scopes {
		found := false
		for _, t := range rows {
			if joined := sc.With(j.Row, t); r.Truth(j.On, joined) == ir.True {
				out, found = append(out, joined), true
			}
		}
		if !found && !j.Inner {
			out = append(out, sc.With(j.Row, nil))
		}
	}
	return out
}

func (r *run) filter(e ir.Expr, scopes []*eval.Scope) []*eval.Scope {
	if e == nil {
		return scopes
	}
	var out []*eval.Scope
	for _, sc := range scopes {
		if r.Truth(e, sc) == ir.True {
			out = append(out, sc)
		}
	}
	return out
}

// group makes one scope per group. Without grouping expressions all rows, even none, are one group.
func (r *run) group(by []ir.Expr, scopes []*eval.Scope) []*eval.Scope {
	if len(by) == 0 {
		return []*eval.Scope{eval.Group(scopes)}
	}
	var keys []plan.Tuple
	var members [][]*eval.Scope
	for _, sc := range scopes {
		var i int
		if i, keys = intern(keys, r.values(by, sc)); i == len(members) {
			members = append(members, nil)
		}
		members[i] = append(members[i], sc)
	}
	out := make([]*eval.Scope, len(members))
	for i, m := range members {
		out[i] = eval.Group(m)
	}
	return out
}

// finish computes every aggregate of every group before any group is dropped, because engines do: a sum that overflows is an
// error even of a group that is not shown. A limit of 0 computes nothing.
func (r *run) finish(s *plan.Select, groups []*eval.Scope) {
	if n, ok := r.bound(s.Limit); ok && n == 0 {
		return
	}
	for _, g := range groups {
		r.values(s.Columns, g)
	}
}

// sorted orders by terms computed once per row.
func (r *run) sorted(order []ir.Order, scopes []*eval.Scope) []*eval.Scope {
	type ranked struct {
		sc  *eval.Scope
		key plan.Tuple
	}
	all := make([]ranked, len(scopes))
	for i, sc := range scopes {
		all[i] = ranked{sc, make(plan.Tuple, len(order))}
		for j, o := range order {
			all[i].key[j] = r.Value(o.X, sc)
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		for i, o := range order {
			if c := compare(o, a.key[i], b.key[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	out := make([]*eval.Scope, len(all))
	for i, a := range all {
		out[i] = a.sc
	}
	return out
}

// compare orders two values by one term.
func compare(o ir.Order, a, b value.Value) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull() || b.IsNull():
		if a.IsNull() == o.NullsFirst {
			return -1
		}
		return 1
	case o.Desc:
		return value.Compare(b, a)
	}
	return value.Compare(a, b)
}

// ranged applies offset and limit; one that is NULL or absent does not count.
func (r *run) ranged(s *plan.Select, scopes []*eval.Scope) []*eval.Scope {
	if n, ok := r.bound(s.Offset); ok {
		scopes = scopes[min(n, int64(len(scopes))):]
	}
	if n, ok := r.bound(s.Limit); ok {
		scopes = scopes[:min(n, int64(len(scopes)))]
	}
	return scopes
}

func (r *run) bound(e ir.Expr) (int64, bool) {
	if e == nil {
		return 0, false
	}
	v := r.Value(e, nil)
	return max(v.Int(), 0), !v.IsNull()
}
