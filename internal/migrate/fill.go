package migrate

import (
	"context"
	"fmt"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// giver computes a field's value for a row that is there. row has the values before the change, by the ordinals of the old
// collection's fields.
type giver struct {
	text string
	give func(w *worker, row []value.Value) (value.Value, error)
}

// filling is a column that gets computed values.
type filling struct {
	giver
	field *schema.Field
	to    sqlgen.Cell
	only  *schema.Field // only rows where this old field is NULL; nil: every row
}

// given is what a declaration offers for rows that have no value: its fill, a generated number, or its default.
func (t *table) given(f *schema.Field) *giver {
	if g, failed := t.filled(f); g != nil || failed {
		return g
	}
	switch d := f.Default; {
	case f.Identity:
		next := int64(0)
		return &giver{"a number", func(*worker, []value.Value) (value.Value, error) {
			next++
			return value.OfInt(next), nil
		}}
	case d.Kind == schema.Literal:
		return &giver{"the default " + string(value.AppendJSON(nil, f.Type, d.Value)),
			func(*worker, []value.Value) (value.Value, error) { return d.Value, nil }}
	case d.Kind == schema.DefaultUUID:
		return &giver{"a new uuid", func(w *worker, _ []value.Value) (value.Value, error) {
			id, err := w.ids.Next(w.clock)
			if err != nil {
				return value.Value{}, err
			}
			return value.Cast(value.OfUUID(id), value.Type{Kind: value.UUID}, f.Type)
		}}
	case d.Kind == schema.DefaultNow, d.Kind == schema.DefaultToday:
		return &giver{"the default " + d.Kind.String(), func(w *worker, _ []value.Value) (value.Value, error) {
			return instant(w.now, d.Kind, f.Type)
		}}
	}
	return nil
}

// instant is `now` or `today` as a field has it.
func instant(now int64, kind schema.DefaultKind, t value.Type) (value.Value, error) {
	at, stamp := value.OfTimestamp(now), value.Type{Kind: value.Timestamp}
	if kind == schema.DefaultNow {
		return value.Cast(at, stamp, t)
	}
	day, err := value.Cast(at, stamp, value.Type{Kind: value.Date})
	if err != nil {
		return day, err
	}
	return value.Cast(day, value.Type{Kind: value.Date}, t)
}

// filled is a field's `fill:`, compiled over the row as it was: today's names, yesterday's types, and the fields that go.
func (t *table) filled(f *schema.Field) (g *giver, failed bool) {
	if !f.Fill.Present() {
		return nil, false
	}
	before := t.new.Reshaped(t.old, func(o *schema.Field) *schema.Field { return t.became[o] })
	row := &ir.Row{Collection: before, Label: "row"}
	x, problems := cel.New(t.wanted).Compile(f.Fill, cel.Scope{Row: row, Want: f.Type, NoAuth: true})
	if schema.Problems(problems).Failed() {
		t.plan.Problems = append(t.plan.Problems, problems...)
		return nil, true
	}
	return &giver{"fill " + f.Fill.Text, func(w *worker, values []value.Value) (value.Value, error) {
		m := eval.New(&ir.Env{Now: w.now}, nil)
		var none *eval.Scope
		v := m.Value(x, none.With(row, values))
		return v, m.Err()
	}}, false
}

// converted casts the old value.
func converted(f, old *schema.Field) giver {
	return giver{"its value as " + f.Type.String(), func(_ *worker, row []value.Value) (value.Value, error) {
		return value.Cast(row[old.Ordinal], old.Type, f.Type)
	}}
}

// renameValues rewrites an enum's values: scalars by statements, lists row by row.
func (t *table) renameValues(f, old *schema.Field, olds []string, renamed map[string]string) {
	if f.Type.List {
		t.fills = append(t.fills, filling{field: f, to: sqlgen.Cell{Column: old.Ident, Type: f.Type}, giver: giver{"its renamed values",
			func(_ *worker, row []value.Value) (value.Value, error) {
				return renameElements(row[old.Ordinal], f.Type, renamed)
			}}})
		return
	}
	cell := sqlgen.Cell{Column: old.Ident, Type: f.Type}
	text := sqlgen.Replace(t.dialect, t.dialect.Table(t.new), cell)
	for _, was := range olds {
		t.step.actions[fill] = append(t.step.actions[fill], action{text: fmt.Sprintf("%s /* %q, %q */", text, renamed[was], was),
			run: func(ctx context.Context, w *worker) error {
				_, err := w.tx.Exec(ctx, text, renamed[was], was)
				return err
			}})
	}
}

func renameElements(list value.Value, t value.Type, renamed map[string]string) (value.Value, error) {
	if list.IsNull() {
		return list, nil
	}
	elements := value.Elements(list)
	for i, e := range elements {
		if now, ok := renamed[e.Str()]; ok {
			elements[i] = value.OfText(now)
		}
	}
	return value.ListOf(t, elements)
}

// batch is how many rows are read at a time.
const batch = 500

// sweep goes over the rows once for all columns that get computed values.
func (t *table) sweep() {
	if len(t.fills) == 0 {
		return
	}
	old := sqlgen.StoredFields(t.old)
	s := &sqlgen.Sweep{Table: t.dialect.Table(t.new), Key: t.dialect.RowKey(t.old), Batch: batch}
	for _, f := range old {
		s.Read = append(s.Read, sqlgen.Cell{Column: f.Ident, Type: f.Type})
	}
	var targets []sqlgen.Cell
	text, all := "", false
	for _, x := range t.fills {
		targets = append(targets, x.to)
		text += "; " + x.field.Name + " gets " + x.text
		all = all || x.only == nil
	}
	if !all {
		for _, x := range t.fills {
			if s.Where != "" {
				s.Where += " OR "
			}
			s.Where += sqlgen.Quote(x.only.Ident) + " IS NULL"
		}
		s.Where = "(" + s.Where + ")"
	}
	job := &filler{table: t, sweep: s, update: s.Update(t.dialect, targets, make([]string, len(targets)))}
	t.step.work(fill, "row by row"+text, job.run)
}

// vectors computes the search data that the engine does not keep by itself.
func (t *table) vectors() {
	list := t.dialect.Vectors(t.new)
	if len(list) == 0 {
		return
	}
	s := &sqlgen.Sweep{Table: t.dialect.Table(t.new), Key: t.dialect.RowKey(t.new), Batch: batch}
	var targets []sqlgen.Cell
	var casts []string
	for _, v := range list {
		s.Read = append(s.Read, sqlgen.Cell{Column: v.Field.Ident, Type: v.Field.Type})
		targets = append(targets, sqlgen.Cell{Column: v.Column, Type: value.Type{Kind: value.Text}})
		casts = append(casts, v.Cast)
	}
	update := s.Update(t.dialect, targets, casts)
	t.step.work(finish, "row by row; the search data of "+names(t.new.Search.Fields), func(ctx context.Context, w *worker) error {
		return w.each(ctx, s, func(key []any, row []value.Value) error {
			args := make([]any, 0, len(row)+len(key))
			for i, v := range list {
				args = append(args, v.Encode(row[i]))
			}
			_, err := w.tx.Exec(ctx, update, append(args, key...)...)
			return err
		})
	})
}
