// Package memory runs whole plans over rows held in Go, by nested loops. It is the oracle of the SQL engines and knows none of
// them; what an expression means is package eval's.
package memory

import (
	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// Run carries out a plan over data. The error is a *fault.Fault.
func Run(p plan.Plan, env *ir.Env, data eval.Data) (*plan.Result, error) {
	if p.Root() == nil {
		return nil, fault.New(fault.Internal, "Internal error")
	}
	r := &run{Machine: eval.New(env, data)}
	res := r.level(p.Root(), nil)
	if c := p.Count(); c != nil {
		res.Total = r.total(c, p.Root().Select.Grouped)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return res, nil
}

// Tuples carries out one select that has no parents.
func Tuples(s *plan.Select, env *ir.Env, data eval.Data) ([]plan.Tuple, error) {
	r := &run{Machine: eval.New(env, data)}
	out := r.tuples(s, nil)
	return out, r.Err()
}

type run struct{ *eval.Machine }

// total is the counting select's answer, or the number of groups it gives.
func (r *run) total(c *plan.Select, groups bool) int64 {
	tuples := r.tuples(c, nil)
	if groups {
		return int64(len(tuples))
	}
	return tuples[0][0].Int()
}

// level runs a level's select for the given parent keys (nil: it has no parents) and the levels below it.
func (r *run) level(l *plan.Level, keys []plan.Tuple) *plan.Result {
	res := &plan.Result{Total: -1}
	if l.Select.Parents == nil {
		res.Tuples = r.tuples(l.Select, nil)
	}
	for i, k := range keys {
		for _, t := range r.tuples(l.Select, k) {
			t[0] = value.OfInt(int64(i))
			res.Tuples = append(res.Tuples, t)
		}
	}
	for _, c := range l.Children {
		res.Children = append(res.Children, r.child(c, res.Tuples))
	}
	return res
}

// child runs a level below for all parents, each distinct key once.
func (r *run) child(c *plan.Child, parents []plan.Tuple) plan.ChildResult {
	var keys []plan.Tuple
	of := make([]int, len(parents))
	perKey := c.Select.Grouped && len(c.Select.Group) == 0
	for i, p := range parents {
		of[i] = -1
		if k := project(p, c.Key); perKey || !hasNull(k) {
			of[i], keys = intern(keys, k)
		}
	}
	res := plan.ChildResult{Result: r.level(c.Level, keys), Of: make([][]int, len(parents))}
	byKey := make([][]int, len(keys))
	for i, t := range res.Tuples {
		n := t[0].Int()
		byKey[n] = append(byKey[n], i)
	}
	for i, n := range of {
		if n >= 0 {
			res.Of[i] = byKey[n]
		}
	}
	return res
}

// project reads the key columns.
func project(t plan.Tuple, columns []int) plan.Tuple {
	k := make(plan.Tuple, len(columns))
	for i, c := range columns {
		k[i] = t[c]
	}
	return k
}

func intern(keys []plan.Tuple, k plan.Tuple) (int, []plan.Tuple) {
	for i, have := range keys {
		if equal(have, k) {
			return i, keys
		}
	}
	return len(keys), append(keys, k)
}

// equal treats NULLs as equal, as grouping does.
func equal(a, b []value.Value) bool {
	for i := range a {
		if a[i].IsNull() != b[i].IsNull() || !a[i].IsNull() && value.Compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}
