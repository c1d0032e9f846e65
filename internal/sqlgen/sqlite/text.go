package sqlite

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Like is value.Like; SQLite's own folds case and counts differently.
func (Dialect) Like(b *sqlgen.Builder, e *ir.Like) string {
	if e.List {
		return call("socle_likes", b.Expr(e.X), b.Expr(e.Pattern), flag(e.Fold), flag(e.All))
	}
	return call("socle_like", b.Expr(e.X), b.Expr(e.Pattern), flag(e.Fold))
}

// Match runs Go's regular expressions.
func (Dialect) Match(b *sqlgen.Builder, e *ir.Match) string {
	if e.List {
		return call("socle_matches", b.Expr(e.X), b.Expr(e.Pattern), flag(e.Fold), flag(e.All))
	}
	return call("socle_match", b.Expr(e.X), b.Expr(e.Pattern), flag(e.Fold))
}

// TextTest compares code points.
func (Dialect) TextTest(b *sqlgen.Builder, e *ir.TextTest) string {
	x, y := b.Expr(e.X), b.Expr(e.Y)
	switch e.Op {
	case ir.StartsWith:
		return "(instr(" + x + ", " + y + ") = 1)"
	case ir.HasText:
		return "(instr(" + x + ", " + y + ") > 0)"
	}
	return call("socle_ends", x, y)
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
