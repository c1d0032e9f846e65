package engine

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// insert carries out an insert or an upsert. The checks come in one order: types, field write, constraints, policy, unique,
// foreign key.
func (x *writing) insert() (Answer, error) {
	rows, dropped, err := x.brought()
	if err != nil {
		return Answer{}, err
	}
	if err := x.admitted(rows); err != nil {
		return Answer{}, err
	}
	if err := x.raiseAll(); err != nil {
		return Answer{}, err
	}
	a := Answer{Total: -1, Dropped: dropped}
	if x.w.On == nil {
		err = x.add(rows)
		a.Inserted = int64(len(rows))
	} else {
		rows, a.Inserted, err = x.upsert(rows)
	}
	if err != nil {
		return Answer{}, err
	}
	if err := x.affecting(len(rows)); err != nil {
		return Answer{}, err
	}
	a.Affected = int64(len(rows))
	return x.answer(a, rows)
}

func (x *writing) admitted(rows []image) error {
	if err := x.affordable(len(rows)); err != nil {
		return err
	}
	if err := x.writable(rows); err != nil {
		return err
	}
	if err := x.constrained(rows, sqlgen.StoredFields(x.c), itself); err != nil {
		return err
	}
	x.leave(rows)
	return x.permitted(x.m.create, rows, nil)
}

// affordable refuses more rows than one write may be about.
func (x *writing) affordable(n int) error {
	if most := x.engine.limits.Writes; most > 0 && n > most {
		return fault.New(fault.TooComplex, "the request writes more than %d rows", most).WithHint("write fewer rows at a time")
	}
	return nil
}

// affecting refuses more rows than the request itself allows.
func (x *writing) affecting(n int) error {
	if x.w.AtMost < 0 || int64(n) <= x.w.AtMost {
		return nil
	}
	return fault.New(fault.MaxAffected, "Query result exceeds max-affected preference constraint").
		WithDetails("The query affects " + plural(n))
}

func plural(n int) string {
	if n == 1 {
		return "1 row"
	}
	return strconv.Itoa(n) + " rows"
}

// add inserts rows, which must all go in, and logs them.
func (x *writing) add(rows []image) error {
	from := 0
	err := x.chunks(rows, func(chunk []image) error {
		put := func() error {
			_, err := x.put(chunk, nil)
			return err
		}
		err := error(nil)
		if x.leaver != nil {
			err = put()
		} else {
			err = x.attempt(put, func() error { return x.refusal(chunk, nil, x.c.ForeignKeys) })
		}
		err = further(err, from)
		from += len(chunk)
		return err
	})
	if err != nil {
		return err
	}
	return x.logAll(nil, rows)
}

// chunks splits rows at the same places on every engine. Without a key each row goes alone, so that its number is known.
func (x *writing) chunks(rows []image, do func([]image) error) error {
	size := sqlgen.InsertChunk(x.c)
	if len(x.c.PrimaryKey) == 0 {
		size = 1
	}
	for len(rows) > 0 {
		n := min(size, len(rows))
		if err := do(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// put runs one INSERT. With key, rows that have a stored row's values there stay out; the identities that went in come back.
func (x *writing) put(rows []image, key []*schema.Field) ([]plan.Tuple, error) {
	e, err := sqlgen.Insert(x.dialect, x.c, projected(rows, sqlgen.StoredFields(x.c)), key, key != nil || len(x.c.PrimaryKey) == 0)
	if err != nil {
		return nil, err
	}
	if key == nil && len(x.c.PrimaryKey) > 0 {
		return nil, x.done(e, int64(len(rows)))
	}
	raw, err := x.tx.Query(x.ctx, e.Text, e.Args...)
	if err != nil {
		return nil, err
	}
	given := make([]plan.Tuple, len(raw))
	for i, r := range raw {
		for j, f := range plan.Identity(x.c) {
			v, err := x.dialect.Decode(f.Type, r[j])
			if err != nil {
				return nil, err
			}
			given[i] = append(given[i], v)
		}
	}
	if len(x.c.PrimaryKey) == 0 && len(given) == 1 {
		rows[0].key = given[0]
	}
	return given, nil
}

// attempt runs a statement; where the engine refuses it, why names the reason. Where there is none left to name and others write
// too, it was theirs.
func (x *writing) attempt(run, why func() error) error {
	fragile := x.dialect.Fragile()
	if fragile {
		if _, err := x.tx.Exec(x.ctx, sqlgen.Savepoint); err != nil {
			return err
		}
	}
	err := run()
	var o overtaken
	switch {
	case err == nil && fragile:
		_, err = x.tx.Exec(x.ctx, sqlgen.Release)
		return err
	case err == nil || x.ctx.Err() != nil || errors.As(err, &o) || fault.From(err).Code != fault.Internal:
		return err
	}
	if fragile {
		if _, failed := x.tx.Exec(x.ctx, sqlgen.Undo); failed != nil {
			return err
		}
	}
	if reason := why(); reason != nil || !fragile {
		return cmp.Or(reason, err)
	}
	return overtaken{err}
}
