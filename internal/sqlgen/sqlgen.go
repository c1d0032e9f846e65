// Package sqlgen owns the rendering of a plan.Select as one SQL statement: the walk over selects and expressions that all
// engines share. What differs between engines is a method of Dialect, implemented by the packages below this one. A value
// never becomes part of a text: it is an Arg, bound when the statement runs. The package knows no request, no policy and no
// connection.
package sqlgen

import (
	"fmt"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/value"
)

// Stmt is a rendered statement. It is immutable and may be used by many goroutines.
type Stmt struct {
	Text  string
	Args  []Arg
	Types []value.Type // of the tuple's columns

	dialect Dialect
	keys    []value.Type // of the parent keys
	sole    *Stmt        // for one parent, whose key is bound column by column; nil: this one
}

// Arg is one bound parameter: the leaf that gives its value and how the value is coded. A nil Leaf stands for the parent
// keys: column Key of them, or all where Key is negative.
type Arg struct {
	Leaf   ir.Expr
	Coding Coding
	Key    int
}

// Render renders a select for one engine. An expression that a plan cannot hold is an internal fault.
func Render(d Dialect, s *plan.Select) (*Stmt, error) {
	if s == nil {
		return nil, fault.New(fault.Internal, "Internal error").Because(fmt.Errorf("sqlgen: no select"))
	}
	b := newBuilder(d)
	stmt := &Stmt{dialect: d, Types: types(s)}
	if s.Parents != nil {
		for _, k := range s.Parents.Key {
			stmt.keys = append(stmt.keys, k.Type())
		}
		stmt.Text = d.Children(b, s)
	} else {
		stmt.Text = b.Select(s)
	}
	stmt.Args = b.args
	return stmt, b.err
}

func types(s *plan.Select) []value.Type {
	out := make([]value.Type, len(s.Columns))
	for i, c := range s.Columns {
		if c == nil {
			out[i] = value.Type{Kind: value.Int}
			continue
		}
		out[i] = c.Type()
	}
	return out
}

// Keyed reports whether the statement is about the rows of a list of keys.
func (s *Stmt) Keyed() bool { return len(s.keys) > 0 }

// Decode reads a fetched row, in the engine's form, into a tuple of the same width.
func Decode[Raw any](d Dialect, types []value.Type, row []Raw, into plan.Tuple) error {
	for i, t := range types {
		v, err := d.Decode(t, row[i])
		if err != nil {
			return err
		}
		into[i] = v
	}
	return nil
}

// For is the statement to ask with so many parents.
func (s *Stmt) For(parents int) *Stmt {
	if parents == 1 && s.sole != nil {
		return s.sole
	}
	return s
}

// Bind gives the statement's arguments in the engine's form. parents are the distinct key tuples of a select with Parents;
// column 0 of the answer is an index into them.
func (s *Stmt) Bind(env *ir.Env, parents []plan.Tuple) ([]any, error) {
	out := make([]any, len(s.Args))
	for i := range s.Args {
		x, err := s.bind(&s.Args[i], env, parents)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

func (s *Stmt) bind(a *Arg, env *ir.Env, parents []plan.Tuple) (any, error) {
	switch {
	case a.Leaf == nil && a.Coding.Form == Plain && a.Key >= 0:
		return s.dialect.Encode(a.Coding.Type, parents[0][a.Key])
	case a.Leaf == nil:
		return s.dialect.BindKeys(s.keys, a.Key, parents)
	}
	v, ok := env.Leaf(a.Leaf)
	if !ok {
		return nil, fault.New(fault.Internal, "Internal error").Because(fmt.Errorf("sqlgen: %T is not a leaf", a.Leaf))
	}
	return bindValue(s.dialect, a.Coding, v)
}

// bindValue applies what is common to all engines: the choice of an element, and the emptiness of a list.
func bindValue(d Dialect, c Coding, v value.Value) (any, error) {
	if c.Form == Filled {
		if !v.IsNull() {
			v = value.OfBool(len(value.Elements(v)) > 0)
		}
		return d.Encode(value.Type{Kind: value.Bool}, v)
	}
	if c.Pick != Whole {
		v = pick(c.Pick, v)
	}
	return d.Bind(c, v)
}

// pick is the least or greatest element of a list, NULL where it has none.
func pick(p Pick, list value.Value) value.Value {
	var best value.Value
	for _, e := range value.Elements(list) {
		if best.IsNull() || (value.Compare(e, best) < 0) == (p == Least) {
			best = e
		}
	}
	return best
}
