package migrate

import (
	"slices"
	"sort"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// columns finds for every field where its values come from.
func (t *table) columns() {
	t.touched = map[*schema.Field]bool{}
	for _, f := range sqlgen.StoredFields(t.new) {
		old := t.was[f]
		s := sqlgen.Source{Field: f, Old: old}
		switch {
		case old == nil:
			t.newColumn(f, &s)
		case old.Type != f.Type:
			t.retyped(f, old, &s)
		default:
			s.From = old.Ident
			t.kept(f, old)
		}
		if old != nil && (old.Name != f.Name || old.Key != f.Key) {
			t.step.say("field %s was %s", f.Name, old.Name)
		}
		t.r.Columns = append(t.r.Columns, s)
	}
	for _, f := range t.dropped {
		t.step.lose("field %s is gone with its values", f.Name)
	}
}

func (t *table) newColumn(f *schema.Field, s *sqlgen.Source) {
	g := t.given(f)
	switch {
	case g != nil:
		t.step.say("field %s is new; every row gets %s", f.Name, g.text)
		t.stage(f, s, *g)
	case !f.Nullable():
		t.step.say("field %s is new and required", f.Name)
		t.examineEmpty(f)
	default:
		t.step.say("field %s is new", f.Name)
	}
}

// retyped: what no value can lose by is safe, anything else needs a fill or permission.
func (t *table) retyped(f, old *schema.Field, s *sqlgen.Source) {
	fill, failed := t.filled(f)
	switch {
	case failed:
		s.From = old.Ident
	case fill != nil:
		t.step.say("field %s is %s and was %s; every row gets %s", f.Name, f.Type, old.Type, fill.text)
		t.stage(f, s, *fill)
	case value.Castable(old.Type, f.Type):
		if widens(old.Type, f.Type) {
			t.step.say("field %s is %s and was %s", f.Name, f.Type, old.Type)
		} else {
			t.step.lose("field %s is %s and was %s; values are converted", f.Name, f.Type, old.Type)
		}
		t.stage(f, s, converted(f, old))
	default:
		t.step.lose("field %s is %s and was %s; its values are lost", f.Name, f.Type, old.Type)
		if g := t.given(f); g != nil {
			t.stage(f, s, *g)
		} else if !f.Nullable() {
			t.examineEmpty(f)
		}
		if s.From.IsZero() {
			t.r.Dropped = append(t.r.Dropped, old)
		}
	}
}

// widens reports whether every value of one type has exactly one counterpart in the other, and back.
func widens(from, to value.Type) bool {
	if from.List != to.List {
		return false
	}
	if to.Kind == value.Decimal {
		whole := int(to.Precision) - int(to.Scale)
		return from.Kind == value.Int && whole >= 19 ||
			from.Kind == value.Decimal && to.Scale >= from.Scale && whole >= int(from.Precision)-int(from.Scale)
	}
	if from.List {
		return false
	}
	switch from.Kind {
	case value.Date:
		return to.Kind == value.Timestamp || to.Kind == value.Text
	case value.Bytes:
		return false
	}
	return to.Kind == value.Text
}

func (t *table) kept(f, old *schema.Field) {
	now, before := !f.Nullable(), !old.Nullable()
	if now && !before {
		g := t.given(f)
		if g != nil {
			t.step.say("field %s is required; rows without a value get %s", f.Name, g.text)
			t.touched[f] = true
			t.fills = append(t.fills, filling{giver: *g, field: f, to: sqlgen.Cell{Column: old.Ident, Type: f.Type}, only: old})
		} else {
			t.step.say("field %s is required", f.Name)
			t.examineNulls(f, old)
		}
	}
	if before && !now {
		t.step.say("field %s is no longer required", f.Name)
	}
	if f.Enum != nil {
		t.enum(f, old)
	}
}

// enum renames values and makes sure that none is in use which is no longer allowed.
func (t *table) enum(f, old *schema.Field) {
	renamed := map[string]string{} // old → new
	for now, was := range f.EnumWas {
		if slices.Contains(old.Enum, was) {
			renamed[was] = now
		}
	}
	var olds, gone []string
	for was := range renamed {
		olds = append(olds, was)
	}
	sort.Strings(olds)
	for _, was := range olds {
		t.step.say("field %s: value %s was %s", f.Name, renamed[was], was)
	}
	if len(renamed) > 0 {
		t.touched[f] = true
		t.renameValues(f, old, olds, renamed)
	}
	for _, v := range old.Enum {
		if renamed[v] == "" && !slices.Contains(f.Enum, v) {
			gone = append(gone, v)
		}
	}
	switch {
	case old.Enum == nil:
		t.step.say("field %s is one of %s", f.Name, strings.Join(f.Enum, ", "))
	case len(gone) > 0:
		t.step.say("field %s is no longer %s", f.Name, strings.Join(gone, ", "))
	default:
		return
	}
	t.examineEnum(f, old)
}

// stage gives the field's new values a column of their own until the table is reshaped.
func (t *table) stage(f *schema.Field, s *sqlgen.Source, g giver) {
	s.From, s.Staged = sqlgen.StagingColumn(f), true
	t.step.sql(fill, t.dialect.Stage(t.new, s.From, f.Type)...)
	t.fills = append(t.fills, filling{giver: g, field: f, to: sqlgen.Cell{Column: s.From, Type: f.Type}})
}
