package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// Dump is every stored row by its key, the change log and the remembered idempotency keys, one per line, in one form for all
// engines.
func (s *Site) Dump(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	s.transact(t, func(ctx context.Context, tx store.Tx) error {
		out.Reset()
		for _, c := range s.world.Catalog.Collections {
			err := s.stored(ctx, tx, c, func(types []value.Type, row []value.Value) { writeRow(&out, c, types, row) })
			if err != nil {
				return err
			}
		}
		return s.dumpSystem(ctx, tx, &out)
	})
	return out.String()
}

// last is the dump after the last request that was compared.
func (s *Site) last(t testing.TB) string {
	if s.held == "" {
		s.held = s.Dump(t)
	}
	return s.held
}

// stored gives the images of a collection's rows: the stored fields and the version.
func (s *Site) stored(ctx context.Context, tx store.Tx, c *schema.Collection, each func([]value.Type, []value.Value)) error {
	if c.View != nil {
		return nil
	}
	row := &ir.Row{Collection: c}
	sel := &plan.Select{From: plan.Source{Row: row}, Columns: plan.ImageColumns(row)}
	for _, f := range plan.Identity(c) {
		sel.Order = append(sel.Order, ir.Order{X: &ir.Column{Row: row, Field: f}})
	}
	stmt, err := sqlgen.Render(s.store.Dialect(), sel)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, stmt.Text)
	if err != nil {
		return err
	}
	for _, raw := range rows {
		values := make([]value.Value, len(stmt.Types))
		for i, t := range stmt.Types {
			if values[i], err = s.store.Dialect().Decode(t, raw[i]); err != nil {
				return err
			}
		}
		each(stmt.Types, values)
	}
	return nil
}

// writeRow writes what is not NULL. The hidden number of a row without a key is left out: only its order means something.
func writeRow(out *strings.Builder, c *schema.Collection, types []value.Type, row []value.Value) {
	out.WriteString(c.Key + " {")
	fields := sqlgen.StoredFields(c)
	for i, f := range fields {
		if !row[i].IsNull() {
			fmt.Fprintf(out, `"%s":%s,`, f.Name, show(types[i], row[i]))
		}
	}
	fmt.Fprintf(out, "\"_version\":%s}\n", show(types[len(fields)], row[len(fields)]))
}

// dumpSystem writes the change log in its order, and what is remembered of idempotency keys.
func (s *Site) dumpSystem(ctx context.Context, tx store.Tx, out *strings.Builder) error {
	order := `"id"`
	if isSQLite(s.store) {
		order = `"seq"`
	}
	for _, q := range []struct{ head, text string }{
		{"_changes", `SELECT "collection", "key", "version", "old", "new" FROM ` + system(schema.SystemChanges) + ` ORDER BY ` + order},
		{"_idempotency", `SELECT "scope", "key" FROM ` + system(schema.SystemIdempotent) + ` ORDER BY "scope", "key"`},
	} {
		rows, err := tx.Query(ctx, q.text)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if q.head == "_changes" && s.keyless(r[0]) {
				r[1] = "-"
			}
			out.WriteString(q.head)
			for _, v := range r {
				if v == nil {
					v = "null"
				}
				fmt.Fprintf(out, " %s", strings.ReplaceAll(fmt.Sprint(v), "\x1f", "|"))
			}
			out.WriteString("\n")
		}
	}
	return nil
}

// keyless reports whether a change is of a collection without a key: what stands for one is the hidden number.
func (s *Site) keyless(collection any) bool {
	return slices.ContainsFunc(s.world.Catalog.Collections, func(c *schema.Collection) bool {
		return c.Name == fmt.Sprint(collection) && len(c.PrimaryKey) == 0
	})
}

func system(n schema.SystemName) string { return sqlgen.Quote(schema.System(n)) }

// Data is the rows as they are stored now, as the oracle reads them.
func (s *Site) Data(t testing.TB) Rows {
	t.Helper()
	var data Rows
	s.transact(t, func(ctx context.Context, tx store.Tx) error {
		data = Rows{}
		for _, c := range s.world.Catalog.Collections {
			err := s.stored(ctx, tx, c, func(_ []value.Type, row []value.Value) {
				tuple := make(eval.Tuple, len(c.Fields))
				for i, f := range sqlgen.StoredFields(c) {
					tuple[f.Ordinal] = row[i]
				}
				data[c] = append(data[c], tuple)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return data
}

// Reset makes the stored rows those of the world, and the product's own tables empty.
func (s *Site) Reset(t testing.TB) {
	t.Helper()
	s.held = ""
	s.transact(t, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Exec(ctx, unchecked(s.store)); err != nil {
			return err
		}
		for _, c := range s.world.Catalog.Collections {
			if c.View != nil {
				continue
			}
			if _, err := tx.Exec(ctx, "DELETE FROM "+s.store.Dialect().Table(c)); err != nil {
				return err
			}
			if err := insert(ctx, tx, s.store.Dialect(), s.world, c); err != nil {
				return err
			}
		}
		for _, table := range []schema.SystemName{schema.SystemChanges, schema.SystemIdempotent, schema.SystemIdentity} {
			if _, err := tx.Exec(ctx, "DELETE FROM "+system(table)); err != nil {
				return err
			}
		}
		return nil
	})
}

// changed is what became of the lines of a dump: "-" gone, "+" new.
func changed(before, after string) string {
	was, is := lineCounts(before), lineCounts(after)
	var out strings.Builder
	for line := range strings.Lines(before) {
		if is[line]--; is[line] < 0 {
			out.WriteString("- " + line)
		}
	}
	for line := range strings.Lines(after) {
		if was[line]--; was[line] < 0 {
			out.WriteString("+ " + line)
		}
	}
	return out.String()
}

func lineCounts(text string) map[string]int {
	n := map[string]int{}
	for line := range strings.Lines(text) {
		n[line]++
	}
	return n
}
