package engine

import (
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// ExplainWrite gives the stages of one write as an actor would run it, without its values: what it asks, what the policies say
// at each place, and the statements that decide, in the order they would run. The writing statements depend on what these find.
func ExplainWrite(w *ir.Write, actor policy.Actor, set *policy.Set, limits plan.Limits, d sqlgen.Dialect) (*Explanation, error) {
	bound, err := set.BindWrite(w, actor)
	if err != nil {
		return nil, err
	}
	m, err := compileWrite(bound, limits, d)
	if err != nil {
		return nil, err
	}
	out := &Explanation{IR: asked(w), Bound: decided(bound)}
	out.Plan = plan.PrintReturned(m.plan)
	for _, stmt := range m.statements() {
		out.SQL = append(out.SQL, stmt.Text)
	}
	if m.returned != nil {
		out.statements(m.returned)
	}
	return out, nil
}

// ExplainWrite gives the stages of one write as an actor would run it.
func (e *Engine) ExplainWrite(w *ir.Write, actor policy.Actor) (*Explanation, error) {
	return ExplainWrite(w, actor, e.set, e.limits, e.store.Dialect())
}

var actionNames = [...]string{ir.Insert: "insert", ir.Update: "update", ir.Delete: "delete"}

func asked(w *ir.Write) string {
	var b strings.Builder
	b.WriteString(actionNames[w.Action] + " " + w.Row.Collection.Key)
	if len(w.Columns) > 0 {
		b.WriteString(" (" + fieldNames(w.Columns) + ")")
	}
	if w.On != nil {
		b.WriteString("\n  on conflict (" + fieldNames(w.On.Key) + ")")
		b.WriteString(map[bool]string{true: " merge", false: " ignore"}[w.On.Merge])
	}
	if w.Where != nil {
		b.WriteString("\n  where " + ir.PrintExpr(w.Where))
	}
	if w.Return != nil {
		b.WriteString("\n  return " + strings.ReplaceAll(strings.TrimRight(ir.Print(w.Return), "\n"), "\n", "\n  "))
	}
	return b.String() + "\n"
}

func fieldNames(fields []*schema.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// decided is what the policies say where the write meets them.
func decided(b policy.BoundWrite) string {
	var out strings.Builder
	line := func(what string, e ir.Expr) { out.WriteString(what + " " + ir.PrintExpr(e) + "\n") }
	for _, f := range b.Fields() {
		line("write "+f.Field.Name, f.Cond)
	}
	if b.Action() == ir.Insert {
		line("create", b.Create())
	}
	if b.Action() != ir.Insert {
		line("target", b.Target())
	}
	if b.Action() == ir.Insert && b.Conflict() != nil && b.Conflict().Merge {
		line("using", ir.All(b.Readable(), b.Allowed()))
		line("check", b.Check())
	}
	if b.Action() == ir.Update {
		line("check", b.Check())
	}
	return out.String()
}

// statements are those that decide, in the order of the checks.
func (m *mutation) statements() []*sqlgen.Stmt {
	var out []*sqlgen.Stmt
	add := func(stmts ...*sqlgen.Stmt) {
		for _, s := range stmts {
			if s != nil {
				out = append(out, s)
			}
		}
	}
	add(m.target)
	for _, r := range append(append([]rule{}, m.fields...), m.checks...) {
		add(r.stmt)
	}
	b := m.plan.Bound()
	if b.Action() == ir.Insert {
		add(m.create.stmt)
	}
	if b.Action() == ir.Insert && b.Conflict() != nil && b.Conflict().Merge {
		add(m.seen, m.allowed, m.check.stmt)
	}
	if b.Action() == ir.Update {
		add(m.check.stmt)
	}
	return out
}
