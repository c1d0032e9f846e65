package engine

import (
	"errors"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// What an engine refused is named by asking, not by reading its message: so both name the same constraint, and nobody's values
// but those the actor may read.

// refusedRow says which row of a body a unique or foreign key refused.
type refusedRow struct {
	at    int
	cause error
}

func (r *refusedRow) Error() string { return r.cause.Error() }
func (r *refusedRow) Unwrap() error { return r.cause }

// RefusedRow is which row of an insert's body, from 0, a unique or foreign key refused; ok is false where that is not known.
func RefusedRow(err error) (at int, ok bool) {
	var r *refusedRow
	if !errors.As(err, &r) {
		return 0, false
	}
	return r.at, true
}

// further says of a refused row of a chunk which row of the body it is.
func further(err error, from int) error {
	if err == nil {
		return nil
	}
	var r *refusedRow
	if errors.As(err, &r) {
		return &refusedRow{r.at + from, r.cause}
	}
	return err
}

// unplaced is a refusal whose row is none of the body's.
func unplaced(err error) error {
	var r *refusedRow
	if errors.As(err, &r) {
		return r.cause
	}
	return err
}

// unique is a unique constraint or the primary key.
type unique struct {
	name   string
	fields []*schema.Field
}

// uniques are a collection's constraints in declared order, the primary key first.
func uniques(c *schema.Collection) []unique {
	var out []unique
	if len(c.PrimaryKey) > 0 {
		out = append(out, unique{c.KeyName, c.PrimaryKey})
	}
	for _, k := range c.Unique {
		out = append(out, unique{k.Name, k.Fields})
	}
	return out
}

func (x *writing) constraintOf(key []*schema.Field) unique {
	for _, u := range uniques(x.c) {
		if sameSet(u.fields, key) {
			return u
		}
	}
	return unique{}
}

func sameSet(a, b []*schema.Field) bool {
	for _, f := range a {
		if !contains(b, f) {
			return false
		}
	}
	return len(a) == len(b)
}

// refusal is why rows cannot be inserted: the first violated constraint, for rows in input order; nil where there is none.
// Conflicts on the fields of but are no violation.
func (x *writing) refusal(rows []image, but []*schema.Field, fks []*schema.ForeignKey) error {
	var of []unique
	for _, u := range uniques(x.c) {
		if but == nil || !sameSet(u.fields, but) {
			of = append(of, u)
		}
	}
	if err := x.collision(rows, of, nil); err != nil {
		return err
	}
	return x.dangling(rows, fks)
}

// conflicted is why rows cannot be given new values.
func (x *writing) conflicted(olds, news []image, changes []*schema.Field) error {
	own := map[string]bool{}
	for _, old := range olds {
		own[identityText(old.key)] = true
	}
	var of []unique
	for _, u := range uniques(x.c) {
		if touches(u.fields, changes) {
			of = append(of, u)
		}
	}
	if err := x.collision(news, of, own); err != nil {
		return err
	}
	var fks []*schema.ForeignKey
	for _, fk := range x.c.ForeignKeys {
		if touches(fk.Columns, changes) {
			fks = append(fks, fk)
		}
	}
	if err := x.dangling(news, fks); err != nil {
		return err
	}
	return x.referred(olds, changes)
}

func touches(fields, changes []*schema.Field) bool {
	for _, f := range fields {
		if contains(changes, f) {
			return true
		}
	}
	return false
}

// collision is the first row that has the values of a stored row, other than its own, or of an earlier row in a constraint.
func (x *writing) collision(rows []image, of []unique, own map[string]bool) error {
	hits := make([]map[int]*held, len(of))
	for n, u := range of {
		found, err := x.holding(u.fields, projected(rows, u.fields))
		if err != nil {
			return err
		}
		hits[n] = map[int]*held{}
		for i := range found {
			if !own[identityText(found[i].key)] {
				hits[n][found[i].at] = &found[i]
			}
		}
	}
	for n, u := range of {
		repeated(rows, u, hits[n])
	}
	for i := range rows {
		for n, u := range of {
			if h, ok := hits[n][i]; ok && h != nil && x.anticipated(rows[i], u.fields) {
				return overtaken{}
			} else if ok {
				return &refusedRow{i, x.collided(u, rows[i], h)}
			}
		}
	}
	return nil
}

// repeated adds the rows that have the values of an earlier one; they hit no stored row.
func repeated(rows []image, u unique, hits map[int]*held) {
	seen := map[string]bool{}
	for i, t := range projected(rows, u.fields) {
		id := identityText(t)
		if _, hit := hits[i]; !hit && seen[id] && !hasNull(t) {
			hits[i] = nil
		}
		seen[id] = true
	}
}

// collided quotes the values only where the actor may read the row that holds them.
func (x *writing) collided(u unique, row image, h *held) error {
	if h == nil {
		return x.duplicate(u, row.project(u.fields))
	}
	seen, err := x.among(x.m.seen, []plan.Tuple{h.key})
	if err != nil {
		return err
	}
	if !seen[0] {
		return x.duplicate(u, nil)
	}
	return x.duplicate(u, h.project(u.fields))
}

func (x *writing) duplicate(u unique, values plan.Tuple) error {
	if !x.namesAll(u.fields) {
		return fault.New(fault.UniqueViolation, "duplicate key value violates a unique constraint")
	}
	f := fault.New(fault.UniqueViolation, "duplicate key value violates unique constraint %q", u.name)
	if values == nil || !x.readsAll(u.fields) {
		return f
	}
	return f.WithDetails("Key " + keyText(u.fields, values) + " already exists.")
}

func (x *writing) readsAll(fields []*schema.Field) bool {
	for _, f := range fields {
		if !x.bound.Reads(f) {
			return false
		}
	}
	return true
}

// namesAll reports whether the actor may know of all the fields; the names of keys are made of theirs.
func (x *writing) namesAll(fields []*schema.Field) bool {
	for _, f := range fields {
		if !x.bound.Names(f) {
			return false
		}
	}
	return true
}

// keyText is (a, b)=(1, 2).
func keyText(fields []*schema.Field, values plan.Tuple) string {
	var names, texts []string
	for i, f := range fields {
		names = append(names, f.Name)
		texts = append(texts, string(value.AppendText(nil, f.Type, values[i])))
	}
	return "(" + strings.Join(names, ", ") + ")=(" + strings.Join(texts, ", ") + ")"
}

// dangling is the first row that refers to a row that is not there.
func (x *writing) dangling(rows []image, fks []*schema.ForeignKey) error {
	there := make([]map[int]bool, len(fks))
	for n, fk := range fks {
		found, err := x.holding(fk.Targets, projected(rows, fk.Columns))
		if err != nil {
			return err
		}
		there[n] = map[int]bool{}
		for _, h := range found {
			there[n][h.at] = true
		}
		if fk.To == x.c {
			among(rows, fk, there[n])
		}
	}
	for i, row := range rows {
		for n, fk := range fks {
			if t := row.project(fk.Columns); !there[n][i] && !hasNull(t) {
				return &refusedRow{i, x.missing(fk, t)}
			}
		}
	}
	return nil
}

// among marks the rows that refer to a row of their own statement.
func among(rows []image, fk *schema.ForeignKey, there map[int]bool) {
	own := map[string]bool{}
	for _, t := range projected(rows, fk.Targets) {
		own[identityText(t)] = true
	}
	for i, t := range projected(rows, fk.Columns) {
		there[i] = there[i] || own[identityText(t)]
	}
}

func (x *writing) missing(fk *schema.ForeignKey, values plan.Tuple) error {
	if !x.namesAll(fk.Columns) {
		return fault.New(fault.ForeignKeyViolation, "insert or update on table %q violates a foreign key constraint", x.c.Name)
	}
	f := fault.New(fault.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", x.c.Name, fk.Name)
	if !x.bound.Sees(fk.To) || !x.readsAll(fk.Columns) {
		return f
	}
	return f.WithDetails("Key " + keyText(fk.Columns, values) + " is not present in table \"" + fk.To.Name + "\".")
}

// referred is the first reference from elsewhere to values that would change.
func (x *writing) referred(olds []image, changes []*schema.Field) error {
	for _, fk := range x.engine.writer.incoming[x.c] {
		if !touches(fk.Targets, changes) {
			continue
		}
		found, err := x.holding(fk.Columns, projected(olds, fk.Targets))
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return x.restricted(fk)
		}
	}
	return nil
}

// restricted says that rows refer to what should go; it names only collections and fields that exist for the actor.
func (x *writing) restricted(fk *schema.ForeignKey) error {
	if !x.bound.Sees(fk.To) || !x.namesAll(fk.Columns) {
		return fault.New(fault.ForeignKeyViolation, "update or delete on table %q violates a foreign key constraint", x.c.Name)
	}
	return fault.New(fault.ForeignKeyViolation, "update or delete on table %q violates foreign key constraint %q on table %q",
		fk.To.Name, fk.Name, fk.From.Name)
}
