package sqlgen

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Changer is a dialect that can change tables which hold rows. Every text is one complete statement. The statements of a
// change run in one transaction, in the order of these methods.
type Changer interface {
	Dialect
	// Rebuilds reports whether Reshape makes the table anew; its indexes and its search have to be made anew then.
	Rebuilds(r *Reshape) bool
	// DropSearch, DropIndex and Loosen take away what stands on columns or keys that change. References are loosened
	// before the keys they lead to.
	DropSearch(c *schema.Collection) []string
	DropIndex(c *schema.Collection, x *schema.Index) []string
	Loosen(r *Reshape, references bool) []string
	DropTable(c *schema.Collection) []string
	// RenameTable renames a table; Derive'd names serve as places to wait.
	RenameTable(c *schema.Collection, from, to schema.Ident) []string
	// Stage adds a column without any constraint.
	Stage(c *schema.Collection, column schema.Ident, t value.Type) []string
	Reshape(r *Reshape) []string
	// Refer adds the new foreign keys, once every table has its rows and keys.
	Refer(r *Reshape) []string
	CreateIndex(c *schema.Collection, x *schema.Index) []string
	// RowKey is what addresses a row of the table while it changes: columns of c, or a column of the engine's own.
	RowKey(c *schema.Collection) []Cell
	// Vectors are the columns of search data that statements do not keep by themselves.
	Vectors(c *schema.Collection) []Vector

	// Inspection lists what a database holds, and Expected what it should hold for c; both as comparable lines.
	Inspection() string
	Expected(c *schema.Collection) []string
}

// Reshape is how one table becomes another. The table has the name of New already.
type Reshape struct {
	Old, New *schema.Collection
	Columns  []Source // one for each stored field of New
	Dropped  []*schema.Field
	NewKey   bool // the primary key is another

	LooseKeys, NewKeys          []*schema.Key // by columns
	LooseReferences, References []*schema.ForeignKey
	KeptKeys                    [][2]*schema.Key // old and new: their names may differ
	KeptReferences              [][2]*schema.ForeignKey
	LooseIndexes, NewIndexes    []*schema.Index
	NewSearch                   bool // the search data has to be made, or to go
	Wait                        bool // names of constraints may not be free before all tables are reshaped
}

// Source says where a column of the new table gets its values.
type Source struct {
	Field  *schema.Field // of the new table
	Old    *schema.Field // what it was; nil where it is new
	From   schema.Ident  // the column that has the values; zero: NULL
	Staged bool          // From was added to hold computed values
}

// Swaps reports whether a column takes a name that another has before the change.
func (r *Reshape) Swaps() bool {
	taken := map[string]bool{}
	for _, f := range StoredFields(r.Old) {
		taken[strings.ToLower(f.Ident.Name())] = true
	}
	for _, s := range r.Columns {
		if s.Old != nil && !s.Staged && s.Field.Ident != s.From && taken[strings.ToLower(s.Field.Ident.Name())] {
			return true
		}
	}
	return false
}

// Cell is a column with its type.
type Cell struct {
	Column schema.Ident
	Raw    string // the text instead, where the engine names it
	Type   value.Type
}

// Text is the column as SQL.
func (c Cell) Text() string {
	if c.Raw != "" {
		return c.Raw
	}
	return Quote(c.Column)
}

// Vector is a column whose value is computed from a field's.
type Vector struct {
	Column schema.Ident
	Field  *schema.Field
	Cast   string // after the placeholder
	Encode func(value.Value) any
}

// StagingColumn is where the new values of a field wait.
func StagingColumn(f *schema.Field) schema.Ident { return schema.Derive(schema.ForRebuild, f.Ident) }

func cells(list []Cell) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Text())
	}
	return strings.Join(out, ", ")
}

func (s *Sweep) placeholders(d Dialect, from int) string {
	var out []string
	for i, k := range s.Key {
		out = append(out, d.Placeholder(from+i, Coding{Type: k.Type}))
	}
	return strings.Join(out, ", ")
}

// Sweep goes over the rows of a table by key.
type Sweep struct {
	Table string
	Key   []Cell
	Read  []Cell
	Where string // "" or a condition
	Batch int    // rows of one page
}

// First selects the first rows, Next those after a key.
func (s *Sweep) First() string { return s.page("") }

// Next selects the rows after the key given as arguments.
func (s *Sweep) Next(d Dialect) string {
	return s.page("(" + cells(s.Key) + ") > (" + s.placeholders(d, 1) + ")")
}

func (s *Sweep) page(after string) string {
	text := "SELECT " + cells(append(append([]Cell(nil), s.Key...), s.Read...)) + " FROM " + s.Table
	var conditions []string
	for _, c := range []string{s.Where, after} {
		if c != "" {
			conditions = append(conditions, c)
		}
	}
	if len(conditions) > 0 {
		text += " WHERE " + strings.Join(conditions, " AND ")
	}
	return text + " ORDER BY " + cells(s.Key) + " LIMIT " + Literal(s.Batch)
}

// Update sets columns of one row: the arguments are the values, then the key. casts follow the placeholders.
func (s *Sweep) Update(d Dialect, set []Cell, casts []string) string {
	var items []string
	for i, c := range set {
		holder := d.Placeholder(i+1, Coding{Type: c.Type})
		items = append(items, c.Text()+" = "+holder+casts[i])
	}
	var keys []string
	for i, k := range s.Key {
		keys = append(keys, k.Text()+" = "+d.Placeholder(len(set)+i+1, Coding{Type: k.Type}))
	}
	return "UPDATE " + s.Table + " SET " + strings.Join(items, ", ") + " WHERE " + strings.Join(keys, " AND ")
}
