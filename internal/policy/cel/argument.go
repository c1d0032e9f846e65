package cel

import (
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// argument resolves a dot after args.
func (t *translator) argument(name string, at, nameAt int) term {
	for i, a := range t.scope.Args {
		if a.Name != name {
			continue
		}
		out := expr(at, &ir.Param{Slot: i, T: a.Type})
		if a.Enum != nil {
			out.field = &schema.Field{Collection: &schema.Collection{}, Key: a.Name, Type: a.Type, Enum: a.Enum}
		}
		return out
	}
	names := t.argumentNames()
	hint := "the function has no arguments; declare it under args:"
	if len(names) > 0 {
		hint = "the arguments are " + strings.Join(names, ", ")
	}
	return t.fail(nameAt, hint, "unknown argument %q%s", name, schema.DidYouMean(name, names))
}

func (t *translator) argumentNames() []string {
	out := make([]string, len(t.scope.Args))
	for i, a := range t.scope.Args {
		out[i] = a.Name
	}
	return out
}

// unknownInFunction explains a name in a function's expression, where there is no row.
func (t *translator) unknownInFunction(name string, at int) term {
	known := []string{"args", "auth"}
	for _, v := range t.vars {
		known = append(known, v.name)
	}
	for _, a := range t.scope.Args {
		if a.Name == name {
			return t.fail(at, "write args."+name, "unknown name %q", name)
		}
	}
	if name == "row" || t.isCollection(name) {
		return t.fail(at, "a function's rows are read by `read:`; an expression has args and auth", "unknown name %q", name)
	}
	if hint, ok := strangers[name]; ok {
		return t.fail(at, strings.ReplaceAll(hint, "write row", "write args.name"), "unknown name %q", name)
	}
	return t.fail(at, "the names are "+strings.Join(known, ", "), "unknown name %q%s", name, schema.DidYouMean(name, known))
}

// own is the term with the type it has by itself.
func (t *translator) own(m term) ir.Expr {
	m = t.value(m)
	switch {
	case m.form == null:
		m = t.fail(m.at, "write an expression with a type", "null has no type of its own")
	case m.form == claim:
		m = t.fail(m.at, "say its type: text(auth.claims.name)", "the type of the claim is not known here")
	case m.form == list && len(m.of) == 0:
		m = t.fail(m.at, "", "an empty list has no type of its own")
	case m.form == list:
		of := m.of[0].typeOr(textType)
		if m.of[0].literal() {
			of = natural(m.of[0])
		}
		m = t.settleList(m, value.Type{Kind: of.Kind, List: true}, nil)
	case m.literal():
		m = t.settle(m, natural(m), nil)
	}
	if m.form == invalid {
		return nil
	}
	if of := m.x.Type(); of.Kind == value.Duration {
		t.fail(m.at, "add it to a timestamp, or give it as text", "a duration cannot be answered")
		return nil
	}
	return m.x
}
