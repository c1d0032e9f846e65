// Package plan owns the step between a bound query and an engine: normalisation, limits, cost, and plan.Plan, the tree of
// selects that sqlgen renders and eval runs. Build takes only a policy.Bound, so that a plan without policies cannot be
// made. It knows no SQL and no request syntax.
package plan

import (
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// Plan is what one read does: a tree of levels, and the counting select where a count is wanted. The zero Plan has no root
// and every consumer refuses it.
type Plan struct {
	root   *Level
	count  *Select
	cursor []int
}

// Cursor gives the columns of a root tuple that hold the values of its ordering terms; nil where the root has no keyset
// position (grouped, or without a key).
func (p Plan) Cursor() []int { return p.cursor }

// Root is the tree's top level; nil for the zero Plan.
func (p Plan) Root() *Level { return p.root }

// Count selects the number of root rows regardless of the range, as one row with one Int column; of a grouped root it
// selects the groups themselves, one row each. nil where not wanted.
func (p Plan) Count() *Select { return p.count }

// Level is one statement: its select, how a fetched tuple becomes an output object, and the to-many levels below it.
type Level struct {
	Select   *Select
	Object   *Object
	Children []*Child
}

// Child is a level fetched for all tuples of the level above at once. Its select has Parents; its first column is the
// ordinal (Int, from 0) of the parent key the row belongs to. An ungrouped aggregate (Grouped, no Group) has one row per
// key, NULL keys included; otherwise a key with a NULL has no rows.
type Child struct {
	*Level
	Key    []int // columns of the parent's tuple that make the key
	Single bool  // at most one row per parent: an object or null, not an array
}

// Object says how one tuple becomes one JSON object.
type Object struct{ Members []Member }

// Member is one key of the output: *Leaf, *One, *Many or *Spread.
type Member interface{ member() }

// Leaf is a fetched column. Steps (a JSON path) and Cast are applied in Go, in this order, where set.
type Leaf struct {
	Name   string
	Column int
	Type   value.Type   // of the fetched column
	Steps  []value.Step // nil: none
	Text   bool         // the path's ->> form
	Cast   *value.Type
}

// Out is the type of the leaf's final value.
func (l *Leaf) Out() value.Type {
	if l.Cast != nil {
		return *l.Cast
	}
	return l.followed()
}

// followed is the type after the path and before the cast.
func (l *Leaf) followed() value.Type {
	switch {
	case l.Steps == nil:
		return l.Type
	case l.Text:
		return value.Type{Kind: value.Text}
	}
	return value.Type{Kind: value.JSON}
}

// Value gives the leaf's final value of a tuple. The error is a cast's.
func (l *Leaf) Value(t Tuple) (value.Value, error) {
	v := t[l.Column]
	if l.Steps != nil {
		v = value.JSONPath(v, l.Steps, l.Text)
	}
	if l.Cast == nil {
		return v, nil
	}
	return value.Cast(v, l.followed(), *l.Cast)
}

// One is a joined to-one object: null where column Present is NULL.
type One struct {
	Name    string
	Present int
	Object  *Object
}

// Many is the array (or, for a Single child, the object or null) of a child's rows.
type Many struct {
	Name  string
	Child int // index into Level.Children
}

// Spread puts the members of a child's objects into this object, each as the array of its values over the child's rows.
type Spread struct{ Child int }

func (*Leaf) member()   {}
func (*One) member()    {}
func (*Many) member()   {}
func (*Spread) member() {}

// Select is one SELECT. Expressions see From, Joins and, in a child, nothing of the parent but the key.
type Select struct {
	From    Source
	Joins   []Join
	Parents *Parents
	Columns []ir.Expr // the tuple; with Parents, column 0 is reserved for the ordinal and Columns[0] is nil
	Where   ir.Expr   // nil: all; the guard of From is part of it
	Grouped bool      // GROUP BY Group (with Parents: and the ordinal); Group may be empty
	Group   []ir.Expr
	Having  ir.Expr
	Order   []ir.Order // total: ends in the primary key unless grouped
	Limit   ir.Expr    // Int; nil: none. With Parents: per parent
	Offset  ir.Expr
}

// Source is a collection in scope as Row; a declared view is a derived select whose columns are the view's fields by
// ordinal, else Derived is nil.
type Source struct {
	Row     *ir.Row
	Derived *Select
}

// Join brings a to-one related row into scope: LEFT JOIN, or JOIN where Inner. On holds the relation's pairs, the guard and
// the embed's filter; Through, where set, is the junction joined before it.
type Join struct {
	Source
	On    ir.Expr
	Inner bool
}

// Parents restricts a child's select to the rows that belong to one of the given keys. Key[i] is this level's expression that
// equals the i-th key column. Via, where set, is the junction: inner-joined to From by ViaOn, and Key reads its row.
type Parents struct {
	Key   []ir.Expr
	Via   *Source
	ViaOn ir.Expr // the junction's pairs to From, and its guard
}

// Tuple is one fetched row.
type Tuple []value.Value

// Result is what running a Level gives: its tuples, and per child the rows by parent tuple.
type Result struct {
	Tuples   []Tuple
	Children []ChildResult // as Level.Children
	Total    int64         // Plan.Count's answer; -1 where not asked
}

// ChildResult holds a child's result and, for each parent tuple, which of its tuples belong to it, in order.
type ChildResult struct {
	*Result
	Of [][]int // by parent tuple; indices into Result.Tuples
}
