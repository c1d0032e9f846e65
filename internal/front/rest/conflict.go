package rest

import (
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// conflict resolves an upsert. Without a key and without on_conflict the resolution says nothing.
func (w *writing) conflict() error {
	if w.ir.Action != ir.Insert || w.isPut() || w.Prefer.Resolution == "" {
		return nil
	}
	names, err := w.names("on_conflict")
	if err != nil {
		return err
	}
	key := w.Collection.Collection.PrimaryKey
	if names != nil {
		if key = w.uniqueKey(names); key == nil {
			return fault.New(fault.InvalidConflict, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
		}
	}
	if len(key) > 0 {
		w.ir.On = &ir.Conflict{Key: key, Merge: w.Prefer.Resolution == "merge-duplicates"}
	}
	return nil
}

// uniqueKey finds the declared key of exactly these columns, in any order. What the actor can neither read nor write is no
// column.
func (w *writing) uniqueKey(names []string) []*schema.Field {
	c := w.Collection.Collection
	keys := [][]*schema.Field{c.PrimaryKey}
	for _, k := range c.Unique {
		keys = append(keys, k.Fields)
	}
	for _, key := range keys {
		if len(key) > 0 && w.sameNames(key, names) {
			return key
		}
	}
	return nil
}

func (w *writing) sameNames(key []*schema.Field, names []string) bool {
	for _, f := range key {
		if !slices.Contains(names, f.Name) || !w.Collection.CanRead(f) && !w.Collection.CanWrite(f) {
			return false
		}
	}
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(key, func(f *schema.Field) bool { return f.Name == name })
	})
}

func putFilters() error {
	return fault.New(fault.InvalidPut, "Filters must include all and only primary key columns with 'eq' operators")
}

func putKey() error {
	return fault.New(fault.PutKey, "Payload values do not match URL in primary key column(s)")
}

// put makes an insert by PUT an upsert of the one row that the filters name.
func (w *writing) put() error {
	if !w.isPut() {
		return nil
	}
	key := w.Collection.Collection.PrimaryKey
	if len(key) == 0 || !w.namesKey(key) {
		return putFilters()
	}
	w.ir.Put, w.ir.On = true, &ir.Conflict{Key: key, Merge: true}
	if len(w.ir.Rows) != 1 {
		return putKey()
	}
	for _, f := range w.key {
		if err := w.matches(f); err != nil {
			return err
		}
	}
	return nil
}

// namesKey: every filter is eq on a key column, and every key column has one.
func (w *writing) namesKey(key []*schema.Field) bool {
	var named []string
	for _, f := range w.key {
		op := f.Leaf.Op
		if op.Code != syntax.Eq || op.Not || op.Each != syntax.Plain || f.Leaf.Field.Steps != nil {
			return false
		}
		named = append(named, f.Leaf.Field.Name)
	}
	return w.sameNames(key, named)
}

// matches compares a filter's value with the row's.
func (w *writing) matches(f syntax.Filter) error {
	i := slices.IndexFunc(w.ir.Columns, func(c *schema.Field) bool { return c.Name == f.Leaf.Field.Name })
	if i < 0 || !w.ir.Rows[0].Given[i] {
		return putKey()
	}
	if w.refs.checking() {
		return nil
	}
	got := w.ir.Rows[0].Values[i]
	want, err := value.Parse(w.ir.Columns[i].Type, w.operations.of(f.Leaf).Text)
	if err != nil {
		return err
	}
	if got.IsNull() || !value.Equal(got, want) {
		return putKey()
	}
	return nil
}
