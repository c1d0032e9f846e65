package schema

import (
	"regexp"
	"sort"
	"strings"
)

// FunctionSpec declares a function: one file of queries/.
type FunctionSpec struct {
	Namespace   string // "" is the default, public
	Key, Name   Word
	Description string
	Args        []FieldSpec // type, enum, list, required, default and description count
	As          Word
	When        Source
	Read, Value Source
	Write       []StepSpec // nil: absent
}

// StepSpec declares one write of a function.
type StepSpec struct {
	Method Word
	Path   Source
	Prefer string
	Body   []byte
	Pos    Pos
}

// Function finds a declared function by namespace and wire name.
func (c *Catalog) Function(namespace, name string) (*Function, bool) {
	for _, f := range c.Functions {
		if f.Namespace == namespace && f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// reservedArguments are parameters of every call, whatever a function declares.
var reservedArguments = []string{"select", "columns", "on_conflict", "order", "limit", "offset", "and", "or", "not", "having", "after"}

// argumentName is what {…} in a stored request may hold.
var argumentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// resolveFunctions checks the declarations of functions as far as no collection is concerned: their texts are compiled by those
// who know the collections.
func (r *resolver) resolveFunctions(specs []FunctionSpec) []*Function {
	var out []*Function
	taken := map[[2]string]Pos{}
	for i := range specs {
		f := r.function(&specs[i])
		key := [2]string{f.Namespace, f.Name}
		if first, twice := taken[key]; twice {
			r.problems.Add(f.Pos, "", "function %q is already declared at %s", f.Name, first)
			continue
		}
		taken[key] = f.Pos
		out = append(out, f)
	}
	return out
}

func (r *resolver) function(s *FunctionSpec) *Function {
	space := s.Namespace
	if space == "" {
		space = DefaultNamespace
	}
	f := &Function{Namespace: space, Description: s.Description, When: s.When, Read: s.Read, Value: s.Value, Pos: s.Key.Pos}
	r.checkKey("function", s.Key)
	if s.Namespace != "" {
		r.checkNamespace(s.Key.Pos, space)
	}
	f.Name = r.wireName("function", s.Key, s.Name)
	if f.Name == "transaction" {
		r.problems.Add(s.Key.Pos, "rename the file", "rpc/transaction belongs to the product")
	}
	switch s.As.Text {
	case "", "caller":
	case "project":
		f.Trusted = true
	default:
		r.problems.Add(s.As.Pos, "`as: caller`, with the caller's rights, or `as: project`, with all rights", "as is caller or project, not %q%s",
			s.As.Text, DidYouMean(s.As.Text, []string{"caller", "project"}))
	}
	for _, st := range s.Write {
		f.Write = append(f.Write, FunctionStep{Method: st.Method.Text, Path: st.Path, Prefer: st.Prefer, Body: st.Body, Pos: st.Pos})
	}
	r.oneKind(s)
	r.arguments(f, s.Args)
	return f
}

// oneKind makes sure that a function does exactly one thing.
func (r *resolver) oneKind(s *FunctionSpec) {
	var kinds []string
	for _, k := range []struct {
		name  string
		given bool
	}{{"read", s.Read.Present()}, {"write", s.Write != nil}, {"value", s.Value.Present()}} {
		if k.given {
			kinds = append(kinds, k.name)
		}
	}
	switch {
	case len(kinds) == 0:
		r.problems.Add(s.Key.Pos, "`read: \"collection?select=…\"`, `value: \"args.a + args.b\"` or a list under `write:`",
			"function %q has none of read, write and value", s.Key.Text)
	case len(kinds) > 1:
		r.problems.Add(s.Key.Pos, "make it several functions", "function %q has %s: it does one thing", s.Key.Text, strings.Join(kinds, " and "))
	case s.Write != nil && len(s.Write) == 0:
		r.problems.Add(s.Key.Pos, "`write: [{ method: POST, path: tickets, body: { title: \"{title}\" } }]`", "function %q writes nothing", s.Key.Text)
	}
}

func (r *resolver) arguments(f *Function, specs []FieldSpec) {
	for i := range specs {
		s := &specs[i]
		a := &Arg{Name: s.Key.Text, Description: s.Description, Required: s.Required, Pos: s.Key.Pos}
		switch {
		case !argumentName.MatchString(a.Name):
			r.problems.Add(a.Pos, "letters, digits and '_', no digit first", "%q is not the name of an argument", a.Name)
		case listed(reservedArguments, a.Name), listed(expressionWords, a.Name):
			r.problems.Add(a.Pos, "choose another name", "%q means something else in a call", a.Name)
		}
		field := &Field{Key: a.Name, Type: r.declaredType(s)}
		r.setEnum(field, s)
		a.Type, a.Enum = field.Type, field.Enum
		a.Default = r.defaultOf(field, "default", s.Default)
		if a.Required && a.Default.Kind != NoDefault {
			r.problems.Add(s.Default.Pos, "leave out one of the two", "argument %q is required and has a default", a.Name)
		}
		f.Args = append(f.Args, a)
	}
}

// expose makes the namespaces of functions reachable, those without a collection too.
func (c *Catalog) expose(functions []*Function) {
	for _, f := range functions {
		if !listed(c.Namespaces, f.Namespace) {
			c.Namespaces = append(c.Namespaces, f.Namespace)
		}
	}
	sort.Strings(c.Namespaces[1:])
	sort.SliceStable(functions, func(i, j int) bool {
		a, b := functions[i], functions[j]
		return a.Namespace < b.Namespace || a.Namespace == b.Namespace && a.Name < b.Name
	})
}
