package rest

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

const (
	maxKeys       = 1000 // of one object
	maxViolations = 100  // that one answer lists
)

// rows collects what a body says. Without columns= the first row's keys are the columns, and every other row has the same.
type rows struct {
	seen    *schema.CollectionView
	limits  Limits
	refs    *references
	named   bool // columns= says the columns; other keys are skipped
	keys    []string
	fields  []*schema.Field // by keys; nil where the actor has no such column
	index   map[string]int
	out     []ir.Input
	row     ir.Input
	given   int
	next    int // the key that is expected next
	skipped map[string]bool
	bad     *fault.Fault // what is wrong with values; reported when the whole body has been read
}

func newRows(seen *schema.CollectionView, l Limits, refs *references, columns []string) *rows {
	b := &rows{seen: seen, limits: l, refs: refs, named: columns != nil, index: map[string]int{}}
	for _, name := range columns {
		if _, twice := b.index[name]; !twice {
			b.column(name)
		}
	}
	return b
}

// column adds a column. One that the actor may read but not write is left for the policies to refuse.
func (b *rows) column(name string) int {
	f, ok := b.seen.Collection.Field(name)
	if !ok || !b.seen.CanRead(f) && !b.seen.CanWrite(f) {
		f = nil
	}
	i := len(b.keys)
	b.keys, b.fields, b.index[name] = append(b.keys, name), append(b.fields, f), i
	return i
}

// Begin starts a row.
func (b *rows) Begin() error {
	if len(b.out) >= b.limits.BodyRows {
		return fault.New(fault.TooLarge, "the body has more than %d rows", b.limits.BodyRows)
	}
	b.row = ir.Input{Values: make([]value.Value, len(b.keys)), Given: make([]bool, len(b.keys))}
	b.given, b.next = 0, 0
	clear(b.skipped)
	return nil
}

// End finishes a row.
func (b *rows) End() error {
	if !b.named && b.given != len(b.keys) {
		return body.Bad(body.MixedKeys)
	}
	b.out = append(b.out, b.row)
	return nil
}

// at finds the column of a key, -1 for one that is skipped.
func (b *rows) at(key string) (int, error) {
	i, ok := b.next, b.next < len(b.keys) && b.keys[b.next] == key
	if !ok {
		i, ok = b.index[key]
	}
	switch {
	case ok:
	case b.named:
		return -1, b.skip(key)
	case len(b.out) > 0:
		return -1, body.Bad(body.MixedKeys)
	default:
		if err := within(len(b.keys)+1, maxKeys, "a row has more than", "keys"); err != nil {
			return -1, err
		}
		i = b.column(strings.Clone(key))
		b.row.Values, b.row.Given = append(b.row.Values, value.Value{}), append(b.row.Given, false)
	}
	if b.row.Given[i] {
		return -1, body.Twice(key)
	}
	b.row.Given[i] = true
	b.given++
	b.next = i + 1
	return i, nil
}

func (b *rows) skip(key string) error {
	if b.skipped[key] {
		return body.Twice(key)
	}
	if b.skipped == nil {
		b.skipped = map[string]bool{}
	}
	b.skipped[key] = true
	return nil
}

// JSON sets a column from the text of a JSON value.
func (b *rows) JSON(key, raw string) error {
	i, err := b.at(key)
	if err != nil {
		return err
	}
	if i < 0 || b.fields[i] == nil {
		return body.Check(raw)
	}
	if raw, err = b.refs.json(raw); err != nil {
		return err
	}
	v, broken, err := body.Value(b.fields[i].Type, raw)
	if broken != nil {
		return broken
	}
	return b.set(i, v, err)
}

// Text sets a column from text.
func (b *rows) Text(key, text string, null bool) error {
	if err := syntax.CheckText(key); err != nil {
		return err
	}
	i, err := b.at(key)
	if err != nil || null {
		return err
	}
	if i < 0 || b.fields[i] == nil {
		return syntax.CheckText(text)
	}
	t := b.fields[i].Type
	v, err := value.Parse(t, text)
	if err == nil {
		v, err = value.Fit(t, v)
	}
	return b.set(i, v, err)
}

// set stores a value, or notes what is wrong with it. The first wrong value gives the answer its code; violations name all.
func (b *rows) set(i int, v value.Value, err error) error {
	if err == nil {
		b.row.Values[i] = v
		return nil
	}
	f := fault.From(err)
	if !strings.HasPrefix(string(f.Code), "22") {
		return err
	}
	if b.bad == nil {
		first := *f
		b.bad = &first
	}
	if len(b.bad.Violations) < maxViolations {
		b.bad.Violations = append(b.bad.Violations, fault.Violation{Row: len(b.out), Column: b.keys[i], Rule: "type",
			Limit: b.fields[i].Type.String()})
	}
	return nil
}

// finish gives the columns and rows, or what is wrong with them.
func (b *rows) finish() ([]*schema.Field, []ir.Input, error) {
	for i, f := range b.fields {
		if f == nil {
			return nil, nil, fault.New(fault.UnknownBodyColumn, "Could not find the '%s' column of '%s' in the schema cache",
				b.keys[i], b.seen.Collection.Name)
		}
	}
	if b.bad != nil {
		return nil, nil, b.bad
	}
	return b.fields, b.out, nil
}
