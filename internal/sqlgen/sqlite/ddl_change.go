package sqlite

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

var _ sqlgen.Changer = Dialect{}

// Rebuilds reports whether more changes than whole columns without constraints: ALTER TABLE can do no more.
func (Dialect) Rebuilds(r *sqlgen.Reshape) bool {
	if r.NewKey || len(r.LooseKeys)+len(r.NewKeys)+len(r.LooseReferences)+len(r.References) > 0 || r.Swaps() {
		return true
	}
	for _, s := range r.Columns {
		if s.Old == nil || s.Staged {
			if !s.Field.Nullable() {
				return true
			}
			continue
		}
		if s.Field.Nullable() != s.Old.Nullable() || columnType(s.Field.Type) != columnType(s.Old.Type) {
			return true
		}
	}
	return false
}

// DropSearch drops the triggers and the index.
func (Dialect) DropSearch(c *schema.Collection) []string {
	var out []string
	for _, kind := range []string{"i", "d", "u"} {
		out = append(out, "DROP TRIGGER IF EXISTS"+strings.TrimPrefix(trigger(c, kind), "CREATE TRIGGER"))
	}
	return append(out, "DROP TABLE IF EXISTS "+sqlgen.Quote(searchTable(c)))
}

// DropIndex drops an index that may be gone already.
func (Dialect) DropIndex(c *schema.Collection, x *schema.Index) []string {
	return []string{"DROP INDEX IF EXISTS " + sqlgen.Quote(schema.Flat(c.Space, x.Ident))}
}

// CreateIndex makes an index anew; earlier versions left some behind.
func (d Dialect) CreateIndex(c *schema.Collection, x *schema.Index) []string {
	alone := *c
	alone.Indexes = []*schema.Index{x}
	return append(d.DropIndex(c, x), d.CreateIndexes(&alone)...)
}

// Loosen and Refer have nothing to do: constraints come and go with the table.
func (Dialect) Loosen(*sqlgen.Reshape, bool) []string { return nil }

// Refer has nothing to do, see Loosen.
func (Dialect) Refer(*sqlgen.Reshape) []string { return nil }

// DropTable drops the table; indexes and triggers go with it.
func (Dialect) DropTable(c *schema.Collection) []string {
	return []string{"DROP TABLE " + sqlgen.Quote(table(c))}
}

// RenameTable renames a table; foreign keys that lead to it follow.
func (Dialect) RenameTable(c *schema.Collection, from, to schema.Ident) []string {
	return []string{"ALTER TABLE " + sqlgen.Quote(schema.Flat(c.Space, from)) + " RENAME TO " + sqlgen.Quote(schema.Flat(c.Space, to))}
}

// Stage adds a column.
func (Dialect) Stage(c *schema.Collection, column schema.Ident, t value.Type) []string {
	return []string{"ALTER TABLE " + sqlgen.Quote(table(c)) + " ADD COLUMN " + sqlgen.Quote(column) + " " + columnType(t)}
}

// Reshape alters the table in place, or makes it anew beside the old one.
func (d Dialect) Reshape(r *sqlgen.Reshape) []string {
	if d.Rebuilds(r) {
		return d.rebuild(r)
	}
	alter := "ALTER TABLE " + sqlgen.Quote(table(r.New))
	var out []string
	for _, f := range r.Dropped {
		out = append(out, alter+" DROP COLUMN "+sqlgen.Quote(f.Ident))
	}
	var added []string
	for _, s := range r.Columns {
		if s.From.IsZero() {
			added = append(added, alter+" ADD COLUMN "+columnDefinition(s.Field))
			continue
		}
		if s.Staged && s.Old != nil {
			out = append(out, alter+" DROP COLUMN "+sqlgen.Quote(s.Old.Ident))
		}
		if s.From != s.Field.Ident {
			out = append(out, alter+" RENAME COLUMN "+sqlgen.Quote(s.From)+" TO "+sqlgen.Quote(s.Field.Ident))
		}
	}
	return append(out, added...)
}

func (d Dialect) rebuild(r *sqlgen.Reshape) []string {
	name, beside := sqlgen.Quote(table(r.New)), sqlgen.Quote(schema.Derive(schema.ForRebuild, table(r.New)))
	create := strings.TrimPrefix(d.CreateTable(r.New)[0], "CREATE TABLE "+name)
	var to, from []string
	if !intKey(r.New) {
		to, from = append(to, sqlgen.Quote(schema.System(schema.SystemRow))), append(from, rowid)
	}
	for _, s := range r.Columns {
		if !s.From.IsZero() {
			to, from = append(to, sqlgen.Quote(s.Field.Ident)), append(from, sqlgen.Quote(s.From))
		}
	}
	version := sqlgen.Quote(schema.System(schema.SystemVersion))
	to, from = append(to, version), append(from, version)
	return []string{
		"CREATE TABLE " + beside + create,
		"INSERT INTO " + beside + " (" + strings.Join(to, ", ") + ") SELECT " + strings.Join(from, ", ") + " FROM " + name + " ORDER BY " + rowid,
		"DROP TABLE " + name,
		"ALTER TABLE " + beside + " RENAME TO " + name,
	}
}

// rowid is SQLite's own name of the row number. No column can have it: names of the product's own begin with '_', but
// none is this one.
const rowid = "_rowid_"

// RowKey is the row number.
func (Dialect) RowKey(*schema.Collection) []sqlgen.Cell {
	return []sqlgen.Cell{{Raw: rowid, Type: value.Type{Kind: value.Int}}}
}

// Vectors are none: triggers keep the index.
func (Dialect) Vectors(*schema.Collection) []sqlgen.Vector { return nil }
