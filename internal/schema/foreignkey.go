package schema

import (
	"strconv"

	"github.com/socle-hq/socle/internal/value"
)

var actions = map[string]Action{"restrict": Restrict, "cascade": Cascade, "set_null": SetNull}

func (r *resolver) setForeignKeys(d *draft) {
	for _, f := range d.Fields {
		s := d.fields[f]
		if s.Ref.Present() {
			r.addReference(d, f, s)
		} else if s.OnDelete.Present() {
			r.problems.Add(s.OnDelete.Pos, "add `ref:` or remove `on_delete:`", "on_delete belongs to a reference; field %q refers to nothing", f.Key)
		}
	}
	for i := range d.spec.ForeignKeys {
		r.addForeignKey(d, &d.spec.ForeignKeys[i])
	}
}

// addReference makes the foreign key of a field that says `ref:`. Whatever is wrong with the target is already reported.
func (r *resolver) addReference(d *draft, f *Field, s *FieldSpec) {
	target, ok := r.lookup(d, s.Ref)
	if !ok || target.spec.View != nil || len(target.PrimaryKey) != 1 || f.Type.List || f.Type.Kind == value.Null {
		return
	}
	name := derivedName(d, []*Field{f}, "fkey")
	fk := &ForeignKey{Name: name, Ident: Ident{name}, From: d.Collection, Columns: []*Field{f}, To: target.Collection,
		Targets: target.PrimaryKey, OnDelete: r.action(d, s.OnDelete, []*Field{f}), Pos: s.Ref.Pos}
	f.Ref = fk
	r.finishForeignKey(d, fk, s.Ref.Pos)
}

// lookup is find without a report.
func (r *resolver) lookup(from *draft, word Word) (*draft, bool) {
	known := len(r.problems)
	d, ok := r.find(from, word)
	r.problems = r.problems[:known]
	return d, ok
}

func (r *resolver) action(d *draft, w Word, columns []*Field) Action {
	if !w.Present() {
		return Restrict
	}
	a, ok := actions[w.Text]
	if !ok {
		r.problems.Add(w.Pos, "one of restrict, cascade, set_null", "unknown on_delete %q%s", w.Text, DidYouMean(w.Text, []string{"restrict", "cascade", "set_null"}))
	}
	if a != SetNull {
		return a
	}
	for _, f := range columns {
		if f.Required && !f.IsKey() {
			r.problems.Add(w.Pos, "use cascade or restrict, or drop `required: true`", "field %q is required and cannot be set to NULL", f.Key)
		}
	}
	return a
}

func (r *resolver) addForeignKey(d *draft, s *ForeignKeySpec) {
	r.checkKey("foreign key", s.Key)
	name := r.wireName("foreign key", s.Key, s.Name)
	columns, good := r.columns(d, s.Columns)
	if !s.Ref.Present() || len(s.Columns) == 0 {
		r.problems.Add(s.Key.Pos, "`{ columns: [a, b], ref: collection }`", "foreign key %q needs columns and ref", s.Key.Text)
		return
	}
	target, ok := r.find(d, s.Ref)
	if !ok {
		return
	}
	if target.spec.View != nil {
		r.problems.Add(s.Ref.Pos, "refer to the collection the view reads", "%q is a view and cannot be referred to", s.Ref.Text)
		return
	}
	targets := target.PrimaryKey
	if len(s.To) > 0 {
		if targets, ok = r.columns(target, s.To); !ok {
			return
		}
	}
	if !good || !r.matching(s, columns, target, targets) {
		return
	}
	fk := &ForeignKey{Name: name, Ident: Ident{name}, From: d.Collection, Columns: columns, To: target.Collection,
		Targets: targets, OnDelete: r.action(d, s.OnDelete, columns), Pos: s.Key.Pos}
	r.finishForeignKey(d, fk, s.Ref.Pos)
}

// matching checks that the target columns identify a row and pair up with the referring ones.
func (r *resolver) matching(s *ForeignKeySpec, columns []*Field, target *draft, targets []*Field) bool {
	if len(columns) != len(targets) {
		r.problems.Add(s.Key.Pos, "", "foreign key %q refers from %s to %s of %q", s.Key.Text, count(columns), count(targets), s.Ref.Text)
		return false
	}
	if !identifies(target, targets) {
		r.problems.Add(orElse(firstWord(s.To), s.Ref).Pos, "declare them under `unique:` there", "the target columns of foreign key %q are neither the primary key of %q nor unique", s.Key.Text, s.Ref.Text)
		return false
	}
	return true
}

func count(columns []*Field) string {
	if len(columns) == 1 {
		return "1 column"
	}
	return strconv.Itoa(len(columns)) + " columns"
}

func firstWord(words []Word) Word {
	if len(words) == 0 {
		return Word{}
	}
	return words[0]
}

func identifies(d *draft, fields []*Field) bool {
	if sameFields(d.PrimaryKey, fields) {
		return true
	}
	for _, k := range d.Unique {
		if sameFields(k.Fields, fields) {
			return true
		}
	}
	return false
}

// finishForeignKey checks the pairs' types, decides uniqueness and keeps the key.
func (r *resolver) finishForeignKey(d *draft, fk *ForeignKey, at Pos) {
	for i, c := range fk.Columns {
		t := fk.Targets[i]
		if c.Type != t.Type && c.Type.Kind != value.Null && t.Type.Kind != value.Null {
			r.problems.Add(at, "give both columns the same type", "field %q is %s, but %s.%s is %s", c.Key, typeWord(c.Type), fk.To.Key, t.Key, typeWord(t.Type))
		}
	}
	fk.Unique = within(d.PrimaryKey, fk.Columns)
	for _, k := range d.Unique {
		fk.Unique = fk.Unique || within(k.Fields, fk.Columns)
	}
	d.ForeignKeys = append(d.ForeignKeys, fk)
}

// within reports whether every field of a non-empty part is among whole.
func within(part, whole []*Field) bool {
	for _, f := range part {
		if !contains(whole, f) {
			return false
		}
	}
	return len(part) > 0
}

func sameFields(a, b []*Field) bool { return len(a) == len(b) && within(a, b) }

func contains(fields []*Field, f *Field) bool {
	for _, x := range fields {
		if x == f {
			return true
		}
	}
	return false
}
