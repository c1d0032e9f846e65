// Package cel owns the expression language of a project: it turns the text of policies, checks, computed fields, fills and
// view conditions into ir.Expr, or into problems with their exact place. cel-go gives the syntax tree and nothing else: the
// closed language, its types and its meaning are decided here and in package ir. It evaluates nothing, folds nothing and
// knows nothing of actors, requests or SQL.
package cel

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// The bounds of one expression: its length in bytes, how deeply it may nest, the length of all the computed fields it
// stands on, and how many of those may stand on each other.
const (
	maxLength   = 8 << 10
	maxNesting  = 64
	maxExpanded = 64 << 10
	maxComputed = 8
)

// Compiler compiles the expressions of one catalogue. It is safe for concurrent use.
type Compiler struct {
	catalog *schema.Catalog
}

// New gives a compiler over a catalogue.
func New(c *schema.Catalog) *Compiler { return &Compiler{catalog: c} }

// Scope is what an expression may name and what it must give.
type Scope struct {
	Row    *ir.Row    // `row`
	Old    *ir.Row    // `old`; nil where there is no row before
	Want   value.Type // the type of the result; of kind Null: whatever type it has
	NoAuth bool       // `auth` is unknown: checks and fills concern the row alone

	Args []*schema.Arg // `args` of a function, each the Param of its place; nil where there is no function

	// Untrusted keeps computed fields as columns, so that whoever binds the expression can judge each by its own policy.
	// Otherwise they are replaced by their expressions.
	Untrusted bool
}

// Compile translates src. With problems the expression is nil; every independent mistake is reported at once. The result is
// total, has type s.Want and reads relations by trusted walks.
func (c *Compiler) Compile(src schema.Source, s Scope) (ir.Expr, []schema.Problem) {
	budget := maxExpanded
	t := &translator{catalog: c.catalog, scope: s, src: src, text: []rune(src.Text), budget: &budget}
	return t.translate()
}

func (t *translator) translate() (ir.Expr, []schema.Problem) {
	root := t.parse()
	if root == nil {
		return nil, t.problems
	}
	x := t.result(t.term(root), t.scope.Want)
	if len(t.problems) > 0 {
		return nil, schema.Problems(t.problems).Sorted()
	}
	return x, nil
}
