package transfer

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// table splits CSV as RFC 4180 has it, with LF or CRLF between lines. width is the number of cells of a row, 0 for the header.
type table struct {
	width int
	cells []cell
}

func (t *table) split(data []byte, eof bool) (n int, cells []cell, wrong string) {
	if n := lineEnd(data); n > 0 && t.width != 1 {
		return n, nil, "" // a blank line; in a table of one column it is a row
	}
	t.cells = t.cells[:0]
	at := 0
	for {
		c, next, flaw := t.cell(data, at, eof)
		if flaw != "" {
			return t.skip(data, next, eof), nil, flaw
		}
		if next < 0 {
			if len(data) <= longest && !eof {
				return 0, nil, ""
			}
			return t.skip(data, 0, eof), nil, "a quoted cell has no end"
		}
		t.cells = append(t.cells, c)
		if next < len(data) && data[next] == ',' {
			at = next + 1
			continue
		}
		n = next + lineEnd(data[next:])
		return n, t.cells, t.judge(data[:n])
	}
}

func (t *table) judge(raw []byte) string {
	switch {
	case !utf8.Valid(raw):
		return "the row is not UTF-8"
	case t.width > 0 && len(t.cells) != t.width:
		return fmt.Sprintf("%s, where the header has %d", count(len(t.cells), "cell"), t.width)
	}
	return ""
}

// cell reads the cell that begins at at; next is where it ends, -1 where data ends before.
func (t *table) cell(data []byte, at int, eof bool) (c cell, next int, flaw string) {
	if at < len(data) && data[at] == '"' {
		return quotedCell(data, at+1, eof)
	}
	for i := at; i < len(data); i++ {
		switch data[i] {
		case ',', '\n':
			return cell{text: trimCR(data[at:i], data[i])}, i - crs(data[at:i], data[i]), ""
		case '"':
			return c, i, "a quote within a cell that does not begin with one"
		}
	}
	if !eof {
		return c, -1, ""
	}
	return cell{text: data[at:]}, len(data), ""
}

// crs is 1 where a cell's end before a line feed is a carriage return, which belongs to the line's end.
func crs(text []byte, end byte) int {
	if end == '\n' && len(text) > 0 && text[len(text)-1] == '\r' {
		return 1
	}
	return 0
}

func trimCR(text []byte, end byte) []byte { return text[:len(text)-crs(text, end)] }

// quotedCell reads on after an opening quote.
func quotedCell(data []byte, at int, eof bool) (c cell, next int, flaw string) {
	var out []byte // only where quotes are doubled
	from := at
	for {
		i := bytes.IndexByte(data[from:], '"')
		if i < 0 {
			return c, -1, ""
		}
		end := from + i
		switch {
		case end+1 == len(data) && !eof:
			return c, -1, ""
		case end+1 < len(data) && data[end+1] == '"':
			out = append(out, data[from:end+1]...)
			from = end + 2
			continue
		case end+1 < len(data) && data[end+1] != ',' && lineEnd(data[end+1:]) == 0:
			if !eof && string(data[end+1:]) == "\r" {
				return c, -1, ""
			}
			return c, end + 1, "something follows a quoted cell before the comma"
		}
		if out = append(out, data[from:end]...); from == at {
			out = data[from:end]
		}
		return cell{text: out, quoted: true}, end + 1, ""
	}
}

// lineEnd is the length of a line's end at the front of data, 0 where there is none.
func lineEnd(data []byte) int {
	switch {
	case bytes.HasPrefix(data, newline):
		return 1
	case bytes.HasPrefix(data, []byte("\r\n")):
		return 2
	}
	return 0
}

// skip is the length of the line in which something is wrong: what comes after it is read as rows again. It is 0 where the line's
// end is not there yet.
func (t *table) skip(data []byte, at int, eof bool) int {
	if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	if !eof {
		return 0
	}
	return len(data)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
