package move

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// named is how many rows a line names.
const named = 3

// TooLong says which rows of a database have more in a key or an index than one holds, a line for each: they are from before there
// was such a bound. It asks before anything is moved.
func TooLong(ctx context.Context, from store.Store, c *schema.Catalog) (lines []string, err error) {
	snap, err := from.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	for _, col := range c.Collections {
		for _, e := range schema.LongEntries(col) {
			line, err := tooLong(ctx, snap, from.Dialect(), col, e)
			if err != nil {
				return nil, err
			}
			if line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines, nil
}

func tooLong(ctx context.Context, snap store.Snapshot, d sqlgen.Dialect, c *schema.Collection, e schema.Entry) (string, error) {
	s := sqlgen.Rows(d, c, firstRows)
	s.Read = nil
	var names []string
	for _, f := range e.Fields {
		s.Read = append(s.Read, sqlgen.Cell{Column: f.Ident, Type: f.Type})
		names = append(names, f.Name)
	}
	s.Where = sqlgen.Lengthy(s.Read)
	s.Read = append(s.Read, s.Key...)
	n, first := 0, []string(nil)
	err := newSide(c.Name, d, s).read(ctx, snap, nil, func(rows []plan.Tuple) error {
		for _, row := range rows {
			tuple := make([]value.Value, len(c.Fields))
			for i, f := range e.Fields {
				tuple[f.Ordinal] = row[i]
			}
			if e.Takes(tuple) <= schema.EntryBytes {
				continue
			}
			if n++; n <= named {
				first = append(first, identity(c, row[len(e.Fields):]))
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("%s: more in (%s) than the %d bytes that an index holds in %d of its rows (first: %s)", c.Key, strings.Join(names, ", "),
		schema.EntryBytes, n, strings.Join(first, "; ")), nil
}

// identity names a row by its key, cut off where that is what is too long.
func identity(c *schema.Collection, key plan.Tuple) string {
	const longest = 40
	var parts []string
	for i, f := range plan.Identity(c) {
		text := []rune(string(value.AppendText(nil, f.Type, key[i])))
		if len(text) > longest {
			text = append(text[:longest], '…')
		}
		parts = append(parts, f.Name+" "+string(text))
	}
	return strings.Join(parts, ", ")
}
