package sqlgen

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Dialect is one engine's SQL. Its rendering methods give a complete, parenthesised expression and may ask the Builder for
// the text of sub-expressions and arguments.
type Dialect interface {
	// Placeholder is the nth parameter (from 1) with its type, where the engine wants one.
	Placeholder(n int, c Coding) string
	// Once is the nth parameter of a statement that uses each of them once, in order.
	Once(n int, c Coding) string
	// Null is NULL as type t.
	Null(t value.Type) string
	// Table is the quoted name of a stored collection.
	Table(c *schema.Collection) string
	// Column is the text of a stored or derived column of type t.
	Column(text string, t value.Type) string

	// Compare and Same compare two operands of comparable types.
	Compare(b *Builder, op ir.CompareOp, l, r Operand) string
	Same(b *Builder, e *ir.Same) string
	// Among is x = any element of a list leaf, or with not: x <> every element.
	Among(b *Builder, x, list ir.Expr, not bool) string
	Cond(b *Builder, e *ir.Cond) string
	Path(b *Builder, e *ir.Path) string
	Like(b *Builder, e *ir.Like) string
	Match(b *Builder, e *ir.Match) string
	Set(b *Builder, e *ir.Set) string
	Search(b *Builder, e *ir.Search) string
	TextTest(b *Builder, e *ir.TextTest) string
	Arith(b *Builder, e *ir.Arith) string
	Neg(b *Builder, e *ir.Neg) string
	Convert(b *Builder, e *ir.Convert) string
	Length(b *Builder, e *ir.Length) string
	ListAny(b *Builder, e *ir.ListAny) string
	Agg(b *Builder, e *ir.Agg) string

	// Order is the terms an ordering by o needs.
	Order(b *Builder, o ir.Order) []Term
	// Range is the LIMIT and OFFSET clauses; either text may be empty.
	Range(limit, offset string) string
	// Children renders a select with Parents.
	Children(b *Builder, s *plan.Select) string

	// Encode and Decode convert between values and the stored form of type t. Decode reads the form of computed
	// expressions too.
	Encode(t value.Type, v value.Value) (any, error)
	Decode(t value.Type, raw any) (value.Value, error)
	// Bind codes the value of an argument; BindKeys the parent keys.
	Bind(c Coding, v value.Value) (any, error)
	BindKeys(types []value.Type, column int, parents []plan.Tuple) (any, error)

	// CreateSpace, CreateTable, CreateIndexes and CreateSearch are the statements that create a collection.
	CreateSpace(space schema.Ident) []string
	CreateTable(c *schema.Collection) []string
	CreateIndexes(c *schema.Collection) []string
	CreateSearch(c *schema.Collection) []string
	// Insert writes whole rows: tuples of the stored fields, in the order of StoredFields.
	Insert(c *schema.Collection, rows []plan.Tuple) ([]Exec, error)

	Writing
}

// Exec is a statement with its arguments, ready to run.
type Exec struct {
	Text string
	Args []any

	Listed bool // it is about a list of keys, and one plan is good for all lists
}

// Form is how an argument's value is laid out.
type Form uint8

// The forms.
const (
	Plain    Form = iota // the stored form of Type
	Scaled               // compared by Op with a stored decimal or int of Type
	Elements             // a list as the engine's own set of Type
	Filled               // whether a list has elements
	Regex                // a regular expression; Fold; a list of them where Type is a list
	Query                // a full-text query: Mode, Config
)

// Pick chooses an element of a list argument.
type Pick uint8

// The picks.
const (
	Whole Pick = iota
	Least
	Greatest
)

// Coding says how an argument becomes an engine's value. It is comparable: equal leaves with equal codings share a parameter.
type Coding struct {
	Form   Form
	Type   value.Type
	Pick   Pick
	Op     ir.CompareOp
	Fold   bool
	Mode   ir.SearchMode
	Config string
	Fields string // the searched columns of the engine's index
	Part   QueryPart
}

// QueryPart is what an argument carries of a full-text query; engines split a query differently.
type QueryPart uint8

// The parts.
const (
	Entire  QueryPart = iota
	Index             // what the index answers: every match, and maybe more
	Rest              // what is left to test, empty where the index says all
	Decided           // whether the index says all
	Atoms             // the query's terms and phrases
	Formula           // the query over its atoms
)

// Operand is a side of a comparison: an expression, or an element of a list leaf.
type Operand struct {
	X    ir.Expr
	Pick Pick
}

// Type is the operand's type.
func (o Operand) Type() value.Type {
	t := o.X.Type()
	if o.Pick != Whole {
		t.List = false
	}
	return t
}

// Leaf reports whether the operand is an argument or a constant rather than something computed from rows.
func (o Operand) Leaf() bool { return isLeaf(o.X) }

func isLeaf(e ir.Expr) bool {
	switch e.(type) {
	case *ir.Const, *ir.Param, *ir.Auth, *ir.Now:
		return true
	}
	return false
}

// Direction is the direction of a term, with the place of NULLs written out.
func Direction(o ir.Order) string {
	direction := " ASC"
	if o.Desc {
		direction = " DESC"
	}
	if o.NullsFirst {
		return direction + " NULLS FIRST"
	}
	return direction + " NULLS LAST"
}

// Term is one term of an ORDER BY clause.
type Term struct {
	Text      string
	Direction string // " DESC NULLS LAST"
}
