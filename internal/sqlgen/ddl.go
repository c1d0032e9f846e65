package sqlgen

import (
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
)

// Columns is the quoted names of fields with commas between them.
func Columns(fields []*schema.Field) string {
	var out strings.Builder
	out.Grow(len(fields) * roomForName)
	for i, f := range fields {
		if i > 0 {
			out.WriteString(", ")
		}
		writeQuoted(&out, f.Ident)
	}
	return out.String()
}

// roomForName is how much room a quoted name and a comma are given at first.
const roomForName = 20

// IndexTerms is the column list of an index.
func IndexTerms(x *schema.Index) string {
	terms := make([]string, len(x.Terms))
	for i, t := range x.Terms {
		terms[i] = Quote(t.Field.Ident)
		if t.Desc {
			terms[i] += " DESC"
		}
	}
	return strings.Join(terms, ", ")
}

// InsertRows spreads rows over multi-row INSERT statements of at most maxBound parameters; head ends before the first row.
func InsertRows(d Dialect, head string, fields []*schema.Field, rows []plan.Tuple, maxBound int) ([]Exec, error) {
	perStatement := max(1, maxBound/len(fields))
	var out []Exec
	for len(rows) > 0 {
		n := min(perStatement, len(rows))
		exec, err := insertRows(d, head, fields, rows[:n])
		if err != nil {
			return nil, err
		}
		out, rows = append(out, exec), rows[n:]
	}
	return out, nil
}

func insertRows(d Dialect, head string, fields []*schema.Field, rows []plan.Tuple) (Exec, error) {
	e := Exec{Args: make([]any, 0, len(rows)*len(fields))}
	var text strings.Builder
	text.Grow(len(head) + len(rows)*(len("(), ")+len(fields)*len("?, ")))
	text.WriteString(head)
	for i, row := range rows {
		if len(row) != len(fields) {
			return e, fmt.Errorf("sqlgen: a row of %d values for %d fields", len(row), len(fields))
		}
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString("(")
		for j, v := range row {
			raw, err := d.Encode(fields[j].Type, v)
			if err != nil {
				return e, err
			}
			e.Args = append(e.Args, raw)
			if j > 0 {
				text.WriteString(", ")
			}
			text.WriteString(d.Once(len(e.Args), Coding{Type: fields[j].Type}))
		}
		text.WriteString(")")
	}
	e.Text = text.String()
	return e, nil
}
