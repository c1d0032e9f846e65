package postgres

import (
	"strings"

	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// CreateSpace is the namespace's schema.
func (Dialect) CreateSpace(space schema.Ident) []string {
	return []string{"CREATE SCHEMA IF NOT EXISTS " + sqlgen.Quote(space)}
}

// CreateTable is a table with the stored fields, the row version and, without a key, a row number.
func (d Dialect) CreateTable(c *schema.Collection) []string {
	var lines []string
	if len(c.PrimaryKey) == 0 {
		lines = append(lines, sqlgen.Quote(schema.System(schema.SystemRow))+" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
	}
	for _, f := range sqlgen.StoredFields(c) {
		lines = append(lines, columnDefinition(f))
	}
	lines = append(lines, sqlgen.Quote(schema.System(schema.SystemVersion))+" bigint NOT NULL DEFAULT 1")
	if len(c.PrimaryKey) > 0 {
		lines = append(lines, constraint(c.KeyIdent)+"PRIMARY KEY ("+sqlgen.Columns(c.PrimaryKey)+")")
	}
	for _, k := range c.Unique {
		lines = append(lines, constraint(k.Ident)+"UNIQUE ("+sqlgen.Columns(k.Fields)+")")
	}
	for _, fk := range c.ForeignKeys {
		lines = append(lines, constraint(fk.Ident)+"FOREIGN KEY ("+sqlgen.Columns(fk.Columns)+") REFERENCES "+d.Table(fk.To)+
			" ("+sqlgen.Columns(fk.Targets)+") ON DELETE NO ACTION ON UPDATE NO ACTION")
	}
	return []string{"CREATE TABLE " + d.Table(c) + " (\n  " + strings.Join(lines, ",\n  ") + "\n)"}
}

func columnDefinition(f *schema.Field) string {
	text := sqlgen.Quote(f.Ident) + " " + typeName(f.Type)
	if f.Type.Kind == value.Text && !f.Type.List {
		text += collate
	}
	if !f.Nullable() {
		text += " NOT NULL"
	}
	return text
}

func constraint(name schema.Ident) string {
	if name.IsZero() {
		return ""
	}
	return "CONSTRAINT " + sqlgen.Quote(name) + " "
}

// CreateIndexes are the declared indexes.
func (d Dialect) CreateIndexes(c *schema.Collection) []string {
	var out []string
	for _, x := range c.Indexes {
		out = append(out, "CREATE INDEX "+sqlgen.Quote(x.Ident)+" ON "+d.Table(c)+" ("+sqlgen.IndexTerms(x)+")")
	}
	return out
}

// CreateSearch adds a vector with its index for each search field. The vectors of rows that are there already have to be
// written by the caller, in Go: see Vector.
func (d Dialect) CreateSearch(c *schema.Collection) []string {
	if c.Search == nil {
		return nil
	}
	var out []string
	for _, f := range c.Search.Fields {
		column := sqlgen.Quote(vectorColumn(f))
		index := sqlgen.Quote(schema.Derive(schema.ForSearch, c.Ident, f.Ident))
		out = append(out, "ALTER TABLE "+d.Table(c)+" ADD COLUMN "+column+" tsvector",
			"CREATE INDEX "+index+" ON "+d.Table(c)+" USING gin ("+column+")")
	}
	return out
}

// Vector is the encoded tokens of a search field's value, nil for NULL.
func Vector(c *schema.Collection, v value.Value) any {
	if v.IsNull() {
		return nil
	}
	return lexeme.Vector(lexeme.Tokenise(c.Search.Config, v.Str()))
}
