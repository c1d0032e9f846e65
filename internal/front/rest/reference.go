package rest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// Lookup finds a field of an earlier step's representation by its name in the output; ok is false where that step has no such
// row. Steps and rows count from 0.
type Lookup func(step, row int, field string) (v value.Value, ok bool)

// references resolve what stands for a value that the request's text does not hold: {"$ref":"step.row.field"}, and in what a
// function stores {argument}. The nil references know none: the text stands for itself.
type references struct {
	steps  []*Read // those before this one
	lookup Lookup  // nil: references are checked, and stand for NULL
	used   bool
	args   *arguments // nil: outside a function
}

// reference is one parsed {"$ref": …}.
type reference struct {
	step, row int
	field     string
	text      string
}

// checking reports whether references have no values yet.
func (r *references) checking() bool { return r != nil && r.lookup == nil && r.used }

// json replaces a JSON value that is a reference.
func (r *references) json(raw string) (string, error) {
	if r == nil {
		return raw, nil
	}
	if given, ok, err := r.args.json(raw); ok || err != nil {
		r.used = r.used || r.args.checking()
		return given, err
	}
	text, ok := refText(raw)
	if !ok {
		return raw, nil
	}
	v, err := r.value(text)
	if err != nil {
		return "", err
	}
	return string(value.AppendJSON(nil, typeOf(v), v)), nil
}

// refText is what raw refers to, where it is an object with the one member $ref, a string.
func refText(raw string) (string, bool) {
	if !strings.HasPrefix(raw, "{") || !strings.Contains(raw, `"$ref"`) {
		return "", false
	}
	var text string
	members, found := 0, 0
	s := body.Scan(raw)
	err := s.Object(func(key, val string) error {
		members++
		if key == "$ref" && strings.HasPrefix(val, `"`) {
			found++
			var err error
			text, err = body.Text(val)
			return err
		}
		return nil
	})
	return text, err == nil && members == 1 && found == 1 && s.End() == nil
}

// value gives a reference's value; NULL while only checking.
func (r *references) value(text string) (value.Value, error) {
	r.used = true
	ref, err := parseReference(text)
	if err != nil {
		return value.Value{}, err
	}
	if err := r.check(ref); err != nil || r.lookup == nil {
		return value.Value{}, err
	}
	v, ok := r.lookup(ref.step, ref.row, ref.field)
	if !ok {
		return v, body.Bad("The reference %s leads nowhere: step %d has no row %d", text, ref.step, ref.row)
	}
	return v, nil
}

func parseReference(text string) (reference, error) {
	step, rest, _ := strings.Cut(text, ".")
	row, field, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(step, 10, 31)
	m, err2 := strconv.ParseUint(row, 10, 31)
	if err != nil || err2 != nil || field == "" {
		return reference{}, body.Bad("The reference %q is not step.row.field", text)
	}
	return reference{int(n), int(m), field, text}, nil
}

// check refuses what cannot have a value when its turn comes.
func (r *references) check(ref reference) error {
	if ref.step >= len(r.steps) {
		return body.Bad("The reference %s is not to an earlier step", ref.text)
	}
	q := r.steps[ref.step].Write.Return
	if q == nil {
		return body.Bad("The reference %s is to a step without a representation", ref.text).
			WithHint("give step %d \"prefer\": \"return=representation\"", ref.step)
	}
	for _, it := range q.Items {
		if o, ok := it.(*ir.Output); ok && o.Name == ref.field {
			return nil
		}
	}
	return body.Bad("The reference %s names no field of step %d's representation", ref.text, ref.step)
}

// operations are those of all conditions, with what stands for a value replaced.
func (r *references) operations(p *syntax.Params) (operations, error) {
	if r == nil {
		return nil, nil
	}
	out := operations{}
	for _, f := range p.Filters {
		if err := r.replace(out, f.Leaf); err != nil {
			return nil, err
		}
	}
	for _, t := range p.Trees {
		if err := r.replace(out, t.Node); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *references) replace(out operations, n syntax.Node) error {
	switch n := n.(type) {
	case *syntax.Leaf:
		o := operation{Operation: n.Op}
		if err := r.operation(&o); err != nil {
			return err
		}
		out[n] = o
	case *syntax.Logic:
		for _, member := range n.Of {
			if err := r.replace(out, member); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *references) operation(o *operation) error {
	if err := r.args.operation(o); err != nil {
		return err
	}
	if o.arg != nil {
		return nil
	}
	if err := r.text(o, &o.Text); err != nil {
		return err
	}
	o.List = slices.Clone(o.List)
	for i := range o.List {
		if err := r.text(o, &o.List[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *references) text(o *operation, text *string) error {
	ref, ok := refText(*text)
	if !ok {
		return nil
	}
	v, err := r.value(ref)
	switch {
	case err != nil:
		return err
	case r.lookup == nil:
		o.pending = true
	case v.IsNull():
		return fault.New(fault.InvalidBody, "The reference %s is null and compares with nothing", ref)
	default:
		*text = v.Text()
	}
	return nil
}
