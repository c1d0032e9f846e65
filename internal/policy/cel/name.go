package cel

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// name resolves an identifier: an element, row, old or auth.
func (t *translator) name(name string, at int) term {
	for i := len(t.vars) - 1; i >= 0; i-- {
		if v := t.vars[i]; v.name == name {
			if v.row != nil {
				return term{form: record, at: at, walk: walk{root: v.row}}
			}
			return term{form: typed, at: at, x: &ir.Elem{V: v.elem}, field: v.field}
		}
	}
	switch {
	case name == "row" && t.scope.Row != nil:
		return term{form: record, at: at, walk: walk{root: t.scope.Row}}
	case name == "old" && t.scope.Old != nil:
		return term{form: record, at: at, walk: walk{root: t.scope.Old}}
	case name == "args" && t.scope.Args != nil:
		return term{form: arguments, at: at}
	case name == "old":
		return t.fail(at, "only update: { check: … } compares the row with the one before", `"old" is not known here`)
	case name == "auth" && t.scope.NoAuth:
		return t.fail(at, "checks and fills concern the row alone; put conditions on the actor into policies", `"auth" is not known here`)
	case name == "auth":
		return term{form: actor, at: at}
	}
	return t.unknownName(name, at)
}

// strangers are names other systems give to what has a name here.
var strangers = map[string]string{
	"NULL": "write null", "None": "write null", "nil": "write null", "undefined": "write null",
	"TRUE": "write true", "True": "write true", "FALSE": "write false", "False": "write false",
	"now": "write now()", "today": "write today()", "current_timestamp": "write now()", "CURRENT_TIMESTAMP": "write now()",
	"current_date": "write today()", "CURRENT_DATE": "write today()",
	"uid": "write auth.uid", "user_id": "write auth.uid", "user": "write auth.uid", "request": "write auth.uid", "jwt": "write auth.claims.name",
	"claims": "write auth.claims.name", "role": "write auth.role", "new": "write row", "NEW": "write row", "OLD": "write old",
	"record": "write row", "resource": "write row", "this": "write row", "self": "write row", "it": "write row",
	"anon": `write auth.role == "anon"`, "authenticated": `write auth.role == "authenticated"`, "service_role": `write auth.role == "service_role"`,
}

func (t *translator) unknownName(name string, at int) term {
	known := []string{"row", "auth"}
	if t.scope.Args != nil {
		return t.unknownInFunction(name, at)
	}
	if t.scope.Old != nil {
		known = append(known, "old")
	}
	for _, v := range t.vars {
		known = append(known, v.name)
	}
	if t.scope.Row != nil && slices.Contains(members(t.scope.Row.Collection), name) {
		return t.fail(at, "write row."+name, "unknown name %q", name)
	}
	if hint, ok := strangers[name]; ok {
		return t.fail(at, hint, "unknown name %q", name)
	}
	if t.isCollection(name) {
		return t.fail(at, "an expression starts at row and follows relations: row.relation.field", "unknown name %q", name)
	}
	return t.fail(at, "the names are "+strings.Join(known, ", "), "unknown name %q%s", name, schema.DidYouMean(name, known))
}

func (t *translator) isCollection(name string) bool {
	return slices.ContainsFunc(t.catalog.Collections, func(c *schema.Collection) bool { return c.Key == name || c.Name == name })
}

// member resolves a dot.
func (t *translator) member(e ast.Expr, at int) term {
	name, nameAt := e.AsSelect().FieldName(), t.nameAfter(t.sign(e))
	m := t.term(e.AsSelect().Operand())
	if m.same != nil {
		m = term{form: record, at: m.at, walk: *m.same}
	}
	switch m.form {
	case invalid:
		return m
	case arguments:
		return t.argument(name, at, nameAt)
	case record:
		return t.fieldOf(m, name, at, nameAt)
	case actor, claim:
		return t.authMember(m, name, at, nameAt)
	case many:
		return t.fail(nameAt, "write "+m.walk.rel.Key+".exists(m, m."+name+" == …)",
			"%q leads to many rows", m.walk.rel.Key)
	}
	return t.noMember(m, name, nameAt)
}

// noMember explains a dot after something that has no members.
func (t *translator) noMember(m term, name string, nameAt int) term {
	if m.form != typed {
		return t.fail(nameAt, "", "a literal has no field %q", name)
	}
	if m.field != nil {
		for _, r := range m.field.Collection.Relations {
			if r.Forward && r.FK != nil && len(r.FK.Columns) == 1 && r.FK.Columns[0] == m.field {
				before := strings.TrimSuffix(strings.TrimRight(string(t.text[m.at:nameAt]), ". \n"), m.field.Key)
				return t.fail(nameAt, "follow the relation: "+before+r.Key+"."+name, "%q is a %s, not a row", m.field.Key, m.field.Type)
			}
		}
	}
	if m.x.Type().Kind == value.JSON {
		return t.fail(nameAt, "declare a field for what a policy needs", "json cannot be walked in an expression")
	}
	if slices.Contains(methods, name) {
		return t.fail(nameAt, "write ."+name+"(…)", "%q is a method", name)
	}
	return t.fail(nameAt, "", "a %s has no field %q", m.x.Type(), name)
}

// fieldOf resolves a field or a relation of a row; a field goes first, and a dot after it takes the relation of that name.
func (t *translator) fieldOf(m term, name string, at, nameAt int) term {
	c := m.walk.row().Collection
	rels := c.RelationsNamed(name)
	f, ok := c.FieldByKey(name)
	switch {
	case ok && len(rels) == 1 && rels[0].ToOne() && rels[0].To.View == nil:
		w := m.walk.to(rels[0])
		out := t.column(m.walk, f, at, nameAt)
		out.same = &w
		return out
	case ok:
		return t.column(m.walk, f, at, nameAt)
	case len(rels) > 1:
		return t.fail(nameAt, "give each a name under relations: in the collection "+c.Key+", and use that",
			"relation %q of %s is ambiguous: %s", name, c.Key, ways(rels))
	case len(rels) == 0:
		return t.unknownMember(c, name, nameAt)
	case rels[0].To.View != nil:
		return t.fail(nameAt, "follow a relation to what the view is made of", "relation %q leads to the view %s", name, rels[0].To.Key)
	case rels[0].ToOne():
		return term{form: record, at: at, walk: m.walk.to(rels[0])}
	}
	w := m.walk
	w.rel = rels[0]
	return term{form: many, at: at, walk: w}
}

func (t *translator) column(w walk, f *schema.Field, at, nameAt int) term {
	var x ir.Expr = &ir.Column{Row: w.row(), Field: f}
	if f.Computed != nil {
		expanded := t.computed(w.row(), f, nameAt)
		switch {
		case expanded == nil:
			return term{at: at}
		case !t.scope.Untrusted:
			x = expanded
		}
	}
	out := term{form: typed, at: at, x: w.wrap(x), field: f}
	if len(w.steps) == 0 {
		out.from = w.root
	}
	return out
}

// ways names the foreign keys that several relations of one name follow.
func ways(rels []*schema.Relation) string {
	var out []string
	for _, r := range rels {
		if r.FK != nil {
			out = append(out, r.FK.Name)
		} else {
			out = append(out, r.Junction.FromFK.Name)
		}
	}
	return strings.Join(out, " or ")
}

func (t *translator) unknownMember(c *schema.Collection, name string, at int) term {
	if f, ok := c.Field(name); ok {
		return t.fail(at, "write "+f.Key+", its name in the project", "unknown field %q of %s", name, c.Key)
	}
	return t.fail(at, "", "unknown field %q of %s%s", name, c.Key, schema.DidYouMean(name, members(c)))
}

// members lists what a dot after a row may name.
func members(c *schema.Collection) []string {
	var out []string
	for _, f := range c.Fields {
		out = append(out, f.Key)
	}
	for _, r := range c.Relations {
		out = append(out, r.Key)
	}
	return out
}

// row is where the walk has come to.
func (w walk) row() *ir.Row {
	if n := len(w.steps); n > 0 {
		return w.steps[n-1].to
	}
	return w.root
}

// to extends the walk by a to-one relation.
func (w walk) to(rel *schema.Relation) walk {
	s := step{from: w.row(), rel: rel, to: &ir.Row{Collection: rel.To, Label: rel.Key}}
	return walk{root: w.root, steps: append(slices.Clip(w.steps), s)}
}

// wrap reads x, an expression over the walk's last row, from its first.
func (w walk) wrap(x ir.Expr) ir.Expr {
	for _, s := range slices.Backward(w.steps) {
		x = &ir.Through{From: s.from, Rel: s.rel, To: s.to, Yield: x}
	}
	return x
}

// exists is whether the relation, or the last to-one step, reaches a row where cond is TRUE.
func (w walk) exists(to *ir.Row, cond ir.Expr, all bool) ir.Expr {
	var path []*schema.Relation
	for _, s := range w.steps {
		path = append(path, s.rel)
	}
	if w.rel != nil {
		path = append(path, w.rel)
	}
	return &ir.Exists{From: w.root, Path: path, To: to, Cond: cond, All: all}
}

// reached is whether the walk of a record term finds its row.
func (w walk) reached() ir.Expr {
	to := &ir.Row{Collection: w.row().Collection, Label: w.row().Label}
	return w.exists(to, ir.Bool(true), false)
}
