package schema

// Access is what an actor may do with a field.
type Access uint8

// The bits of Access. A masked field can be named and is NULL where its policy does not hold.
const (
	Readable Access = 1 << iota
	Masked
	Writable
)

// View is the catalogue as one actor may see it. Fronts receive a View, never the catalogue: what is not in it cannot
// be named. Views are built by package policy and are immutable.
type View struct {
	Catalog *Catalog
	Role    string
	seen    map[*Collection]*CollectionView
}

// NewView assembles a view; collections absent from the list do not exist for the actor.
func NewView(c *Catalog, role string, seen []*CollectionView) *View {
	v := &View{Catalog: c, Role: role, seen: make(map[*Collection]*CollectionView, len(seen))}
	for _, cv := range seen {
		v.seen[cv.Collection] = cv
	}
	for _, cv := range seen {
		cv.relations = v.visibleRelations(cv)
	}
	return v
}

// Narrowed is a view of some readable fields of one collection and of nothing else, relations included.
func (v *View) Narrowed(c *Collection, fields []*Field) *View {
	seen := &CollectionView{Collection: c, Access: make([]Access, len(c.Fields))}
	for _, f := range fields {
		if of, ok := v.seen[c]; ok && of.CanRead(f) {
			seen.Access[f.Ordinal] = of.Access[f.Ordinal] &^ Writable
		}
	}
	return &View{Catalog: v.Catalog, Role: v.Role, seen: map[*Collection]*CollectionView{c: seen}}
}

// Collection finds a visible collection by namespace and wire name.
func (v *View) Collection(namespace, name string) (*CollectionView, bool) {
	c, ok := v.Catalog.Collection(namespace, name)
	if !ok {
		return nil, false
	}
	return v.Of(c)
}

// Of gives the view of a collection, ok false where the actor cannot see it.
func (v *View) Of(c *Collection) (*CollectionView, bool) {
	cv, ok := v.seen[c]
	return cv, ok
}

// Names lists the visible collections of a namespace in catalogue order.
func (v *View) Names(namespace string) []string {
	var out []string
	for _, c := range v.Catalog.Collections {
		if _, ok := v.seen[c]; ok && c.Namespace == namespace {
			out = append(out, c.Name)
		}
	}
	return out
}

// CollectionView is one collection as an actor sees it.
type CollectionView struct {
	Collection *Collection
	Access     []Access // by Field.Ordinal
	relations  []*Relation
}

// Field finds a field that may be named in a read.
func (cv *CollectionView) Field(name string) (*Field, bool) {
	f, ok := cv.Collection.Field(name)
	if !ok || !cv.CanRead(f) {
		return nil, false
	}
	return f, true
}

// CanRead reports whether the field may be named in a read (readable or masked).
func (cv *CollectionView) CanRead(f *Field) bool { return cv.Access[f.Ordinal]&(Readable|Masked) != 0 }

// IsMasked reports whether the field's visibility depends on the row.
func (cv *CollectionView) IsMasked(f *Field) bool { return cv.Access[f.Ordinal]&Masked != 0 }

// CanWrite reports whether the field may be named in a body.
func (cv *CollectionView) CanWrite(f *Field) bool { return cv.Access[f.Ordinal]&Writable != 0 }

// Star is what select=* means: the readable stored fields in declared order, without computed ones.
func (cv *CollectionView) Star() []*Field {
	var out []*Field
	for _, f := range cv.Collection.Fields {
		if f.Computed == nil && cv.CanRead(f) {
			out = append(out, f)
		}
	}
	return out
}

// Relations are the relations whose every foreign-key column, and the junction's, the actor may read in every row.
func (cv *CollectionView) Relations() []*Relation { return cv.relations }

// Search is the actor's readable search fields; a masked field cannot be among them.
func (cv *CollectionView) Search() []*Field {
	if cv.Collection.Search == nil {
		return nil
	}
	var out []*Field
	for _, f := range cv.Collection.Search.Fields {
		if cv.Access[f.Ordinal]&Readable != 0 {
			out = append(out, f)
		}
	}
	return out
}

func (v *View) visibleRelations(cv *CollectionView) []*Relation {
	var out []*Relation
	for _, r := range cv.Collection.Relations {
		if v.sees(r) {
			out = append(out, r)
		}
	}
	return out
}

func (v *View) sees(r *Relation) bool {
	if r.Junction != nil {
		return v.seesAll(r.To) && v.seesKey(r.Junction.FromFK) && v.seesKey(r.Junction.ToFK)
	}
	for _, p := range r.Pairs {
		if !v.seesAll(p.From.Collection, p.From) || !v.seesAll(p.To.Collection, p.To) {
			return false
		}
	}
	return true
}

func (v *View) seesKey(fk *ForeignKey) bool {
	return v.seesAll(fk.From, fk.Columns...) && v.seesAll(fk.To, fk.Targets...)
}

func (v *View) seesAll(c *Collection, fields ...*Field) bool {
	cv, ok := v.seen[c]
	if !ok {
		return false
	}
	for _, f := range fields {
		if cv.Access[f.Ordinal]&Readable == 0 { // a masked key would show through its relation
			return false
		}
	}
	return true
}
