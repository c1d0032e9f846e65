package sqlgen

import (
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// exists is a correlated EXISTS over the relations of the path; the last one brings To into scope.
func (b *Builder) exists(e *ir.Exists) string {
	w := b.walk(e.From, e.Path, e.To)
	defer w.leave()
	if e.All {
		return "(NOT EXISTS (" + w.text("1", "("+b.Expr(e.Cond)+") IS NOT TRUE") + "))"
	}
	cond := ""
	if !ir.IsTrue(e.Cond) {
		cond = b.Expr(e.Cond)
	}
	return "EXISTS (" + w.text("1", cond) + ")"
}

func (b *Builder) count(e *ir.Count) string {
	w := b.walk(e.From, []*schema.Relation{e.Rel}, e.To)
	defer w.leave()
	cond := ""
	if !ir.IsTrue(e.Cond) {
		cond = b.Expr(e.Cond)
	}
	return "(" + w.text("count(*)", cond) + ")"
}

func (b *Builder) through(e *ir.Through) string {
	w := b.walk(e.From, []*schema.Relation{e.Rel}, e.To)
	defer w.leave()
	return "(" + w.text(b.Expr(e.Yield), "") + ")"
}

// walk is the tables a path of relations goes through and the conditions that link them.
type walk struct {
	tables []string
	links  []string
	leave  func()
}

func (w *walk) text(columns, cond string) string {
	links := w.links
	if cond != "" {
		links = append(links[:len(links):len(links)], cond)
	}
	return "SELECT " + columns + " FROM " + strings.Join(w.tables, ", ") + " WHERE " + strings.Join(links, " AND ")
}

func (b *Builder) walk(from *ir.Row, path []*schema.Relation, to *ir.Row) *walk {
	w := &walk{leave: func() {}}
	ref, ok := b.scope[from]
	if !ok || len(path) == 0 {
		b.Impossible(from)
		w.links = []string{"FALSE"}
		return w
	}
	alias := ref.Alias
	columns := func(f *schema.Field) string { return b.linkColumn(ref, f) }
	for _, rel := range path {
		for _, half := range halves(rel) {
			if half.From.View != nil && (ref.Derived == nil || len(w.tables) > 0) {
				b.Impossible(half) // only the row that is left first may be a view's
			}
			alias = b.step(w, half, columns)
			columns = func(f *schema.Field) string { return b.linkColumn(Ref{Alias: alias}, f) }
		}
	}
	if to != nil {
		_, w.leave = b.Enter(to, Ref{Alias: alias})
	}
	return w
}

// step adds a relation's target, linked to the columns of the side it leaves.
func (b *Builder) step(w *walk, rel *schema.Relation, from func(*schema.Field) string) (alias string) {
	if rel.To.View != nil {
		b.Impossible(rel)
	}
	alias = b.Alias()
	w.tables = append(w.tables, b.dialect.Table(rel.To)+" AS "+alias)
	for _, p := range rel.Pairs {
		w.links = append(w.links, b.linkColumn(Ref{Alias: alias}, p.To)+" = "+from(p.From))
	}
	return alias
}

func (b *Builder) linkColumn(ref Ref, f *schema.Field) string {
	if ref.Derived != nil {
		return b.dialect.Column(ref.Alias+"."+Output(f.Ordinal), f.Type)
	}
	return b.dialect.Column(ref.Alias+"."+Quote(f.Ident), f.Type)
}

func halves(rel *schema.Relation) []*schema.Relation {
	if rel.Junction == nil {
		return []*schema.Relation{rel}
	}
	in, out := rel.Halves()
	return []*schema.Relation{in, out}
}
