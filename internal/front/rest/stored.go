package rest

import (
	"net/http"
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// Stored is a declared function as the grammar knows it: what it stores was parsed and resolved once, with all rights.
type Stored struct {
	Decl       *schema.Function
	Collection *schema.Collection // whose rows a read gives; nil for other functions
	Query      *ir.Query          // of a read: its rows as all rights see them. It is not to be run

	raw      string       // of a read: the parameters
	service  *schema.View // what all rights see
	narrowed *schema.View // what a caller may name of a trusted read; nil: all the caller sees
}

// storedRead understands a call of a function that reads: what is stored and what the caller adds.
func (r *Read) storedRead(v *schema.View, l Limits, in Input, pairs []syntax.Pair) error {
	s := r.Call.Function
	if s.Decl.Trusted {
		v = s.service
	}
	var ok bool
	if r.Collection, ok = v.Of(s.Collection); !ok {
		return s.discreet(unknownCollection(v, s.Collection.Namespace, s.Collection.Name))
	}
	own, err := syntax.Parse(pairs, l)
	if err != nil {
		return err
	}
	if r.Range, err = syntax.RangeOf(own.Bounds, in.Header); err != nil {
		return err
	}
	stored, given, err := s.params(&references{args: &arguments{s.Decl.Args, r.Call.Args}}, l)
	if err != nil {
		return err
	}
	if in.Method != http.MethodPost {
		r.Location = location(s.Decl.Name, in.RawQuery)
		r.Location = "/rpc" + r.Location
	}
	c := &composing{resolver: &resolver{view: v, limits: l, operations: given}, read: r, stored: stored, own: own, narrowed: s.narrowed,
		picks: slices.ContainsFunc(pairs, func(p syntax.Pair) bool { return p.Key == "select" })}
	root, err := c.compose()
	if err != nil {
		return err
	}
	r.filterArgs = len(c.args)
	if err := r.position(c.resolver, root, own.Late, in); err != nil {
		return err
	}
	c.rootRange(root, r.Range.Inside(r.stored))
	r.Request = ir.Request{Query: root.query, Args: c.args, Count: r.Prefer.Count != ""}
	return nil
}

// discreet keeps to itself which name of what is stored a caller may not see: such a caller may not call.
func (s *Stored) discreet(err error) error {
	if err == nil {
		return nil
	}
	switch fault.From(err).Code {
	case fault.UnknownColumn, fault.UnknownBodyColumn, fault.UnknownCollection, fault.NoRelation, fault.AmbiguousRelation,
		fault.NotEmbedded, fault.UndefinedOperator, fault.NotImplemented:
		return denied(s).Because(err)
	}
	return err
}

// params parses what is stored, and puts the arguments into its conditions.
func (s *Stored) params(refs *references, l Limits) (*syntax.Params, operations, error) {
	pairs, err := syntax.Split(s.raw)
	if err != nil {
		return nil, nil, err
	}
	if pairs, err = refs.args.ranges(pairs); err != nil {
		return nil, nil, err
	}
	p, err := syntax.Parse(pairs, l)
	if err != nil {
		return nil, nil, err
	}
	given, err := refs.operations(p)
	return p, given, err
}

// ranges replaces the arguments that limit= and offset= are. One that is NULL bounds nothing.
func (a *arguments) ranges(pairs []syntax.Pair) ([]syntax.Pair, error) {
	out := make([]syntax.Pair, 0, len(pairs))
	for _, p := range pairs {
		last := p.Word()
		name, ok := holeName(p.Text)
		if !ok || last != "limit" && last != "offset" {
			out = append(out, p)
			continue
		}
		arg, v, err := a.find(name)
		switch {
		case err != nil:
			return nil, err
		case arg.Type != value.Type{Kind: value.Int}:
			return nil, badArgument("{%s} is %s, %s needs int", name, arg.Type, last)
		case a.checking():
			out = append(out, syntax.Pair{Key: p.Key, Text: "1"})
		case !v.IsNull():
			out = append(out, syntax.Pair{Key: p.Key, Text: textOf(arg.Type, v)})
		}
	}
	return out, nil
}

// storedWrites understands a call of a function that writes: a transaction of the stored steps.
func (r *Read) storedWrites(v *schema.View, l Limits, in Input) error {
	s := r.Call.Function
	if s.Decl.Trusted {
		v = s.service
	}
	t, err := s.transaction(v, l, &arguments{s.Decl.Args, r.Call.Args})
	if err != nil {
		return err
	}
	r.Transaction = t
	r.Rollback = in.TxOverride && r.Prefer.Tx == "rollback"
	r.Applied = syntax.Preferences{Tx: choose(in.TxOverride, r.Prefer.Tx, ""), Handling: r.Prefer.Handling}.Applied()
	return nil
}

func (s *Stored) transaction(v *schema.View, l Limits, args *arguments) (*Transaction, error) {
	t := &Transaction{}
	var reads []*Read
	for i := range s.Decl.Write {
		step, err := s.step(i, v, l, args, reads)
		if err != nil {
			return nil, StepFault(i, s.discreet(err))
		}
		t.Steps, reads = append(t.Steps, step), append(reads, step.read)
	}
	return t, nil
}

// step understands the n-th write; before it are the reads of those before.
func (s *Stored) step(n int, v *schema.View, l Limits, args *arguments, before []*Read) (*Step, error) {
	w := s.Decl.Write[n]
	step := &Step{before: slices.Clip(before), view: v, limits: l, body: string(w.Body), args: args,
		in: Input{Method: w.Method, Header: http.Header{"Content-Profile": {v.Catalog.WireName(s.Decl.Namespace)}}}}
	if w.Prefer != "" {
		step.in.Header.Set("Prefer", w.Prefer)
	}
	if err := step.address(w.Path.Text); err != nil {
		return nil, err
	}
	if !writes(w.Method) {
		return nil, body.Bad("A step has one of the methods POST, PATCH, PUT and DELETE")
	}
	return step, step.understand()
}
