package sqlite

import (
	"encoding/json"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// Path is value.JSONPath; the steps are one argument.
func (Dialect) Path(b *sqlgen.Builder, e *ir.Path) string {
	steps := &ir.Const{Value: value.OfText(stepsText(e.Steps)), T: value.Type{Kind: value.Text}}
	t, x := typed(b, e.X)
	return call("socle_path", t, x, b.Expr(steps), flag(e.Text))
}

// stepsText is a path as JSON: keys as strings, indices as numbers.
func stepsText(steps []value.Step) string {
	items := make([]any, len(steps))
	for i, s := range steps {
		if items[i] = s.Key; s.IsIndex {
			items[i] = s.Index
		}
	}
	text, err := json.Marshal(items)
	if err != nil {
		return "[]"
	}
	return string(text)
}

func parseSteps(text string) ([]value.Step, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return nil, err
	}
	steps := make([]value.Step, len(items))
	for i, raw := range items {
		steps[i].IsIndex = raw[0] != '"'
		into := any(&steps[i].Key)
		if steps[i].IsIndex {
			into = &steps[i].Index
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// Set is value.Contains or value.Overlaps.
func (Dialect) Set(b *sqlgen.Builder, e *ir.Set) string {
	lt, l := typed(b, e.L)
	rt, r := typed(b, e.R)
	switch e.Op {
	case ir.Contains:
		return call("socle_contains", lt, l, rt, r)
	case ir.Contained:
		return call("socle_contains", rt, r, lt, l)
	}
	return call("socle_overlaps", lt, l, rt, r)
}

// Length counts natively where SQLite counts the same.
func (Dialect) Length(b *sqlgen.Builder, e *ir.Length) string {
	t := e.X.Type()
	switch {
	case t.List:
		return call("json_array_length", b.Expr(e.X))
	case t.Kind == value.JSON:
		return call("socle_length", code(t), b.Expr(e.X))
	}
	return call("length", b.Expr(e.X))
}

// ListAny walks the elements.
func (Dialect) ListAny(b *sqlgen.Builder, e *ir.ListAny) string {
	list, each := b.Expr(e.X), b.Alias()
	cond := b.Bound(e.V, element(e.V.Of, list, each), func() string { return b.Expr(e.Cond) })
	from := "EXISTS (SELECT 1 FROM json_each(" + list + ") AS " + each + " WHERE "
	if e.All {
		return "(NOT " + from + "(" + cond + ") IS NOT TRUE))"
	}
	return from + cond + ")"
}

// element is the current element in the form of computed expressions; what json_each does not give exactly is read again.
func element(t value.Type, list, each string) string {
	switch t.Kind {
	case value.Text, value.UUID, value.Int, value.Bool:
		return each + ".value"
	}
	return call("socle_element", code(t), list, each+".key")
}
