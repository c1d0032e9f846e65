package sqlite

import (
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// maxBound is how many parameters one INSERT may have.
const maxBound = 30_000

// CreateSpace has nothing to do: a namespace is part of a table's name.
func (Dialect) CreateSpace(schema.Ident) []string { return nil }

// CreateTable is a STRICT table with the stored fields, the row version and, unless the key is one int, a row number that
// stays the same for ever.
func (Dialect) CreateTable(c *schema.Collection) []string {
	var lines []string
	if !intKey(c) {
		lines = append(lines, sqlgen.Quote(schema.System(schema.SystemRow))+" INTEGER PRIMARY KEY")
	}
	for _, f := range sqlgen.StoredFields(c) {
		lines = append(lines, columnDefinition(f))
	}
	lines = append(lines, sqlgen.Quote(schema.System(schema.SystemVersion))+" INTEGER NOT NULL DEFAULT 1")
	lines = append(lines, constraints(c)...)
	return []string{"CREATE TABLE " + sqlgen.Quote(table(c)) + " (\n  " + strings.Join(lines, ",\n  ") + "\n) STRICT"}
}

// intKey reports whether the key is one int: it is the row number itself then.
func intKey(c *schema.Collection) bool {
	return len(c.PrimaryKey) == 1 && c.PrimaryKey[0].Type == value.Type{Kind: value.Int}
}

func columnDefinition(f *schema.Field) string {
	text := sqlgen.Quote(f.Ident) + " " + columnType(f.Type)
	if !f.Nullable() {
		text += " NOT NULL"
	}
	return text
}

func columnType(t value.Type) string {
	if t.List {
		return "TEXT"
	}
	switch t.Kind {
	case value.Int, value.Bool, value.Timestamp, value.Date:
		return "INTEGER"
	case value.Float:
		return "REAL"
	case value.Bytes:
		return "BLOB"
	case value.Decimal:
		if !wide(t) {
			return "INTEGER"
		}
	}
	return "TEXT"
}

func constraints(c *schema.Collection) []string {
	var lines []string
	switch {
	case intKey(c):
		lines = append(lines, constraint(c.KeyIdent)+"PRIMARY KEY ("+sqlgen.Columns(c.PrimaryKey)+")")
	case len(c.PrimaryKey) > 0:
		lines = append(lines, constraint(c.KeyIdent)+"UNIQUE ("+sqlgen.Columns(c.PrimaryKey)+")")
	}
	for _, k := range c.Unique {
		lines = append(lines, constraint(k.Ident)+"UNIQUE ("+sqlgen.Columns(k.Fields)+")")
	}
	for _, fk := range c.ForeignKeys {
		lines = append(lines, constraint(fk.Ident)+"FOREIGN KEY ("+sqlgen.Columns(fk.Columns)+") REFERENCES "+
			sqlgen.Quote(table(fk.To))+" ("+sqlgen.Columns(fk.Targets)+") ON DELETE NO ACTION ON UPDATE NO ACTION")
	}
	return lines
}

func constraint(name schema.Ident) string {
	if name.IsZero() {
		return ""
	}
	return "CONSTRAINT " + sqlgen.Quote(name) + " "
}

// CreateIndexes are the declared indexes. Their names share one space with the tables.
func (Dialect) CreateIndexes(c *schema.Collection) []string {
	var out []string
	for _, x := range c.Indexes {
		out = append(out, "CREATE INDEX "+sqlgen.Quote(schema.Flat(c.Space, x.Ident))+" ON "+sqlgen.Quote(table(c))+
			" ("+sqlgen.IndexTerms(x)+")")
	}
	return out
}

// CreateSearch is the full-text index, the triggers that keep it, and the entries of the rows that are there.
func (Dialect) CreateSearch(c *schema.Collection) []string {
	if c.Search == nil {
		return nil
	}
	index, on := sqlgen.Quote(searchTable(c)), sqlgen.Quote(table(c))
	var names []string
	for i := range c.Search.Fields {
		names = append(names, schema.Output(i).Name())
	}
	columns := strings.Join(append(names, everyColumn), ", ")
	insert := "INSERT INTO " + index + " (rowid, " + columns + ") "
	remove := "DELETE FROM " + index + " WHERE rowid = old._rowid_; "
	add := insert + "VALUES (new._rowid_, " + documents(c, "new.") + "); "
	return []string{
		"CREATE VIRTUAL TABLE " + index + " USING fts5 (" + columns + ", content='', contentless_delete=1, tokenize='ascii')",
		trigger(c, "i") + " AFTER INSERT ON " + on + " BEGIN " + add + "END",
		trigger(c, "d") + " AFTER DELETE ON " + on + " BEGIN " + remove + "END",
		trigger(c, "u") + " AFTER UPDATE OF " + sqlgen.Columns(c.Search.Fields) + " ON " + on + " BEGIN " + remove + add + "END",
		insert + "SELECT _rowid_, " + documents(c, "") + " FROM " + on,
	}
}

func trigger(c *schema.Collection, kind string) string {
	quoted := sqlgen.Quote(searchTable(c))
	return "CREATE TRIGGER " + quoted[:len(quoted)-1] + "." + kind + `"`
}

// documents is the index's entry of a row. A configuration's name is one of a closed set of plain words.
func documents(c *schema.Collection, row string) string {
	var out []string
	for _, f := range c.Search.Fields {
		out = append(out, "socle_document('"+strings.ReplaceAll(c.Search.Config, "'", "''")+"', "+row+sqlgen.Quote(f.Ident)+")")
	}
	return strings.Join(append(out, "'row'"), ", ")
}

// Insert writes rows in as few statements as the number of parameters allows; triggers keep the search index.
func (d Dialect) Insert(c *schema.Collection, rows []plan.Tuple) ([]sqlgen.Exec, error) {
	fields := sqlgen.StoredFields(c)
	if len(fields) == 0 {
		return nil, fmt.Errorf("sqlite: collection %s has no stored fields", c.Key)
	}
	head := "INSERT INTO " + sqlgen.Quote(table(c)) + " (" + sqlgen.Columns(fields) + ") VALUES "
	return sqlgen.InsertRows(d, head, fields, rows, maxBound)
}
