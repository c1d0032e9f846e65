package sqlgen

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
)

// Filler is a dialect whose new tables can be filled with rows as another database had them.
type Filler interface {
	Changer
	// Untie and Bind bracket the filling of a new table: in between references lead where they will, and row numbers are given.
	Untie(c *schema.Collection) []string
	Tie(c *schema.Collection, last int64) []string
	// ChangeOrder is the column that orders the change log.
	ChangeOrder() Cell
}

// WithSystem is a collection with the columns that are the product's own as fields: the version and, without a key, the row number.
func WithSystem(c *schema.Collection) *schema.Collection {
	own := []schema.Ident{schema.System(schema.SystemVersion)}
	if len(c.PrimaryKey) == 0 {
		own = append(own, schema.System(schema.SystemRow))
	}
	whole := *c
	whole.Fields = slices.Clone(c.Fields)
	for _, id := range own {
		whole.Fields = append(whole.Fields, &schema.Field{Collection: c, Name: id.Name(), Ident: id, Type: anInt, Required: true})
	}
	return &whole
}

// LastRow is the greatest row number of a collection without a key; no value where it has no rows.
func LastRow(d Dialect, c *schema.Collection) string {
	return "SELECT max(" + quoted(schema.SystemRow) + ") FROM " + d.Table(c)
}

// Rows goes over whole rows in the order of their identity.
func Rows(d Dialect, c *schema.Collection, batch int) *Sweep {
	s := &Sweep{Table: d.Table(c), Batch: batch}
	for _, f := range plan.Identity(c) {
		s.Key = append(s.Key, Cell{Column: f.Ident, Type: f.Type})
	}
	for _, f := range StoredFields(WithSystem(c)) {
		s.Read = append(s.Read, Cell{Column: f.Ident, Type: f.Type})
	}
	return s
}

// Last selects the key of the last row.
func (s *Sweep) Last() string {
	var order []string
	for _, k := range s.Key {
		order = append(order, k.Text()+" DESC")
	}
	return "SELECT " + cells(s.Key) + " FROM " + s.Table + " ORDER BY " + strings.Join(order, ", ") + " LIMIT 1"
}

// Ledgers go over the product's own tables whose rows belong to a project's state: the identity generators, the idempotency keys
// and the change log.
func Ledgers(d Filler, batch int) []*Sweep {
	texts := func(names ...string) (out []Cell) {
		for _, n := range names {
			out = append(out, Cell{Raw: n, Type: aText})
		}
		return out
	}
	number := func(name string) Cell { return Cell{Raw: name, Type: anInt} }
	return []*Sweep{
		{Table: quoted(schema.SystemIdentity), Key: texts(`"name"`), Read: append(texts(`"name"`), number(`"last"`)), Batch: batch},
		{Table: quoted(schema.SystemIdempotent), Key: texts(`"scope"`, `"key"`),
			Read: append(texts(`"scope"`, `"key"`, `"body"`, `"answer"`), number(`"at"`)), Batch: batch},
		{Table: quoted(schema.SystemChanges), Key: []Cell{d.ChangeOrder()},
			Read: append(texts(`"namespace"`, `"collection"`, `"key"`, `"old"`, `"new"`), number(`"version"`), number(`"at"`)), Batch: batch},
	}
}

// Clear removes all rows.
func (s *Sweep) Clear() string { return "DELETE FROM " + s.Table }

// Add puts a row of what the sweep reads into its table.
func (s *Sweep) Add(d Dialect, row plan.Tuple) (Exec, error) {
	t := &text{d: d}
	t.add("INSERT INTO ", s.Table, " (", cells(s.Read), ") VALUES (")
	for i, c := range s.Read {
		if i > 0 {
			t.add(", ")
		}
		t.value(c.Type, row[i])
	}
	t.add(")")
	return t.exec()
}
