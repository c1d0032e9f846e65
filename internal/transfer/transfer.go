// Package transfer owns the way of rows between files and collections: CSV and NDJSON read and written as streams, in constant
// memory. An import goes through the engine as the product's own writes do, so that every check is made once; how far it is, is
// kept in the transaction that writes the rows. It knows nothing of command lines, sockets or where files lie.
package transfer

import (
	"fmt"
	"path"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
)

// Format is a form of files.
type Format string

// The formats. In CSV an empty cell is NULL and "" the empty text.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson"
)

// FormatOf is the format that a file's name says.
func FormatOf(name string) (Format, bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv":
		return CSV, true
	case ".ndjson", ".jsonl":
		return NDJSON, true
	}
	return "", false
}

// Mistake is the error of a source that cannot be imported as it is, whatever its rows hold.
type Mistake struct {
	Source string `json:"source"`
	Line   int    `json:"line"` // 0: all of it
	What   string `json:"what"`
	Hint   string `json:"hint,omitempty"`
}

// Error is the place and what is wrong there.
func (m *Mistake) Error() string {
	text := m.Source
	if m.Line > 0 {
		text = fmt.Sprintf("%s:%d", m.Source, m.Line)
	}
	if text += ": " + m.What; m.Hint != "" {
		text += "\nhint: " + m.Hint
	}
	return text
}

// Bad is a row that cannot be imported.
type Bad struct {
	Line    int      `json:"line"` // where the row begins
	Reasons []string `json:"reasons"`
	Raw     []byte   `json:"raw,omitempty"` // the row as it stands in the source, without its line end
}

// Find is the stored collection of a name: as the project says, or as the wire does.
func Find(c *schema.Catalog, name string) (*schema.Collection, error) {
	var keys []string
	for _, col := range c.Collections {
		if !col.Private && (col.Key == name || title(col) == name) {
			if col.View != nil {
				return nil, fmt.Errorf("%q is a view: it has no rows of its own", name)
			}
			return col, nil
		}
		if col.View == nil && !col.Private {
			keys = append(keys, col.Key)
		}
	}
	return nil, fmt.Errorf("there is no collection %q%s; there are %s", name, schema.DidYouMean(name, keys), strings.Join(keys, ", "))
}

func title(c *schema.Collection) string {
	if c.Namespace == schema.DefaultNamespace {
		return c.Name
	}
	return c.Namespace + "." + c.Name
}
