package cel

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

var compareOps = map[string]ir.CompareOp{
	operators.Equals: ir.Eq, operators.NotEquals: ir.Ne, operators.Less: ir.Lt,
	operators.LessEquals: ir.Le, operators.Greater: ir.Gt, operators.GreaterEquals: ir.Ge,
}

var arithOps = map[string]byte{
	operators.Add: '+', operators.Subtract: '-', operators.Multiply: '*', operators.Divide: '/', operators.Modulo: '%',
}

func isPrefix(fn string) bool { return fn == operators.LogicalNot || fn == operators.Negate }

// isOperator reports whether a call's name is one of the parser's for an operator; none of them is an identifier.
func isOperator(fn string) bool {
	for i := range len(fn) {
		if !isWord(rune(fn[i])) && fn[i] != '.' {
			return true
		}
	}
	return fn == operators.In
}

// call translates operators, functions and methods.
func (t *translator) call(e ast.Expr, at int) term {
	c := e.AsCall()
	fn, args := c.FunctionName(), c.Args()
	if c.IsMemberFunction() || !isOperator(fn) {
		return t.function(e, at)
	}
	if op, ok := compareOps[fn]; ok {
		return t.compare(op, t.term(args[0]), t.term(args[1]), t.sign(e))
	}
	if op, ok := arithOps[fn]; ok {
		return t.arith(op, t.term(args[0]), t.term(args[1]), t.sign(e))
	}
	switch fn {
	case operators.LogicalAnd:
		of, ok := t.truths(args)
		return made(ok, at, func() ir.Expr { return &ir.And{Of: of} })
	case operators.LogicalOr:
		of, ok := t.truths(args)
		return made(ok, at, func() ir.Expr { return &ir.Or{Of: of} })
	case operators.LogicalNot:
		x := t.truth(t.term(args[0]))
		return made(x != nil, at, func() ir.Expr { return &ir.Not{X: x} })
	case operators.Negate:
		return t.negate(t.term(args[0]), at)
	case operators.Conditional:
		return t.conditional(args, at)
	case operators.In:
		return t.in(t.term(args[0]), t.term(args[1]), t.sign(e))
	case operators.Index:
		return t.index(e, at)
	}
	return t.fail(t.sign(e), "", "this operator is not part of the language")
}

// made is the expression x gives, or the invalid term.
func made(ok bool, at int, x func() ir.Expr) term {
	if !ok {
		return term{at: at}
	}
	return expr(at, x())
}

func (t *translator) truths(args []ast.Expr) ([]ir.Expr, bool) {
	var of []ir.Expr
	for _, a := range args {
		if x := t.truth(t.term(a)); x != nil {
			of = append(of, x)
		}
	}
	return of, len(of) == len(args)
}

// compare translates a comparison whose sign is at opAt.
func (t *translator) compare(op ir.CompareOp, l, r term, opAt int) term {
	equality := op == ir.Eq || op == ir.Ne
	switch {
	case l.form == invalid || r.form == invalid:
		return term{at: l.at}
	case l.form == null || r.form == null:
		return t.nullTest(op, l, r, opAt)
	case equality && t.isSame(l, r):
		return expr(l.at, &ir.Same{L: l.x, R: r.x, Negate: op == ir.Ne})
	case l.form == record && r.form == record:
		return t.fail(opAt, "compare their keys: row.a_id == row.b_id", "rows do not compare")
	}
	at := l.at
	l, r, ok := t.pair(l, r, true)
	if !ok {
		return term{at: at}
	}
	return t.comparison(op, l, r, opAt)
}

func (t *translator) comparison(op ir.CompareOp, l, r term, opAt int) term {
	a, b := l.x.Type(), r.x.Type()
	equality := op == ir.Eq || op == ir.Ne
	switch {
	case !comparable(a, b):
		return t.fail(opAt, mixHint(a, b), "cannot compare %s with %s", a, b)
	case a.Kind == value.JSON && !a.List:
		return t.fail(opAt, "declare a field for what a policy needs", "json compares only with null")
	case !equality && (a.List || a.Kind == value.Bool || a.Kind == value.Bytes || a.Kind == value.UUID):
		return t.fail(opAt, "write == or !=", "%s has no order", a)
	}
	return expr(l.at, &ir.Compare{Op: op, L: l.x, R: r.x})
}

// isSame reports whether the two are row.f and old.f, whose comparison is null-safe.
func (t *translator) isSame(l, r term) bool {
	if t.scope.Old == nil || l.form != typed || r.form != typed || l.field == nil || l.field != r.field {
		return false
	}
	row, old := t.scope.Row, t.scope.Old
	return l.from == row && r.from == old || l.from == old && r.from == row
}

// nullTest translates x == null and x != null, on either side.
func (t *translator) nullTest(op ir.CompareOp, l, r term, opAt int) term {
	at, m := l.at, l
	if l.form == null {
		m = r
	}
	if op != ir.Eq && op != ir.Ne {
		return t.fail(opAt, "write == null or != null", "null has no order")
	}
	x := t.isNull(m)
	if x == nil {
		return term{at: at}
	}
	if op == ir.Ne {
		x = negated(x)
	}
	return expr(at, x)
}

// negated is Not without doubling it.
func negated(x ir.Expr) ir.Expr {
	if n, ok := x.(*ir.Not); ok {
		return n.X
	}
	return &ir.Not{X: x}
}

// isNull tests a value, a claim or a to-one relation for NULL; nil after a problem.
func (t *translator) isNull(m term) ir.Expr {
	switch m.form {
	case typed:
		return &ir.IsNull{X: m.x}
	case claim:
		return &ir.IsNull{X: claimAs(m, value.Type{Kind: value.JSON})}
	case record:
		if len(m.walk.steps) > 0 {
			return &ir.Not{X: m.walk.reached()}
		}
		t.fail(m.at, "name a field of it", "%q is never null", m.walk.root.Label)
	case textual, whole, fraction, list, null:
		t.fail(m.at, "", "a literal needs no test for null")
	default:
		t.value(m)
	}
	return nil
}

// arith translates + - * / %.
func (t *translator) arith(op byte, l, r term, opAt int) term {
	at := l.at
	if l.form == null || r.form == null {
		return t.fail(opAt, "write null in place of the whole", "arithmetic with null is always NULL")
	}
	l, r, ok := t.pair(t.number(l, r), t.number(r, l), false)
	if !ok {
		return term{at: at}
	}
	a, b := l.x.Type(), r.x.Type()
	of, ok := value.ArithType(op, a, b)
	if !ok {
		return t.fail(opAt, arithHint(a, b), "there is no %s %c %s", a, op, b)
	}
	return expr(at, &ir.Arith{Op: op, L: l.x, R: r.x, T: of})
}

// number keeps a number literal beside something that is none a number, so that the message names the operation.
func (t *translator) number(m, other term) term {
	if (m.form == whole || m.form == fraction) && other.form == typed && !other.x.Type().Numeric() {
		return t.settle(m, natural(m), nil)
	}
	return m
}

func arithHint(a, b value.Type) string {
	switch {
	case a.List || b.List:
		return ""
	case a.Numeric() && b.Numeric() && a.Kind != b.Kind:
		return "write float(…) or decimal(…) around one of them"
	case a.Kind == value.Date || b.Kind == value.Date:
		return `write date(timestamp(row.due) + duration("24h"))`
	case a.Kind == value.Text || b.Kind == value.Text:
		return "write text(…) around the other"
	case a.Kind == value.Timestamp || b.Kind == value.Timestamp:
		return `write row.created_at + duration("1h")`
	}
	return ""
}

func (t *translator) negate(m term, at int) term {
	m = t.value(m)
	switch {
	case m.form == invalid:
		return m
	case m.literal():
		m = t.settle(m, natural(m), nil)
	case m.form == claim:
		return t.fail(m.at, "say its type: int(auth.claims.name)", "the type of the claim is not known here")
	}
	if m.form != typed || !m.x.Type().Numeric() {
		return t.fail(at, "write !x for a condition", "only a number has a negative")
	}
	return expr(at, &ir.Neg{X: m.x})
}

// conditional translates c ? a : b, whose branches have one type.
func (t *translator) conditional(args []ast.Expr, at int) term {
	cond := t.truth(t.term(args[0]))
	a, b := t.term(args[1]), t.term(args[2])
	field := a.field
	if b.field != field {
		field = nil
	}
	a, b, ok := t.pair(a, b, false)
	if cond == nil || !ok {
		return term{at: at}
	}
	x, y := a.x, b.x
	if x.Type() != y.Type() {
		if !comparable(x.Type(), y.Type()) {
			return t.fail(b.at, mixHint(x.Type(), y.Type()), "the branches differ: %s and %s", x.Type(), y.Type())
		}
		exact := value.Type{Kind: value.Decimal, Scale: max(x.Type().Scale, y.Type().Scale)}
		x, y = converted(x, exact), converted(y, exact)
	}
	return term{form: typed, at: at, x: &ir.Cond{If: cond, Then: x, Else: y}, field: field}
}

// converted is x as type to, by a conversion only where the type differs.
func converted(x ir.Expr, to value.Type) ir.Expr {
	if x.Type() == to {
		return x
	}
	return &ir.Convert{X: x, To: to}
}
