package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

const (
	callMethods      = "OPTIONS,GET,HEAD,POST"
	writeCallMethods = "OPTIONS,POST"
)

// Functions are a project's declared functions, as one caller meets them.
type Functions interface {
	// Find gives a function by its wire name.
	Find(namespace, name string) (*Stored, bool)
	// Names lists the functions of a namespace that the caller may call.
	Names(namespace string) []string
	// Default is what an argument is that was not given.
	Default(a *schema.Arg) (value.Value, error)
	// Open reports whether the caller may call a function at all, whatever the arguments are.
	Open(s *Stored) bool
	// Permit refuses a call that the caller may not make.
	Permit(s *Stored, args []value.Value) error
}

// Call is a call of a declared function.
type Call struct {
	Function *Stored
	Args     []value.Value // as the function declares them
}

// Trusted reports whether what the call does happens with the project's rights.
func (c *Call) Trusted() bool { return c != nil && c.Function.Decl.Trusted }

// function finds what rpc/… names and whether the method fits it; Call stays nil where there is none.
func (r *Read) function(in Input) error {
	r.rpc, r.Allow = true, callMethods
	reads := in.Method == http.MethodGet || in.Method == http.MethodHead
	if !reads && in.Method != http.MethodPost && in.Method != http.MethodOptions {
		return badCallMethod(in.Method)
	}
	if in.Functions == nil {
		return nil
	}
	s, ok := in.Functions.Find(r.Namespace, in.Segments[1])
	if !ok {
		return nil
	}
	r.Call = &Call{Function: s}
	if s.Decl.Write != nil {
		if r.Allow = writeCallMethods; reads {
			return badCallMethod(in.Method)
		}
	}
	return nil
}

func denied(s *Stored) *fault.Fault {
	return fault.New(fault.Denied, "permission denied for function %s", s.Decl.Name)
}

func badCallMethod(method string) error {
	return fault.New(fault.MethodNotAllowed, "Cannot use the %s method on RPC", method)
}

// call reads the arguments, asks whether the caller may call, and understands what the function does with them.
func (r *Read) call(v *schema.View, l Limits, in Input) error {
	s := r.Call.Function
	if !in.Functions.Open(s) { // what it takes is nothing to such a caller
		return denied(s)
	}
	pairs, err := syntax.Split(in.RawQuery)
	if err != nil {
		return err
	}
	if err := within(len(pairs), l.Filters, "the query string has more than", "parameters"); err != nil {
		return err
	}
	g := &given{of: s.Decl, values: map[string][]part{}}
	if in.Method == http.MethodPost {
		err = g.body(in, l)
	} else {
		pairs = g.query(pairs)
	}
	if err != nil {
		return err
	}
	if !g.match() {
		return r.unmatched(in, g)
	}
	if r.Call.Args, err = g.arguments(in.Functions); err != nil {
		return err
	}
	if err := in.Functions.Permit(s, r.Call.Args); err != nil {
		return err
	}
	switch {
	case s.Decl.Write != nil:
		return r.storedWrites(v, l, in)
	case s.Decl.Value.Present():
		return r.storedValue()
	}
	return r.storedRead(v, l, in, pairs)
}

// storedValue settles what is answered beside a value.
func (r *Read) storedValue() error {
	if r.Media.Type == syntax.CSV || r.Media.Type == syntax.NDJSON {
		return fault.New(fault.NotAcceptable, "None of these media types are available: %s", strings.TrimSuffix(r.Media.ContentType(), "; charset=utf-8")).
			WithHint("the function gives one value, not rows")
	}
	r.Range = syntax.Range{Limit: -1}
	return nil
}

// part is one value given for an argument: JSON, or text.
type part struct {
	text string
	json bool
}

// given are the arguments of one call.
type given struct {
	of     *schema.Function
	names  []string // in the order given, each once
	values map[string][]part
}

func (g *given) add(name string, p part) {
	if _, again := g.values[name]; !again {
		g.names = append(g.names, name)
	}
	g.values[name] = append(g.values[name], p)
}

// query takes the arguments out of the parameters and gives back the rest. Of a function without rows everything that is no
// reserved word is meant as an argument; of one with rows a parameter that is no filter is.
func (g *given) query(pairs []syntax.Pair) (rest []syntax.Pair) {
	for _, p := range pairs {
		_, declared := g.of.Arg(p.Key)
		if declared || g.meant(p) {
			g.add(p.Key, part{text: p.Text})
			continue
		}
		rest = append(rest, p)
	}
	return rest
}

func (g *given) meant(p syntax.Pair) bool {
	last := p.Word()
	if syntax.Reserved(last) {
		return false
	}
	return !g.of.Read.Present() || last == p.Key && !syntax.FilterLike(p.Text)
}

// body reads the arguments of POST: an object, or the first of an array; a form; the first line of CSV. Nothing is no argument.
func (g *given) body(in Input, l Limits) error {
	f, err := body.FormOf(in.Header)
	if err != nil {
		return err
	}
	text, err := body.Read(in.Body, in.Size, l.Body)
	if err != nil || strings.TrimSpace(text) == "" {
		return err
	}
	switch f {
	case body.Pairs:
		return g.form(text)
	case body.CSV:
		return body.Bad("Content-Type not acceptable: text/csv").WithHint("a call's arguments are a JSON object, or a form")
	}
	s := body.Scan(text)
	first := true
	object := func() error {
		if s.Peek() != '{' {
			return body.Bad("The arguments of a call are a JSON object")
		}
		return s.Object(func(key, raw string) error {
			if !first {
				return body.Check(raw)
			}
			if _, again := g.values[key]; again {
				return body.Twice(key)
			}
			g.add(strings.Clone(key), part{text: raw, json: true})
			return within(len(g.names), maxKeys, "a call has more than", "arguments")
		})
	}
	if s.Space(); s.Peek() != '[' {
		if err := object(); err != nil {
			return err
		}
		return s.End()
	}
	err = s.Array(func() error {
		err := object()
		first = false
		return err
	})
	if err != nil {
		return err
	}
	return s.End()
}

func (g *given) form(text string) error {
	pairs, err := syntax.Split(text)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		g.add(p.Key, part{text: p.Text})
	}
	return nil
}

// match reports whether every given argument is declared and every required one given.
func (g *given) match() bool {
	for _, name := range g.names {
		if _, ok := g.of.Arg(name); !ok {
			return false
		}
	}
	return !slices.ContainsFunc(g.of.Args, func(a *schema.Arg) bool { return a.Required && g.values[a.Name] == nil })
}

// arguments are the values, one for each declared argument.
func (g *given) arguments(f Functions) ([]value.Value, error) {
	out := make([]value.Value, len(g.of.Args))
	for i, a := range g.of.Args {
		parts, ok := g.values[a.Name]
		if !ok {
			var err error
			if out[i], err = f.Default(a); err != nil {
				return nil, err
			}
			continue
		}
		v, err := valueOf(a, parts)
		if err != nil {
			return nil, fault.From(err).WithDetails("argument " + a.Name)
		}
		if v.IsNull() && a.Required {
			return nil, fault.New(fault.NotNull, "null value in argument \"%s\" violates not-null constraint", a.Name)
		}
		out[i] = v
	}
	return out, nil
}

func valueOf(a *schema.Arg, parts []part) (v value.Value, err error) {
	last := parts[len(parts)-1]
	switch {
	case last.json:
		var broken error
		if v, broken, err = body.Value(a.Type, last.text); broken != nil {
			return v, broken
		}
	case a.Type.List && (len(parts) > 1 || !strings.HasPrefix(last.text, "{") && !strings.HasPrefix(last.text, "[")):
		v, err = collected(a.Type, parts)
	default:
		if v, err = value.Parse(a.Type, last.text); err == nil {
			v, err = value.Fit(a.Type, v)
		}
	}
	if err != nil || a.Enum == nil {
		return v, err
	}
	return v, oneOf(a, v)
}

// collected is the list that an argument given several times makes.
func collected(t value.Type, parts []part) (value.Value, error) {
	of := t.Element()
	elements := make([]value.Value, len(parts))
	for i, p := range parts {
		v, err := value.Parse(of, p.text)
		if err == nil {
			v, err = value.Fit(of, v)
		}
		if err != nil {
			return v, err
		}
		elements[i] = v
	}
	return value.ListOf(of, elements)
}

func oneOf(a *schema.Arg, v value.Value) error {
	all := []value.Value{v}
	if a.Type.List {
		all = value.Elements(v)
	}
	for _, one := range all {
		if !one.IsNull() && !slices.Contains(a.Enum, one.Str()) {
			return fault.New(fault.InvalidText, "invalid value for %s: %q", a.Name, one.Str()).
				WithHint("Its values are %s.", strings.Join(a.Enum, ", "))
		}
	}
	return nil
}

// noFunction says that rpc/… names no function, with the arguments it was called with.
func (r *Read) noFunction(l Limits, in Input) error {
	g := &given{of: &schema.Function{Read: schema.Source{Text: "?"}}, values: map[string][]part{}}
	if in.Method == http.MethodPost {
		if err := g.body(in, l); err != nil {
			return err
		}
	} else {
		pairs, err := syntax.Split(in.RawQuery)
		if err != nil {
			return err
		}
		g.query(pairs)
	}
	f := r.notFound(in, g)
	if in.Functions == nil {
		return f
	}
	if near := schema.Suggest(in.Segments[1], in.Functions.Names(r.Namespace)); near != "" {
		f = f.WithHint("Perhaps you meant to call the function %s.%s", r.Schema, near)
	}
	return f
}

// unmatched says that the function is there and takes other arguments.
func (r *Read) unmatched(in Input, g *given) error {
	f := r.notFound(in, g)
	known := slices.ContainsFunc(g.names, func(name string) bool { _, ok := g.of.Arg(name); return ok })
	if len(g.names) > 0 && !known && len(g.of.Args) > 0 {
		return f
	}
	names := make([]string, len(g.of.Args))
	for i, a := range g.of.Args {
		names[i] = a.Name
	}
	return f.WithHint("Perhaps you meant to call the function %s.%s(%s)", r.Schema, g.of.Name, strings.Join(names, ", "))
}

func (r *Read) notFound(in Input, g *given) *fault.Fault {
	name := r.Schema + "." + in.Segments[1]
	names := slices.Sorted(slices.Values(g.names))
	called, with := name+" without parameters", "without parameters"
	if len(names) > 0 {
		list := strings.Join(names, ", ")
		called, with = name+"("+list+")", choose(len(names) == 1, "with parameter ", "with parameters ")+list
	}
	if in.Method == http.MethodPost {
		with += " or with a single unnamed json/jsonb parameter"
	}
	return fault.New(fault.NoFunction, "Could not find the function %s in the schema cache", called).
		WithDetails("Searched for the function " + name + " " + with + ", but no matches were found in the schema cache.")
}
