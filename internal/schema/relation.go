package schema

import "strings"

// resolveRelations gives every collection its relations: declared, own references, references to it, junctions.
func (r *resolver) resolveRelations() {
	byCollection := map[*Collection]*draft{}
	for _, d := range r.drafts {
		byCollection[d.Collection] = d
	}
	for _, d := range r.drafts {
		for i := range d.spec.Relations {
			r.declareRelation(d, &d.spec.Relations[i])
		}
	}
	for _, d := range r.drafts {
		for _, fk := range d.ForeignKeys {
			derive(d, forward(fk))
		}
	}
	for _, d := range r.drafts {
		for _, fk := range d.ForeignKeys {
			derive(byCollection[fk.To], reverse(fk))
		}
	}
	for _, d := range r.drafts {
		r.deriveJunction(d, byCollection)
	}
}

// derive adds a relation unless the project has declared the same one under a name of its own. None leads from or to what is
// the product's alone.
func derive(d *draft, rel *Relation) {
	if d.Private || rel.To.Private {
		return
	}
	for _, known := range d.Relations {
		if known.Declared && sameWay(known, rel) {
			return
		}
	}
	d.Relations = append(d.Relations, rel)
}

func sameWay(a, b *Relation) bool {
	if a.Junction != nil && b.Junction != nil {
		return *a.Junction == *b.Junction
	}
	return a.FK != nil && a.FK == b.FK && a.Forward == b.Forward
}

// forward is the to-one relation along a foreign key: named after the column without _id, or after the target where
// the key has several columns.
func forward(fk *ForeignKey) *Relation {
	rel := &Relation{From: fk.From, To: fk.To, FK: fk, Forward: true, Cardinality: ManyToOne}
	if fk.Unique {
		rel.Cardinality = OneToOne
	}
	for i, c := range fk.Columns {
		rel.Pairs = append(rel.Pairs, Pair{From: c, To: fk.Targets[i]})
	}
	rel.Key, rel.Name = local(fk.To.Key), fk.To.Name
	if len(fk.Columns) == 1 {
		rel.Key = withoutID(fk.Columns[0].Key)
		rel.Name = withoutID(fk.Columns[0].Name)
	}
	return rel
}

func withoutID(column string) string {
	if bare := strings.TrimSuffix(column, "_id"); bare != "" {
		return bare
	}
	return column
}

// reverse is the relation against a foreign key, named after the referring collection.
func reverse(fk *ForeignKey) *Relation {
	rel := &Relation{Key: local(fk.From.Key), Name: fk.From.Name, From: fk.To, To: fk.From, FK: fk, Cardinality: OneToMany}
	if fk.Unique {
		rel.Cardinality = OneToOne
	}
	for i, c := range fk.Columns {
		rel.Pairs = append(rel.Pairs, Pair{From: fk.Targets[i], To: c})
	}
	return rel
}

// across is the many-to-many relation from one side of a junction to the other, named after the other side.
func across(j Junction) *Relation {
	return &Relation{Key: local(j.ToFK.To.Key), Name: j.ToFK.To.Name, From: j.FromFK.To, To: j.ToFK.To,
		Cardinality: ManyToMany, Junction: &j}
}

func (r *resolver) deriveJunction(d *draft, byCollection map[*Collection]*draft) {
	sides := junctionSides(d)
	if len(sides) != 2 {
		if d.Junction && d.spec.View == nil && !r.anyBroken(d) {
			r.problems.Add(d.Pos, "name the way under `relations:` with `via:`", "a junction has exactly two references; %q has %d", d.Key, len(sides))
		}
		return
	}
	a, b := sides[0], sides[1]
	derive(byCollection[a.To], across(Junction{Collection: d.Collection, FromFK: a, ToFK: b}))
	derive(byCollection[b.To], across(Junction{Collection: d.Collection, FromFK: b, ToFK: a}))
}

// junctionSides are the references a junction joins: those wholly in the primary key, or all where the project says
// `junction: true`.
func junctionSides(d *draft) []*ForeignKey {
	var keyed []*ForeignKey
	for _, fk := range d.ForeignKeys {
		if within(fk.Columns, d.PrimaryKey) {
			keyed = append(keyed, fk)
		}
	}
	if d.Junction && len(keyed) != 2 {
		return d.ForeignKeys
	}
	return keyed
}

func (r *resolver) declareRelation(d *draft, s *RelationSpec) {
	r.checkKey("relation", s.Key)
	name := r.wireName("relation", s.Key, s.Name)
	var rel *Relation
	switch ways := s.ways(); {
	case ways != 1:
		r.problems.Add(s.Key.Pos, "`{ from: comments.ticket_id }`, `{ column: author_id }` or `{ via: memberships }`",
			"relation %q needs exactly one of from, column and via", s.Key.Text)
	case s.From.Present():
		if fk, ok := r.namedReference(d, s.From, d.Collection); ok {
			rel = reverse(fk)
		}
	case s.Column.Present():
		if fk, ok := r.referenceOf(d, s.Column, s.Column.Text, nil); ok {
			rel = forward(fk)
		}
	default:
		rel = r.declaredAcross(d, s)
	}
	if rel == nil {
		return
	}
	rel.Key, rel.Name, rel.Declared = s.Key.Text, name, true
	d.Relations = append(d.Relations, rel)
}

func (s *RelationSpec) ways() int {
	n := 0
	for _, w := range []Word{s.From, s.Column, s.Via} {
		if w.Present() {
			n++
		}
	}
	return n
}

// namedReference finds "collection.column" (or "collection.foreign_key") that leads to `to` (any target where nil).
func (r *resolver) namedReference(d *draft, w Word, to *Collection) (*ForeignKey, bool) {
	dot := strings.LastIndexByte(w.Text, '.')
	if dot <= 0 {
		r.problems.Add(w.Pos, "", "%q is not of the form collection.column", w.Text)
		return nil, false
	}
	source, ok := r.find(d, Word{Text: w.Text[:dot], Pos: w.Pos})
	if !ok {
		return nil, false
	}
	return r.referenceOf(source, w, w.Text[dot+1:], to)
}

// referenceOf finds the foreign key of d that is called name or rests on the one column called name.
func (r *resolver) referenceOf(d *draft, w Word, name string, to *Collection) (*ForeignKey, bool) {
	var names []string
	for _, fk := range d.ForeignKeys {
		if to != nil && fk.To != to {
			continue
		}
		if fk.Name == name || len(fk.Columns) == 1 && fk.Columns[0].Key == name {
			return fk, true
		}
		if len(fk.Columns) == 1 {
			names = append(names, fk.Columns[0].Key)
		} else {
			names = append(names, fk.Name)
		}
	}
	target := "another collection"
	if to != nil {
		target = to.Key
	}
	if !r.brokenReference(d, name) {
		r.problems.Add(w.Pos, "", "collection %q has no reference %q to %s%s", d.Key, name, target, DidYouMean(name, names))
	}
	return nil, false
}

// brokenReference reports whether name is a reference whose own mistake has already been reported.
func (r *resolver) brokenReference(d *draft, name string) bool {
	f, ok := d.FieldByKey(name)
	return ok && d.fields[f] != nil && d.fields[f].Ref.Present() && f.Ref == nil
}

func (r *resolver) anyBroken(d *draft) bool {
	for _, f := range d.Fields {
		if r.brokenReference(d, f.Key) {
			return true
		}
	}
	return false
}

// declaredAcross finds the two references of a junction that lead from d and to the other side.
func (r *resolver) declaredAcross(d *draft, s *RelationSpec) *Relation {
	middle, ok := r.find(d, s.Via)
	if !ok {
		return nil
	}
	from, ok := r.junctionSide(middle, s.Via, s.ViaFrom, func(fk *ForeignKey) bool { return fk.To == d.Collection })
	if !ok {
		return nil
	}
	to, ok := r.junctionSide(middle, s.Via, s.ViaTo, func(fk *ForeignKey) bool { return fk != from })
	if !ok {
		return nil
	}
	return across(Junction{Collection: middle.Collection, FromFK: from, ToFK: to})
}

// junctionSide is the reference the project names, or the only one that fits.
func (r *resolver) junctionSide(middle *draft, via, named Word, fits func(*ForeignKey) bool) (*ForeignKey, bool) {
	if named.Present() {
		return r.referenceOf(middle, named, named.Text, nil)
	}
	var found []*ForeignKey
	for _, fk := range middle.ForeignKeys {
		if fits(fk) {
			found = append(found, fk)
		}
	}
	if len(found) != 1 {
		r.problems.Add(via.Pos, "name the columns of "+via.Text+": `via_from: column, via_to: column`",
			"%q has %d references that could serve; the relation is ambiguous", via.Text, len(found))
		return nil, false
	}
	return found[0], true
}
