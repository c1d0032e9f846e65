package rest

import (
	"net/http"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
)

// Parse understands a request against what its actor may see. Errors are *fault.Fault.
func Parse(v *schema.View, l Limits, in Input) (*Read, error) {
	return parse(v, l.Filled(), in, nil)
}

func parse(v *schema.View, l Limits, in Input, refs *references) (*Read, error) {
	if err := checkURL(l, in.RawQuery); err != nil {
		return nil, err
	}
	read := &Read{Head: in.Method == http.MethodHead, Options: in.Method == http.MethodOptions}
	if err := read.profile(v, in); err != nil {
		return nil, err
	}
	if err := read.preferences(in.Header); err != nil {
		return nil, err
	}
	if err := read.resource(v, in); err != nil {
		return nil, err
	}
	if read.rpc && read.Call == nil {
		return nil, read.noFunction(l, in)
	}
	if read.Options {
		return read, nil
	}
	var err error
	if read.Media, err = syntax.Negotiate(in.Header, read.Root); err != nil || read.Root {
		return read.orNil(err)
	}
	switch {
	case read.Call != nil:
		return read.orNil(read.call(v, l, in))
	case read.Transaction != nil:
		return read.orNil(read.transaction(v, l, in))
	case writes(in.Method):
		return read.orNil(read.write(v, l, in, refs))
	}
	return read.orNil(read.query(v, l, in))
}

func (r *Read) orNil(err error) (*Read, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// preferences settles what Prefer asks of a read, and which of it is honoured.
func (r *Read) preferences(h http.Header) (err error) {
	if r.Prefer, err = syntax.ParsePreferences(h); err != nil {
		return err
	}
	r.Timezone = r.Prefer.Zone()
	r.Applied = syntax.Preferences{Count: r.Prefer.Count, Handling: r.Prefer.Handling, Timezone: r.Prefer.Timezone}.Applied()
	return nil
}

// query parses the parameters, all of them before any name is looked up, and resolves them.
func (r *Read) query(v *schema.View, l Limits, in Input) error {
	pairs, err := syntax.Split(in.RawQuery)
	if err != nil {
		return err
	}
	r.Location = location(r.Collection.Collection.Name, in.RawQuery)
	if in.Shapes.again(r, v, &l, &in, pairs) {
		return nil
	}
	p, err := syntax.Parse(pairs, l)
	if err != nil {
		return err
	}
	if r.Range, err = syntax.RangeOf(p.Bounds, in.Header); err != nil {
		return err
	}
	s := &resolver{view: v, limits: l}
	root, err := s.resolve(r.Collection, p)
	if err != nil {
		return err
	}
	r.filterArgs = len(s.args)
	if err := r.position(s, root, p.Late, in); err != nil {
		return err
	}
	s.rootRange(root, r.Range)
	r.Request = ir.Request{Query: root.query, Args: s.args, Count: r.Prefer.Count != ""}
	in.Shapes.remember(r, v, &l, &in, pairs, s.slots)
	return nil
}
