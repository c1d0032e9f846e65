package ir

import (
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Action is what a Write does.
type Action uint8

// The actions.
const (
	Insert Action = iota
	Update
	Delete
)

// Write is one mutation as a front resolved it: names are resolved and the values of the body have their columns' types. Unlike
// a query it holds the values it writes; Where holds Params, slots of Args.
type Write struct {
	Action  Action
	Row     *Row            // the collection written to
	Columns []*schema.Field // the columns that the body or `columns` names, in that order
	Rows    []Input         // Insert: one for each row; Update: exactly one; Delete: none
	Default bool            // Insert: a column that a row does not give takes its default, not NULL
	On      *Conflict       // Insert: upsert; nil: a plain insert
	Where   Expr            // Update, Delete: the request's filter; nil: none was given
	Args    []value.Value   // by Param.Slot, of Where and Return
	Return  *Query          // the representation over Row's collection: items and embeds, no filter; nil: none
	Put     bool            // Insert with On by primary key, of exactly one row
	AtMost  int64           // max-affected; -1: no bound
}

// Input is one row of a body, by Write.Columns. A column that is not Given has no value of its own.
type Input struct {
	Values []value.Value
	Given  []bool
}

// Conflict says what an insert does with rows whose key exists. Key are the columns of a declared unique constraint or the
// primary key.
type Conflict struct {
	Key   []*schema.Field
	Merge bool // update the row with the input; otherwise skip it
}
