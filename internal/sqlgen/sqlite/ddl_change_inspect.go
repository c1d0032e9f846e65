package sqlite

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// Inspection lists tables, columns, keys, indexes, foreign keys and triggers, one line each, in the words of Expected. The
// product's own tables and the parts of full-text indexes are left out.
func (Dialect) Inspection() string {
	const tables = `(SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\')`
	const terms = `(SELECT group_concat(CASE x.desc WHEN 1 THEN '-' ELSE '' END || x.name, ', ' ORDER BY x.seqno) FROM pragma_index_xinfo(i.name) AS x WHERE x.key = 1)`
	return strings.Join([]string{
		`SELECT 'table ' || name FROM ` + tables,
		`SELECT 'column ' || t.name || '.' || c.name || ' ' || c.type || CASE WHEN c."notnull" OR c.pk THEN ' not null' ELSE '' END || CASE WHEN c.pk THEN ' key' ELSE '' END FROM ` + tables + ` AS t, pragma_table_xinfo(t.name) AS c`,
		`SELECT 'unique ' || t.name || ' (' || ` + terms + ` || ')' FROM ` + tables + ` AS t, pragma_index_list(t.name) AS i WHERE i.origin = 'u'`,
		`SELECT 'index ' || i.name || ' on ' || t.name || ' (' || ` + terms + ` || ')' FROM ` + tables + ` AS t, pragma_index_list(t.name) AS i WHERE i.origin = 'c'`,
		`SELECT 'reference ' || t.name || ' (' || group_concat(f."from", ', ' ORDER BY f.seq) || ') to ' || f."table" || ' (' || group_concat(f."to", ', ' ORDER BY f.seq) || ')' FROM ` + tables + ` AS t, pragma_foreign_key_list(t.name) AS f GROUP BY t.name, f.id, f."table"`,
		`SELECT type || ' ' || name || ' ' || sql FROM sqlite_master WHERE type = 'trigger' OR type = 'table' AND sql LIKE 'CREATE VIRTUAL %'`,
	}, " UNION ALL ")
}

// Expected is Inspection's lines of one collection.
func (d Dialect) Expected(c *schema.Collection) []string {
	name := table(c).Name()
	out := []string{"table " + name}
	if !intKey(c) {
		out = append(out, "column "+name+"."+schema.System(schema.SystemRow).Name()+" INTEGER not null key")
	}
	for _, f := range sqlgen.StoredFields(c) {
		line := "column " + name + "." + f.Ident.Name() + " " + columnType(f.Type)
		if !f.Nullable() {
			line += " not null"
		}
		if f.IsKey() && intKey(c) {
			line += " key"
		}
		out = append(out, line)
	}
	out = append(out, "column "+name+"."+schema.System(schema.SystemVersion).Name()+" INTEGER not null")
	if len(c.PrimaryKey) > 0 && !intKey(c) {
		out = append(out, "unique "+name+" ("+bare(c.PrimaryKey)+")")
	}
	for _, k := range c.Unique {
		out = append(out, "unique "+name+" ("+bare(k.Fields)+")")
	}
	for _, x := range c.Indexes {
		var terms []string
		for _, t := range x.Terms {
			sign := ""
			if t.Desc {
				sign = "-"
			}
			terms = append(terms, sign+t.Field.Ident.Name())
		}
		out = append(out, "index "+schema.Flat(c.Space, x.Ident).Name()+" on "+name+" ("+strings.Join(terms, ", ")+")")
	}
	for _, fk := range c.ForeignKeys {
		out = append(out, "reference "+name+" ("+bare(fk.Columns)+") to "+table(fk.To).Name()+" ("+bare(fk.Targets)+")")
	}
	return append(out, d.expectedSearch(c)...)
}

func (d Dialect) expectedSearch(c *schema.Collection) []string {
	var out []string
	for _, sql := range d.CreateSearch(c) {
		switch words := strings.SplitN(sql, `"`, 3); {
		case strings.HasPrefix(sql, "CREATE VIRTUAL TABLE "):
			out = append(out, "table "+words[1]+" "+sql)
		case strings.HasPrefix(sql, "CREATE TRIGGER "):
			out = append(out, "trigger "+words[1]+" "+sql)
		}
	}
	return out
}

func bare(fields []*schema.Field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Ident.Name())
	}
	return strings.Join(names, ", ")
}
