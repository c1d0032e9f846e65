// Package relatives holds the statements that the product sends to PostgreSQL against what its distributed relatives
// accept: every one must parse in CockroachDB's grammar and keep to the subset that ARCHITECTURE.md's engines share. It is a
// module of its own, so that a grammar's many dependencies are not the product's.
package relatives

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/cockroachdb-parser/pkg/sql/parser"
)

// denied are the forms that some relative lacks, or that mean something else there.
var denied = []struct {
	form *regexp.Regexp
	why  string
}{
	{form(`\bLISTEN\b|\bUNLISTEN\b|\bNOTIFY\b|\bpg_notify\s*\(`), "poolers and relatives carry no notifications"},
	{form(`\bpg_(try_)?advisory_`), "locks are lease rows"},
	{form(`^\s*SET\s+(SESSION|[a-z_.]+\s*(=|TO\b))`), "a session's settings reach its next user"},
	{form(`\bCREATE\s+(GLOBAL\s+|LOCAL\s+)?TEMP(ORARY)?\b`), "there is no session to hold a temporary table"},
	{form(`\b(xmin|xmax|ctid|cmin|cmax)\b`), "system columns are one engine's"},
	{form(`\bON\s+CONFLICT\b.*\bDO\s+UPDATE\b`), "an upsert is an insert and a guarded update"},
	{form(`\bMERGE\s+INTO\b`), "relatives have no MERGE"},
	{form(`\bUPDATE\b[^;]*\bSET\b[^;]*\)\s*FROM\b|\bDELETE\s+FROM\b[^;]*\bUSING\b`), "joins in writes differ between relatives"},
	{form(`\bFOR\s+(KEY\s+)?SHARE\b`), "shared row locks are one engine's"},
	{form(`\bCREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|FUNCTION|RULE|DOMAIN|TYPE)\b`), "nothing of the product lives in the database"},
	{form(`\bCREATE\s+EXTENSION\b`), "no relative need have it"},
	{form(`\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|random|gen_random_uuid|uuid_generate_v4)\s*\(`), "times and random values are bound"},
	{form(`\bCURRENT_(TIMESTAMP|DATE|TIME)\b`), "times are bound"},
	{form(`\b(pg_class|pg_attribute|pg_constraint|pg_type|pg_namespace)\b`), "the schema is read from the product's own tables"},
	{form(`\b(citext|int4range|numrange|tsrange|tstzrange|daterange)\b`), "types that relatives lack"},
}

func form(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?is)` + pattern) }

// inspection is the look at the real schema that reports drift: of plain PostgreSQL alone, and never on a request's way.
var inspection = regexp.MustCompile(`^SELECT 'table ' \|\| name FROM \(SELECT c\.oid`)

// stopwatch is how the store sees how long a server takes for statements. No answer and no row says what it shows.
var stopwatch = regexp.MustCompile(`^SELECT \(extract\(epoch FROM clock_timestamp\(\)\) \* 1000000\)::bigint$`)

// judge gives what a statement is refused for, nil where nothing.
func judge(sql string) error {
	if inspection.MatchString(sql) {
		return nil
	}
	bare := unquoted(sql)
	for _, d := range denied {
		if d.form.MatchString(bare) && !stopwatch.MatchString(sql) {
			return fmt.Errorf("%s: %s", d.form.FindString(bare), d.why)
		}
	}
	if _, err := parser.Parse(collated.ReplaceAllString(sql, "$1")); err != nil {
		return fmt.Errorf("CockroachDB's grammar: %w", err)
	}
	return nil
}

// collated is the clause that has a column's text ordered by code point. This grammar does not know the collation C for a
// column, whose text it orders so anyway; PostgreSQL needs it there for its indexes to serve.
var collated = regexp.MustCompile(`(\btext(?:\[\])?) COLLATE "C"`)

var literal = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"`)

// unquoted is a statement without its literals and quoted names, which may say anything.
func unquoted(sql string) string { return literal.ReplaceAllString(sql, `''`) }

func TestTheLintRefusesWhatRelativesLack(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		"LISTEN changes", "SELECT pg_advisory_lock(1)", "SET statement_timeout = 1", "CREATE TEMP TABLE t (id int)", "SELECT xmin FROM t",
		"INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2", "SELECT * FROM t FOR SHARE", "SELECT now()",
		"SELECT clock_timestamp()", "SELECT relname FROM pg_class", "CREATE TRIGGER x", "SELECT FROM WHERE",
	} {
		if judge(sql) == nil {
			t.Errorf("%s was accepted", sql)
		}
	}
	for _, sql := range []string{`SELECT "xmin" FROM "t" WHERE "a" = 'now()'`, "SET LOCAL statement_timeout = 1", "INSERT INTO t VALUES (1) ON CONFLICT (id) DO NOTHING RETURNING id",
		"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"} {
		if err := judge(sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func shortened(sql string) string {
	if sql = strings.Join(strings.Fields(sql), " "); len(sql) > 400 {
		return sql[:400] + "…"
	}
	return sql
}
