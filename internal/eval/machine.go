package eval

import (
	"regexp"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Tuple is a stored row: its values by Field.Ordinal. Computed fields' places are ignored.
type Tuple = []value.Value

// Data gives the raw rows of collections; policies have no say in it.
type Data interface {
	Rows(c *schema.Collection) []Tuple
}

// Machine evaluates expressions for one request over one state of the data. It is not safe for concurrent use.
type Machine struct {
	env     *ir.Env
	data    Data
	indexes map[*schema.Field]index  // nil until there is one
	regexes map[regex]*regexp.Regexp // nil until there is one
	err     error
}

// New makes a machine. A nil data has no rows.
func New(env *ir.Env, data Data) *Machine {
	return &Machine{env: env, data: data}
}

// Closed is the value of an expression that reads no row. What reads one is NULL.
func Closed(e ir.Expr, env *ir.Env) value.Value { return New(env, nil).Value(e, nil) }

// Err is the first failure that has no value to stand for it: a float sum that overflows (22003), or a node that must
// not reach an engine.
func (m *Machine) Err() error { return m.err }

func (m *Machine) fail(err error) value.Value {
	if m.err == nil {
		m.err = err
	}
	return value.Value{}
}

func (m *Machine) misplaced(what string) value.Value {
	return m.fail(fault.New(fault.Internal, "Internal error").Because(misplaced(what)))
}

type misplaced string

func (e misplaced) Error() string { return "eval: " + string(e) }

// Scope is a chain of frames, innermost first: rows, list elements and groups. The nil Scope is empty.
type Scope struct {
	up    *Scope
	row   *ir.Row
	tuple Tuple // nil: the row an outer join did not find, all of it NULL
	elem  *ir.Var
	value value.Value
	group []*Scope // a grouped select's members; nil elsewhere
}

// With brings a row into scope.
func (s *Scope) With(row *ir.Row, t Tuple) *Scope { return &Scope{up: s, row: row, tuple: t} }

// Group is the scope of one group: aggregates range over its members, anything else reads the first of them.
func Group(members []*Scope) *Scope {
	s := &Scope{group: members}
	if len(members) > 0 {
		s.up = members[0]
	} else {
		s.group = []*Scope{}
	}
	return s
}

func (m *Machine) column(e *ir.Column, s *Scope) value.Value {
	t, ok := m.tuple(e.Row, s)
	if !ok || t == nil {
		return value.Value{}
	}
	return t[e.Field.Ordinal]
}

// tuple finds the innermost binding of row. A row that is nowhere in scope reads as NULL inside an empty group and is a fault
// elsewhere.
func (m *Machine) tuple(row *ir.Row, s *Scope) (Tuple, bool) {
	for f := s; f != nil; f = f.up {
		if f.row == row {
			return f.tuple, true
		}
		if f.group != nil && len(f.group) == 0 {
			return nil, false
		}
	}
	m.misplaced("row " + row.Label + " is not in scope")
	return nil, false
}

func (m *Machine) element(e *ir.Elem, s *Scope) value.Value {
	for f := s; f != nil; f = f.up {
		if f.elem == e.V {
			return f.value
		}
	}
	return m.misplaced("element " + e.V.Label + " is not in scope")
}
