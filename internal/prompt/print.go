package prompt

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/socle-hq/socle/internal/value"
)

// Formats are the forms of an answer.
var Formats = []string{"table", "csv", "json"}

// NewSink is where an answer in one of the forms goes.
func NewSink(format string, w io.Writer) Sink {
	switch format {
	case "csv":
		return &csvSink{w: csv.NewWriter(w)}
	case "json":
		return &jsonSink{w: bufio.NewWriter(w)}
	}
	return &tableSink{w: w}
}

// What a table shows of an answer.
const (
	mostRows  = 1000
	mostWidth = 100
)

// tableSink aligns columns: it holds the rows until all are there.
type tableSink struct {
	w     io.Writer
	rows  [][]string
	right []bool
	wide  []int
	more  int
}

func (t *tableSink) Head(columns []string) error {
	t.right, t.wide = make([]bool, len(columns)), make([]int, len(columns))
	t.add(columns)
	return nil
}

func (t *tableSink) add(cells []string) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = shown(c)
		t.wide[i] = max(t.wide[i], utf8.RuneCountInString(row[i]))
	}
	t.rows = append(t.rows, row)
}

func (t *tableSink) Row(cells []Cell) error {
	if len(t.rows) > mostRows {
		t.more++
		return nil
	}
	texts := make([]string, len(cells))
	for i, c := range cells {
		if texts[i] = c.Text; c.Null {
			texts[i] = "NULL"
		}
		t.right[i] = t.right[i] || c.JSON && c.Text != "" && strings.IndexByte("-0123456789", c.Text[0]) >= 0
	}
	t.add(texts)
	return nil
}

func (t *tableSink) End() error {
	w := bufio.NewWriter(t.w)
	for i, row := range t.rows {
		t.line(w, row)
		if i == 0 {
			rule := make([]string, len(row))
			for j := range rule {
				rule[j] = strings.Repeat("-", t.wide[j])
			}
			t.line(w, rule)
		}
	}
	switch n := len(t.rows) - 1; {
	case t.more > 0:
		fmt.Fprintf(w, "(the first %d of %d rows; --format csv and json give all)\n", n, n+t.more)
	case n == 1:
		fmt.Fprintln(w, "(1 row)")
	default:
		fmt.Fprintf(w, "(%d rows)\n", n)
	}
	return w.Flush()
}

func (t *tableSink) line(w *bufio.Writer, row []string) {
	var b strings.Builder
	for i, cell := range row {
		if i > 0 {
			b.WriteString("  ")
		}
		space := strings.Repeat(" ", t.wide[i]-utf8.RuneCountInString(cell))
		if t.right[i] {
			b.WriteString(space + cell)
		} else {
			b.WriteString(cell + space)
		}
	}
	w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// shown is a text on one line, without what a terminal would obey.
func shown(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > mostWidth {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsControl(r) || unicode.In(r, unicode.Cf) || r == utf8.RuneError:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// csvSink writes rows as they come; NULL is an empty cell.
type csvSink struct{ w *csv.Writer }

func (c *csvSink) Head(columns []string) error { return c.w.Write(columns) }

func (c *csvSink) Row(cells []Cell) error {
	texts := make([]string, len(cells))
	for i := range cells {
		texts[i] = cells[i].Text
	}
	return c.w.Write(texts)
}

func (c *csvSink) End() error {
	c.w.Flush()
	return c.w.Error()
}

// jsonSink writes one array of objects, a row a line.
type jsonSink struct {
	w       *bufio.Writer
	columns []string
	begun   bool
}

func (j *jsonSink) Head(columns []string) error {
	j.columns = columns
	return j.w.WriteByte('[')
}

func (j *jsonSink) Row(cells []Cell) error {
	line := []byte(",\n {")
	if !j.begun {
		line = []byte("{")
	}
	j.begun = true
	for i, c := range cells {
		if i > 0 {
			line = append(line, ", "...)
		}
		line = append(value.AppendJSONString(line, j.columns[i]), ": "...)
		switch {
		case c.Null:
			line = append(line, "null"...)
		case c.JSON && json.Valid([]byte(c.Text)):
			line = append(line, c.Text...)
		default:
			line = value.AppendJSONString(line, strings.ToValidUTF8(c.Text, "\ufffd"))
		}
	}
	_, err := j.w.Write(append(line, '}'))
	return err
}

func (j *jsonSink) End() error {
	j.w.WriteString("]\n")
	return j.w.Flush()
}
