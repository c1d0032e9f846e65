package roster

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// objects gives the objects of a file: of a CSV table, where that is allowed and the file does not begin as JSON; of a list; of the
// list that is the named member of an object; or, without such a name, of lines.
func objects(r io.Reader, table bool, member string) (func() (object, error), error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if bom, err := in.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := in.Discard(3); err != nil {
			return nil, err
		}
	}
	lines := &counter{r: in, line: 1}
	first, err := lines.begin()
	switch {
	case errors.Is(err, io.EOF):
		return func() (object, error) { return object{}, io.EOF }, nil
	case err != nil:
		return nil, err
	case first != '{' && first != '[' && table:
		return rows(in, lines.line)
	}
	return documents(lines, first, member)
}

// counter reads and remembers where lines end.
type counter struct {
	r    *bufio.Reader
	line int     // of what was asked for last
	at   int64   // bytes read
	ends []int64 // of lines that were not asked for yet
}

// begin passes over white space and gives the first character after it.
func (c *counter) begin() (rune, error) {
	for {
		ch, _, err := c.r.ReadRune()
		switch {
		case err != nil:
			return 0, err
		case ch == '\n':
			c.line++
		case !unicode.IsSpace(ch):
			return ch, c.r.UnreadRune()
		}
	}
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.at+int64(i))
		}
	}
	c.at += int64(n)
	return n, err
}

// of is the line of an offset; offsets only grow.
func (c *counter) of(offset int64) int {
	n := 0
	for n < len(c.ends) && c.ends[n] < offset {
		n++
	}
	c.line, c.ends = c.line+n, c.ends[n:]
	return c.line
}

// documents reads JSON: one object after the other, or those of a list; the list may be a member of an object.
func documents(c *counter, first rune, member string) (func() (object, error), error) {
	d := json.NewDecoder(c)
	listed := first == '[' || member != ""
	if err := enter(d, first, member); err != nil {
		return nil, err
	}
	return func() (object, error) {
		if listed && !d.More() {
			if _, err := d.Token(); err != nil {
				return object{}, broken(c, d)
			}
			return object{}, io.EOF
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			if errors.Is(err, io.EOF) && !listed {
				return object{}, io.EOF
			}
			return object{}, broken(c, d)
		}
		line := c.of(d.InputOffset() - int64(len(raw)) + 1)
		var members map[string]json.RawMessage
		if !utf8.Valid(raw) || json.Unmarshal(raw, &members) != nil || members == nil {
			return object{}, &Mistake{line, "this is not a JSON object in UTF-8"}
		}
		return newObject(line, members), nil
	}, nil
}

// enter goes to where the first object of a list begins.
func enter(d *json.Decoder, first rune, member string) error {
	if first != '[' && (first != '{' || member == "") {
		if first != '{' {
			return errShape
		}
		return nil
	}
	if _, err := d.Token(); err != nil || first == '[' {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return errShape
		}
		if name == member {
			if t, err := d.Token(); err != nil || t != json.Delim('[') {
				return errShape
			}
			return nil
		}
		var passed json.RawMessage
		if err := d.Decode(&passed); err != nil {
			return errShape
		}
	}
	return fmt.Errorf("the file has no list %q", member)
}

func broken(c *counter, d *json.Decoder) error {
	return fmt.Errorf("line %d: this is not JSON; what comes after it cannot be read", c.of(d.InputOffset()))
}

// rows reads a table whose first row names the columns. An empty cell is nothing.
func rows(in io.Reader, line int) (func() (object, error), error) {
	r := csv.NewReader(in)
	names, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("line %d: this is not a table in CSV: %w", line, err)
	}
	return func() (object, error) {
		cells, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad) && errors.Is(err, csv.ErrFieldCount):
			return object{}, &Mistake{line - 1 + bad.Line, fmt.Sprintf("the row has %d cells, the first one %d", len(cells), len(names))}
		case err != nil:
			return object{}, err
		}
		members := map[string]json.RawMessage{}
		for i, text := range cells {
			if text == "" {
				continue
			}
			raw, err := json.Marshal(text)
			if err != nil {
				return object{}, err
			}
			members[names[i]] = raw
		}
		at, _ := r.FieldPos(0)
		return newObject(line-1+at, members), nil
	}, nil
}
