package rest

import (
	"strings"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/lexeme"
	"github.com/socle-hq/socle/internal/pattern"
	"github.com/socle-hq/socle/internal/value"
)

// slot is the place of a condition's value: the type it has there and, of full text, the configuration of its words.
type slot struct {
	t      value.Type
	config string
}

// place makes the value of an operation a Param.
func (r *resolver) place(s slot, o operation) (*ir.Param, error) {
	v, err := s.value(&o, &r.limits)
	if err != nil {
		return nil, err
	}
	r.slots = append(r.slots, s)
	return r.param(s.t, v), nil
}

// value is what an operation's text is worth in the slot; NULL while it is not known. Nothing else of a condition depends on it.
func (s slot) value(o *operation, l *Limits) (value.Value, error) {
	if o.pending {
		return value.Value{}, nil
	}
	if o.Code.Search() {
		if _, err := lexeme.ParseQuery(lexeme.Mode(o.Code-syntax.FTS), s.config, o.Text); err != nil {
			return value.Value{}, err
		}
	}
	v, err := s.literal(o, l)
	if err != nil {
		return value.Value{}, err
	}
	return v, checkPatterns(o, v)
}

func (s slot) literal(o *operation, l *Limits) (value.Value, error) {
	if o.Code == syntax.In || o.listed {
		return elements(s.t.Element(), o.List)
	}
	text := o.Text
	if (o.Code == syntax.Like || o.Code == syntax.ILike) && o.arg == nil {
		text = strings.ReplaceAll(text, "*", "%")
	}
	v, err := value.Parse(s.t, text)
	if err == nil && o.Each != syntax.Plain {
		err = within(int(value.Length(v)), l.InItems, "a list has more than", "elements")
	}
	return v, err
}

// elements makes a list of the texts of its elements.
func elements(of value.Type, texts []string) (value.Value, error) {
	out := make([]value.Value, len(texts))
	for i, text := range texts {
		v, err := value.Parse(of, text)
		if err != nil {
			return value.Value{}, err
		}
		out[i] = v
	}
	return value.ListOf(of, out)
}

// checkPatterns refuses what is no pattern, or a list of which an element is none.
func checkPatterns(o *operation, v value.Value) error {
	var check func(string) error
	switch o.Code {
	case syntax.Like, syntax.ILike:
		check = value.CheckPattern
	case syntax.Match, syntax.IMatch:
		check = pattern.Check
	default:
		return nil
	}
	if o.Each == syntax.Plain {
		return check(v.Str())
	}
	for _, e := range value.Elements(v) {
		if err := check(e.Str()); err != nil {
			return err
		}
	}
	return nil
}
