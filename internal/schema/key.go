package schema

import (
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// resolveKeys settles primary keys, then the types of references, then what else rests on columns.
func (r *resolver) resolveKeys() {
	for _, d := range r.drafts {
		if d.spec.View == nil {
			r.setPrimaryKey(d)
		}
	}
	for _, d := range r.drafts {
		for _, f := range d.Fields {
			r.referenceType(d, f)
		}
	}
	for _, d := range r.drafts {
		if d.spec.View == nil {
			r.setUnique(d)
			r.setIndexes(d)
		}
	}
	for _, d := range r.drafts {
		if d.spec.View == nil {
			r.setForeignKeys(d)
		}
	}
}

func (r *resolver) setPrimaryKey(d *draft) {
	words := d.spec.PrimaryKey
	if id, ok := d.FieldByKey("id"); words == nil && !d.spec.Keyless {
		if len(d.Fields) == 0 {
			return
		}
		if !ok || id.Computed != nil {
			r.problems.Add(d.Pos, "add a field `id: uuid`, or `primary_key: [column, …]`, or `primary_key: none`", "collection %q has no primary key", d.Key)
			return
		}
		words = []Word{{Text: "id", Pos: id.Pos}}
	}
	fields, ok := r.columns(d, words)
	if !ok {
		return
	}
	d.PrimaryKey = fields
	for _, f := range fields {
		r.checkKeyField(d, f)
	}
	if len(fields) == 1 && generated(fields[0], d.fields[fields[0]]) {
		fields[0].Default = Default{Kind: DefaultUUID}
	}
}

// generated reports whether a lone key column fills itself: a uuid that neither refers elsewhere nor has a default.
func generated(f *Field, s *FieldSpec) bool {
	return f.Type.Kind == value.UUID && !f.Type.List && !s.Ref.Present() && s.Default.Kind == NoLiteral
}

func (r *resolver) checkKeyField(d *draft, f *Field) {
	f.Required = true
	s := d.fields[f]
	if f.Read.Never || f.Read.Source.Present() {
		r.problems.Add(orPos(f.Read.Source.Pos, f.Pos), "give the collection a read policy instead", "field %q is part of the primary key and cannot have a read policy", f.Key)
	}
	if f.Type.List || f.Type.Kind == value.JSON {
		r.problems.Add(f.Pos, "", "field %q is %s and cannot be part of a primary key", f.Key, typeWord(f.Type))
	}
	if s.OnDelete.Text == "set_null" {
		r.problems.Add(s.OnDelete.Pos, "use cascade or restrict", "field %q is part of the primary key and cannot be set to NULL", f.Key)
	}
}

func orPos(a, b Pos) Pos {
	if a.File != "" {
		return a
	}
	return b
}

// typeWord names a type for a message without its parameters.
func typeWord(t value.Type) string {
	if t.List {
		return "a list"
	}
	for name, k := range kinds {
		if k == t.Kind {
			return name
		}
	}
	return "untyped"
}

// referenceType gives a field that says `ref:` the type of the key it leads to, through chains of references.
func (r *resolver) referenceType(d *draft, f *Field) {
	s := d.fields[f]
	if s == nil || !s.Ref.Present() || f.refState == visited {
		return
	}
	if f.refState == visiting {
		r.problems.Add(s.Ref.Pos, "say `type:` beside one `ref:`", "the references of %s.%s go round in a circle, so its type is unknown", d.Key, f.Key)
		return
	}
	f.refState = visiting
	defer func() { f.refState = visited }()
	if f.Type.List {
		r.problems.Add(s.Ref.Pos, "make a junction collection of two references", "field %q: a list cannot be a reference", f.Key)
		return
	}
	target, ok := r.find(d, s.Ref)
	if !ok || !r.referable(s.Ref, target) {
		return
	}
	key := target.PrimaryKey[0]
	if f.Type.Kind != value.Null {
		return
	}
	if target.fields[key] != nil && key != f {
		r.referenceType(target, key)
	}
	f.Type = key.Type
}

// referable reports whether a single column can refer to the target, and if not, why.
func (r *resolver) referable(ref Word, target *draft) bool {
	switch {
	case target.spec.View != nil:
		r.problems.Add(ref.Pos, "refer to the collection the view reads", "%q is a view and cannot be referred to", ref.Text)
	case len(target.PrimaryKey) == 1:
		return true
	case len(target.PrimaryKey) > 1:
		r.problems.Add(ref.Pos, "declare it under `foreign_keys:` with `columns:`", "the primary key of %q has %d columns; a field can refer to only one", ref.Text, len(target.PrimaryKey))
	case target.spec.Keyless:
		r.problems.Add(ref.Pos, "", "%q has no primary key and cannot be referred to", ref.Text)
	}
	return false
}

func (r *resolver) setUnique(d *draft) {
	for _, f := range d.Fields {
		if s := d.fields[f]; s.Unique {
			r.addUnique(d, KeySpec{Columns: []Word{s.Key}, Pos: s.Key.Pos})
		}
	}
	for _, k := range d.spec.Unique {
		r.addUnique(d, k)
	}
}

func (r *resolver) addUnique(d *draft, k KeySpec) {
	fields, ok := r.columns(d, k.Columns)
	if !ok {
		return
	}
	if len(fields) == 0 {
		r.problems.Add(k.Pos, "", "a unique constraint needs a column")
		return
	}
	name := r.keyName(d, k, fields, "key")
	d.Unique = append(d.Unique, &Key{Name: name, Ident: Ident{name}, Fields: fields, Pos: k.Pos})
}

// keyName is what the project says, or PostgreSQL's usual name: collection_columns_suffix.
func (r *resolver) keyName(d *draft, k KeySpec, fields []*Field, suffix string) string {
	if k.Name.Present() {
		return r.wireName("key", Word{}, k.Name)
	}
	return derivedName(d, fields, suffix)
}

func derivedName(d *draft, fields []*Field, suffix string) string {
	parts := []string{d.Name}
	for _, f := range fields {
		parts = append(parts, f.Name)
	}
	return bound(strings.Join(append(parts, suffix), "_"))
}

func (r *resolver) setIndexes(d *draft) {
	for _, k := range d.spec.Indexes {
		words := make([]Word, len(k.Columns))
		desc := make([]bool, len(k.Columns))
		for i, w := range k.Columns {
			bare := strings.TrimPrefix(w.Text, "-")
			if desc[i] = bare != w.Text; desc[i] {
				w.Pos.Column++
			}
			words[i] = Word{Text: bare, Pos: w.Pos}
		}
		fields, ok := r.columns(d, words)
		if !ok {
			continue
		}
		if len(fields) == 0 {
			r.problems.Add(k.Pos, "", "an index needs a column")
			continue
		}
		name := r.keyName(d, k, fields, "idx")
		x := &Index{Name: name, Ident: Ident{name}, Pos: k.Pos}
		for i, f := range fields {
			x.Terms = append(x.Terms, IndexTerm{Field: f, Desc: desc[i]})
		}
		d.Indexes = append(d.Indexes, x)
	}
}
