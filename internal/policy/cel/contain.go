package cel

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// in translates x in list, where list is a literal, a list field or a claim.
func (t *translator) in(x, of term, opAt int) term {
	x = t.value(x)
	switch {
	case x.form == invalid || of.form == invalid:
		return term{at: x.at}
	case x.form == null:
		return t.fail(x.at, "write == null", "null is in no list")
	case x.form == list || x.form == typed && x.x.Type().List:
		return t.fail(x.at, "write row.labels.all(x, x in …) or .exists", "a list is in no list")
	}
	switch of.form {
	case list:
		return t.inLiteral(x, of, opAt)
	case claim:
		return t.inClaim(x, of)
	case many:
		return t.fail(opAt, "write "+of.walk.rel.Key+".exists(m, m.id == …)", "%q leads to many rows, it is not a list", of.walk.rel.Key)
	case typed:
		if of.x.Type().List {
			return t.inField(x, of)
		}
		if of.x.Type().Kind == value.Text {
			return t.fail(opAt, "write row.title.contains('text')", `"in" looks into lists, not into text`)
		}
		return t.fail(of.at, "write x in row.labels or x in [ … ]", `"in" needs a list, found %s`, of.x.Type())
	}
	if of = t.value(of); of.form != invalid {
		t.fail(of.at, "write x in row.labels or x in [ … ]", `"in" needs a list`)
	}
	return term{at: x.at}
}

// inLiteral is any-of over a constant list, or a disjunction where an element is not constant.
func (t *translator) inLiteral(x, of term, opAt int) term {
	if len(of.of) == 0 {
		return t.fail(of.at, "write false", "nothing is in an empty list")
	}
	at := x.at
	x = t.settle(x, t.elementType(x, of), nil)
	if x.form == invalid {
		return x
	}
	var each []ir.Expr
	var values []value.Value
	want, ok := x.x.Type(), true
	for _, el := range of.of {
		s := t.element(el, want, x.field)
		if s.form == invalid {
			ok = false
			continue
		}
		cmp := t.comparison(ir.Eq, x, s, opAt)
		if cmp.form == invalid {
			return cmp
		}
		each = append(each, cmp.x)
		if c, fixed := s.x.(*ir.Const); fixed && c.T.Kind == want.Kind {
			values = append(values, c.Value)
		}
	}
	switch {
	case !ok:
		return term{at: at}
	case len(values) < len(each):
		return made(true, at, func() ir.Expr { return &ir.Or{Of: each} })
	}
	l := t.constList(of.at, want, values)
	return made(l.form == typed, at, func() ir.Expr { return &ir.Quantified{Op: ir.Eq, X: x.x, List: l.x} })
}

// elementType is the type x takes from a list literal where it has none of its own.
func (t *translator) elementType(x, of term) value.Type {
	if x.form == typed {
		return x.x.Type()
	}
	for _, el := range of.of {
		if el.form == typed {
			return el.x.Type()
		}
	}
	if x.literal() {
		return natural(x)
	}
	for _, el := range of.of {
		if el.literal() {
			return natural(el)
		}
	}
	return textType
}

// inClaim reads the claim as a list of x's type.
func (t *translator) inClaim(x, of term) term {
	at := x.at
	if x.form == claim {
		return t.fail(x.at, "say its type: text(auth.claims.name)", "the type of the claim is not known here")
	}
	if x.literal() {
		x = t.settle(x, natural(x), nil)
	}
	if x.form == invalid {
		return x
	}
	want := x.x.Type()
	if want.Kind == value.JSON || want.Kind == value.Duration {
		return t.fail(x.at, "", "a claim is no list of %s", want)
	}
	want.List = true
	return expr(at, &ir.Quantified{Op: ir.Eq, X: x.x, List: claimAs(of, want)})
}

func (t *translator) inField(x, of term) term {
	at, want := x.at, of.x.Type().Element()
	x = t.settle(x, want, of.field)
	if x.form == invalid {
		return x
	}
	got := x.x.Type()
	if got.Kind == value.Int && want.Kind == value.Decimal {
		x.x, got = &ir.Convert{X: x.x, To: value.Type{Kind: value.Decimal}}, want
	}
	if got.Kind != want.Kind {
		return t.fail(at, convertHint(want), "cannot look for %s in %s", got, of.x.Type())
	}
	return expr(at, &ir.Quantified{Op: ir.Eq, X: x.x, List: of.x})
}
