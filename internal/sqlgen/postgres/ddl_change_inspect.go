package postgres

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Inspection lists tables, columns, keys, indexes and foreign keys, one line each, in the words of Expected. The product's
// own tables are left out.
func (Dialect) Inspection() string {
	const tables = `(SELECT c.oid, n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND left(c.relname, 1) <> '_' AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_')`
	return strings.Join([]string{
		`SELECT 'table ' || name FROM ` + tables + ` AS t`,
		`SELECT 'column ' || t.name || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END FROM ` + tables + ` AS t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped`,
		`SELECT CASE WHEN k.contype = 'f' THEN 'reference ' ELSE 'key ' END || t.name || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid) FROM ` + tables + ` AS t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype IN ('p', 'u', 'f')`,
		`SELECT 'index ' || t.name || ' ' || pg_get_indexdef(i.indexrelid) FROM ` + tables + ` AS t JOIN pg_index i ON i.indrelid = t.oid WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))`,
	}, " UNION ALL ")
}

// Expected is Inspection's tables and columns of one collection; what the server prints of constraints and indexes is its own.
func (d Dialect) Expected(c *schema.Collection) []string {
	name := c.Space.Name() + "." + c.Ident.Name()
	out := []string{"table " + name}
	column := func(id schema.Ident, typ string, required bool) {
		line := "column " + name + "." + id.Name() + " " + typ
		if required {
			line += " not null"
		}
		out = append(out, line)
	}
	if len(c.PrimaryKey) == 0 {
		column(schema.System(schema.SystemRow), "bigint", true)
	}
	for _, f := range sqlgen.StoredFields(c) {
		column(f.Ident, strings.Replace(typeName(f.Type), "timestamptz", "timestamp with time zone", 1), !f.Nullable())
	}
	column(schema.System(schema.SystemVersion), "bigint", true)
	for _, v := range d.Vectors(c) {
		column(v.Column, "tsvector", false)
	}
	return out
}
