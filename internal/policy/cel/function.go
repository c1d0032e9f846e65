package cel

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/pattern"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// site is one call of a function or a method (on is set).
type site struct {
	name   string
	at     int // the whole call's first character
	nameAt int
	on     ast.Expr
	args   []ast.Expr
}

// The closed table: every function and method there is.
var (
	conversions = []string{"date", "timestamp", "int", "decimal", "float", "text"}
	functions   = append([]string{"has", "size", "duration", "now", "today"}, conversions...)
	methods     = []string{"exists", "all", "size", "startsWith", "endsWith", "contains", "matches"}
	textTests   = map[string]ir.TextOp{"startsWith": ir.StartsWith, "endsWith": ir.EndsWith, "contains": ir.HasText}
)

func (t *translator) function(e ast.Expr, at int) term {
	c := e.AsCall()
	s := site{name: c.FunctionName(), at: at, nameAt: t.nameBefore(t.sign(e)), args: c.Args()}
	if c.IsMemberFunction() {
		s.on = c.Target()
		return t.method(s)
	}
	switch {
	case !slices.Contains(functions, s.name):
		return t.unknownFunction(s)
	case s.name == "now" || s.name == "today":
		return t.instant(s)
	case len(s.args) != 1:
		return t.fail(s.nameAt, "write "+s.name+"(x)", "%s takes one argument", s.name)
	case s.name == "has":
		return t.has(s)
	case s.name == "size":
		return t.size(t.term(s.args[0]), s)
	case s.name == "duration":
		return t.duration(s)
	}
	return t.convert(s)
}

func (t *translator) method(s site) term {
	if s.on.Kind() == ast.IdentKind && s.on.AsIdent() == "auth" {
		return t.authCall(s.name, s.nameAt)
	}
	switch {
	case !slices.Contains(methods, s.name):
		return t.unknownMethod(s)
	case s.name == "exists" || s.name == "all":
		return t.quantifier(s)
	case s.name == "size" && len(s.args) == 0:
		return t.size(t.term(s.on), s)
	case s.name == "size":
		return t.fail(s.nameAt, "write row.members.size()", "size takes no argument")
	case len(s.args) != 1:
		return t.fail(s.nameAt, "write row.title."+s.name+"('text')", "%s takes one argument", s.name)
	case s.name == "matches":
		return t.matches(s)
	}
	return t.textTest(s)
}

func (t *translator) instant(s site) term {
	if len(s.args) > 0 {
		return t.fail(s.nameAt, "write "+s.name+"()", "%s takes no argument", s.name)
	}
	of := value.Type{Kind: value.Timestamp}
	if s.name == "today" {
		of.Kind = value.Date
	}
	return expr(s.at, &ir.Now{T: of})
}

// has is the same as != null, for a field, a to-one relation or a claim.
func (t *translator) has(s site) term {
	m := t.term(s.args[0])
	if m.form == invalid {
		return m
	}
	if s.args[0].Kind() != ast.SelectKind {
		return t.fail(m.at, "write has(row.field)", "has takes a field")
	}
	x := t.isNull(m)
	return made(x != nil, s.at, func() ir.Expr { return negated(x) })
}

// size counts related rows, elements, or code points.
func (t *translator) size(m term, s site) term {
	switch {
	case m.form == many:
		count := &ir.Count{From: m.walk.row(), Rel: m.walk.rel}
		return expr(s.at, m.walk.wrap(count))
	case m.form == claim:
		return t.fail(m.at, "say its type: size(text(auth.claims.name))", "the type of the claim is not known here")
	case m.form == textual:
		m = t.settle(m, textType, nil)
	}
	if m = t.value(m); m.form == invalid {
		return m
	}
	if m.form == typed {
		if of := m.x.Type(); of.List || of.Kind == value.Text || of.Kind == value.Bytes {
			return expr(s.at, &ir.Length{X: m.x})
		}
	}
	return t.fail(m.at, "", "size takes a to-many relation, a list, text or bytes")
}

// duration reads its literal when the project loads: no text makes it fail later.
func (t *translator) duration(s site) term {
	m := t.term(s.args[0])
	switch m.form {
	case invalid:
		return m
	case textual:
		d := t.parsed(m, value.Type{Kind: value.Duration})
		d.at = s.at
		return d
	}
	return t.fail(m.at, `write duration("36h")`, "duration takes a literal text")
}

// convert translates date(x), int(x) and their like. A literal is converted here, so that a bad one is a problem.
func (t *translator) convert(s site) term {
	to := value.Type{Kind: kindNamed(s.name)}
	m := t.value(t.term(s.args[0]))
	switch {
	case m.form == invalid:
		return m
	case m.form == claim:
		return expr(s.at, claimAs(m, to))
	case m.literal():
		c := t.convertLiteral(m, to)
		c.at = s.at
		return c
	case m.form != typed:
		return t.fail(m.at, "", "%s takes one value", s.name)
	}
	from := m.x.Type()
	switch {
	case from.Kind == to.Kind && !from.List:
		return expr(s.at, m.x)
	case from.List || !value.Castable(from, to):
		return t.fail(m.at, castHint(from), "%s cannot be made from %s", s.name, from)
	}
	return expr(s.at, &ir.Convert{X: m.x, To: to})
}

func castHint(from value.Type) string {
	if from.Kind == value.Bool {
		return "write condition ? 1 : 0"
	}
	return ""
}

func (t *translator) convertLiteral(m term, to value.Type) term {
	if m.form != textual && to.Kind == value.Decimal {
		return t.decimal(m)
	}
	written := t.settle(m, natural(m), nil)
	if written.form == invalid {
		return written
	}
	c := written.x.(*ir.Const)
	if !value.Castable(c.T, to) {
		return t.fail(m.at, "", "%s cannot be made from %s", to, c.T)
	}
	v, err := value.Cast(c.Value, c.T, to)
	if err != nil {
		return t.fail(m.at, literalHint(to.Kind), "%s is not a valid %s", shown(m), to)
	}
	if to.Kind == value.Decimal {
		return t.decimal(term{form: fraction, at: m.at, lit: v.Dec().String()})
	}
	return expr(m.at, &ir.Const{Value: v, T: to})
}

func kindNamed(name string) value.Kind {
	for k := value.Text; k <= value.Duration; k++ {
		if (value.Type{Kind: k}).String() == name {
			return k
		}
	}
	return value.Null
}

// textTest translates startsWith, endsWith and contains.
func (t *translator) textTest(s site) term {
	x, y := t.onText(s), t.term(s.args[0])
	if x.form == invalid || y.form == invalid {
		return term{at: s.at}
	}
	y = t.settle(t.value(y), textType, nil)
	if y.form == invalid {
		return y
	}
	if y.x.Type() != textType {
		return t.fail(y.at, "write text(…) around it", "%s takes text, found %s", s.name, y.x.Type())
	}
	return expr(s.at, &ir.TextTest{Op: textTests[s.name], X: x.x, Y: y.x})
}

// onText is the text a method is called on.
func (t *translator) onText(s site) term {
	m := t.term(s.on)
	switch m.form {
	case many:
		return t.fail(s.nameAt, "write "+m.walk.rel.Key+".exists(m, …)", "%q leads to many rows, it has no %s", m.walk.rel.Key, s.name)
	case typed, textual, claim, whole, fraction:
		m = t.settle(m, textType, nil)
	}
	m = t.value(m)
	switch {
	case m.form == invalid:
		return m
	case m.form != typed:
		return t.fail(m.at, "", "%s takes text", s.name)
	case m.x.Type().List && s.name == "contains":
		return t.fail(s.nameAt, "write x in row.labels", "contains looks into text, not into lists")
	case m.x.Type() != textType:
		return t.fail(m.at, "write text(…) around it", "%s takes text, found %s", s.name, m.x.Type())
	}
	return m
}

func (t *translator) matches(s site) term {
	x, y := t.onText(s), t.term(s.args[0])
	if x.form == invalid || y.form == invalid {
		return term{at: s.at}
	}
	if y.form != textual {
		return t.fail(y.at, "write row.title.matches('^a.*z$')", "matches takes a literal pattern")
	}
	if err := pattern.Check(y.lit); err != nil {
		return t.fail(y.at, fault.From(err).Hint, "%s", err)
	}
	p := t.parsed(y, textType)
	return made(p.form == typed, s.at, func() ir.Expr { return &ir.Match{X: x.x, Pattern: p.x} })
}

// elsewhere says how to write what other languages call a function; keys are in lower case.
var elsewhere = map[string]string{
	"not": "write !x", "string": "write text(x)", "str": "write text(x)", "double": "write float(x)", "uint": "write int(x)",
	"number": "write int(x), decimal(x) or float(x)", "numeric": "write decimal(x)", "bool": "write the condition itself",
	"len": "write size(x)", "length": "write size(x)", "count": "write row.members.size()", "coalesce": "write x != null ? x : y",
	"ifnull": "write x != null ? x : y", "isnull": "write x == null", "is_null": "write x == null",
	"exists": "write row.members.exists(m, m.user_id == auth.uid)", "any": "write row.members.exists(m, m.user_id == auth.uid)",
	"some": "write row.members.exists(m, m.user_id == auth.uid)", "exists_one": "write row.members.exists(m, …)",
	"all": "write row.members.all(m, …)", "every": "write row.members.all(m, …)", "map": "write row.members.exists(m, …) or .all(m, …)",
	"filter": "write row.members.exists(m, …) or .all(m, …)", "startswith": "write row.title.startsWith('text')",
	"starts_with": "write row.title.startsWith('text')", "endswith": "write row.title.endsWith('text')",
	"ends_with": "write row.title.endsWith('text')", "contains": "write row.title.contains('text')",
	"includes": "write row.title.contains('text') or x in row.labels", "matches": "write row.title.matches('pattern')",
	"match": "write row.title.matches('pattern')", "like": "write row.title.startsWith('text') or .contains('text')",
	"regexp": "write row.title.matches('pattern')", "test": "write row.title.matches('pattern')", "uuid": "compare with the text: row.id == '…'",
	"tostring": "write text(x)", "getdate": "write date(x)", "current_date": "write today()", "datetime": "write timestamp(x)",
	"interval": `write duration("1h")`, "in": "write x in [ … ]", "and": "write &&", "or": "write ||", "is": "write == null",
	"current_user": "write auth.uid",
}

func (t *translator) unknownFunction(s site) term {
	return t.unknown(s, "function", functions, "the functions are "+strings.Join(functions, ", "))
}

func (t *translator) unknownMethod(s site) term {
	return t.unknown(s, "method", methods, "the methods are "+strings.Join(methods, ", "))
}

func (t *translator) unknown(s site, what string, names []string, all string) term {
	if hint, ok := elsewhere[strings.ToLower(s.name)]; ok {
		return t.fail(s.nameAt, hint, "unknown %s %q", what, s.name)
	}
	return t.fail(s.nameAt, all, "unknown %s %q%s", what, s.name, schema.DidYouMean(s.name, names))
}
