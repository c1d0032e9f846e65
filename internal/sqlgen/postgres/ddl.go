package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// maxBound is how many parameters one INSERT may have; the protocol's limit is 65,535.
const maxBound = 30_000

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

// Insert writes rows, with the vectors of their search fields, in as few statements as the number of parameters allows.
func (d Dialect) Insert(c *schema.Collection, rows []plan.Tuple) ([]sqlgen.Exec, error) {
	fields := sqlgen.StoredFields(c)
	if len(fields) == 0 {
		return nil, fmt.Errorf("postgres: collection %s has no stored fields", c.Key)
	}
	w := &inserting{c: c, fields: fields}
	names := sqlgen.Columns(fields)
	if c.Search != nil {
		for _, f := range c.Search.Fields {
			w.vectors = append(w.vectors, place(fields, f))
			names += ", " + sqlgen.Quote(vectorColumn(f))
		}
	}
	w.head = "INSERT INTO " + d.Table(c) + " (" + names + ") VALUES "
	perStatement := max(1, maxBound/(len(fields)+len(w.vectors)))
	var out []sqlgen.Exec
	for len(rows) > 0 {
		n := min(perStatement, len(rows))
		exec, err := w.statement(rows[:n])
		if err != nil {
			return nil, err
		}
		out, rows = append(out, exec), rows[n:]
	}
	return out, nil
}

func place(fields []*schema.Field, f *schema.Field) int {
	for i, g := range fields {
		if g == f {
			return i
		}
	}
	return -1
}

// inserting is one collection's INSERT; vectors are the places of the search fields in a row.
type inserting struct {
	c       *schema.Collection
	fields  []*schema.Field
	vectors []int
	head    string
}

func (w *inserting) statement(rows []plan.Tuple) (sqlgen.Exec, error) {
	around := w.around()
	e := sqlgen.Exec{Args: make([]any, 0, len(rows)*len(around))}
	text := []byte(w.head)
	for i, row := range rows {
		if len(row) != len(w.fields) {
			return e, fmt.Errorf("postgres: a row of %d values for %d fields", len(row), len(w.fields))
		}
		for j, v := range row {
			raw, err := Dialect{}.Encode(w.fields[j].Type, v)
			if err != nil {
				return e, err
			}
			e.Args = append(e.Args, raw)
		}
		for _, j := range w.vectors {
			e.Args = append(e.Args, Vector(w.c, row[j]))
		}
		for j, a := range around {
			text = append(text, separator(i, j)...)
			text = strconv.AppendInt(append(text, a[0]...), int64(i*len(around)+j+1), 10)
			text = append(text, a[1]...)
		}
		text = append(text, ')')
	}
	e.Text = string(text)
	return e, nil
}

// around is what stands before and after the number of each of a row's arguments.
func (w *inserting) around() [][2]string {
	out := make([][2]string, 0, len(w.fields)+len(w.vectors))
	for _, f := range w.fields {
		before, after, _ := strings.Cut(Dialect{}.Placeholder(0, sqlgen.Coding{Type: f.Type}), "$0")
		out = append(out, [2]string{before + "$", after})
	}
	for range w.vectors {
		out = append(out, [2]string{"$", "::tsvector"})
	}
	return out
}

// separator is what stands before a row's argument.
func separator(row, argument int) string {
	switch {
	case argument > 0:
		return ", "
	case row > 0:
		return ", ("
	}
	return "("
}
