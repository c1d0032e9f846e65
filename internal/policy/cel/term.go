package cel

import (
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// translator holds one compilation.
type translator struct {
	catalog  *schema.Catalog
	scope    Scope
	src      schema.Source
	text     []rune
	info     *ast.SourceInfo
	vars     []variable // innermost last
	depth    int
	deep     bool // nesting has been reported
	problems []schema.Problem
	inside   []*schema.Field // the computed fields this text belongs to, outermost first
	budget   *int            // bytes of computed fields that may still be expanded
}

// variable is a name that exists or all introduced: a row, or an element.
type variable struct {
	name  string
	row   *ir.Row
	elem  *ir.Var
	field *schema.Field // the list an element comes from
}

// form says what a term is before its context gives it a type.
type form uint8

const (
	invalid   form = iota // a problem has been reported
	typed                 // x
	textual               // a text literal, lit
	whole                 // an integer literal, lit
	fraction              // a decimal literal, lit
	null                  // the literal null
	list                  // a list literal, of
	claim                 // auth.claims.path: takes the type of the other operand
	actor                 // auth itself, or auth.claims with no path
	record                // a row: root and steps
	many                  // a to-many relation of a record
	arguments             // args itself
)

// term is a translated sub-expression. at is its first character.
type term struct {
	form  form
	at    int
	x     ir.Expr
	field *schema.Field // the field x reads, for its enum and reference
	from  *ir.Row       // the row in scope whose field it is, where no relation lies between
	lit   string
	path  []string
	of    []term
	walk
	same *walk // the relation that shares its name with the field
}

// walk is a way from a row in scope over to-one relations, ending in rel where the term is many.
type walk struct {
	root  *ir.Row
	steps []step
	rel   *schema.Relation
}

type step struct {
	from *ir.Row
	rel  *schema.Relation
	to   *ir.Row
}

// fail reports a problem at a character and gives the term that says so.
func (t *translator) fail(at int, hint, format string, args ...any) term {
	(*schema.Problems)(&t.problems).Add(t.pos(at), hint, format, args...)
	return term{at: at}
}

func expr(at int, x ir.Expr) term { return term{form: typed, at: at, x: x} }

// literal reports whether the term is a scalar literal that takes its type from the context.
func (m term) literal() bool { return m.form == textual || m.form == whole || m.form == fraction }

// term translates a node.
func (t *translator) term(e ast.Expr) term {
	t.depth++
	defer func() { t.depth-- }()
	at := t.start(e)
	if t.depth > maxNesting {
		t.tooDeep(at)
		return term{at: at}
	}
	switch e.Kind() {
	case ast.LiteralKind:
		return t.constant(e, at)
	case ast.IdentKind:
		return t.name(e.AsIdent(), at)
	case ast.SelectKind:
		return t.member(e, at)
	case ast.ListKind:
		return t.listLiteral(e, at)
	case ast.CallKind:
		return t.call(e, at)
	}
	return t.fail(at, "compare fields one by one", "objects are not part of the language")
}

func (t *translator) constant(e ast.Expr, at int) term {
	switch v := e.AsLiteral().(type) {
	case types.Bool:
		return expr(at, ir.Bool(bool(v)))
	case types.String:
		return term{form: textual, at: at, lit: string(v)}
	case types.Int:
		return term{form: whole, at: at, lit: value.OfInt(int64(v)).Text()}
	case types.Double:
		return term{form: fraction, at: at, lit: t.digits(at, float64(v))}
	case types.Null:
		return term{form: null, at: at}
	case types.Uint:
		return t.fail(at, "leave out the u", "unsigned integers are not part of the language")
	}
	return t.fail(at, "write the bytes in base64, as text", "byte literals are not part of the language")
}

// digits is the text of the number literal at an offset: its exact value, which the double f rounds.
func (t *translator) digits(at int, f float64) string {
	out, i := "", at
	if t.text[i] == '-' {
		out = "-"
		for i++; i < len(t.text) && !isWord(t.text[i]) && t.text[i] != '.'; i++ {
			continue
		}
	}
	for ; i < len(t.text); i++ {
		r := t.text[i]
		signed := (r == '+' || r == '-') && (t.text[i-1] == 'e' || t.text[i-1] == 'E')
		if !isWord(r) && r != '.' && !signed {
			break
		}
		out += string(r)
	}
	if read, err := strconv.ParseFloat(out, 64); err != nil || read != f { // a comment after the sign
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return out
}

func (t *translator) listLiteral(e ast.Expr, at int) term {
	out := term{form: list, at: at}
	for _, el := range e.AsList().Elements() {
		m := t.value(t.term(el))
		if m.form == invalid {
			out.form = invalid
		}
		out.of = append(out.of, m)
	}
	return out
}

// start is the first character of a node; the parser's own offsets of operators are those of their signs.
func (t *translator) start(e ast.Expr) int {
	at := t.sign(e)
	switch e.Kind() {
	case ast.SelectKind:
		return t.start(e.AsSelect().Operand())
	case ast.CallKind:
		c := e.AsCall()
		switch {
		case c.IsMemberFunction():
			return t.start(c.Target())
		case isPrefix(c.FunctionName()):
			return at
		case isOperator(c.FunctionName()):
			return t.start(c.Args()[0])
		}
		return t.nameBefore(at)
	}
	return at
}

// sign is where the parser put a node: its operator, dot, opening parenthesis or first character.
func (t *translator) sign(e ast.Expr) int {
	r, _ := t.info.GetOffsetRange(e.ID())
	return min(max(int(r.Start), 0), len(t.text))
}

// nameBefore is the first character of the name before an opening parenthesis.
func (t *translator) nameBefore(paren int) int {
	i := paren
	for i > 0 && !isWord(t.text[i-1]) {
		i--
	}
	for i > 0 && isWord(t.text[i-1]) {
		i--
	}
	return i
}

// nameAfter is the first character of the name after a dot.
func (t *translator) nameAfter(dot int) int {
	for dot < len(t.text) && !isWord(t.text[dot]) {
		dot++
	}
	return dot
}
