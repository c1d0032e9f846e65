package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/value"
)

// EntryBytes is how much the values of one entry of an index may take. PostgreSQL's B-trees hold entries of up to 2,704 bytes, a
// third of a page with what surrounds it; SQLite's hold any, but one project means the same on both.
const EntryBytes = 2600

// What a column of an entry takes at most beside its value, and what a value without length takes.
const (
	besideBytes = 8
	plainBytes  = 32
)

// Entry is what an index holds of each row: that of the primary key, of a unique constraint or a declared one.
type Entry struct{ Fields []*Field }

// LongEntries are the entries of a collection that can be too long, in declared order, the primary key first.
func LongEntries(c *Collection) []Entry {
	lists := [][]*Field{c.PrimaryKey}
	for _, k := range c.Unique {
		lists = append(lists, k.Fields)
	}
	for _, x := range c.Indexes {
		lists = append(lists, x.Fields())
	}
	var out []Entry
	for _, fields := range lists {
		if e := (Entry{fields}); e.most() > EntryBytes {
			out = append(out, e)
		}
	}
	return out
}

// Fields are the columns of an index.
func (x *Index) Fields() []*Field {
	out := make([]*Field, len(x.Terms))
	for i, t := range x.Terms {
		out[i] = t.Field
	}
	return out
}

// most is the most that an entry can take by what its fields say.
func (e Entry) most() int {
	sum := 0
	for _, f := range e.Fields {
		n := plainBytes
		switch {
		case !variable(f.Type):
		case f.Enum != nil && !f.Type.List:
			for _, v := range f.Enum {
				n = max(n, len(v))
			}
		case measured(f.Type) && !f.Type.List && f.Max != nil && f.Max.Int() < EntryBytes:
			n = 4 * int(f.Max.Int()) // of a code point
		default:
			return EntryBytes + 1
		}
		sum += n + besideBytes
	}
	return sum
}

// variable reports whether a type's values have a length of their own.
func variable(t value.Type) bool {
	return t.List || t.Kind == value.Text || t.Kind == value.Bytes || t.Kind == value.JSON
}

// Takes is how much an entry takes for values by the ordinals of fields, the most of all engines: each value's bytes, and 8 for each
// column but the first. Lists and JSON take more than their text.
func (e Entry) Takes(tuple []value.Value) int {
	sum := -besideBytes
	for _, f := range e.Fields {
		sum += besideBytes + taken(f.Type, tuple[f.Ordinal])
	}
	return sum
}

func taken(t value.Type, v value.Value) int {
	switch {
	case v.IsNull():
		return 0
	case t.List || t.Kind == value.JSON:
		return treeBytes(value.AppendJSON(nil, t, v))
	case t.Kind == value.Text || t.Kind == value.Bytes:
		return len(v.Str())
	case t.Kind == value.Decimal:
		return plainBytes
	}
	return 16
}

// treeBytes bounds the binary form of JSON: four bytes for each node beside its content, a container's four, padding.
func treeBytes(text []byte) int {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	sum := besideBytes // a scalar is in a container of its own
	for {
		token, err := d.Token()
		if err != nil {
			return sum
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '[' || token == '{' {
				sum += 12
			}
		case string:
			sum += 4 + len(token)
		case json.Number:
			sum += 4 + 12 + len(token)
		default:
			sum += 4
		}
	}
}

// Longest is the field of an entry whose value takes most: the one to shorten.
func (e Entry) Longest(tuple []value.Value) *Field {
	out := e.Fields[0]
	for _, f := range e.Fields[1:] {
		if taken(f.Type, tuple[f.Ordinal]) > taken(out.Type, tuple[out.Ordinal]) {
			out = f
		}
	}
	return out
}

// Overlong is the fault of values that are too long for an entry of the collection's; it names the fields where the caller may know
// them.
func (e Entry) Overlong(c *Collection, named bool) *fault.Fault {
	f := fault.New(fault.TooLarge, "a value for relation %q is longer than the %d bytes that an index holds", c.Name, EntryBytes)
	if named && len(e.Fields) == 1 {
		f.Message = fmt.Sprintf("the value of column %s of relation %q is longer than the %d bytes that an index holds", e.names(), c.Name, EntryBytes)
	} else if named {
		f.Message = fmt.Sprintf("the values of columns %s of relation %q are together longer than the %d bytes that an index holds", e.names(), c.Name, EntryBytes)
	}
	return f.OfRow().WithHint("Shorten it, or keep it in a field without an index.")
}

func (e Entry) names() string {
	var out []string
	for _, f := range e.Fields {
		out = append(out, fmt.Sprintf("%q", f.Name))
	}
	return strings.Join(out, ", ")
}
