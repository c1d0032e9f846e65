package cel

import (
	"slices"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// computed is a computed field's expression over row; nil after reporting, at its use, why it has none. It is translated for
// every use, also where the column stays, so that no field can stand on itself.
func (t *translator) computed(row *ir.Row, f *schema.Field, nameAt int) ir.Expr {
	source := f.Computed.Expr
	switch {
	case slices.Contains(t.inside, f):
		t.fail(nameAt, "take it out of one of them", "computed field %q stands on itself", f.Key)
		return nil
	case len(t.inside) == maxComputed:
		t.fail(nameAt, "write some of them out", "computed fields stand on each other more than %d deep", maxComputed)
		return nil
	case *t.budget < len(source.Text):
		t.fail(nameAt, "use fewer of them", "the computed fields of this expression are longer than %d bytes together", maxExpanded)
		return nil
	}
	*t.budget -= len(source.Text)
	inner := &translator{
		catalog: t.catalog,
		scope:   Scope{Row: row, Want: f.Type, NoAuth: t.scope.NoAuth, Untrusted: t.scope.Untrusted},
		src:     source,
		text:    []rune(source.Text),
		inside:  append(slices.Clip(t.inside), f),
		budget:  t.budget,
	}
	x, problems := inner.translate()
	if len(problems) > 0 {
		t.fail(nameAt, "see "+problems[0].Pos.String(), "computed field %q cannot be used here: %s", f.Key, problems[0].Message)
		return nil
	}
	return x
}
