package policy

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Advise warns of read policies that no index serves: a row's field tested against the actor, where no index leads with it.
func (s *Set) Advise() schema.Problems {
	var out schema.Problems
	for _, c := range s.catalog.Collections {
		r := s.rules[c.Index]
		if c.View != nil || r.read == nil {
			continue
		}
		for _, f := range scanned(r.read, r.row) {
			out.Warn(c.Policies.Read.Pos, "add `indexes: [["+f.Key+"]]` to "+c.Key,
				"the read policy of %q tests %q, and no index leads with it: every list reads the whole collection", c.Key, f.Key)
		}
	}
	return out
}

// scanned are the fields of row that a condition tests for a value known before the statement runs, without an index.
func scanned(e ir.Expr, row *ir.Row) []*schema.Field {
	var out []*schema.Field
	ir.Visit(e, func(x ir.Expr) bool {
		switch x := x.(type) {
		case *ir.And, *ir.Or:
			return true
		case *ir.Compare:
			if x.Op == ir.Eq {
				out = append(out, unindexed(x.L, x.R, row)...)
				out = append(out, unindexed(x.R, x.L, row)...)
			}
		case *ir.Quantified:
			if x.Op == ir.Eq && !x.All {
				out = append(out, unindexed(x.X, x.List, row)...)
			}
		}
		return false
	})
	return out
}

// unindexed gives the field that x reads from row, where other is the actor's value and no index leads with the field. A
// boolean's index would not be worth reading.
func unindexed(x, other ir.Expr, row *ir.Row) []*schema.Field {
	c, ok := x.(*ir.Column)
	_, actors := other.(*ir.Auth)
	if !ok || !actors || c.Row != row || c.Field.Type.Kind == value.Bool {
		return nil
	}
	if f := []*schema.Field{c.Field}; !row.Collection.Leads(f) {
		return f
	}
	return nil
}
