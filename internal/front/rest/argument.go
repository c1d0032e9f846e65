package rest

import (
	"regexp"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/body"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// arguments give {argument} its value in what a function stores. An argument stands for a value and never for syntax: what
// surrounds it has been parsed before.
type arguments struct {
	of     []*schema.Arg
	values []value.Value // as of; nil: they are checked, and stand for NULL
}

// checking reports whether arguments have no values yet.
func (a *arguments) checking() bool { return a != nil && a.values == nil }

// hole is an argument where it stands.
var hole = regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_]*\}`)

// holeName is the argument that text as a whole stands for.
func holeName(text string) (string, bool) {
	if len(text) < 3 || text[0] != '{' || hole.FindString(text) != text {
		return "", false
	}
	return text[1 : len(text)-1], true
}

func badArgument(format string, args ...any) *fault.Fault {
	return fault.New(fault.Parse, format, args...)
}

// find gives an argument and its value; NULL while checking.
func (a *arguments) find(name string) (*schema.Arg, value.Value, error) {
	var names []string
	for i, arg := range a.of {
		if arg.Name != name {
			names = append(names, arg.Name)
			continue
		}
		if a.values == nil {
			return arg, value.Value{}, nil
		}
		return arg, a.values[i], nil
	}
	return nil, value.Value{}, badArgument("unknown argument {%s}%s", name, schema.DidYouMean(name, names)).
		WithHint("declare it under args:; a list of one text is written [\"%s\"]", name)
}

// textOf is a value as a filter would spell it, had it no syntax.
func textOf(t value.Type, v value.Value) string {
	if t.List {
		return string(value.AppendJSON(nil, t, v))
	}
	return string(value.AppendText(nil, t, v))
}

// json replaces a JSON string that is an argument.
func (a *arguments) json(raw string) (string, bool, error) {
	if a == nil || !body.Plain(raw) {
		return raw, false, nil
	}
	name, ok := holeName(raw[1 : len(raw)-1])
	if !ok {
		return raw, false, a.none(raw)
	}
	arg, v, err := a.find(name)
	switch {
	case err != nil:
		return raw, false, err
	case v.IsNull():
		return "null", true, nil
	}
	return string(value.AppendJSON(nil, arg.Type, v)), true, nil
}

// none refuses an argument that is only a part of what it stands in.
func (a *arguments) none(text string) error {
	if at := hole.FindString(text); at != "" {
		return badArgument("%s stands inside of something else", at).
			WithHint("an argument is a whole value: field=eq.%s, in.(%s), limit=%s", at, at, at)
	}
	return nil
}

// operation replaces the arguments among a filter's values.
func (a *arguments) operation(o *operation) error {
	switch {
	case a == nil:
		return nil
	case o.Code == syntax.In:
		return a.list(o)
	}
	if name, ok := holeName(o.Text); ok {
		return a.whole(o, name)
	}
	if elements, ok := literalElements(o); ok {
		o.List, o.listed = elements, true
		return a.list(o)
	}
	return a.none(o.Text)
}

// whole makes an argument the whole of an operand.
func (a *arguments) whole(o *operation, name string) error {
	arg, v, err := a.find(name)
	if err != nil {
		return err
	}
	o.arg, o.pending = arg, a.checking()
	if o.isNull = !o.pending && v.IsNull(); !o.isNull && !o.pending {
		o.Text = textOf(arg.Type, v)
	}
	return nil
}

// literalElements are the elements of a {a,b} literal that holds an argument.
func literalElements(o *operation) ([]string, bool) {
	inner, open := strings.CutPrefix(o.Text, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	takes := o.Each != syntax.Plain || o.Code == syntax.Contains || o.Code == syntax.Contained || o.Code == syntax.Overlaps
	if !open || !closed || !takes || strings.ContainsAny(inner, `":`) {
		return nil, false
	}
	elements, found := strings.Split(inner, ","), false
	for i, e := range elements {
		elements[i] = strings.TrimSpace(e)
		_, one := holeName(elements[i])
		found = found || one
	}
	return elements, found
}

// list replaces the arguments among the elements of a list: an argument that is a list is the whole of it.
func (a *arguments) list(o *operation) error {
	var out []string
	for _, text := range o.List {
		name, ok := holeName(text)
		if !ok {
			if err := a.none(text); err != nil {
				return err
			}
			if o.Code == syntax.Like || o.Code == syntax.ILike { // as outside a function; in a value a star is a star
				text = strings.ReplaceAll(text, "*", "%")
			}
			out = append(out, text)
			continue
		}
		arg, v, err := a.find(name)
		switch {
		case err != nil:
			return err
		case arg.Type.List && len(o.List) > 1:
			return badArgument("{%s} is a list and stands beside other elements", name)
		}
		o.arg, o.pending = arg, a.checking()
		switch {
		case v.IsNull() && arg.Type.List:
			o.isNull = !o.pending
		case v.IsNull():
			o.missing = !o.pending
		case arg.Type.List:
			for _, e := range value.Elements(v) {
				out = append(out, textOf(arg.Type.Element(), e))
			}
		default:
			out = append(out, textOf(arg.Type, v))
		}
	}
	o.List = out
	return nil
}

// fits refuses an argument that cannot be a value of what it is compared with.
func (o operation) fits(t value.Type) error {
	if o.arg == nil || o.Code.Search() {
		return nil
	}
	from := o.arg.Type
	wants := t.List
	if o.Code == syntax.In || o.Each != syntax.Plain || o.listed {
		wants = from.List // a list stands for all elements, a scalar for one of them
	}
	if o.Each != syntax.Plain && !o.listed {
		wants = true
	}
	alike := from.Kind == t.Kind || from.Kind == value.Text || t.Kind == value.Text || from.Numeric() && t.Numeric() ||
		from.Kind == value.Date && t.Kind == value.Timestamp
	if from.List != wants || !alike {
		return fault.New(fault.UndefinedOperator, "{%s} is %s and cannot be compared with %s", o.arg.Name, from, t)
	}
	return nil
}
