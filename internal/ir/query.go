package ir

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Request is one read as a front resolved it: a query's shape, and the values its Params stand for.
type Request struct {
	Query *Query
	Args  []value.Value // by Param.Slot
	Count bool          // the number of rows of the root without its range is wanted
	Text  string        // what Print gives of Query, where that is known already; "" otherwise
}

// Print is the stable text of the request's query.
func (r *Request) Print() string {
	if r.Text == "" {
		return Print(r.Query)
	}
	return r.Text
}

// Query is one level of a read. Fronts leave Guard and Derived unset; policy.Bind gives every level a Guard.
type Query struct {
	Row    *Row
	Items  []Item
	Where  Expr // nil: all rows
	Having Expr // over aggregates; nil: all groups
	Order  []Order
	Limit  Expr // *Param or *Const of type Int; nil: none
	Offset Expr
	After  *After
	From   *Query // the rows it gives instead of all rows of the same collection; of its Items only embeds count

	Guard   Expr   // the read policy over Row
	Derived *Query // what a declared view stands for: Items in the order of the view's fields
}

// Item is one member of the output, in order: *Output or *Embed.
type Item interface{ item() }

// Output is a column of the output object. X is a Column or a Path from one, or an Agg. Cast, where set, is applied to the
// fetched value in Go.
type Output struct {
	Name string
	X    Expr
	Cast *value.Type
}

// Embed is a related collection in the output.
type Embed struct {
	Name   string // the output key (unused for a spread)
	Rel    *schema.Relation
	Query  *Query
	Inner  bool // parents without a match are dropped
	Spread bool // the items stand in the parent's object; to-many: as arrays
	Silent bool // rel(): joins and filters, gives no output
	Via    *Via // set by policy.Bind for a many-to-many relation
}

// Via is the junction row of a many-to-many relation, and its collection's read policy.
type Via struct {
	Row   *Row
	Guard Expr
}

func (*Output) item() {}
func (*Embed) item()  {}

// Order is one ordering term. X may read a Row of a to-one embed of the same level, and may be an Agg of Items.
type Order struct {
	X          Expr
	Desc       bool
	NullsFirst bool
}

// After is a keyset position: the values (Params) of every ordering term of the level, the key's columns included. The
// plan turns it into a predicate. Null has a term's flag where the position's value is NULL.
type After struct {
	Values []Expr
	Null   []bool
}

// Aggregates reports whether the level has an aggregate among its outputs, its spread to-one embeds' included.
func (q *Query) Aggregates() bool {
	for _, it := range q.Items {
		switch it := it.(type) {
		case *Output:
			if _, ok := it.X.(*Agg); ok {
				return true
			}
		case *Embed:
			if it.Spread && it.Rel.ToOne() && it.Query.Aggregates() {
				return true
			}
		}
	}
	return false
}

// Env binds what a plan leaves open: the request's values, the actor's and the instant.
type Env struct {
	Args []value.Value
	Auth AuthValues
	Now  int64 // µs since 1970 UTC
}

// AuthValues are the actor's values as expressions see them. Absent ones are NULL.
type AuthValues struct {
	UID, Role, Email, AAL, Anonymous value.Value
	Claims                           value.Value // JSON object, app_metadata and hook claims
}
