package storetest

import (
	"fmt"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// wildOperation draws a filter of a field: with a value that a row has, of the rarer operators, or one the field cannot have.
func (a *asker) wildOperation(f *schema.Field) string {
	not := pick(a.Rand, []string{"", "", "", "not."})
	v, w := a.known(f), a.known(f)
	kind := a.IntN(10)
	switch fits := f.Type.Kind == value.Text && !f.Type.List; {
	case f.Collection == nil || kind == 9 && !a.chance(4):
		kind = 0
	case kind >= 6 && kind <= 8 && !fits && !a.chance(20):
		kind = 3
	case (f.Type.List || f.Type.Kind == value.JSON) && !a.chance(20):
		kind = 10
	}
	switch kind {
	case 0, 1, 2, 3:
		return not + pick(a.Rand, []string{"eq.", "neq.", "gte.", "lte.", "lt.", "gt.", "isdistinct."}) + v
	case 4:
		return not + "in.(" + quoted(v) + "," + quoted(w) + ")"
	case 5:
		return not + pick(a.Rand, []string{"eq", "gt", "gte", "lt", "lte"}) + pick(a.Rand, []string{"(any)", "(all)"}) + ".{" + quoted(v) + "," + quoted(w) + "}"
	case 6:
		return not + pick(a.Rand, []string{"like", "ilike"}) + pick(a.Rand, []string{"", "(any)", "(all)"}) + ".{" + quoted(pick(a.Rand, likes)) + "," + quoted(pick(a.Rand, likes)) + "}"
	case 7:
		return not + pick(a.Rand, []string{"match", "imatch"}) + pick(a.Rand, []string{"(any)", "(all)"}) + ".{" + quoted(pick(a.Rand, regexes)) + "}"
	case 8:
		return not + pick(a.Rand, []string{"fts.", "plfts.", "phfts.", "wfts.", "fts(english).", "plfts(simple)."}) + pick(a.Rand, []string{"a", "abc & !x", "a b", "é | 1", `"a b"`, "a:*", "-"})
	case 9:
		return not + pick(a.Rand, []string{"in.()", "is.null", "is.not_null", "is.unknown", "cs.{}", "ov.{}", "eq.", "like.", "sl.1", "nonsense"})
	case 10:
		return not + pick(a.Rand, []string{"cs.", "cs.", "cd.", "ov.", "eq."}) + pick(a.Rand, []string{v, w, a.text(f.Type)})
	}
	return not + a.operator(f.Type)
}

// known is a value as a filter writes it: mostly one that a row has.
func (a *asker) known(f *schema.Field) string {
	if rows := a.rows[f.Collection]; len(rows) > 0 && f.Computed == nil && !a.chance(4) {
		if v := pick(a.Rand, rows)[f.Ordinal]; !v.IsNull() {
			return v.Text()
		}
	}
	return a.text(f.Type)
}

// wildEmbed adds to an embed what filters, orders and pages it further.
func (a *asker) wildEmbed(rel *schema.Relation, path, prefix string) {
	if a.chance(5) {
		a.param(path+"."+pick(a.Rand, []string{"or", "and", "not.or"}), a.tree(rel.To, 1))
	}
	if a.chance(8) {
		a.param(path+".offset", fmt.Sprint(a.IntN(3)))
	}
	if prefix == "" && a.chance(8) {
		a.param(pick(a.Rand, []string{"or", "and"}), fmt.Sprintf("(%s.not.is.null,%s.is.null)", path, a.field(rel.From).Name))
	}
}

// related draws an order by a field of a to-one relation.
func (a *asker) related(c *schema.Collection) []string {
	for _, rel := range c.Relations {
		if rel.ToOne() && a.chance(2) {
			return []string{rel.Name + "(" + a.field(rel.To).Name + ")" + pick(a.Rand, []string{"", ".desc", ".nullsfirst"})}
		}
	}
	return nil
}
