package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// mostValues is how many values one INSERT may have: it is held in memory as a whole.
const mostValues = 30_000

// Insert writes rows, with the vectors of their search fields, in as few statements as mostValues allows.
func (d Dialect) Insert(c *schema.Collection, rows []plan.Tuple) ([]sqlgen.Exec, error) {
	w := inserting{c: c, fields: sqlgen.StoredFields(c)}
	if len(w.fields) == 0 {
		return nil, fmt.Errorf("postgres: collection %s has no stored fields", c.Key)
	}
	w.columns()
	for _, row := range rows {
		if len(row) != len(w.fields) {
			return nil, fmt.Errorf("postgres: a row of %d values for %d fields", len(row), len(w.fields))
		}
	}
	perStatement := max(1, mostValues/len(w.each))
	var out []sqlgen.Exec
	for len(rows) > 0 {
		n := min(perStatement, len(rows))
		if n == 1 {
			out = append(out, w.one(rows[0]))
		} else {
			out = append(out, w.many(rows[:n]))
		}
		rows = rows[n:]
	}
	return out, nil
}

// inserting is one collection's INSERT.
type inserting struct {
	c      *schema.Collection
	fields []*schema.Field
	each   []column
	head   string
}

// column is what is written: a field of a row, or the vector of one.
type column struct {
	at     int // of the field, in a row
	of     value.Type
	vector bool
}

func (w *inserting) columns() {
	names := sqlgen.Columns(w.fields)
	for i, f := range w.fields {
		w.each = append(w.each, column{at: i, of: f.Type})
	}
	if w.c.Search != nil {
		for _, f := range w.c.Search.Fields {
			w.each = append(w.each, column{at: slices.Index(w.fields, f), vector: true})
			names += ", " + sqlgen.Quote(vectorColumn(f))
		}
	}
	w.head = "INSERT INTO " + Dialect{}.Table(w.c) + " (" + names + ") "
}

// one writes a row value by value.
func (w *inserting) one(row plan.Tuple) sqlgen.Exec {
	e := sqlgen.Exec{Args: make([]any, len(w.each))}
	placeholders := make([]string, len(w.each))
	for i, c := range w.each {
		placeholders[i] = c.placeholder(i + 1)
		if text, is := w.text(c, row); is {
			e.Args[i] = text
		}
	}
	e.Text = w.head + "VALUES (" + strings.Join(placeholders, ", ") + ")"
	return e
}

// many writes rows column by column, each an array: one statement is good for lists of every length, so that the server parses it
// once.
func (w *inserting) many(rows []plan.Tuple) sqlgen.Exec {
	e := sqlgen.Exec{Args: make([]any, len(w.each))}
	arrays, names, taken := make([]string, len(w.each)), make([]string, len(w.each)), make([]string, len(w.each))
	for i, c := range w.each {
		names[i] = "k" + strconv.Itoa(i)
		arrays[i] = "$" + strconv.Itoa(i+1) + "::" + c.element() + "[]"
		taken[i] = "u." + names[i] + c.cast()
		e.Args[i] = array(len(rows), func(i int) (string, bool) { return w.text(c, rows[i]) })
	}
	e.Text = w.head + "SELECT " + strings.Join(taken, ", ") + " FROM unnest(" + strings.Join(arrays, ", ") + ") AS u(" +
		strings.Join(names, ", ") + ")"
	return e
}

// text is what a row has in a column; false where it has NULL.
func (w *inserting) text(c column, row plan.Tuple) (string, bool) {
	v := row[c.at]
	switch {
	case v.IsNull():
		return "", false
	case c.vector:
		return Vector(w.c, v).(string), true
	}
	return text(c.of, v), true
}

func (c column) placeholder(n int) string {
	if c.vector {
		return "$" + strconv.Itoa(n) + "::tsvector"
	}
	return Dialect{}.Placeholder(n, sqlgen.Coding{Type: c.of})
}

// element is the type of a column's values in an array: relatives have none of vectors or JSON.
func (c column) element() string {
	if c.cast() != "" {
		return "text"
	}
	return argumentType(sqlgen.Coding{Type: c.of})
}

// cast makes an array's element what the column holds.
func (c column) cast() string {
	switch {
	case c.vector:
		return "::tsvector"
	case c.of.List, c.of.Kind == value.JSON:
		return "::jsonb"
	}
	return ""
}
