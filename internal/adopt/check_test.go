package adopt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

const judged = `a int, b bigint NOT NULL, t text, u varchar(9) NOT NULL, s mood, d date, e date NOT NULL, n numeric(6, 2), f float8, ok bool,
  yes bool NOT NULL, one char(1), l int[], z timestamptz`

// conditions have a translation; each must judge every row as PostgreSQL does.
var conditions = []string{
	"a > 0", "NOT a > 0", "a > b", "NOT (a > b OR b > 2)", "a BETWEEN -1 AND 2", "a NOT BETWEEN -1 AND 2", "a <> b AND b < 3", "a IS NULL OR b IS NULL",
	"a IS NOT NULL", "NOT (a IS NULL AND t IS NULL)", "a IN (1, 2, -1)", "a NOT IN (1, 2)", "t IN ('a', 'it''s')", "u NOT IN ('a', 'b')",
	"length(t) > 1", "char_length(u) <= 2", "NOT length(t) > 1", "t <> ''", "u = t", "t = u OR NOT t = 'a'", "t ~ '^[a-z]+$'", "t !~ '^a.b$'", "u ~ '\\d{1,2}'",
	"NOT t ~ '(a|b)\\.'", "t LIKE 'a%'", "t NOT LIKE '%b'", "u LIKE '%a%'", "t LIKE 'a'", "s = 'sad'", "s <> 'ok'", "s IN ('ok', 'so so')", "NOT s = 'ok'", "s IS NULL OR a > 0",
	"d < e", "d >= '2024-01-02'", "NOT d >= '2024-01-02'", "z > '2024-01-01 12:00:00+00'", "n > 1.5", "n * 2 > b", "a + b * 2 - 1 > 0", "-a < b", "f > 0", "f <= 1.5",
	"ok", "NOT ok", "NOT (NOT ok)", "ok IS TRUE", "ok IS NOT TRUE", "ok IS FALSE", "ok OR yes AND NOT ok", "ok = yes", "ok = true", "one IN ('a', 'b')", "one = 'a'",
	"cardinality(l) > 1", "num_nonnulls(a, t, d) = 1", "num_nulls(a, b, n) < 2", "a >= 0 OR (b >= 0 AND NOT (t = 'a' OR ok))", "NOT (a > 0 AND (t IS NULL OR n < 0))", "true", "(a, b) <> (1, 2)",
}

// strange have none, and are left out rather than approximated.
var strange = []string{"a % 2 = 1", "a / 2 > 0", "t > 'a'", "upper(t) = t", "t ~* 'a'", "t ~ '\\mfoo'", "t LIKE 'a_b'", "t ~ '[[:alpha:]]'", "coalesce(a, 0) > 0",
	"d > CURRENT_DATE", "a IS DISTINCT FROM b", "t::int > 0", "extract(year FROM d) > 2000", "CASE WHEN a > 0 THEN ok ELSE yes END", "l[1] > 0", "a = ANY (l)",
	"t SIMILAR TO 'a'", "f::int = a", "(a = 1) = true OR b = 1", "a = 1 OR NULL::bool IS NULL OR true", "lower(u) = u", "octet_length(t) < 5", "a::bit(3) = B'101'"}

func TestATranslatedCheckJudgesEveryRowAsPostgreSQLDoes(t *testing.T) {
	t.Parallel()
	ddl := "CREATE TYPE mood AS ENUM ('ok', 'sad', 'so so');\nCREATE TABLE free (id int PRIMARY KEY, " + judged + ");\nCREATE TABLE bound (id int PRIMARY KEY, " + judged
	for i, c := range append(conditions[:len(conditions):len(conditions)], strange...) {
		ddl += fmt.Sprintf(",\n CONSTRAINT c%d CHECK (%s)", i, c)
	}
	dsn := database(t, ddl+");")
	const rows = 400
	scatter(t, dsn, rows)
	p, source, dir := pulled(t, dsn, "public")
	set := checked(t, dir).Set
	bound, _ := set.Catalog().Collection("public", "bound")
	free, _ := set.Catalog().Collection("public", "free")
	tuples := exported(t, source.Rows, p, free)
	checks := set.Checks(bound)
	at := map[string]ir.Expr{}
	for i, c := range bound.Checks {
		at[c.Name] = checks.Checks[i]
	}
	if len(tuples) != rows {
		t.Fatalf("%d rows", len(tuples))
	}
	for i, c := range conditions {
		expr, ok := at[fmt.Sprintf("c%d", i)]
		if !ok {
			t.Errorf("%s has no translation:\n%s", c, grep(p.Summary(), fmt.Sprintf("c%d ", i)))
			continue
		}
		for j, verdict := range verdicts(t, dsn, c) {
			m := eval.New(&ir.Env{}, nil)
			var scope *eval.Scope
			if got := m.Truth(expr, scope.With(checks.Row, tuples[j])) == ir.True; got != verdict {
				t.Errorf("%s of row %d: %v, PostgreSQL says %v", c, j, got, verdict)
				break
			}
		}
	}
	for i, c := range strange {
		if _, ok := at[fmt.Sprintf("c%d", len(conditions)+i)]; ok {
			t.Errorf("%s has a translation", c)
		}
	}
}

func grep(text, part string) string {
	var out []string
	for l := range strings.Lines(text) {
		if strings.Contains(l, part) {
			out = append(out, l)
		}
	}
	return strings.Join(out, "")
}

// scatter fills the table without checks with few values and many NULLs.
func scatter(t *testing.T, dsn string, rows int) {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 6))
	one := func(null bool, of ...string) string {
		if null && r.IntN(4) == 0 {
			return "NULL"
		}
		return of[r.IntN(len(of))]
	}
	texts := []string{"''", "'a'", "'b'", "'ab'", "'it''s'", "'a.b'", "E'a\\nb'", "'12'", "'é'", "'xyz'"}
	var lines []string
	for i := range rows {
		cells := []string{fmt.Sprint(i), one(true, "-1", "0", "1", "2", "3"), one(false, "-1", "0", "1", "2", "3"), one(true, texts...), one(false, texts...),
			one(true, "'ok'", "'sad'", "'so so'"), one(true, "'2024-01-01'", "'2024-01-02'", "'2024-01-03'"), one(false, "'2024-01-01'", "'2024-01-02'"),
			one(true, "-1", "1.5", "2.25", "0"), one(true, "-0.5", "0", "1.5", "2"), one(true, "true", "false"), one(false, "true", "false"), one(true, "'a'", "'b'", "'c'"),
			one(true, "'{}'", "'{1}'", "'{1,2}'"), one(true, "'2024-01-01 12:00:00+00'", "'2024-01-01 13:00:00+00'")}
		lines = append(lines, "("+strings.Join(cells, ", ")+")")
	}
	run(t, dsn, "INSERT INTO free VALUES "+strings.Join(lines, ",\n"))
}

func verdicts(t *testing.T, dsn, condition string) []bool {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT ("+condition+") IS NOT FALSE FROM free ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil {
		t.Fatal(condition, err)
	}
	return out
}

type exporter[P any] func(context.Context, P, func(string) (io.WriteCloser, error), func(string, int64)) error

// exported are the rows of a table, by way of its file.
func exported[P any](t *testing.T, rows exporter[P], p P, c *schema.Collection) (out []eval.Tuple) {
	t.Helper()
	files := map[string]file{}
	err := rows(context.Background(), p, func(name string) (io.WriteCloser, error) {
		files[name] = file{&bytes.Buffer{}}
		return files[name], nil
	}, func(string, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(files[c.Key].String()) {
		var cells map[string]json.RawMessage
		if err := json.Unmarshal([]byte(l), &cells); err != nil {
			t.Fatal(err)
		}
		tuple := make(eval.Tuple, len(c.Fields))
		for i, f := range c.Fields {
			v, err := value.FromJSON(f.Type, cells[f.Name])
			if err == nil {
				v, err = value.Fit(f.Type, v)
			}
			if err != nil {
				t.Fatalf("%s: %v", l, err)
			}
			tuple[i] = v
		}
		out = append(out, tuple)
	}
	return out
}
