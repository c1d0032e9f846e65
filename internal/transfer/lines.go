package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// lines splits NDJSON: one object a line.
type lines struct{ cells []cell }

func (l *lines) split(data []byte, eof bool) (n int, cells []cell, wrong string) {
	n = bytes.IndexByte(data, '\n') + 1
	if n == 0 {
		if !eof {
			return 0, nil, ""
		}
		n = len(data)
	}
	text := bytes.TrimSpace(data[:n])
	if len(text) == 0 {
		return n, nil, ""
	}
	if wrong := l.object(text); wrong != "" {
		return n, nil, wrong
	}
	return n, l.cells, ""
}

// object takes an object's members apart.
func (l *lines) object(text []byte) string {
	switch {
	case !utf8.Valid(text):
		return "the line is not UTF-8"
	case !json.Valid(text):
		return notJSON(text)
	case text[0] != '{':
		return "a line is one JSON object"
	}
	l.cells = append(l.cells[:0], cell{})[:0] // an empty object has no cells, and is no blank line
	at := after(text, 1)
	for text[at] != '}' {
		end := valueEnd(text, at)
		name := text[at+1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			var s string
			if err := json.Unmarshal(text[at:end], &s); err != nil {
				return "a name cannot be read"
			}
			name = []byte(s)
		}
		at = after(text, after(text, end)+1)
		end = valueEnd(text, at)
		l.cells = append(l.cells, cell{name: name, text: text[at:end]})
		if at = after(text, end); text[at] == ',' {
			at = after(text, at+1)
		}
	}
	return ""
}

func notJSON(text []byte) string {
	var raw json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, &raw); errors.As(err, &syntax) {
		return fmt.Sprintf("the line is not JSON: %s (character %d)", syntax.Error(), utf8.RuneCount(text[:min(int(syntax.Offset), len(text))]))
	}
	return "the line is not JSON"
}

// after is the first place from at on that is no space.
func after(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// valueEnd is where the value that begins at at ends; text is valid JSON.
func valueEnd(text []byte, at int) int {
	depth := 0
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return trimEnd(text, at, i)
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return trimEnd(text, at, i)
			}
		}
	}
	return len(text)
}

// trimEnd leaves out the spaces before end.
func trimEnd(text []byte, at, end int) int { return at + len(bytes.TrimRight(text[at:end], " \t\r")) }

// stringEnd is the place after the quote that ends the string which begins at at.
func stringEnd(text []byte, at int) int {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
