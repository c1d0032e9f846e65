package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

func keyCells(c *schema.Collection) []sqlgen.Cell {
	var out []sqlgen.Cell
	for _, f := range c.PrimaryKey {
		out = append(out, sqlgen.Cell{Column: f.Ident, Type: f.Type})
	}
	return out
}

// examineEmpty: a required field with nothing to give can only be new in a table without rows.
func (t *table) examineEmpty(f *schema.Field) {
	t.step.work(examine, "there are no rows, or "+f.Name+" needs a default or fill", func(ctx context.Context, w *worker) error {
		n, err := w.count(ctx, sqlgen.CountAll(w.dialect.Table(t.new)))
		if err == nil && n > 0 {
			w.violated("%s.%s: %s would have no value, and the field is required; give it a default or a fill", t.new.Key, f.Name, plural(n, "row"))
		}
		return err
	})
}

func (t *table) examineNulls(f, old *schema.Field) {
	t.step.work(examine, "no row lacks "+f.Name, func(ctx context.Context, w *worker) error {
		cell, on := sqlgen.Cell{Column: old.Ident, Type: old.Type}, w.dialect.Table(t.new)
		n, err := w.count(ctx, sqlgen.CountNulls(on, cell))
		if err != nil || n == 0 {
			return err
		}
		first := ""
		if key := keyCells(t.old); key != nil {
			if first, err = w.list(ctx, sqlgen.FirstNulls(on, key, cell), key); err != nil {
				return err
			}
			first = " (first: " + names(t.old.PrimaryKey) + " " + first + ")"
		}
		w.violated("%s.%s: %s without a value, and the field is required%s; give it a default or a fill", t.new.Key, f.Name, plural(n, "row"), first)
		return nil
	})
}

// list gives the rows of a query as text.
func (w *worker) list(ctx context.Context, text string, cells []sqlgen.Cell) (string, error) {
	rows, err := w.tx.Query(ctx, text)
	if err != nil {
		return "", err
	}
	var out []string
	for _, raw := range rows {
		values, err := w.decode(cells, raw[:len(cells)])
		if err != nil {
			return "", err
		}
		var parts []string
		for i, v := range values {
			parts = append(parts, string(value.AppendText(nil, cells[i].Type, v)))
		}
		item := strings.Join(parts, ", ")
		if len(cells) > 1 {
			item = "(" + item + ")"
		}
		if len(raw) > len(cells) {
			item += fmt.Sprintf(" in %v rows", asText(raw[len(cells)]))
		}
		out = append(out, item)
	}
	return strings.Join(out, "; "), nil
}

// examineRepeated: values that shall be unique are, in the columns that have them until the table is reshaped.
func (t *table) examineRepeated(fields []*schema.Field) {
	var cells []sqlgen.Cell
	for _, f := range fields {
		s := t.source(f)
		if s.From.IsZero() {
			return // NULLs repeat nothing, and a required column is examined as one
		}
		cells = append(cells, sqlgen.Cell{Column: s.From, Type: f.Type})
	}
	if cells == nil {
		return
	}
	t.step.work(examine, "no two rows have the same ("+names(fields)+")", func(ctx context.Context, w *worker) error {
		on := w.dialect.Table(t.new)
		n, err := w.count(ctx, sqlgen.CountRepeated(on, cells))
		if err != nil || n == 0 {
			return err
		}
		first, err := w.list(ctx, sqlgen.FirstRepeated(on, cells), cells)
		w.violated("%s: %s of (%s) would not be unique (first: %s)", t.new.Key, plural(n, "value"), names(fields), first)
		return err
	})
}

// examineEnum: no row has a value that the enum does not.
func (t *table) examineEnum(f, old *schema.Field) {
	t.step.work(examine, f.Name+" is one of "+strings.Join(f.Enum, ", ")+" everywhere", func(ctx context.Context, w *worker) error {
		cell := sqlgen.Cell{Column: old.Ident, Type: f.Type}
		rows, err := w.tx.Query(ctx, sqlgen.Values(w.dialect.Table(t.new), cell))
		if err != nil {
			return err
		}
		for _, raw := range rows {
			v, err := w.dialect.Decode(f.Type, raw[0])
			if err != nil {
				return err
			}
			n, err := w.dialect.Decode(value.Type{Kind: value.Int}, raw[1])
			if err != nil {
				return err
			}
			if !allowed(f, v) {
				w.violated("%s.%s: %q is in use in %s and not one of %s", t.new.Key, f.Name, v.Str(), plural(n.Int(), "row"), strings.Join(f.Enum, ", "))
			}
			if len(w.lines) >= 10 {
				break
			}
		}
		return nil
	})
}

func allowed(f *schema.Field, v value.Value) bool {
	if !f.Type.List {
		return slices.Contains(f.Enum, v.Str())
	}
	return !slices.ContainsFunc(value.Elements(v), func(e value.Value) bool { return !slices.Contains(f.Enum, e.Str()) })
}

// examineLost: references lead somewhere, once all tables have their rows and before the engine is told.
func (t *table) examineLost(fk *schema.ForeignKey) {
	t.step.work(refer, "every ("+names(fk.Columns)+") is in "+fk.To.Key, func(ctx context.Context, w *worker) error {
		n, err := w.count(ctx, sqlgen.CountLost(w.dialect, fk))
		if err != nil || n == 0 {
			return err
		}
		var cells []sqlgen.Cell
		for _, f := range fk.Columns {
			cells = append(cells, sqlgen.Cell{Column: f.Ident, Type: f.Type})
		}
		first, err := w.list(ctx, sqlgen.FirstLost(w.dialect, fk), cells)
		if err != nil {
			return err
		}
		return &Violation{[]string{fmt.Sprintf("%s: %s with a (%s) that is not in %s (first: %s)", t.new.Key, plural(n, "row"), names(fk.Columns), fk.To.Key, first)}}
	})
}

// checks: rows satisfy checks that are new or another.
func (t *table) checks() {
	for _, c := range t.new.Checks {
		if slices.ContainsFunc(t.old.Checks, func(o *schema.Check) bool { return o.Name == c.Name && o.Expr.Text == c.Expr.Text }) {
			continue
		}
		row := &ir.Row{Collection: t.new, Label: "row"}
		x, problems := cel.New(t.wanted).Compile(c.Expr, cel.Scope{Row: row, Want: value.Type{Kind: value.Bool}, NoAuth: true})
		if schema.Problems(problems).Failed() {
			t.plan.Problems = append(t.plan.Problems, problems...)
			continue
		}
		t.step.say("check %s is new or another", c.Name)
		if !walks(x) {
			t.examineCheck(c, row, x)
		}
	}
}

// walks reports whether an expression reads other rows; such a check concerns writes alone.
func walks(x ir.Expr) bool {
	found := false
	ir.Visit(x, func(e ir.Expr) bool {
		switch e.(type) {
		case *ir.Through, *ir.Exists, *ir.Count:
			found = true
		}
		return !found
	})
	return found
}

func (t *table) examineCheck(c *schema.Check, row *ir.Row, x ir.Expr) {
	s := &sqlgen.Sweep{Table: t.dialect.Table(t.new), Key: t.dialect.RowKey(t.new), Batch: batch}
	fields := sqlgen.StoredFields(t.new)
	for _, f := range fields {
		s.Read = append(s.Read, sqlgen.Cell{Column: f.Ident, Type: f.Type})
	}
	t.step.work(refer, "row by row; check "+c.Name, func(ctx context.Context, w *worker) error {
		n, first := int64(0), []string(nil)
		m := eval.New(&ir.Env{Now: w.now}, nil)
		err := w.each(ctx, s, func(_ []any, values []value.Value) error {
			tuple := make([]value.Value, len(t.new.Fields))
			for i, f := range fields {
				tuple[f.Ordinal] = values[i]
			}
			var none *eval.Scope
			if m.Truth(x, none.With(row, tuple)) == ir.True {
				return nil
			}
			if n++; len(first) < shown {
				first = append(first, keyText(t.new, tuple))
			}
			return m.Err()
		})
		if n > 0 {
			w.violated("%s: check %s fails in %s (first: %s)", t.new.Key, c.Name, plural(n, "row"), strings.Join(first, "; "))
		}
		return err
	})
}
