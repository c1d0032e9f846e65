package cel

import (
	"slices"

	"cel.dev/cel-go/common/ast"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// quantifier translates exists(x, condition) and all(x, condition) of a to-many relation or a list field.
func (t *translator) quantifier(s site) term {
	m := t.term(s.on)
	if m.form == invalid {
		return m
	}
	if len(s.args) != 2 {
		return t.fail(s.nameAt, "write row.members."+s.name+"(m, m.user_id == auth.uid)", "%s takes a name and a condition", s.name)
	}
	name, ok := t.newName(s.args[0])
	if !ok {
		return term{at: s.at}
	}
	switch {
	case m.form == many:
		return t.overRows(m, name, s)
	case m.form == typed && m.x.Type().List:
		return t.overElements(m, name, s)
	case m.form == record && len(m.walk.steps) > 0, m.same != nil:
		return t.fail(s.nameAt, "read its fields: "+t.oneName(m)+".field == …", "%q leads to one row", t.oneName(m))
	case m.form == claim:
		return t.fail(s.nameAt, "write row.field in auth.claims.name", "the elements of a claim have no type here")
	case m.form == list:
		return t.fail(s.nameAt, "write row.field in [ … ]", "a literal list has no %s", s.name)
	}
	return t.fail(s.nameAt, "", "%s takes a to-many relation or a list field", s.name)
}

func (t *translator) oneName(m term) string {
	w := m.walk
	if m.same != nil {
		w = *m.same
	}
	return w.row().Label
}

// newName is the variable a quantifier introduces; it may not hide another name.
func (t *translator) newName(e ast.Expr) (string, bool) {
	at := t.start(e)
	if e.Kind() != ast.IdentKind {
		t.fail(at, "write row.members.exists(m, m.user_id == auth.uid)", "a plain name is wanted first")
		return "", false
	}
	name := e.AsIdent()
	taken := slices.ContainsFunc(t.vars, func(v variable) bool { return v.name == name })
	if taken || name == "row" || name == "old" || name == "auth" || name[0] == '.' {
		t.fail(at, "take another name", "the name %q is taken", name)
		return "", false
	}
	return name, true
}

func (t *translator) overRows(m term, name string, s site) term {
	to := &ir.Row{Collection: m.walk.rel.To, Label: name}
	cond := t.within(variable{name: name, row: to}, s.args[1])
	return made(cond != nil, s.at, func() ir.Expr { return m.walk.exists(to, cond, s.name == "all") })
}

func (t *translator) overElements(m term, name string, s site) term {
	of := m.x.Type().Element()
	if of.Kind == value.JSON {
		return t.fail(s.nameAt, "declare a relation for what a policy needs", "the elements of json[] cannot be read")
	}
	v := &ir.Var{Of: of, Label: name}
	cond := t.within(variable{name: name, elem: v, field: m.field}, s.args[1])
	return made(cond != nil, s.at, func() ir.Expr { return &ir.ListAny{X: m.x, V: v, Cond: cond, All: s.name == "all"} })
}

// within translates a condition with one more name.
func (t *translator) within(v variable, cond ast.Expr) ir.Expr {
	t.vars = append(t.vars, v)
	defer func() { t.vars = t.vars[:len(t.vars)-1] }()
	return t.truth(t.term(cond))
}
