package engine

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

// An update of the row with a given key need not see the row first where whatever has to hold of it afterwards is about the new
// values alone, or held before and is not touched: its target is its condition then. Where it finds no row, or the store refuses
// it, nothing is kept, and it is carried out step by step.

// outright is an update that changes one row or is not kept.
type outright struct {
	stmt *sqlgen.Stmt // its parent is the new values
	key  []ir.Expr    // leaves: the primary key
}

// outright is nil for a mutation that has to see its rows.
func (c *compiling) outright(m *mutation) *outright {
	b := m.plan.Bound()
	if b.Action() != ir.Update || len(b.Columns()) == 0 || m.returned != nil || len(m.fields) > 0 || len(m.checks) > 0 || c.err != nil {
		return nil
	}
	of := b.Row().Collection
	changes := changesOf(of, b.Columns())
	key := pinned(b.Target(), b.Row())
	if key == nil || entangled(of, changes) || !stays(b, changes) {
		return nil
	}
	var stmt *sqlgen.Stmt
	stmt, c.err = sqlgen.RenderUpdate(c.d, m.plan.Target(), changes)
	return &outright{stmt, key}
}

// pinned is what each field of the primary key has to be equal to; nil where that is not said of all.
func pinned(target ir.Expr, row *ir.Row) []ir.Expr {
	var out []ir.Expr
	for _, f := range row.Collection.PrimaryKey {
		for _, e := range conjuncts(target) {
			eq, ok := e.(*ir.Compare)
			if !ok || eq.Op != ir.Eq || !isColumn(eq.L, row, f) {
				continue
			}
			if p, ok := eq.R.(*ir.Param); ok && p.T == f.Type {
				out = append(out, p)
				break
			}
		}
	}
	if len(out) < len(row.Collection.PrimaryKey) {
		return nil
	}
	return out
}

func isColumn(e ir.Expr, row *ir.Row, f *schema.Field) bool {
	c, ok := e.(*ir.Column)
	return ok && c.Row == row && c.Field == f
}

func conjuncts(e ir.Expr) []ir.Expr {
	if and, ok := e.(*ir.And); ok {
		return and.Of
	}
	if ir.IsTrue(e) {
		return nil
	}
	return []ir.Expr{e}
}

// entangled reports whether a field of changes has a part in a key, in what is searched, or in an index that does not take every
// value.
func entangled(c *schema.Collection, changes []*schema.Field) bool {
	for _, u := range uniques(c) {
		if touches(u.fields, changes) {
			return true
		}
	}
	for _, e := range schema.LongEntries(c) {
		if touches(e.Fields, changes) {
			return true
		}
	}
	return c.Search != nil && touches(c.Search.Fields, changes)
}

// stays reports whether the policy's check of a row that the policy lets be changed cannot fail for these changes.
func stays(b policy.BoundWrite, changes []*schema.Field) bool {
	before := map[string]bool{}
	for _, e := range conjuncts(b.Allowed()) {
		before[ir.PrintExpr(e)] = true
	}
	for _, e := range conjuncts(b.Check()) {
		again := local(e, b.New(), changes) && before[ir.PrintExpr(ir.Rebind(e, b.New(), b.Row()))]
		if !again && !unchanged(e, b, changes) {
			return false
		}
	}
	return true
}

// unchanged reports whether e says that a field, which is none of changes, is what it was.
func unchanged(e ir.Expr, b policy.BoundWrite, changes []*schema.Field) bool {
	same, ok := e.(*ir.Same)
	if !ok || same.Negate {
		return false
	}
	l, okL := same.L.(*ir.Column)
	r, okR := same.R.(*ir.Column)
	return okL && okR && l.Field == r.Field && !contains(changes, l.Field) && l.Field.Computed == nil &&
		(l.Row == b.New() && r.Row == b.Old() || l.Row == b.Old() && r.Row == b.New())
}

// local reports whether e compares stored fields of the row, none of changes, with what the request gives, and reads nothing else.
func local(e ir.Expr, row *ir.Row, changes []*schema.Field) bool {
	ok := true
	ir.Visit(e, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.Column:
			ok = ok && x.Row == row && x.Field.Computed == nil && !contains(changes, x.Field)
		case *ir.And, *ir.Or, *ir.Not, *ir.Compare, *ir.Same, *ir.IsNull, *ir.Const, *ir.Auth:
		default:
			ok = false
		}
		return ok
	})
	return ok
}

// rowName is one row's alone, and the same in all processes.
func rowName(c *schema.Collection, key plan.Tuple) string {
	buf := append(make([]byte, 0, 80), c.Key...)
	for _, v := range key {
		buf = appendKey(append(buf, ' '), v)
	}
	return string(buf)
}

// outright leaves the update to the store, if all that may be said against it is the store's to say.
func (x *writing) outright() (a Answer, left bool) {
	l := x.leaves(1)
	if x.m.outright == nil || l == nil || x.engine.writer.logged[x.c.Index] || x.affordable(1) != nil {
		return a, false
	}
	changes := x.changes()
	values, err := x.updated(changes, x.w.Rows[0])
	if err != nil {
		return a, false
	}
	for i, f := range changes {
		if len(constraints(f, values[i])) > 0 {
			return a, false
		}
	}
	key := make(plan.Tuple, len(x.m.outright.key))
	for i, leaf := range x.m.outright.key {
		key[i], _ = x.env.Leaf(leaf)
	}
	args, err := x.m.outright.stmt.Bind(x.env, []plan.Tuple{values})
	if err != nil || hasNull(key) {
		return a, false
	}
	x.leaver = l
	x.left = append(x.left, store.Step{Exec: sqlgen.Exec{Text: x.m.outright.stmt.Text, Args: args}, Rows: 1, Row: rowName(x.c, key)})
	return Answer{Total: -1, Affected: 1, Keys: []plan.Tuple{key}}, true
}
