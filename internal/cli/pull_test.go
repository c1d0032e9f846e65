package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/cli"
	"github.com/socle-hq/socle/internal/testkit"
)

const theirs = `
CREATE TYPE state AS ENUM ('open', 'done');
CREATE TABLE people (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, ip inet);
CREATE TABLE jobs (id serial PRIMARY KEY, person uuid REFERENCES people ON DELETE CASCADE, state state DEFAULT 'open', parent int REFERENCES jobs);
INSERT INTO people VALUES ('0190f3a1-7c5e-7000-8000-00000000000a', 'Ann', '10.0.0.1');
INSERT INTO jobs VALUES (1, '0190f3a1-7c5e-7000-8000-00000000000a', 'done', NULL), (2, NULL, 'open', 1);`

// line runs a command line.
func line(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := cli.Run(context.Background(), args, &o, &e); got != want {
		t.Fatalf("socle %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, want, &o, &e)
	}
	return o.String(), e.String()
}

func said(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in\n%s", w, text)
		}
	}
}

// The way from somebody else's database, as docs/adopt.md tells it.
func TestADatabaseIsPulledAndItsRowsAreBroughtIn(t *testing.T) {
	t.Parallel()
	dsn, ctx := testkit.PostgresURL(t), context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, theirs); err != nil {
		t.Fatal(err)
	}
	dir, rows := filepath.Join(t.TempDir(), "shop"), filepath.Join(t.TempDir(), "rows")
	_, errs := line(t, 1, "pull", dir, "--database", dsn, "--schema", "public,nowhere")
	said(t, errs, `no schema "nowhere"; it has public`)
	out, _ := line(t, 0, "pull", dir, "--database", dsn, "--rows", rows)
	said(t, out, "public.people: column ip: inet: kept as its text", "wrote 2 collections and 0 views", "wrote 3 rows of 2 collections")
	line(t, 0, "check", dir)

	file := filepath.Join(dir, "collections", "jobs.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, errs = line(t, 1, "pull", dir, "--database", dsn)
	said(t, errs, "is there already, and nothing was written")
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("a file of mine became %q (%v)", text, err)
	}
	line(t, 0, "pull", dir, "--database", dsn, "--rows", rows, "--force")

	line(t, 0, "apply", dir)
	line(t, 0, "import", "--all", rows, dir)
	out, _ = line(t, 0, "sql", dir, "SELECT j.id, p.name, j.state, p.ip FROM jobs j JOIN people p ON p.id = j.person", "--format", "csv")
	said(t, out, "1,Ann,done,10.0.0.1\n")

	for _, command := range [][]string{{"apply"}, {"serve", "--apply", "--addr", "127.0.0.1:0"}} {
		_, errs = line(t, 3, append(command, dir, "--database", dsn)...)
		said(t, errs, "in use by something else", "jobs, ")
	}
	var n int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_class WHERE relname LIKE '%socle%'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d things were made in the old database (%v)", n, err)
	}
	fresh := testkit.PostgresURL(t)
	line(t, 0, "apply", dir, "--database", fresh)
	_, errs = line(t, 3, "pull", filepath.Join(t.TempDir(), "x"), "--database", fresh)
	said(t, errs, "one of Socle's own")
}
