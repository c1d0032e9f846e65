package sqlite

import (
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/value"
)

// Function is a deterministic scalar function that rendered SQL calls. Args is its number of arguments, -1 for any. Arguments
// and results are nil, int64, float64, string or []byte.
type Function struct {
	Name string
	Args int
	Call func(args []any) (any, error)
}

// Aggregate is an aggregate function; New makes the state of one group.
type Aggregate struct {
	Name string
	Args int
	New  func() State
}

// State collects a group's rows and gives their result.
type State interface {
	Step(args []any) error
	Value() (any, error)
}

// Collation orders texts.
type Collation struct {
	Name    string
	Compare func(a, b string) int
}

// Functions are the scalar functions that a connection needs.
func Functions() []Function {
	return []Function{
		{"socle_cmp", 4, pair(func(l, r value.Value) any { return int64(value.Compare(l, r)) })},
		{"socle_same", 4, same},
		{"socle_among", 4, among},
		{"socle_arith", 5, arith},
		{"socle_neg", 2, neg},
		{"socle_cast", 3, cast},
		{"socle_dec", 2, one(func(v value.Value) any { return v.Dec().String() })},
		{"socle_length", 2, one(func(v value.Value) any { return value.Length(v) })},
		{"socle_contains", 4, pair(func(l, r value.Value) any { return truth(value.Contains(l, r)) })},
		{"socle_overlaps", 4, pair(func(l, r value.Value) any { return truth(value.Overlaps(l, r)) })},
		{"socle_element", 3, elementAt},
		{"socle_path", 4, path},
		{"socle_like", 3, like},
		{"socle_likes", 4, likes},
		{"socle_match", 3, match},
		{"socle_matches", 4, matches},
		{"socle_ends", 2, ends},
		{"socle_sum", 3, joinHalves},
		{"socle_avg", 5, average},
		{"socle_search", -1, search},
		{"socle_document", 2, document},
	}
}

// Collations are the collations that a connection needs.
func Collations() []Collation {
	return []Collation{
		{"socle_decimal", func(a, b string) int {
			x, _ := decodeDecimal(value.Type{Kind: value.Decimal}, a)
			y, _ := decodeDecimal(value.Type{Kind: value.Decimal}, b)
			return value.Compare(x, y)
		}},
		{"socle_json", func(a, b string) int { return value.Compare(value.OfJSON(a), value.OfJSON(b)) }},
	}
}

// decoded reads a (type, raw) pair of arguments.
func decoded(typ, raw any) (value.Value, error) {
	n, ok := typ.(int64)
	if !ok {
		return value.Value{}, fmt.Errorf("sqlite: a type code is a %T", typ)
	}
	return Dialect{}.Decode(typeOf(n), raw)
}

// result is the form of a computed value.
func result(v value.Value) (any, error) {
	return Dialect{}.Encode(value.Type{Kind: v.Kind(), List: v.IsList()}, v)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// one adapts a function of one typed value; NULL gives NULL.
func one(f func(value.Value) any) func([]any) (any, error) {
	return func(args []any) (any, error) {
		v, err := decoded(args[0], args[1])
		if err != nil || v.IsNull() {
			return nil, err
		}
		return f(v), nil
	}
}

// pair adapts a function of two typed values; NULL on either side gives NULL.
func pair(f func(l, r value.Value) any) func([]any) (any, error) {
	return func(args []any) (any, error) {
		l, err := decoded(args[0], args[1])
		if err != nil {
			return nil, err
		}
		r, err := decoded(args[2], args[3])
		if err != nil || l.IsNull() || r.IsNull() {
			return nil, err
		}
		return f(l, r), nil
	}
}

func same(args []any) (any, error) {
	if args[1] == nil || args[3] == nil {
		return truth(args[1] == nil && args[3] == nil), nil
	}
	return pair(func(l, r value.Value) any { return truth(value.Equal(l, r)) })(args)
}

// among is x = any element: FALSE for no elements, else NULL for NULL.
func among(args []any) (any, error) {
	list, err := decoded(args[2], args[3])
	if err != nil || list.IsNull() {
		return nil, err
	}
	x, err := decoded(args[0], args[1])
	if err != nil {
		return nil, err
	}
	of := value.Elements(list)
	return anyOf(len(of), false, x.IsNull(), func(i int) (bool, error) { return value.Equal(x, of[i]), nil })
}

// anyOf is Kleene's OR, or with all AND, over n tests that are all NULL where null is set.
func anyOf(n int, all, null bool, test func(i int) (bool, error)) (any, error) {
	if n > 0 && null {
		return nil, nil
	}
	for i := range n {
		ok, err := test(i)
		if err != nil {
			return nil, err
		}
		if ok != all {
			return truth(ok), nil
		}
	}
	return truth(all), nil
}

func arith(args []any) (any, error) {
	op, _ := args[0].(int64)
	l, err := decoded(args[1], args[2])
	if err != nil {
		return nil, err
	}
	r, err := decoded(args[3], args[4])
	if err != nil {
		return nil, err
	}
	return result(value.Arith(byte(op), l, r))
}

// neg is 0 - x.
func neg(args []any) (any, error) {
	v, err := decoded(args[0], args[1])
	if err != nil || v.IsNull() {
		return nil, err
	}
	zero := value.OfInt(0)
	switch v.Kind() {
	case value.Float:
		zero = value.OfFloat(0)
	case value.Duration:
		zero = value.OfDuration(0)
	}
	return result(value.Arith('-', zero, v))
}

func cast(args []any) (any, error) {
	v, err := decoded(args[0], args[2])
	if err != nil {
		return nil, err
	}
	from, _ := args[0].(int64)
	to, _ := args[1].(int64)
	out, err := value.Cast(v, typeOf(from), typeOf(to))
	if err != nil {
		return nil, nil // a failed conversion is NULL
	}
	return result(out)
}

func elementAt(args []any) (any, error) {
	n, _ := args[0].(int64)
	list, ok := args[1].(string)
	if !ok {
		return nil, nil
	}
	of := value.Elements(value.OfList(typeOf(n).Kind, list))
	i, _ := args[2].(int64)
	if i < 0 || i >= int64(len(of)) {
		return nil, nil
	}
	return result(of[i])
}

func path(args []any) (any, error) {
	v, err := decoded(args[0], args[1])
	if err != nil || v.IsNull() {
		return nil, err
	}
	text, _ := args[2].(string)
	steps, err := pathCache.get(text, parseSteps)
	if err != nil {
		return nil, err
	}
	return result(value.JSONPath(v, steps, args[3] == int64(1)))
}

func ends(args []any) (any, error) {
	x, okX := args[0].(string)
	y, okY := args[1].(string)
	if !okX || !okY {
		return nil, nil
	}
	return truth(strings.HasSuffix(x, y)), nil
}

func like(args []any) (any, error) {
	x, okX := args[0].(string)
	pattern, okP := args[1].(string)
	if !okX || !okP {
		return nil, nil
	}
	return truth(value.Like(x, pattern, args[2] == int64(1))), nil
}

func likes(args []any) (any, error) {
	return patterns(args, func(x, pattern string, fold bool) (bool, error) { return value.Like(x, pattern, fold), nil })
}

func match(args []any) (any, error) {
	x, okX := args[0].(string)
	pattern, okP := args[1].(string)
	if !okX || !okP {
		return nil, nil
	}
	ok, err := matchOne(x, pattern, args[2] == int64(1))
	return truth(ok), err
}

func matches(args []any) (any, error) { return patterns(args, matchOne) }

func matchOne(x, pattern string, fold bool) (bool, error) {
	re, err := regexCache.get(flag(fold)+pattern, compilePattern)
	if err != nil {
		return false, err
	}
	return re.MatchString(x), nil
}

// patterns tests a text with a list of patterns: (x, list, fold, all).
func patterns(args []any, test func(x, pattern string, fold bool) (bool, error)) (any, error) {
	list, ok := args[1].(string)
	if !ok {
		return nil, nil
	}
	x, isText := args[0].(string)
	of := value.Elements(value.OfList(value.Text, list))
	return anyOf(len(of), args[3] == int64(1), !isText, func(i int) (bool, error) {
		return test(x, of[i].Str(), args[2] == int64(1))
	})
}
