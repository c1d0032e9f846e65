package transfer

import (
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// refusedColumn is the column of a refused row's reasons. An import does not look at it, so that a corrected file can be imported.
const refusedColumn = "_refused"

// The columns of a source that are no field.
const (
	leftOut = -1
	unknown = -2
)

// shape is what the columns of a source mean.
type shape struct {
	collection *schema.Collection
	fields     []*schema.Field // that rows give; of CSV those of the header, of NDJSON all
	place      []int           // CSV: by the header's columns, index into fields
	named      map[string]int  // by name in the source, index into fields or leftOut
	values     []value.Value   // where the next rows' values go
	given      []bool
	all        []bool // CSV: every field is given
	seen       []bool // NDJSON: scratch
}

// newShape knows all fields by their names and, beside those, by the project's; rename has the source's own names.
func newShape(c *schema.Collection, rename map[string]string) (*shape, error) {
	s := &shape{collection: c, fields: sqlgen.StoredFields(c), named: map[string]int{refusedColumn: leftOut}}
	for i, f := range s.fields {
		s.named[f.Key] = i
	}
	for i, f := range s.fields {
		s.named[f.Name] = i
	}
	for from, to := range rename {
		at, ok := s.named[to]
		switch {
		case to == "":
			at = leftOut
		case !ok:
			return nil, fmt.Errorf("%s", s.strange(to))
		default:
			delete(s.named, s.fields[at].Key)
			delete(s.named, s.fields[at].Name)
		}
		defer func() { s.named[from] = at }()
	}
	s.seen = make([]bool, len(s.fields))
	return s, nil
}

// strange says that a column is no field, and which there are.
func (s *shape) strange(name string) string {
	if f, ok := s.collection.FieldByKey(name); ok && f.Computed != nil {
		return fmt.Sprintf("column %q is computed and holds no value of its own", name)
	}
	var names []string
	for _, f := range sqlgen.StoredFields(s.collection) {
		names = append(names, f.Name)
	}
	return fmt.Sprintf("%s has no column %q%s; it has %s", s.collection.Key, name, schema.DidYouMean(name, names), strings.Join(names, ", "))
}

// header fixes the columns of a CSV source.
func (s *shape) header(cells []cell) (wrong string) {
	stored := s.fields
	used := map[int]bool{}
	s.fields = nil
	for _, c := range cells {
		at, ok := s.named[string(c.text)]
		switch {
		case !ok:
			return s.strange(string(c.text))
		case at == leftOut:
			s.place = append(s.place, leftOut)
			continue
		case used[at]:
			return fmt.Sprintf("column %q is there twice", stored[at].Name)
		}
		used[at] = true
		s.place = append(s.place, len(s.fields))
		s.fields = append(s.fields, stored[at])
	}
	if len(s.fields) == 0 {
		return "the header names no column of " + s.collection.Key
	}
	s.all = make([]bool, len(s.fields))
	for i := range s.all {
		s.all[i] = true
	}
	return ""
}

// gives reports whether rows give a field.
func (s *shape) gives(f *schema.Field) bool {
	for _, g := range s.fields {
		if g == f {
			return true
		}
	}
	return false
}

// room takes the values of one row from a block that is made for many.
func (s *shape) room() []value.Value {
	width := len(s.fields)
	if len(s.values) < width {
		s.values = make([]value.Value, width*256)
	}
	out := s.values[:width:width]
	s.values = s.values[width:]
	return out
}

// row gives the values of a record, and all that is wrong with them.
func (s *shape) row(cells []cell, of Format) (in ir.Input, wrong []string) {
	if of == CSV {
		return s.tableRow(cells)
	}
	width := len(s.fields)
	if len(s.given) < width {
		s.given = make([]bool, width*256)
	}
	in = ir.Input{Values: s.room(), Given: s.given[:width:width]}
	s.given = s.given[width:]
	for _, c := range cells {
		at, ok := s.named[string(c.name)]
		switch {
		case !ok:
			wrong = append(wrong, s.strange(string(c.name)))
			continue
		case at == leftOut:
			continue
		case in.Given[at]:
			wrong = append(wrong, fmt.Sprintf("column %q is given twice", s.fields[at].Name))
			continue
		}
		v, err := value.FromJSON(s.fields[at].Type, c.text)
		in.Values[at], in.Given[at] = v, true
		wrong = s.flaw(wrong, at, err)
	}
	return in, wrong
}

func (s *shape) tableRow(cells []cell) (in ir.Input, wrong []string) {
	in = ir.Input{Values: s.room(), Given: s.all}
	for i, c := range cells {
		at := s.place[i]
		if at == leftOut || empty(c, s.fields[at].Type) {
			continue
		}
		v, err := value.Parse(s.fields[at].Type, string(c.text))
		in.Values[at] = v
		wrong = s.flaw(wrong, at, err)
	}
	return in, wrong
}

// empty reports whether a cell is NULL: one without quotes, or one whose type has no empty text.
func empty(c cell, t value.Type) bool {
	if len(c.text) > 0 {
		return false
	}
	return !c.quoted || t.List || t.Kind != value.Text && t.Kind != value.Bytes
}

func (s *shape) flaw(wrong []string, at int, err error) []string {
	if err == nil {
		return wrong
	}
	return append(wrong, s.fields[at].Name+": "+fault.From(err).Message)
}
