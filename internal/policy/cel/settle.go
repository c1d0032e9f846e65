package cel

import (
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

var (
	boolType = value.Type{Kind: value.Bool}
	textType = value.Type{Kind: value.Text}
)

// maxDigits bounds the digits and the scale of a decimal literal: those of the widest decimal field.
const maxDigits = 38

// value refuses the terms that are no value: rows, relations, auth.
func (t *translator) value(m term) term {
	switch m.form {
	case record:
		return t.fail(m.at, "name a field of it, or test it with == null", "%q is a row, not a value", m.walk.row().Label)
	case many:
		return t.fail(m.at, "write "+m.walk.rel.Key+".exists(m, …), .all(m, …) or .size()", "%q leads to many rows, it is not a value", m.walk.rel.Key)
	case arguments:
		return t.fail(m.at, "write args.name", "args is not a value")
	case actor:
		if m.path != nil {
			return t.fail(m.at, "write auth.claims.name", "the claims as a whole are not a value")
		}
		return t.fail(m.at, "write auth.uid, auth.role or auth.claims.name", "auth is not a value")
	}
	return m
}

// truth is the term as a condition, nil after a problem.
func (t *translator) truth(m term) ir.Expr {
	m = t.value(m)
	switch {
	case m.form == invalid:
		return nil
	case m.form == claim:
		return claimAs(m, boolType)
	case m.form == typed && m.x.Type() == boolType:
		return m.x
	case m.form == typed:
		t.fail(m.at, "compare it, for example with != null", "expected a condition, found %s", m.x.Type())
	case m.form == null:
		t.fail(m.at, "write true or false", "expected a condition, found null")
	case m.form == list:
		t.fail(m.at, "write row.field in [ … ]", "expected a condition, found a list")
	default:
		t.fail(m.at, "", "expected a condition, found a literal %s", kindOf(m))
	}
	return nil
}

// result is the term as the whole expression's type.
func (t *translator) result(m term, want value.Type) ir.Expr {
	switch want {
	case boolType:
		return t.truth(m)
	case value.Type{}:
		return t.own(m)
	}
	m = t.settle(t.value(m), want, nil)
	if m.form == invalid {
		return nil
	}
	got := m.x.Type()
	switch {
	case got == want:
		return m.x
	case got.List == want.List && (got.Kind == want.Kind || got.Kind == value.Int && want.Kind == value.Decimal):
		return &ir.Convert{X: m.x, To: want}
	}
	t.fail(m.at, convertHint(want), "the expression gives %s, %s is wanted", got, want)
	return nil
}

func convertHint(want value.Type) string {
	switch want.Kind {
	case value.Text, value.Int, value.Float, value.Decimal, value.Date, value.Timestamp:
		if !want.List {
			return fmt.Sprintf("write %s(…)", value.Type{Kind: want.Kind})
		}
	}
	return ""
}

// settle gives a literal, null or claim the type its context wants; typed terms stay as they are. field is what a literal is
// compared with, for its enum.
func (t *translator) settle(m term, want value.Type, field *schema.Field) term {
	switch m.form {
	case null:
		return expr(m.at, &ir.Const{T: want})
	case claim:
		if want.Kind == value.JSON || want.Kind == value.Duration || want.Kind == value.Null {
			return t.fail(m.at, "", "a claim cannot be read as %s", want)
		}
		return expr(m.at, claimAs(m, want))
	case list:
		return t.settleList(m, want, field)
	case textual, whole, fraction:
		return t.settleLiteral(m, want, field)
	}
	return m
}

func (t *translator) settleLiteral(m term, want value.Type, field *schema.Field) term {
	switch {
	case want.List:
		return t.fail(m.at, "write [ … ] for a list, or x in row.labels", "expected %s, found a literal %s", want, kindOf(m))
	case m.form == textual && want.Kind == value.Text:
		return t.settleEnum(m, field)
	case m.form == textual && parsesText(want.Kind):
		return t.parsed(m, value.Type{Kind: want.Kind})
	case m.form == whole && want.Kind == value.Int:
		return t.parsed(m, want)
	case m.form != textual && (want.Kind == value.Int || want.Kind == value.Decimal):
		return t.decimal(m)
	case m.form != textual && want.Kind == value.Float:
		return t.parsed(m, want)
	case m.form == textual && (want.Numeric() || want.Kind == value.Bool):
		return t.fail(m.at, "write it without quotes", "expected %s, found a literal text", value.Type{Kind: want.Kind})
	case m.form != textual && want.Kind == value.Text:
		return t.fail(m.at, `write it in quotes`, "expected text, found a literal %s", kindOf(m))
	}
	return t.fail(m.at, literalHint(want.Kind), "expected %s, found a literal %s", want, kindOf(m))
}

// parsesText reports whether a text literal may stand for a value of the kind.
func parsesText(k value.Kind) bool {
	return k == value.UUID || k == value.Timestamp || k == value.Date || k == value.Bytes
}

// settleEnum checks a text literal against the values of the field it meets.
func (t *translator) settleEnum(m term, field *schema.Field) term {
	if field == nil || field.Enum == nil {
		return t.parsed(m, textType)
	}
	for _, v := range field.Enum {
		if v == m.lit {
			return t.parsed(m, textType)
		}
	}
	return t.fail(m.at, "its values are "+strings.Join(field.Enum, ", "),
		"%q is not a value of %s%s", m.lit, field.Key, schema.DidYouMean(m.lit, field.Enum))
}

// parsed is a literal as a constant of type want.
func (t *translator) parsed(m term, want value.Type) term {
	v, err := value.Parse(want, m.lit)
	if err != nil {
		return t.fail(m.at, literalHint(want.Kind), "%s is not a valid %s", shown(m), want)
	}
	return expr(m.at, &ir.Const{Value: v, T: want})
}

func literalHint(k value.Kind) string {
	switch k {
	case value.Date:
		return `write "2026-03-31"`
	case value.Timestamp:
		return `write "2026-03-31T08:00:00Z"`
	case value.UUID:
		return `write "018f4a3e-7c1d-7a52-9b7e-0123456789ab"`
	case value.Bytes:
		return "write base64"
	case value.Duration:
		return `write duration("36h"), with h, m or s`
	}
	return ""
}

// decimal is a number literal with exactly the digits it was written with.
func (t *translator) decimal(m term) term {
	d, ok := value.ParseDec(m.lit)
	if !ok || d.Digits() > maxDigits || d.Scale() > maxDigits {
		return t.fail(m.at, "", "%s has more than %d digits", shown(m), maxDigits)
	}
	return expr(m.at, &ir.Const{Value: value.OfDecimal(d), T: value.Type{Kind: value.Decimal, Scale: uint8(max(d.Scale(), 0))}})
}

// settleList is a list literal as a constant list.
func (t *translator) settleList(m term, want value.Type, field *schema.Field) term {
	if !want.List {
		return t.fail(m.at, "write x in [ … ]", "expected %s, found a list", want)
	}
	var elements []value.Value
	for _, el := range m.of {
		s := t.element(el, want.Element(), field)
		if s.form == invalid {
			return s
		}
		c, ok := s.x.(*ir.Const)
		if !ok {
			return t.fail(el.at, "write x in [ … ] for other values", "only literals can stand in a list here")
		}
		elements = append(elements, c.Value)
	}
	return t.constList(m.at, want, elements)
}

// element settles one element of a list literal; null cannot be one.
func (t *translator) element(m term, want value.Type, field *schema.Field) term {
	if m.form == null {
		return t.fail(m.at, "add || x == null", "a list has no null")
	}
	s := t.settle(m, want, field)
	if s.form == typed && !comparable(s.x.Type(), want) {
		return t.fail(m.at, mixHint(s.x.Type(), want), "cannot compare %s with %s", want, s.x.Type())
	}
	return s
}

func (t *translator) constList(at int, of value.Type, elements []value.Value) term {
	of.List = true
	if of.Kind == value.Decimal {
		of.Precision, of.Scale = 0, 0
	}
	v, err := value.ListOf(of.Element(), elements)
	if err != nil {
		return t.fail(at, "", "%s", err.Error())
	}
	return expr(at, &ir.Const{Value: v, T: of})
}

// natural is the type a literal has where nothing else decides.
func natural(m term) value.Type {
	switch m.form {
	case textual:
		return textType
	case whole:
		return value.Type{Kind: value.Int}
	case fraction:
		return value.Type{Kind: value.Decimal}
	}
	return m.x.Type()
}

func kindOf(m term) string { return natural(m).String() }

func shown(m term) string {
	if m.form == textual {
		return fmt.Sprintf("%q", m.lit)
	}
	return m.lit
}

// pair settles two operands by each other. ok is false after a problem.
func (t *translator) pair(l, r term, compared bool) (_, _ term, ok bool) {
	l, r = t.value(l), t.value(r)
	if l.form == invalid || r.form == invalid {
		return l, r, false
	}
	lf, rf := l.field, r.field
	if !compared {
		lf, rf = nil, nil
	}
	switch {
	case l.form == typed:
		r = t.settle(r, l.x.Type(), lf)
	case r.form == typed:
		l = t.settle(l, r.x.Type(), rf)
	case l.literal():
		l = t.settle(l, natural(l), nil)
		r = t.settle(r, l.typeOr(boolType), nil)
	case r.literal():
		r = t.settle(r, natural(r), nil)
		l = t.settle(l, r.typeOr(boolType), nil)
	case l.form == claim || r.form == claim:
		l = t.fail(l.at, "say its type: text(auth.claims.name)", "the type of the claim is not known here")
	default:
		l = t.fail(l.at, "", "nothing here has a type")
	}
	return l, r, l.form == typed && r.form == typed
}

// typeOr is the term's type, or the given one after a problem.
func (m term) typeOr(other value.Type) value.Type {
	if m.form == typed {
		return m.x.Type()
	}
	return other
}

// comparable reports whether two types compare: int and decimal do, float with neither.
func comparable(a, b value.Type) bool {
	if a.List != b.List {
		return false
	}
	exact := func(t value.Type) bool { return !t.List && (t.Kind == value.Int || t.Kind == value.Decimal) }
	return a.Kind == b.Kind || exact(a) && exact(b)
}

// mixHint says which conversion makes two types compare.
func mixHint(a, b value.Type) string {
	kinds := func(x, y value.Kind) bool { return a.Kind == x && b.Kind == y || a.Kind == y && b.Kind == x }
	switch {
	case a.List != b.List:
		return "write x in row.labels"
	case a.Numeric() && b.Numeric():
		return "write float(…) or decimal(…) around one of them"
	case kinds(value.Date, value.Timestamp):
		return "write date(…) or timestamp(…) around one of them"
	case a.Kind == value.Text || b.Kind == value.Text:
		return "write text(…) around the other"
	}
	return ""
}
