package migrate

import (
	"context"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
)

// Seeded tells which collections have had their first data: a table name, with its namespace.
func Seeded(ctx context.Context, st store.Store) (func(*schema.Collection) bool, error) {
	m, err := read(ctx, st)
	return func(c *schema.Collection) bool { return m[metaSeeded+title(c)] != "" }, err
}

// MarkSeeded remembers, within the transaction that loads it, that a collection has had its first data.
func MarkSeeded(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection) error {
	return set(ctx, st, tx, metaSeeded+title(c), "1")
}

// MarkAllSeeded ends the first load: what was not seeded by now never will be.
func MarkAllSeeded(ctx context.Context, st store.Store, c *schema.Catalog) error {
	done, err := Seeded(ctx, st)
	if err != nil {
		return err
	}
	var left []*schema.Collection
	for _, col := range c.Collections {
		if col.View == nil && !done(col) {
			left = append(left, col)
		}
	}
	if len(left) == 0 {
		return nil
	}
	return st.Write(ctx, func(tx store.Tx) error {
		if err := Hold(ctx, tx); err != nil { // two servers that start together would both add the members
			return err
		}
		for _, col := range left {
			if err := MarkSeeded(ctx, st, tx, col); err != nil {
				return err
			}
		}
		return nil
	})
}

// HasRows reports whether a collection's table holds anything.
func HasRows(ctx context.Context, st store.Store, tx store.Tx, c *schema.Collection) (bool, error) {
	rows, err := tx.Query(ctx, "SELECT 1 FROM "+st.Dialect().Table(c)+" LIMIT 1")
	return len(rows) > 0, err
}
