// Package ir owns the sealed nodes of queries and expressions, their one meaning (semantics.md section 1: three-valued
// logic, NULL for everything that fails) and a stable printer. Names are already resolved: nodes point at the catalogue. It
// knows nothing of SQL, HTTP or CEL, and holds no value a request brought: those are Params, slots of Env.Args.
package ir

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Expr is a typed expression. Implementations are this package's nodes only.
type Expr interface {
	Type() value.Type
	expr()
}

// Row is a scope variable: one reference to a collection. Its identity is its pointer; Label is for the printer.
// A node that introduces a Row brings it into scope for its own sub-expressions only, so one Row may be introduced
// in several places.
type Row struct {
	Collection *schema.Collection
	Label      string
}

// Var is an element variable of a list quantifier.
type Var struct {
	Of    value.Type // the element type
	Label string
}

// Const is a literal written in the project. The zero Value with kind Null is NULL.
type Const struct {
	Value value.Value
	T     value.Type
}

// Param is a value brought by the request: Env.Args[Slot].
type Param struct {
	Slot int
	T    value.Type
}

// Auth is a value of the actor, bound when the plan runs. Path is the claim path below `auth.claims`.
type Auth struct {
	Name AuthName
	Path []string // Claims only
	T    value.Type
}

// AuthName is a member of the `auth` variable.
type AuthName uint8

// The members of `auth`.
const (
	UID AuthName = iota
	Role
	Email
	AAL
	Anonymous
	Claims
)

// Now is the request's instant (T Timestamp) or its UTC date (T Date).
type Now struct{ T value.Type }

// Column reads a field of a row in scope.
type Column struct {
	Row   *Row
	Field *schema.Field
}

// Path follows a JSON path from a JSON or list expression; Text is the ->> form.
type Path struct {
	X     Expr
	Steps []value.Step
	Text  bool
}

// And, Or and Not are Kleene logic. An empty And is TRUE, an empty Or is FALSE.
type And struct{ Of []Expr }
type Or struct{ Of []Expr }
type Not struct{ X Expr }

// CompareOp is a comparison operator.
type CompareOp uint8

// The comparison operators.
const (
	Eq CompareOp = iota
	Ne
	Lt
	Le
	Gt
	Ge
)

// Compare is NULL where either side is NULL. Int and Decimal compare exactly with each other.
type Compare struct {
	Op   CompareOp
	L, R Expr
}

// Same is null-safe equality (IS NOT DISTINCT FROM); Negate makes it IS DISTINCT FROM.
type Same struct {
	L, R   Expr
	Negate bool
}

// IsNull tests for NULL. Test is IS TRUE, IS FALSE or IS UNKNOWN of a boolean.
type IsNull struct{ X Expr }
type Test struct {
	X    Expr
	Want Truth
}

// Truth is a three-valued truth.
type Truth uint8

// The truths.
const (
	False Truth = iota
	True
	Unknown
)

// Quantified compares X with every element of List (a list-typed Param or Const) by Op: any of them, or all of them. It is
// Kleene's OR (any) or AND (all) over the elements; in.(…) is Eq, any. Elements are never NULL.
type Quantified struct {
	Op   CompareOp
	X    Expr
	List Expr
	All  bool
}

// Like matches SQL's LIKE with \ escapes; Fold folds ASCII case. List says that Pattern is a list of patterns: any, or All.
type Like struct {
	X, Pattern Expr
	Fold       bool
	List, All  bool
}

// Match matches a regular expression of the RE2 subset, already validated; unanchored. Fold, List and All as in Like.
type Match struct {
	X, Pattern Expr
	Fold       bool
	List, All  bool
}

// SetOp is a containment operator of lists and JSON.
type SetOp uint8

// The containment operators: @>, <@, &&.
const (
	Contains SetOp = iota
	Contained
	Overlaps
)

// Set compares two lists, or two JSON values (not Overlaps).
type Set struct {
	Op   SetOp
	L, R Expr
}

// SearchMode is how a full-text query is read.
type SearchMode uint8

// The modes: to_tsquery, plainto_, phraseto_, websearch_to_tsquery.
const (
	FTS SearchMode = iota
	PLFTS
	PHFTS
	WFTS
)

// Search is TRUE where the fields' indexed tokens match the query. Fields are in the collection's search set. Query is a text
// Param or Const already known to parse. A row whose fields are all NULL gives FALSE.
type Search struct {
	Row    *Row
	Fields []*schema.Field
	Mode   SearchMode
	Config string
	Query  Expr
}

// TextOp is one of CEL's plain text tests.
type TextOp uint8

// The text tests.
const (
	StartsWith TextOp = iota
	EndsWith
	HasText
)

// TextTest compares text by code point, without patterns.
type TextTest struct {
	Op   TextOp
	X, Y Expr
}

// Arith is value.Arith: op one of + - * / %. T is value.ArithType of the operands.
type Arith struct {
	Op   byte
	L, R Expr
	T    value.Type
}

// Neg is arithmetic negation.
type Neg struct{ X Expr }

// Cond is If ? Then : Else; a NULL condition gives NULL.
type Cond struct{ If, Then, Else Expr }

// Convert is value.Cast; a failed conversion is NULL.
type Convert struct {
	X  Expr
	To value.Type
}

// Length is the number of code points of text, bytes of bytes, or elements of a list.
type Length struct{ X Expr }

// Elem is the current element of the quantifier that introduced V.
type Elem struct{ V *Var }

// ListAny is TRUE where some element's Cond is TRUE (never NULL); All: where every element's is.
type ListAny struct {
	X    Expr // a list
	V    *Var
	Cond Expr
	All  bool
}

// Walks are the relation walks of trusted expressions (policies, checks, view conditions, trusted computed fields): they read
// raw rows, and Bind does not enter them. Only policy/cel builds them (a test keeps this).

// Through is Yield over the one row that To becomes by following Rel (to-one) from From; NULL where there is none.
type Through struct {
	From  *Row
	Rel   *schema.Relation
	To    *Row
	Yield Expr
}

// Exists is TRUE where a row reached from From by Path (to-one steps, then any relation) has Cond TRUE; never NULL.
// Every: where none of them has Cond other than TRUE.
type Exists struct {
	From *Row
	Path []*schema.Relation
	To   *Row
	Cond Expr
	All  bool
}

// Count is the number of rows a to-many relation reaches (CEL's size): those whose Cond, which reads To, is TRUE; all of
// them where Cond is nil.
type Count struct {
	From *Row
	Rel  *schema.Relation
	To   *Row
	Cond Expr
}

// AggFn is an aggregate function.
type AggFn uint8

// The aggregates.
const (
	CountRows AggFn = iota // count(), X nil; or count of X not NULL
	Sum
	Avg
	Min
	Max
)

// Agg aggregates the rows of its query's group. T: Int for counts; Decimal for sums and averages of Int and Decimal
// (value.Type with Precision 0 and the scale semantics.md gives); X's own type otherwise.
type Agg struct {
	Fn AggFn
	X  Expr
	T  value.Type
}

// Mask is X where Policy is TRUE and NULL elsewhere. Only policy.Bind builds it.
type Mask struct {
	Policy Expr
	X      Expr
}

// Related is TRUE where a row reached from From by Rel satisfies Query's Where, its guards and its inner embeds; Query's
// order, range and items other than inner embeds do not count. Never NULL. Fronts build it; plan.Build turns it into Exists, so
// that engines never meet it.
type Related struct {
	From  *Row
	Rel   *schema.Relation
	Query *Query
	Via   *Via // set by policy.Bind for a many-to-many relation
}

// Bools and friends are the fixed types.
var (
	boolType = value.Type{Kind: value.Bool}
	intType  = value.Type{Kind: value.Int}
)

func (e *Const) Type() value.Type      { return e.T }
func (e *Param) Type() value.Type      { return e.T }
func (e *Auth) Type() value.Type       { return e.T }
func (e *Now) Type() value.Type        { return e.T }
func (e *Column) Type() value.Type     { return e.Field.Type }
func (e *And) Type() value.Type        { return boolType }
func (e *Or) Type() value.Type         { return boolType }
func (e *Not) Type() value.Type        { return boolType }
func (e *Compare) Type() value.Type    { return boolType }
func (e *Same) Type() value.Type       { return boolType }
func (e *IsNull) Type() value.Type     { return boolType }
func (e *Test) Type() value.Type       { return boolType }
func (e *Quantified) Type() value.Type { return boolType }
func (e *Like) Type() value.Type       { return boolType }
func (e *Match) Type() value.Type      { return boolType }
func (e *Set) Type() value.Type        { return boolType }
func (e *Search) Type() value.Type     { return boolType }
func (e *TextTest) Type() value.Type   { return boolType }
func (e *Arith) Type() value.Type      { return e.T }
func (e *Neg) Type() value.Type        { return e.X.Type() }
func (e *Cond) Type() value.Type       { return e.Then.Type() }
func (e *Convert) Type() value.Type    { return e.To }
func (e *Length) Type() value.Type     { return intType }
func (e *Elem) Type() value.Type       { return e.V.Of }
func (e *ListAny) Type() value.Type    { return boolType }
func (e *Through) Type() value.Type    { return e.Yield.Type() }
func (e *Exists) Type() value.Type     { return boolType }
func (e *Count) Type() value.Type      { return intType }
func (e *Agg) Type() value.Type        { return e.T }
func (e *Mask) Type() value.Type       { return e.X.Type() }
func (e *Related) Type() value.Type    { return boolType }

// Type of a path is text or JSON.
func (e *Path) Type() value.Type {
	if e.Text {
		return value.Type{Kind: value.Text}
	}
	return value.Type{Kind: value.JSON}
}

func (*Const) expr()      {}
func (*Param) expr()      {}
func (*Auth) expr()       {}
func (*Now) expr()        {}
func (*Column) expr()     {}
func (*Path) expr()       {}
func (*And) expr()        {}
func (*Or) expr()         {}
func (*Not) expr()        {}
func (*Compare) expr()    {}
func (*Same) expr()       {}
func (*IsNull) expr()     {}
func (*Test) expr()       {}
func (*Quantified) expr() {}
func (*Like) expr()       {}
func (*Match) expr()      {}
func (*Set) expr()        {}
func (*Search) expr()     {}
func (*TextTest) expr()   {}
func (*Arith) expr()      {}
func (*Neg) expr()        {}
func (*Cond) expr()       {}
func (*Convert) expr()    {}
func (*Length) expr()     {}
func (*Elem) expr()       {}
func (*ListAny) expr()    {}
func (*Through) expr()    {}
func (*Exists) expr()     {}
func (*Count) expr()      {}
func (*Agg) expr()        {}
func (*Mask) expr()       {}
func (*Related) expr()    {}

// Bool is the constant TRUE or FALSE.
func Bool(b bool) *Const { return &Const{Value: value.OfBool(b), T: boolType} }

// IsTrue reports whether e is the constant TRUE (or absent: nil).
func IsTrue(e Expr) bool {
	if e == nil {
		return true
	}
	c, ok := e.(*Const)
	return ok && c.Value.True()
}

// All is the conjunction of the given expressions; nil and constant TRUE are dropped, and one alone stands for itself.
func All(of ...Expr) Expr {
	var kept []Expr
	for _, e := range of {
		if a, ok := e.(*And); ok {
			kept = append(kept, a.Of...)
		} else if !IsTrue(e) {
			kept = append(kept, e)
		}
	}
	switch len(kept) {
	case 0:
		return Bool(true)
	case 1:
		return kept[0]
	}
	return &And{Of: kept}
}
