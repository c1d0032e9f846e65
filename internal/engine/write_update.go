package engine

import (
	"slices"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// update changes the rows that may be read, may be changed and match the filter.
func (x *writing) update() (Answer, error) {
	if len(x.w.Columns) == 0 {
		return x.answer(Answer{Total: -1}, nil)
	}
	if a, left := x.outright(); left {
		return a, nil
	}
	olds, err := x.targets()
	if err != nil {
		return Answer{}, err
	}
	changes := x.changes()
	news := make([]image, len(olds))
	for i, old := range olds {
		values, err := x.updated(changes, x.w.Rows[0])
		if err != nil {
			return Answer{}, err
		}
		news[i] = old.with(changes, values)
	}
	if err := x.writable(olds); err != nil {
		return Answer{}, err
	}
	x.leave(news)
	if err := x.replaceable(olds, news, changes, first); err != nil {
		return Answer{}, err
	}
	if err := x.replace(olds, news, changes); err != nil {
		return Answer{}, err
	}
	return x.answer(Answer{Total: -1, Affected: int64(len(news))}, news)
}

// targets reads the rows an update or a delete is about, in the order of their keys.
func (x *writing) targets() ([]image, error) {
	if x.w.Where == nil {
		verb := "UPDATE"
		if x.w.Action == ir.Delete {
			verb = "DELETE"
		}
		return nil, fault.New(fault.Cardinality, "%s requires a WHERE clause", verb)
	}
	rows, err := x.query(x.m.target, nil)
	if err != nil {
		return nil, err
	}
	out := make([]image, len(rows))
	for i, r := range rows {
		out[i] = imageOf(x.c, r)
	}
	if err := x.affecting(len(out)); err != nil {
		return nil, err
	}
	return out, x.affordable(len(out))
}

// replaceable makes the checks of an update between field write and unique.
func (x *writing) replaceable(olds, news []image, changes []*schema.Field, input func(int) int) error {
	if err := x.constrained(news, changes, input); err != nil {
		return err
	}
	for i := range news {
		if len(x.c.PrimaryKey) > 0 && !sameTuple(news[i].project(x.c.PrimaryKey), olds[i].key) {
			return fault.New(fault.NotImplemented, "Feature not implemented").
				WithDetails("the primary key of a row cannot be changed").WithHint("insert a new row and delete the old one")
		}
	}
	return x.permitted(x.m.check, news, olds)
}

// replace writes new values over rows as they were read, and logs them. Consecutive rows that get the same values share a
// statement.
func (x *writing) replace(olds, news []image, changes []*schema.Field) error {
	for from := 0; from < len(news); {
		values := news[from].project(changes)
		to := from + 1
		for to < len(news) && to-from < sqlgen.MaxGuarded && sameTuple(values, news[to].project(changes)) {
			to++
		}
		if err := x.overwrite(olds[from:to], news[from:to], changes); err != nil {
			return err
		}
		from = to
	}
	return x.logAll(olds, news)
}

func (x *writing) overwrite(olds, news []image, changes []*schema.Field) error {
	set := x.set(olds, news, changes)
	e, err := sqlgen.Update(x.dialect, x.c, set, news[0].project(set), guards(olds))
	if x.leaver != nil && err == nil {
		return x.done(e, int64(len(olds)))
	}
	return x.attempt(func() error {
		n, err := x.exec(e, err)
		if err == nil && n != int64(len(olds)) {
			return overtaken{}
		}
		return err
	}, func() error { return unplaced(x.conflicted(olds, news, changes)) })
}

// set is the columns that a statement writes: not those of keys that stay as they are, for which SQLite counts the referring rows
// anew, a row that refers to itself not like the others.
func (x *writing) set(olds, news []image, changes []*schema.Field) []*schema.Field {
	return slices.DeleteFunc(slices.Clone(changes), func(f *schema.Field) bool {
		if !x.identifies(f) {
			return false
		}
		for i := range olds {
			if !sameValue(olds[i].tuple[f.Ordinal], news[i].tuple[f.Ordinal]) {
				return false
			}
		}
		return true
	})
}

func (x *writing) identifies(f *schema.Field) bool {
	return slices.ContainsFunc(uniques(x.c), func(u unique) bool { return slices.Contains(u.fields, f) })
}

func guards(rows []image) []sqlgen.Guarded {
	out := make([]sqlgen.Guarded, len(rows))
	for i, r := range rows {
		out[i] = r.guarded()
	}
	return out
}
