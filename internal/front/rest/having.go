package rest

import (
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
)

// having resolves having= of any level, and keeps after= for position. Where a level has a field of that name the
// parameter is a filter on it.
func (l *level) having(late []pair) error {
	for _, q := range late {
		path, err := above(q.key, l.limits)
		if err != nil {
			return err
		}
		to, err := l.at(path)
		if err != nil {
			return err
		}
		last := q.key[strings.LastIndexByte(q.key, '.')+1:]
		switch {
		case to.hasField(last) || len(path) > 0 && last == "after":
			err = to.lateFilter(q)
		case last == "having":
			err = to.groupFilter(q.text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *level) lateFilter(q pair) error {
	f, err := parseFilter(q, l.limits)
	if err != nil {
		return err
	}
	return l.add(l.condition(f.leaf))
}

func (l *level) groupFilter(text string) error {
	tree, err := parseHaving(text, l.limits)
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
func (l *level) groupCondition(f leaf) (ir.Expr, error) {
	agg := aggregateNamed(l.query, f.field.name)
	if agg == nil || f.field.steps != nil {
		return nil, fault.New(fault.UnknownColumn, "aggregate %s does not exist", f.field.name).
			WithHint("having names an aggregate of select by its alias")
	}
	e, err := l.test(agg, f.op)
	if err != nil {
		return nil, err
	}
	return negate(f.op.not, e), nil
}
