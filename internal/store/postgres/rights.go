package postgres

import (
	"context"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
)

// missing finds the first right that the user lacks on tables, given one a line.
const missing = `SELECT t::regclass::text, r, current_user FROM ` +
	`(SELECT to_regclass(n)::oid AS t, k FROM unnest(string_to_array($1, chr(10))) WITH ORDINALITY AS x (n, k)) AS those, ` +
	`unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS y (r, o) ` +
	`WHERE t IS NOT NULL AND NOT has_table_privilege(t, r) ORDER BY k, o LIMIT 1`

// ours are the product's own tables.
var ours = []schema.SystemName{schema.SystemMeta, schema.SystemMigrations, schema.SystemChanges, schema.SystemIdentity, schema.SystemIdempotent,
	schema.SystemLeases}

// Entitled reports which right the user lacks on tables, given as SQL has them, or on the product's own; nil where it may read and
// write all that are there.
func (s *Store) Entitled(ctx context.Context, tables []string) error {
	c, err := acquire(ctx, s.main)
	if err != nil {
		return shown(ctx, err)
	}
	l := &link{conn: c}
	defer l.release()
	for _, name := range ours {
		tables = append(tables, sqlgen.Quote(schema.System(name)))
	}
	var lacks error
	_, err = l.run(ctx, missing, []any{strings.Join(tables, "\n")}, func(row [][]byte) error {
		lacks = fault.New(fault.Unavailable, "the user %q may not %s on the table %s; give it: GRANT %s ON %s TO %q",
			row[2], row[1], row[0], row[1], row[0], row[2])
		return nil
	})
	if err != nil {
		return shown(ctx, err)
	}
	return lacks
}
