package sqlgen

import (
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// The questions a change asks of the rows that are there. shown is how many rows an answer names.
const shown = " LIMIT 3"

// CountNulls counts the rows without a value in a column; CountAll those of a table.
func CountNulls(table string, c Cell) string {
	return CountAll(table) + " WHERE " + c.Text() + " IS NULL"
}

// CountAll counts the rows of a table.
func CountAll(table string) string { return "SELECT count(*) FROM " + table }

// FirstNulls gives the keys of the first rows without a value in a column.
func FirstNulls(table string, key []Cell, c Cell) string {
	return "SELECT " + cells(key) + " FROM " + table + " WHERE " + c.Text() + " IS NULL ORDER BY " + cells(key) + shown
}

// Values counts the rows by the value of a column.
func Values(table string, c Cell) string {
	return "SELECT " + c.Text() + ", count(*) FROM " + table + " WHERE " + c.Text() + " IS NOT NULL GROUP BY " + c.Text() + " ORDER BY " + c.Text()
}

func repeated(table string, columns []Cell) string {
	var conditions []string
	for _, c := range columns {
		conditions = append(conditions, c.Text()+" IS NOT NULL")
	}
	return "SELECT " + cells(columns) + ", count(*) FROM " + table + " WHERE " + strings.Join(conditions, " AND ") +
		" GROUP BY " + cells(columns) + " HAVING count(*) > 1"
}

// CountRepeated counts the values that several rows share, and FirstRepeated gives the first of them with their counts.
func CountRepeated(table string, columns []Cell) string {
	return "SELECT count(*) FROM (" + repeated(table, columns) + ") AS r"
}

// FirstRepeated gives the first values that several rows share, with the number of rows.
func FirstRepeated(table string, columns []Cell) string {
	return repeated(table, columns) + " ORDER BY " + cells(columns) + shown
}

// lost is the rows whose reference leads nowhere.
func lost(d Dialect, fk *schema.ForeignKey) string {
	from, to := Quote(schema.Alias(0)), Quote(schema.Alias(1))
	var set, met []string
	for i, c := range fk.Columns {
		set = append(set, from+"."+Quote(c.Ident)+" IS NOT NULL")
		met = append(met, to+"."+Quote(fk.Targets[i].Ident)+" = "+from+"."+Quote(c.Ident))
	}
	return " FROM " + d.Table(fk.From) + " AS " + from + " WHERE " + strings.Join(set, " AND ") + " AND NOT EXISTS (SELECT 1 FROM " +
		d.Table(fk.To) + " AS " + to + " WHERE " + strings.Join(met, " AND ") + ")"
}

// CountLost counts the rows whose reference leads nowhere.
func CountLost(d Dialect, fk *schema.ForeignKey) string { return "SELECT count(*)" + lost(d, fk) }

// FirstLost gives the references of the first rows that lead nowhere.
func FirstLost(d Dialect, fk *schema.ForeignKey) string {
	var columns []string
	for _, c := range fk.Columns {
		columns = append(columns, Quote(schema.Alias(0))+"."+Quote(c.Ident))
	}
	list := strings.Join(columns, ", ")
	return "SELECT DISTINCT " + list + lost(d, fk) + " ORDER BY " + list + shown
}

// Replace puts one value of a column in the place of another: the arguments are the new and the old one.
func Replace(d Dialect, table string, c Cell) string {
	code := Coding{Type: c.Type}
	return "UPDATE " + table + " SET " + c.Text() + " = " + d.Placeholder(1, code) + " WHERE " + c.Text() + " = " + d.Placeholder(2, code)
}

// Lengthy is a condition that holds for every row whose values of some columns may be too long for an entry of an index together,
// and for few others: a character is at most four bytes, and a tree at most nine times as long as its text.
func Lengthy(columns []Cell) string {
	const most, widest, longest = schema.EntryBytes, 40, 9
	var lengths []string
	for _, c := range columns {
		switch text := c.Text(); {
		case c.Type.List || c.Type.Kind == value.JSON:
			lengths = append(lengths, "coalesce(length(CAST("+text+" AS text)), 0)")
		case c.Type.Kind == value.Text || c.Type.Kind == value.Bytes:
			lengths = append(lengths, "coalesce(length("+text+"), 0)")
		}
	}
	if lengths == nil {
		return ""
	}
	return strings.Join(lengths, " + ") + " > " + Literal(max(0, most-widest*len(columns))/longest)
}
