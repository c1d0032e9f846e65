package postgres

import (
	"context"
	"strings"

	"github.com/socle-hq/socle/internal/fault"
)

// missing finds the first right that the user lacks on tables, given one a line, or on the product's own.
const missing = `SELECT t::regclass::text, r, current_user FROM (` +
	`SELECT to_regclass(n)::oid AS t, k FROM unnest(string_to_array($1, chr(10))) WITH ORDINALITY AS x(n, k) ` +
	`UNION ALL SELECT oid, 0 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname LIKE '\_socle\_%') AS all_tables, ` +
	`unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS y(r, o) ` +
	`WHERE t IS NOT NULL AND NOT has_table_privilege(t, r) ORDER BY k, t::regclass::text, o LIMIT 1`

// Entitled reports which right the user lacks on tables, given as SQL has them, or on the product's own; nil where it may read and
// write all that are there.
func (s *Store) Entitled(ctx context.Context, tables []string) error {
	c, err := acquire(ctx, s.main)
	if err != nil {
		return shown(ctx, err)
	}
	l := &link{conn: c}
	defer l.release()
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
