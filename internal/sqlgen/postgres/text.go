package postgres

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Like is PostgreSQL's LIKE, whose escape is \ too. Folding lowers the ASCII letters of both sides.
func (Dialect) Like(b *sqlgen.Builder, e *ir.Like) string {
	x := lower(b.Expr(e.X), e.Fold)
	if e.List {
		patterns := b.Arg(e.Pattern, sqlgen.Coding{Form: sqlgen.Elements, Type: value.Type{Kind: value.Text}, Fold: e.Fold})
		return "(" + x + " LIKE " + quantifier(e.All) + "(" + patterns + "))"
	}
	return "(" + x + " LIKE " + lower(b.Expr(e.Pattern), e.Fold) + ")"
}

func lower(x string, fold bool) string {
	if !fold {
		return x
	}
	return "(translate(" + x + ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')" + collate + ")"
}

func quantifier(all bool) string {
	if all {
		return "ALL"
	}
	return "ANY"
}

// Match takes a pattern that Bind has translated.
func (Dialect) Match(b *sqlgen.Builder, e *ir.Match) string {
	x := b.Expr(e.X)
	pattern := b.Arg(e.Pattern, sqlgen.Coding{Form: sqlgen.Regex, Type: e.Pattern.Type(), Fold: e.Fold})
	if e.List {
		return "(" + x + " ~ " + quantifier(e.All) + "(" + pattern + "))"
	}
	return "(" + x + " ~ " + pattern + ")"
}

// TextTest compares code points.
func (Dialect) TextTest(b *sqlgen.Builder, e *ir.TextTest) string {
	x, y := b.Expr(e.X), b.Expr(e.Y)
	switch e.Op {
	case ir.StartsWith:
		return "(strpos(" + x + ", " + y + ") = 1)"
	case ir.HasText:
		return "(strpos(" + x + ", " + y + ") > 0)"
	}
	return "(right(" + x + ", char_length(" + y + "))" + collate + " = " + y + ")"
}
