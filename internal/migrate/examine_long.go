package migrate

import (
	"context"
	"slices"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/value"
)

// examineLong: no row has values that are too long for an entry of an index which is made, or whose values change. Others may write
// meanwhile where they may write while the index is made.
func (t *table) examineLong() {
	for _, e := range schema.LongEntries(t.new) {
		if !t.enters(e) {
			continue
		}
		s := &sqlgen.Sweep{Table: t.dialect.Table(t.new), Key: t.dialect.RowKey(t.old), Batch: batch}
		for _, f := range t.old.PrimaryKey {
			s.Read = append(s.Read, sqlgen.Cell{Column: f.Ident, Type: f.Type})
		}
		var of []*schema.Field
		for _, f := range e.Fields {
			if from := t.source(f).From; !from.IsZero() {
				of = append(of, f)
				s.Read = append(s.Read, sqlgen.Cell{Column: from, Type: f.Type})
			}
		}
		s.Where = sqlgen.Lengthy(s.Read[len(t.old.PrimaryKey):])
		j := &measuring{t, e, s, of}
		t.step.work(examine, "no row has more in ("+names(e.Fields)+") than an index holds", j.run)
	}
}

// enters reports whether rows go into an entry's index during the change.
func (t *table) enters(e schema.Entry) bool {
	same := func(fields []*schema.Field) bool { return slices.Equal(fields, e.Fields) }
	return t.r.NewKey && same(t.new.PrimaryKey) ||
		slices.ContainsFunc(t.r.NewKeys, func(k *schema.Key) bool { return same(k.Fields) }) ||
		slices.ContainsFunc(t.r.NewIndexes, func(x *schema.Index) bool { return same(x.Fields()) }) ||
		slices.ContainsFunc(e.Fields, func(f *schema.Field) bool { return t.touched[f] })
}

// measuring looks at the rows that may be too long for an entry.
type measuring struct {
	*table
	entry schema.Entry
	sweep *sqlgen.Sweep
	of    []*schema.Field // that have values
}

func (j *measuring) run(ctx context.Context, w *worker) error {
	n, first, key := int64(0), []string(nil), len(j.old.PrimaryKey)
	err := w.each(ctx, j.sweep, func(_ []any, row []value.Value) error {
		tuple := make([]value.Value, len(j.new.Fields))
		for i, f := range j.of {
			tuple[f.Ordinal] = row[key+i]
		}
		if j.entry.Takes(tuple) <= schema.EntryBytes {
			return nil
		}
		if n++; len(first) < shown {
			was := make([]value.Value, len(j.old.Fields))
			for i, f := range j.old.PrimaryKey {
				was[f.Ordinal] = row[i]
			}
			first = append(first, keyText(j.old, was))
		}
		return nil
	})
	if n > 0 {
		w.violated("%s: %s with more in (%s) than the %d bytes that an index holds (first: %s)", j.new.Key, plural(n, "row"), names(j.entry.Fields),
			schema.EntryBytes, strings.Join(first, "; "))
	}
	return err
}
