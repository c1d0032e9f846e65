// Package syntax owns the grammar of the data API: what the text of a query string and of the headers Accept, Prefer and
// Range says, as trees. It checks form and size alone. It knows neither a catalogue nor whether a name in a tree means
// something, and leaves values the text they are: what they are worth is for those who know the columns' types.
//
// The grammar and its messages follow PostgREST 16 (https://docs.postgrest.org, "Tables and Views" and "Errors"). Trees are
// not to be changed: whoever puts something in the place of a part keeps it beside the tree.
package syntax

import "github.com/socle-hq/socle/internal/value"

// Params are a request's parameters. A path leads to the embed that a parameter is about; it is empty for the root.
type Params struct {
	Items   []Item
	Filters []Filter
	Trees   []Tree
	Orders  []Order
	Bounds  []Bound
	Late    []Pair // having and after: parameters only where no such field exists
}

// Filter is a parameter that is a condition.
type Filter struct {
	Path []string
	Leaf *Leaf
}

// Tree is a parameter that is a logic tree.
type Tree struct {
	Path []string
	Node Node
}

// Order is order=.
type Order struct {
	Path  []string
	Terms []Term
}

// Bound is limit= or offset=.
type Bound struct {
	Path   []string
	Offset bool
	N      int64
}

// Field is a name with a JSON path below it; Text says that the path ends in ->>.
type Field struct {
	Name  string
	Steps []value.Step
	Text  bool
}

// OutputName is the key under which a selected field appears: the path's last key, or the column.
func (f Field) OutputName() string {
	for i := len(f.Steps) - 1; i >= 0; i-- {
		if !f.Steps[i].IsIndex {
			return f.Steps[i].Key
		}
	}
	return f.Name
}

// Item is a member of select=: Star, *Column, *Count or *Embed.
type Item interface{ item() }

// Star is *.
type Star struct{}

// Column is a field, or an aggregate of one: [alias:]field[::cast][.aggregate()[::cast]].
type Column struct {
	Alias     string
	Field     Field
	Cast      string
	Aggregate string // sum, avg, min, max, count; "" for none
	Then      string // the cast after the aggregate
}

// Count is count().
type Count struct{ Alias, Cast string }

// Embed is another resource, or with ... its fields: [alias:]name[!hint][!inner](items).
type Embed struct {
	Alias, Name, Hint string
	Inner, Spread     bool
	Items             []Item
}

func (Star) item()    {}
func (*Column) item() {}
func (*Count) item()  {}
func (*Embed) item()  {}

// Node is a part of a logic tree: *Leaf or *Logic.
type Node interface{ node() }

// Leaf is one condition.
type Leaf struct {
	Field Field
	Op    Operation
}

// Logic is AND, or OR, of its members, of which there is at least one.
type Logic struct {
	Not, Or bool
	Of      []Node
}

func (*Leaf) node()  {}
func (*Logic) node() {}

// Operation is an operator with its value as text.
type Operation struct {
	Not    bool
	Code   Operator
	Name   string // as written
	Each   Quantifier
	Config string   // of full text
	Text   string   // the value; of `is` in lower case
	List   []string // of `in`
}

// Null reports is.null and is.not_null.
func (o Operation) Null() bool { return o.Code == Is && (o.Text == "null" || o.Text == "not_null") }

// Term is a member of order=. Relation is set for relation(field).
type Term struct {
	Relation         string
	Field            Field
	Desc, NullsFirst bool
}
