package schema

import "github.com/socle-hq/socle/internal/value"

// Function is a declared function of queries/*.yaml, called at /rest/v1/rpc/<name>. Exactly one of Read, Write and Value is
// there.
type Function struct {
	Namespace   string
	Name        string // the file's name, and the name on the wire
	Description string
	Args        []*Arg // in declared order
	Trusted     bool   // as: project; it acts with the project's rights instead of the caller's
	When        Source // who may call it; absent: nobody but service_role
	Read        Source // a stored read: collection?parameters, in which {arg} stands for a value
	Write       []FunctionStep
	Value       Source // an expression over args and auth
	Pos         Pos
}

// Arg finds an argument by name.
func (f *Function) Arg(name string) (*Arg, bool) {
	for _, a := range f.Args {
		if a.Name == name {
			return a, true
		}
	}
	return nil, false
}

// Arg is one named argument of a function.
type Arg struct {
	Name        string
	Description string
	Type        value.Type
	Enum        []string // nil unless an enum (Type is text then)
	Required    bool
	Default     Default // an argument neither given nor defaulted is NULL
	Pos         Pos
}

// FunctionStep is one write of a function's list, as a transaction's step is written.
type FunctionStep struct {
	Method string
	Path   Source
	Prefer string
	Body   []byte // JSON; a string that is "{arg}" stands for the argument's value; nil: none
	Pos    Pos
}
