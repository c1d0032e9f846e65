// Package schema owns the model of a project: Spec, what was declared; Resolve, which checks it and reports every problem
// at once; Catalog, the immutable result (collections, fields, keys, relations, views, the text of policies and
// expressions); and View, what one actor may see of it. It knows nothing of YAML, requests, SQL or rows; expressions are
// kept as source text and compiled by package policy.
package schema

import (
	"regexp"

	"github.com/socle-hq/socle/internal/value"
)

// DefaultNamespace is where collections live that no folder puts elsewhere.
const DefaultNamespace = "public"

// Catalog is one project's data model. It is immutable once Resolve has returned it.
type Catalog struct {
	Namespaces  []string      // exposed ones; the first is the default, public
	Collections []*Collection // internal ones first, then by namespace and key
	Functions   []*Function   // by namespace and name
	Version     string        // hex hash of everything that gives the catalogue its meaning

	byName map[[2]string]*Collection
	wire   map[string]string // wire names of namespaces that are called something else there
}

// Collection finds a collection by namespace and wire name, internal ones too. Fronts ask a View instead.
func (c *Catalog) Collection(namespace, name string) (*Collection, bool) {
	col, ok := c.byName[[2]string{namespace, name}]
	return col, ok
}

// Tables are the stored collections, each after those it refers to, circles in the order of the catalogue.
func (c *Catalog) Tables() []*Collection {
	var out []*Collection
	seen := map[*Collection]bool{}
	var visit func(*Collection)
	visit = func(col *Collection) {
		if seen[col] || col.View != nil {
			return
		}
		seen[col] = true
		for _, fk := range col.ForeignKeys {
			visit(fk.To)
		}
		out = append(out, col)
	}
	for _, col := range c.Collections {
		visit(col)
	}
	return out
}

// Collection is a table, or a view where View is set.
type Collection struct {
	Index       int    // position in Catalog.Collections
	Namespace   string // public where the project says nothing
	Key         string // the project's own name: file name, what ref, CEL and policies say
	Name        string // on the wire and in the database; Key unless `name:` says otherwise
	Description string
	Internal    bool // managed by the product, never reachable by a front
	Private     bool // Internal, and nothing of a project refers to it or leaves with its rows
	Fields      []*Field
	PrimaryKey  []*Field // empty where the project says none, and for views
	Unique      []*Key
	Indexes     []*Index
	ForeignKeys []*ForeignKey // outgoing
	Relations   []*Relation   // from this collection, every kind and direction, declared ones first
	Checks      []*Check
	Search      *Search
	View        *ViewDef
	Policies    Policies
	Realtime    bool
	Junction    bool
	Was         string
	Ident       Ident  // the table's database name, without namespace
	Space       Ident  // the namespace as an identifier
	KeyName     string // the primary key constraint's public name
	KeyIdent    Ident
	Pos         Pos
}

// Field finds a field by wire name.
func (c *Collection) Field(name string) (*Field, bool) {
	for _, f := range c.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// FieldByKey finds a field by the project's name.
func (c *Collection) FieldByKey(key string) (*Field, bool) {
	for _, f := range c.Fields {
		if f.Key == key {
			return f, true
		}
	}
	return nil, false
}

// RelationsNamed finds relations by the name CEL uses (Relation.Key); more than one means ambiguous. A declared relation
// goes before a derived to-one, and that before the derived others.
func (c *Collection) RelationsNamed(name string) []*Relation {
	var out []*Relation
	best := derivedReverse + 1
	for _, r := range c.Relations {
		switch rank := r.rank(); {
		case r.Key != name || rank > best:
		case rank < best:
			out, best = []*Relation{r}, rank
		default:
			out = append(out, r)
		}
	}
	return out
}

const (
	declaredRelation = iota
	derivedForward
	derivedReverse
)

func (r *Relation) rank() int {
	switch {
	case r.Declared:
		return declaredRelation
	case r.Forward:
		return derivedForward
	}
	return derivedReverse
}

// Field is a stored column, a computed field (Computed set), or a view's output column.
type Field struct {
	Collection  *Collection
	Ordinal     int // position in Collection.Fields
	Key, Name   string
	Ident       Ident
	Description string
	Type        value.Type
	Enum        []string // declared order; nil unless an enum (Type is text then)
	EnumWas     map[string]string
	Required    bool
	Identity    bool
	Min, Max    *value.Value // length in code points for text, bytes and lists; value otherwise
	Pattern     string       // RE2
	Format      string       // email, url, slug
	Default     Default
	OnUpdate    Default
	Read, Write Rule
	Computed    *Computed
	Ref         *ForeignKey // the single-column reference this field declares
	Was         string
	Fill        Source
	Pos         Pos

	pattern  *regexp.Regexp // compiled Pattern
	refState visit          // only while resolving
}

// IsKey reports whether the field is part of its collection's primary key.
func (f *Field) IsKey() bool {
	for _, k := range f.Collection.PrimaryKey {
		if k == f {
			return true
		}
	}
	return false
}

// Nullable reports whether a stored row may hold NULL in the field.
func (f *Field) Nullable() bool { return !f.Required && !f.IsKey() }

// DefaultKind says where a default comes from. All defaults are applied in Go.
type DefaultKind uint8

// The kinds of default.
const (
	NoDefault DefaultKind = iota
	Literal
	DefaultNow
	DefaultToday
	DefaultUUID
	DefaultAuthUID
)

// Default is a field's default or on_update value.
type Default struct {
	Kind  DefaultKind
	Value value.Value // Literal only
}

// Computed is a computed field's expression over `row`.
type Computed struct {
	Expr    Source
	Trusted bool
}

// Source is expression text with its place in the project. The zero Source means absent.
type Source struct {
	Text   string
	Pos    Pos // of the first character
	Indent int // columns a block scalar removed from further lines
}

// At is the place of the 1-based line and column (in characters) of the text. Exact on the first line; on further lines
// of a block the column does not count the indentation the block removed.
func (s Source) At(line, column int) Pos {
	if line <= 1 {
		return Pos{s.Pos.File, s.Pos.Line, s.Pos.Column + column - 1}
	}
	return Pos{s.Pos.File, s.Pos.Line + line - 1, s.Indent + column}
}

// Present reports whether the project wrote the expression.
func (s Source) Present() bool { return s.Pos.File != "" || s.Text != "" }

// Pos is a place in a project file; Line and Column count from 1.
type Pos struct {
	File         string
	Line, Column int
}

// Rule is a field policy: absent (inherits the row's), never, or an expression. `true` and `false` are expressions.
type Rule struct {
	Never  bool
	Source Source
}

// Policies are a collection's row policies; an absent Source means nobody but service_role.
type Policies struct {
	Read, Create, UpdateUsing, UpdateCheck, Delete Source
}

// Any reports whether at least one policy is written; a collection without any is absent for everybody but service_role.
func (p Policies) Any() bool {
	return p.Read.Present() || p.Create.Present() || p.UpdateUsing.Present() || p.UpdateCheck.Present() || p.Delete.Present()
}

// Key is a unique constraint.
//
// The key's name is public: a conflict names it.
type Key struct {
	Name   string
	Ident  Ident
	Fields []*Field
	Pos    Pos
}

// Index is a declared index.
type Index struct {
	Name  string
	Ident Ident
	Terms []IndexTerm
	Pos   Pos
}

// IndexTerm is one column of an index.
type IndexTerm struct {
	Field *Field
	Desc  bool
}

// Check is a named check over `row`.
type Check struct {
	Name  string
	Ident Ident
	Expr  Source
	Pos   Pos
}

// Search is a collection's full-text index.
type Search struct {
	Fields []*Field
	Config string // simple, or a stemming configuration such as english
}

// Action is what happens to referring rows when the target goes.
type Action uint8

// The actions; the engine carries out Cascade and SetNull itself.
const (
	Restrict Action = iota
	Cascade
	SetNull
)

// ForeignKey refers from Columns to Targets, pairwise.
type ForeignKey struct {
	Name     string // public: hints and errors use it
	Ident    Ident
	From     *Collection
	Columns  []*Field
	To       *Collection
	Targets  []*Field
	OnDelete Action
	Pos      Pos
	Unique   bool // Columns are unique in From: the reverse side is to-one
}

// Loose are the key's columns that may be NULL, any of which then makes it refer to nothing.
func (fk *ForeignKey) Loose() []*Field {
	var out []*Field
	for _, f := range fk.Columns {
		if f.Nullable() {
			out = append(out, f)
		}
	}
	return out
}

// Cardinality is a relation's shape seen from Relation.From.
type Cardinality uint8

// The cardinalities.
const (
	ManyToOne Cardinality = iota
	OneToOne              // either direction
	OneToMany
	ManyToMany
)

// Relation is one way to get from a collection to another.
type Relation struct {
	Key         string // derived or declared name, from From's side: what CEL says
	Name        string // the same on the wire, where names may differ by `name:`
	Declared    bool
	From, To    *Collection
	Cardinality Cardinality
	Forward     bool        // the foreign key is From's own
	FK          *ForeignKey // nil for ManyToMany; a view's relation has the key of what it reads
	Pairs       []Pair      // direct relations: From field = To field, always of From and To themselves
	Junction    *Junction   // ManyToMany only
}

// ToOne reports whether the relation leads to at most one row.
func (r *Relation) ToOne() bool { return r.Cardinality == ManyToOne || r.Cardinality == OneToOne }

// Halves splits a many-to-many relation: from From to the junction's rows, and from the junction to To.
func (r *Relation) Halves() (in, out *Relation) {
	j := r.Junction
	in = &Relation{Name: j.Collection.Key, From: r.From, To: j.Collection, Cardinality: OneToMany, FK: j.FromFK, Pairs: pairs(j.FromFK.Targets, j.FromFK.Columns)}
	out = &Relation{Name: r.To.Key, From: j.Collection, To: r.To, Cardinality: ManyToOne, Forward: true, FK: j.ToFK, Pairs: pairs(j.ToFK.Columns, j.ToFK.Targets)}
	return in, out
}

func pairs(from, to []*Field) []Pair {
	out := make([]Pair, len(from))
	for i := range from {
		out[i] = Pair{From: from[i], To: to[i]}
	}
	return out
}

// Pair equates a field of one side with a field of the other.
type Pair struct{ From, To *Field }

// Junction is the collection in the middle of a many-to-many relation.
type Junction struct {
	Collection   *Collection
	FromFK, ToFK *ForeignKey // both leave Collection; FromFK leads to Relation.From, ToFK to Relation.To
}

// ViewDef declares a read-only collection over another.
type ViewDef struct {
	From   *Collection
	Where  Source
	Fields []ViewField // one for each Collection.Fields, same order
	Group  bool        // some field aggregates or group_by is declared
}

// ViewField says what one output column is: a field reached through to-one relations, or an aggregate of it.
type ViewField struct {
	Agg   string      // "", count, sum, avg, min, max; count with nil Field is count()
	Path  []*Relation // to-one steps from ViewDef.From
	Field *Field
}

// Ident is a database identifier. Only this package can make one, from the catalogue.
type Ident struct{ name string }

// Name is the identifier's raw text, unquoted; dialects quote it.
func (i Ident) Name() string { return i.name }
