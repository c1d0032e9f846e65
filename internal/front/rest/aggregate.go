package rest

import (
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/value"
)

// avgScale is how many digits an average has beyond those of its operand.
const avgScale = 6

var aggregates = map[string]ir.AggFn{"count": ir.CountRows, "sum": ir.Sum, "avg": ir.Avg, "min": ir.Min, "max": ir.Max}

// aggregate resolves field[::cast].fn()[::cast].
func (l *level) aggregate(it *syntax.Column, x ir.Expr) error {
	x, err := widened(x, it.Cast)
	if err != nil {
		return err
	}
	fn := aggregates[it.Aggregate]
	t, ok := aggregateType(fn, x.Type())
	if !ok {
		return fault.New(fault.UndefinedOperator, "function %s(%s) does not exist", it.Aggregate, x.Type().SQLName()).
			WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
	}
	out := &ir.Output{Name: named(it.Alias, it.Aggregate), X: &ir.Agg{Fn: fn, X: x, T: t}}
	out.Cast, err = castTo(it.Then)
	l.output(out)
	return err
}

// widened applies a cast in front of an aggregate; only those that lose nothing.
func widened(x ir.Expr, cast string) (ir.Expr, error) {
	to, err := castTo(cast)
	if err != nil || to == nil {
		return x, err
	}
	from := x.Type()
	switch {
	case from.List:
	case from.Kind == to.Kind:
		return x, nil
	case from.Kind == value.Int && to.Kind == value.Decimal,
		from.Kind == value.Date && to.Kind == value.Timestamp,
		to.Kind == value.Text:
		return &ir.Convert{X: x, To: *to}, nil
	}
	return nil, unsupported("a cast from " + from.String() + " to " + to.String() + " before an aggregate may lose values").
		WithHint("declare a computed field with the cast")
}

// aggregateType is the type of fn over t, ok false where there is no such aggregate.
func aggregateType(fn ir.AggFn, t value.Type) (value.Type, bool) {
	switch {
	case fn == ir.CountRows:
		return value.Type{Kind: value.Int}, true
	case t.List:
		return t, false
	case fn == ir.Min || fn == ir.Max:
		return t, t.Numeric() || t.Kind == value.Text || t.Kind == value.Date || t.Kind == value.Timestamp
	case t.Kind == value.Float:
		return t, true
	case t.Kind != value.Int && t.Kind != value.Decimal:
		return t, false
	}
	sum := value.Type{Kind: value.Decimal}
	if t.Kind == value.Decimal {
		sum.Scale = t.Scale
	}
	if fn == ir.Avg {
		sum.Scale += avgScale
	}
	return sum, true
}

var castNames = map[string]value.Kind{
	"text": value.Text, "varchar": value.Text, "character varying": value.Text,
	"int": value.Int, "integer": value.Int, "bigint": value.Int, "smallint": value.Int, "int2": value.Int, "int4": value.Int, "int8": value.Int,
	"decimal": value.Decimal, "numeric": value.Decimal,
	"float": value.Float, "float4": value.Float, "float8": value.Float, "real": value.Float, "double precision": value.Float,
	"bool": value.Bool, "boolean": value.Bool, "date": value.Date, "uuid": value.UUID,
	"timestamp": value.Timestamp, "timestamptz": value.Timestamp,
	"json": value.JSON, "jsonb": value.JSON,
}

// foreignCasts are PostgreSQL's types that the profile leaves out; any other name is no type at all.
const foreignCasts = "bit bytea box char character cidr circle hstore inet interval line lseg ltree macaddr money name oid path " +
	"point polygon regclass time timetz tsquery tsvector varbit xml int4range int8range numrange tsrange tstzrange daterange"

// castTo is the type a cast names, nil for "".
func castTo(name string) (*value.Type, error) {
	if name == "" {
		return nil, nil
	}
	lower := strings.ToLower(name)
	if kind, ok := castNames[lower]; ok {
		return &value.Type{Kind: kind}, nil
	}
	if slices.Contains(strings.Fields(foreignCasts), lower) {
		return nil, unsupported("a cast to " + lower + " is not in the profile")
	}
	return nil, fault.New(fault.UndefinedObject, "type \"%s\" does not exist", name)
}

// having resolves having= of any level, and keeps after= for position. Where a level has a field of that name the
// parameter is a filter on it.
func (l *level) having(late []syntax.Pair) error {
	for _, q := range late {
		path, err := q.Path(l.limits)
		if err != nil {
			return err
		}
		to, err := l.at(path)
		if err != nil {
			return err
		}
		last := q.Word()
		switch {
		case to.hasField(last) || len(path) > 0 && last == "after":
			err = to.lateFilter(q)
		case last == "having":
			err = to.groupFilter(q.Text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *level) lateFilter(q syntax.Pair) error {
	f, err := syntax.ParseFilter(q, l.limits)
	if err != nil {
		return err
	}
	return l.add(l.condition(f.Leaf))
}

func (l *level) groupFilter(text string) error {
	tree, err := syntax.ParseHaving(text, l.limits)
	if err != nil {
		return err
	}
	if !l.query.Aggregates() {
		return fault.New(fault.GroupingError, "having needs an aggregate in select")
	}
	e, err := l.tree(tree, l.groupCondition)
	if err != nil {
		return err
	}
	if l.query.Having != nil {
		e = ir.All(l.query.Having, e)
	}
	l.query.Having = e
	return nil
}

// groupCondition is a filter on an aggregate of the output.
func (l *level) groupCondition(f *syntax.Leaf) (ir.Expr, error) {
	agg := aggregateNamed(l.query, f.Field.Name)
	if agg == nil || f.Field.Steps != nil {
		return nil, fault.New(fault.UnknownColumn, "aggregate %s does not exist", f.Field.Name).
			WithHint("having names an aggregate of select by its alias")
	}
	e, err := l.test(agg, l.operations.of(f))
	if err != nil {
		return nil, err
	}
	return negate(f.Op.Not, e), nil
}
