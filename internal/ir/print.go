package ir

import (
	"strconv"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Print gives the stable text of a query, one line per clause. Scope variables are named by their collection and the order
// in which they appear, so that two requests that differ only in values print identically.
func Print(q *Query) string {
	p := NewPrinter()
	p.Query(q, 0)
	return string(p.buf)
}

// PrintExpr gives the stable text of one expression.
func PrintExpr(e Expr) string {
	p := NewPrinter()
	p.Expr(e)
	return string(p.buf)
}

// Printer writes nodes as text. The zero Printer is not ready; use NewPrinter.
type Printer struct {
	buf  []byte
	rows []*Row
	vars []*Var
}

// NewPrinter gives an empty printer.
func NewPrinter() *Printer { return &Printer{buf: make([]byte, 0, 512)} }

// String is what has been printed so far.
func (p *Printer) String() string { return string(p.buf) }

// Text appends s as it is.
func (p *Printer) Text(s string) { p.buf = append(p.buf, s...) }

// Line starts a new line at a depth.
func (p *Printer) Line(depth int) {
	if len(p.buf) > 0 {
		p.buf = append(p.buf, '\n')
	}
	for range depth {
		p.buf = append(p.buf, "  "...)
	}
}

// Row appends the name of a scope variable.
func (p *Printer) Row(r *Row) {
	n := len(p.rows)
	for i, seen := range p.rows {
		if seen == r {
			n = i
			break
		}
	}
	if n == len(p.rows) {
		p.rows = append(p.rows, r)
	}
	p.Text(r.Collection.Key)
	p.buf = append(p.buf, '#')
	p.buf = strconv.AppendInt(p.buf, int64(n), 10)
}

func (p *Printer) variable(v *Var) {
	n := len(p.vars)
	for i, seen := range p.vars {
		if seen == v {
			n = i
			break
		}
	}
	if n == len(p.vars) {
		p.vars = append(p.vars, v)
	}
	p.buf = append(p.buf, '$', 'e')
	p.buf = strconv.AppendInt(p.buf, int64(n), 10)
}

// Query appends a level and everything below it.
func (p *Printer) Query(q *Query, depth int) {
	p.Line(depth)
	p.Text("from ")
	p.Row(q.Row)
	if q.Derived != nil {
		p.Line(depth + 1)
		p.Text("derived")
		p.Query(q.Derived, depth+2)
	}
	if q.From != nil {
		p.Line(depth + 1)
		p.Text("within")
		p.Query(q.From, depth+2)
	}
	for _, it := range q.Items {
		p.item(it, depth+1)
	}
	p.clause("guard ", q.Guard, depth+1)
	p.clause("where ", q.Where, depth+1)
	p.clause("having ", q.Having, depth+1)
	for _, o := range q.Order {
		p.Line(depth + 1)
		p.Text("order ")
		p.Order(o)
	}
	if q.After != nil {
		p.Line(depth + 1)
		p.after(q.After)
	}
	p.clause("limit ", q.Limit, depth+1)
	p.clause("offset ", q.Offset, depth+1)
}

func (p *Printer) clause(name string, e Expr, depth int) {
	if e == nil {
		return
	}
	p.Line(depth)
	p.Text(name)
	p.Expr(e)
}

func (p *Printer) item(it Item, depth int) {
	p.Line(depth)
	switch it := it.(type) {
	case *Output:
		p.Text("output ")
		p.buf = strconv.AppendQuote(p.buf, it.Name)
		p.Text(" = ")
		p.Expr(it.X)
		if it.Cast != nil {
			p.Text(" cast ")
			p.Text(it.Cast.String())
		}
	case *Embed:
		p.embed(it, depth)
	}
}

func (p *Printer) embed(e *Embed, depth int) {
	switch {
	case e.Spread:
		p.Text("spread")
	case e.Silent:
		p.Text("join")
	default:
		p.Text("embed ")
		p.buf = strconv.AppendQuote(p.buf, e.Name)
	}
	if e.Inner {
		p.Text(" inner")
	}
	p.Text(" via ")
	p.relation(e.Rel)
	p.via(e.Via)
	p.Query(e.Query, depth+1)
}

// relation names a relation uniquely: its direction, its foreign key or junction.
func (p *Printer) relation(r *schema.Relation) {
	switch {
	case r.Junction != nil:
		p.Text("<>")
		p.Text(r.Junction.FromFK.Name)
		p.Text("/")
		p.Text(r.Junction.ToFK.Name)
	case r.FK == nil:
		p.Text("=")
		p.Text(r.Name)
	case r.Forward:
		p.Text(">")
		p.Text(r.FK.Name)
	default:
		p.Text("<")
		p.Text(r.FK.Name)
	}
}

// Order appends one ordering term.
func (p *Printer) Order(o Order) {
	p.Expr(o.X)
	if o.Desc {
		p.Text(" desc")
	}
	if o.NullsFirst {
		p.Text(" nulls first")
	}
}

func (p *Printer) after(a *After) {
	p.Text("after")
	for i, e := range a.Values {
		p.Text(" ")
		if a.Null[i] {
			p.Text("null")
			continue
		}
		p.Expr(e)
	}
}

func (p *Printer) call(name string, args ...Expr) {
	p.Text("(")
	p.Text(name)
	for _, a := range args {
		p.Text(" ")
		p.Expr(a)
	}
	p.Text(")")
}

var compareNames = [...]string{"=", "<>", "<", "<=", ">", ">="}

// String is the operator's sign.
func (op CompareOp) String() string { return compareNames[op] }

var setNames = [...]string{"@>", "<@", "&&"}
var textNames = [...]string{"starts-with", "ends-with", "has-text"}
var searchNames = [...]string{"fts", "plfts", "phfts", "wfts"}
var aggNames = [...]string{"count", "sum", "avg", "min", "max"}
var authNames = [...]string{"uid", "role", "email", "aal", "is_anonymous", "claims"}
var truthNames = [...]string{"is-false", "is-true", "is-unknown"}

// String is the function's name in a request.
func (f AggFn) String() string { return aggNames[f] }

// Expr appends an expression.
func (p *Printer) Expr(e Expr) {
	switch e := e.(type) {
	case *Const:
		p.constant(e)
	case *Param:
		p.Text("$")
		p.buf = strconv.AppendInt(p.buf, int64(e.Slot), 10)
		p.Text(":")
		p.Text(e.T.String())
	case *Auth:
		p.auth(e)
	case *Now:
		if e.T.Kind == value.Date {
			p.Text("today")
		} else {
			p.Text("now")
		}
	case *Column:
		p.Row(e.Row)
		p.Text(".")
		p.Text(e.Field.Key)
	case *Path:
		p.path(e)
	case *And:
		p.call("and", e.Of...)
	case *Or:
		p.call("or", e.Of...)
	case *Not:
		p.call("not", e.X)
	case *Compare:
		p.call(e.Op.String(), e.L, e.R)
	default:
		p.predicate(e)
	}
}

func (p *Printer) predicate(e Expr) {
	switch e := e.(type) {
	case *Same:
		p.call(choose(e.Negate, "distinct", "same"), e.L, e.R)
	case *IsNull:
		p.call("is-null", e.X)
	case *Test:
		p.call(truthNames[e.Want], e.X)
	case *Quantified:
		p.call(e.Op.String()+choose(e.All, "all", "any"), e.X, e.List)
	case *Like:
		p.call(patternName("like", e.Fold, e.List, e.All), e.X, e.Pattern)
	case *Match:
		p.call(patternName("match", e.Fold, e.List, e.All), e.X, e.Pattern)
	case *Set:
		p.call(setNames[e.Op], e.L, e.R)
	case *Search:
		p.search(e)
	case *TextTest:
		p.call(textNames[e.Op], e.X, e.Y)
	default:
		p.scalar(e)
	}
}

func (p *Printer) scalar(e Expr) {
	switch e := e.(type) {
	case *Arith:
		p.call(string(e.Op), e.L, e.R)
	case *Neg:
		p.call("neg", e.X)
	case *Cond:
		p.call("if", e.If, e.Then, e.Else)
	case *Convert:
		p.call("to-"+e.To.String(), e.X)
	case *Length:
		p.call("length", e.X)
	case *Elem:
		p.variable(e.V)
	case *ListAny:
		p.Text(choose(e.All, "(list-all ", "(list-any "))
		p.Expr(e.X)
		p.Text(" ")
		p.variable(e.V)
		p.Text(" ")
		p.Expr(e.Cond)
		p.Text(")")
	case *Agg:
		if e.X == nil {
			p.Text("(count)")
			return
		}
		p.call(e.Fn.String(), e.X)
	case *Mask:
		p.call("mask", e.Policy, e.X)
	default:
		p.walk(e)
	}
}

func (p *Printer) walk(e Expr) {
	switch e := e.(type) {
	case *Through:
		p.Text("(through ")
		p.step(e.From, e.Rel)
		p.Text(" ")
		p.Row(e.To)
		p.Text(" ")
		p.Expr(e.Yield)
		p.Text(")")
	case *Exists:
		p.Text(choose(e.All, "(every ", "(exists "))
		p.step(e.From, e.Path...)
		p.Text(" ")
		p.Row(e.To)
		p.Text(" ")
		p.Expr(e.Cond)
		p.Text(")")
	case *Count:
		p.Text("(size ")
		p.step(e.From, e.Rel)
		if e.Cond != nil {
			p.Text(" ")
			p.Row(e.To)
			p.Text(" ")
			p.Expr(e.Cond)
		}
		p.Text(")")
	case *Related:
		p.Text("(related ")
		p.step(e.From, e.Rel)
		p.via(e.Via)
		p.Text(" {")
		p.Query(e.Query, 1)
		p.Text("})")
	}
}

func (p *Printer) via(v *Via) {
	if v == nil {
		return
	}
	p.Text(" over ")
	p.Row(v.Row)
	p.Text(" guard ")
	p.Expr(v.Guard)
}

func (p *Printer) step(from *Row, path ...*schema.Relation) {
	p.Row(from)
	for _, r := range path {
		p.relation(r)
	}
}

func (p *Printer) constant(e *Const) {
	switch {
	case e.Value.IsNull():
		p.Text("null")
	case e.T.Kind == value.Bool:
		p.Text(choose(e.Value.True(), "true", "false"))
	default:
		p.buf = value.AppendJSON(p.buf, e.T, e.Value)
		p.Text(":")
		p.Text(e.T.String())
	}
}

func (p *Printer) auth(e *Auth) {
	p.Text("auth.")
	p.Text(authNames[e.Name])
	for _, s := range e.Path {
		p.Text(".")
		p.buf = strconv.AppendQuote(p.buf, s)
	}
	if e.Name == Claims {
		p.Text(":")
		p.Text(e.T.String())
	}
}

func (p *Printer) path(e *Path) {
	p.Expr(e.X)
	for i, s := range e.Steps {
		p.Text(choose(e.Text && i == len(e.Steps)-1, "->>", "->"))
		if s.IsIndex {
			p.buf = strconv.AppendInt(p.buf, int64(s.Index), 10)
		} else {
			p.buf = strconv.AppendQuote(p.buf, s.Key)
		}
	}
}

func (p *Printer) search(e *Search) {
	p.Text("(")
	p.Text(searchNames[e.Mode])
	p.Text(":")
	p.Text(e.Config)
	for _, f := range e.Fields {
		p.Text(" ")
		p.Row(e.Row)
		p.Text(".")
		p.Text(f.Key)
	}
	p.Text(" ")
	p.Expr(e.Query)
	p.Text(")")
}

func patternName(base string, fold, list, all bool) string {
	if fold {
		base = "i" + base
	}
	if !list {
		return base
	}
	return base + choose(all, "-all", "-any")
}

func choose(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
