package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// worker carries a plan out in one transaction.
type worker struct {
	tx      store.Tx
	dialect sqlgen.Changer
	clock   clock.Clock
	ids     clock.IDs
	now     int64 // the instant of the whole change
	apart   bool  // indexes of tables in use are made after it
	lines   []string
}

func newWorker(tx store.Tx, d sqlgen.Changer, clk clock.Clock) *worker {
	return &worker{tx: tx, dialect: d, clock: clk, now: clk.Now().UTC().UnixMicro()}
}

// carry does every phase of all steps. What rows do not fit is told whole for one phase.
func (w *worker) carry(ctx context.Context, p Plan) error {
	for phase := range phases {
		for i := range p.Steps {
			if err := w.actions(ctx, &p.Steps[i], phase); err != nil {
				return err
			}
		}
		if len(w.lines) > 0 {
			return &Violation{w.lines}
		}
	}
	return nil
}

func (w *worker) actions(ctx context.Context, s *Step, phase int) error {
	for _, a := range s.actions[phase] {
		var err error
		switch {
		case a.run != nil:
			err = a.run(ctx, w)
		case a.apart != nil && w.apart:
			err = w.postpone(ctx, a)
		default:
			_, err = w.tx.Exec(ctx, a.text)
		}
		if err != nil {
			return refused(s.Collection, a.text, err)
		}
	}
	return nil
}

// refused says at which statement an engine failed in a way it has no words for: mostly the schema is not what was applied.
func refused(collection, text string, err error) error {
	var v *Violation
	if f := fault.From(err); f.Code != fault.Internal || errors.As(err, &v) {
		return err
	}
	return fault.New(fault.Internal, "%s: the database refuses a step of the change, and nothing was changed: %s", collection, text).
		WithHint("`socle plan` reports what somebody changed by hand").Because(err)
}

func (w *worker) violated(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// each gives the rows of a sweep in the order of their keys. The keys are arguments for the engine.
func (w *worker) each(ctx context.Context, s *sqlgen.Sweep, f func(key []any, row []value.Value) error) error {
	text := s.First()
	var key []any
	for {
		rows, err := w.tx.Query(ctx, text, key...)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, raw := range rows {
			if key, err = w.arguments(s.Key, raw); err != nil {
				return err
			}
			row, err := w.decode(s.Read, raw[len(s.Key):])
			if err != nil {
				return err
			}
			if err := f(key, row); err != nil {
				return err
			}
		}
		if len(rows) < s.Batch {
			return nil
		}
		text = s.Next(w.dialect)
	}
}

func (w *worker) decode(cells []sqlgen.Cell, raw []any) ([]value.Value, error) {
	out := make([]value.Value, len(cells))
	for i, c := range cells {
		v, err := w.dialect.Decode(c.Type, raw[i])
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (w *worker) arguments(cells []sqlgen.Cell, raw []any) ([]any, error) {
	values, err := w.decode(cells, raw[:len(cells)])
	if err != nil {
		return nil, err
	}
	out := make([]any, len(cells))
	for i, v := range values {
		if out[i], err = w.dialect.Encode(cells[i].Type, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// count is the number a query gives.
func (w *worker) count(ctx context.Context, text string) (int64, error) {
	rows, err := w.tx.Query(ctx, text)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	v, err := w.dialect.Decode(value.Type{Kind: value.Int}, rows[0][0])
	return v.Int(), err
}

// filler writes the computed values of one table.
type filler struct {
	table  *table
	sweep  *sqlgen.Sweep
	update string
}

func (j *filler) run(ctx context.Context, w *worker) error {
	wrong := newTally()
	err := w.each(ctx, j.sweep, func(key []any, row []value.Value) error {
		args := make([]any, 0, len(j.table.fills)+len(key))
		for i := range j.table.fills {
			v, why, detail := j.value(w, &j.table.fills[i], row)
			if why != "" {
				wrong.add(j.table.fills[i].field, why, j.table.keyOf(row)+detail)
				v = value.Value{}
			}
			arg, err := w.dialect.Encode(j.table.fills[i].to.Type, v)
			if err != nil {
				return err
			}
			args = append(args, arg)
		}
		_, err := w.tx.Exec(ctx, j.update, append(args, key...)...)
		return err
	})
	w.lines = append(w.lines, wrong.report(j.table.new.Key)...)
	return err
}

// value computes a field's value and says why it cannot be: by the type, or by the field's own constraints.
func (j *filler) value(w *worker, x *filling, row []value.Value) (v value.Value, why, detail string) {
	if x.only != nil && !row[x.only.Ordinal].IsNull() {
		return row[x.only.Ordinal], "", ""
	}
	v, err := x.give(w, row)
	if err == nil {
		v, err = value.Fit(x.field.Type, v)
	}
	if err != nil {
		return v, "no " + x.field.Type.String() + " can be made", ": " + fault.From(err).Message
	}
	if v.IsNull() && !x.field.Nullable() {
		return v, "no value, and the field is required", ""
	}
	if broken := schema.CheckValue(x.field, v); len(broken) > 0 {
		return v, "the value breaks the field's " + broken[0].Rule, ""
	}
	return v, "", ""
}

// keyOf names a row by its primary key before the change.
func (t *table) keyOf(row []value.Value) string { return keyText(t.old, row) }

func keyText(c *schema.Collection, row []value.Value) string {
	var parts []string
	for _, f := range c.PrimaryKey {
		parts = append(parts, f.Name+" "+string(value.AppendText(nil, f.Type, row[f.Ordinal])))
	}
	if parts == nil {
		return "a row without a key"
	}
	return strings.Join(parts, ", ")
}

// shown is how many rows a message names.
const shown = 3

// tally counts what is wrong by field and reason.
type tally struct {
	order []string
	count map[string]int
	first map[string][]string
}

func newTally() *tally { return &tally{count: map[string]int{}, first: map[string][]string{}} }

func (t *tally) add(f *schema.Field, why, key string) {
	reason := f.Name + ": " + why
	if t.count[reason]++; t.count[reason] == 1 {
		t.order = append(t.order, reason)
	}
	if len(t.first[reason]) < shown {
		t.first[reason] = append(t.first[reason], key)
	}
}

func (t *tally) report(collection string) []string {
	var out []string
	for _, reason := range t.order {
		out = append(out, fmt.Sprintf("%s.%s: %s (first: %s)", collection, reason, plural(int64(t.count[reason]), "row"), strings.Join(t.first[reason], "; ")))
		if len(out) == 10 {
			break
		}
	}
	return out
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
