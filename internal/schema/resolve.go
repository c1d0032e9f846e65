package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
)

// Resolve checks a declaration and makes the catalogue. Every error is reported, not only the first; the catalogue is
// nil if there is one. The built-in auth.users is always part of it.
func Resolve(spec Spec) (*Catalog, Problems) {
	r := &resolver{byKey: map[string]*draft{}, unread: spec.Unread}
	r.declareCollections(spec)
	r.resolveFields()
	r.resolveKeys()
	r.resolveConstraints()
	r.resolveRelations()
	r.resolveViews()
	r.checkNames()
	functions := r.resolveFunctions(spec.Functions)
	if r.problems.Failed() {
		return nil, r.problems.Sorted()
	}
	c := r.catalogue()
	c.Functions = functions
	c.expose(functions)
	r.nameNamespaces(c, spec.Namespaces)
	if r.problems.Failed() {
		return nil, r.problems.Sorted()
	}
	return c, r.problems.Sorted()
}

// resolver carries the state of one Resolve: a draft for each collection, and the problems so far.
type resolver struct {
	drafts   []*draft
	byKey    map[string]*draft
	unread   []string
	problems Problems
}

// draft is a collection being made, beside what the project wrote.
type draft struct {
	*Collection
	spec    *CollectionSpec
	fields  map[*Field]*FieldSpec
	visited visit
}

// visit marks progress of a depth-first walk, to find circles.
type visit uint8

const (
	unvisited visit = iota
	visiting
	visited
)

func (r *resolver) declareCollections(spec Spec) {
	for _, c := range builtins() {
		d := r.declare(&c)
		d.Internal, d.Private = true, c.Key.Text != accounts
	}
	for i := range spec.Collections {
		c := &spec.Collections[i]
		if c.Namespace == authNamespace {
			r.problems.Add(c.Key.Pos, "choose another folder name", "the namespace auth belongs to the product")
			continue
		}
		r.declare(c)
	}
}

func (r *resolver) declare(c *CollectionSpec) *draft {
	space := c.Namespace
	if space == "" {
		space = DefaultNamespace
	}
	d := &draft{spec: c, fields: map[*Field]*FieldSpec{}, Collection: &Collection{
		Namespace: space, Key: qualified(space, c.Key.Text), Name: c.Key.Text, Description: c.Description,
		Realtime: c.Realtime, Junction: c.Junction, Was: c.Was.Text, Policies: c.Policies, Space: Ident{space}, Pos: c.Key.Pos,
	}}
	r.checkKey("collection", c.Key)
	if space != authNamespace {
		r.checkNamespace(c.Key.Pos, space)
	}
	d.Name = r.wireName("collection", c.Key, c.Name)
	d.Ident = Ident{d.Name}
	d.KeyName = bound(d.Name + "_pkey")
	d.KeyIdent = Ident{d.KeyName}
	if c.Was.Present() {
		r.checkKey("former collection", c.Was)
	}
	if other, taken := r.byKey[d.Key]; taken {
		r.problems.Add(c.Key.Pos, "", "collection %q is already declared at %s", d.Key, other.Pos)
		return d
	}
	r.byKey[d.Key] = d
	r.drafts = append(r.drafts, d)
	return d
}

// qualified is a collection's key: the file's name, behind its namespace outside the default one.
func qualified(space, name string) string {
	if space == DefaultNamespace {
		return name
	}
	return space + "." + name
}

// local is the part of a collection's key that relations are named after.
func local(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// find resolves a reference to a collection: the own namespace first, then public, or "namespace.name".
func (r *resolver) find(from *draft, word Word) (*draft, bool) {
	name := strings.TrimPrefix(word.Text, DefaultNamespace+".")
	if d, ok := r.byKey[qualified(from.Namespace, name)]; ok {
		return d, true
	}
	if d, ok := r.byKey[name]; ok && (!d.Private || from.Internal) {
		return d, true
	}
	if listed(r.unread, local(name)) {
		return nil, false
	}
	r.problems.Add(word.Pos, "", "unknown collection %q%s", word.Text, DidYouMean(word.Text, r.collectionNames(from)))
	return nil, false
}

func (r *resolver) collectionNames(from *draft) []string {
	var out []string
	for _, d := range r.drafts {
		if d.Private {
			continue
		}
		if d.Namespace == from.Namespace {
			out = append(out, local(d.Key))
		} else {
			out = append(out, d.Key)
		}
	}
	return out
}

// column finds a field of d by key and reports where there is none.
func (r *resolver) column(d *draft, word Word) (*Field, bool) {
	f, ok := d.FieldByKey(word.Text)
	if !ok {
		r.problems.Add(word.Pos, "", "collection %q has no field %q%s", d.Key, word.Text, DidYouMean(word.Text, d.fieldKeys()))
	}
	return f, ok
}

func (d *draft) fieldKeys() []string {
	var out []string
	for _, f := range d.Fields {
		out = append(out, f.Key)
	}
	return out
}

// columns finds stored fields, each at most once; ok is false if any is wrong.
func (r *resolver) columns(d *draft, words []Word) ([]*Field, bool) {
	var out []*Field
	seen := map[*Field]bool{}
	good := true
	for _, w := range words {
		f, ok := r.column(d, w)
		switch {
		case !ok:
			good = false
		case f.Computed != nil:
			r.problems.Add(w.Pos, "", "%q is computed and not stored: it cannot be part of a key or index", w.Text)
			good = false
		case seen[f]:
			r.problems.Add(w.Pos, "", "field %q is listed twice", w.Text)
			good = false
		default:
			seen[f] = true
			out = append(out, f)
		}
	}
	return out, good
}

// catalogue puts the drafts in order and seals them.
func (r *resolver) catalogue() *Catalog {
	c := &Catalog{byName: map[[2]string]*Collection{}}
	spaces := map[string]bool{}
	for _, d := range r.drafts {
		c.Collections = append(c.Collections, d.Collection)
		c.byName[[2]string{d.Namespace, d.Name}] = d.Collection
		if !d.Internal && d.Namespace != DefaultNamespace {
			spaces[d.Namespace] = true
		}
	}
	for s := range spaces {
		c.Namespaces = append(c.Namespaces, s)
	}
	sort.Strings(c.Namespaces)
	c.Namespaces = append([]string{DefaultNamespace}, c.Namespaces...)
	sort.Slice(c.Collections, func(i, j int) bool { return collectionLess(c.Collections[i], c.Collections[j]) })
	for i, col := range c.Collections {
		col.Index = i
	}
	sum := sha256.Sum256(MarshalDeclaration(c))
	c.Version = hex.EncodeToString(sum[:])
	return c
}

// collectionLess orders internal collections first, then the default namespace, then by namespace and key.
func collectionLess(a, b *Collection) bool {
	rank := func(c *Collection) string {
		switch {
		case c.Private:
			return "0private"
		case c.Internal:
			return "0"
		case c.Namespace == DefaultNamespace:
			return "1"
		}
		return "2" + c.Namespace
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra < rb
	}
	return a.Key < b.Key
}
