package testkit

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestEveryTestGetsItsOwnEmptyDatabaseInTheCLocale(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	first, second := open(t, Postgres(t)), open(t, Postgres(t))
	for _, sql := range []string{"CREATE TABLE a (x text)", "INSERT INTO a VALUES ('é')"} {
		if _, err := first.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	var found int
	var encoding, collate string
	row := second.QueryRow(ctx, `SELECT (SELECT count(*) FROM pg_tables WHERE tablename = 'a'),
		pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()`)
	if err := row.Scan(&found, &encoding, &collate); err != nil {
		t.Fatal(err)
	}
	if found != 0 || encoding != "UTF8" || collate != "C" {
		t.Errorf("got %d tables, %s, %s; want 0, UTF8, C", found, encoding, collate)
	}
}

func TestADSNKeepsItsParametersWhenItsDatabaseIsReplaced(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"host=/tmp user=me":                           "host=/tmp user=me dbname=x",
		"postgres://me:pw@h:5432/old?sslmode=disable": "postgres://me:pw@h:5432/x?sslmode=disable",
		"postgresql://h":                              "postgresql://h/x",
	} {
		if got := withDatabase(in, "x"); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func open(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
