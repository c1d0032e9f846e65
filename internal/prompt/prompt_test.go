package prompt_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/prompt"
	"github.com/socle-hq/socle/internal/testkit"
)

// world is a running project on one of the engines, and a prompt beside it.
type world struct {
	*testing.T
	prompt.Database
	dir string
}

var engines = []string{"sqlite", "postgres"}

func newWorld(t *testing.T, engine string, most time.Duration) *world {
	t.Helper()
	dir, dsn, ctx := t.TempDir(), "", context.Background()
	for name, text := range map[string]string{
		"socle.yaml":              "name: small\n",
		"collections/things.yaml": "fields: { id: int, text: text, more: json, part: float }\n",
		"seed/things.ndjson":      `{"id":1,"text":"one","more":{"a":[1]},"part":0.5}` + "\n" + `{"id":2,"text":"t\u001b[31m\nwo, \"x\"","more":null,"part":null}` + "\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if engine == "postgres" {
		dsn = testkit.PostgresURL(t)
	}
	r, err := app.Open(ctx, app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Log: slog.New(slog.DiscardHandler), Clock: clock.System(),
		Env: func(name string) (string, bool) { return dsn, name == "SOCLE_DATABASE" && dsn != "" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	var db prompt.Database
	if engine == "postgres" {
		db, err = prompt.Postgres(ctx, dsn, most)
	} else {
		db, err = prompt.SQLite(ctx, filepath.Join(dir, ".socle"), most)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(ctx) })
	return &world{t, db, dir}
}

func (w *world) ask(format, sql string) (string, error) {
	var b bytes.Buffer
	err := w.Ask(context.Background(), sql, prompt.NewSink(format, &b))
	return b.String(), err
}

func (w *world) wants(format, sql, want string) {
	w.Helper()
	if got, err := w.ask(format, sql); err != nil || got != want {
		w.Errorf("%s: %v\n%s\nwant\n%s", sql, err, got, want)
	}
}

func each(t *testing.T, most time.Duration, f func(w *world, engine string)) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(newWorld(t, engine, most), engine)
		})
	}
}

func TestAnAnswerIsATableOrCSVOrJSON(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(w *world, _ string) {
		const q = `SELECT id, "text", part FROM things ORDER BY id; -- the end`
		w.wants("table", q, `id  text                  part`+"\n"+`--  --------------------  ----`+"\n"+` 1  one                    0.5`+"\n"+` 2  t\u001b[31m\nwo, "x"  NULL`+"\n(2 rows)\n")
		w.wants("csv", q, "id,text,part\n1,one,0.5\n2,\"t\x1b[31m\nwo, \"\"x\"\"\",\n")
		w.wants("json", q, `[{"id": 1, "text": "one", "part": 0.5},`+"\n"+` {"id": 2, "text": "t\u001b[31m\nwo, \"x\"", "part": null}]`+"\n")
		w.wants("json", "SELECT id FROM things WHERE id > 5", "[]\n")
		w.wants("table", "WITH x AS (SELECT 1 AS n) SELECT n FROM x", "n\n-\n1\n(1 row)\n")
		w.wants("table", "VALUES ('a;b')", "column1\n-------\na;b\n(1 row)\n")
	})
}

// Whatever writes, here or elsewhere, is refused, and the rows stay.
func TestNothingIsWritten(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(w *world, engine string) {
		out := filepath.Join(w.dir, "made.db")
		for _, sql := range append(map[string][]string{
			"sqlite": {
				"ATTACH 'file:" + out + "?mode=rwc' AS other", "VACUUM INTO '" + out + "'", "PRAGMA query_only = 0", "PRAGMA user_version = 5", "REINDEX",
				"WITH x AS (SELECT 9) INSERT INTO things (id, _version) SELECT 9, 1 FROM x", "SELECT load_extension('x')", "SELECT writefile('" + out + "', 'x')",
				"EXPLAIN SELECT 1; DELETE FROM things", "/* SELECT */ DELETE FROM things",
			},
			"postgres": {
				"WITH x AS (DELETE FROM things RETURNING id) SELECT * FROM x", "SELECT * INTO other FROM things", "EXPLAIN ANALYZE DELETE FROM things",
				"COPY things TO PROGRAM 'cat'", "SELECT * FROM things FOR UPDATE", "SELECT set_config('transaction_read_only', 'off', false)",
				"SET TRANSACTION READ WRITE", "COMMIT", "DO $$ BEGIN DELETE FROM things; END $$", "CALL x()", "SELECT 1; DELETE FROM things",
				"SELECT E'\\'; DELETE FROM things; --'", "SELECT setval(pg_get_serial_sequence('things', 'id'), 1), 1/0",
			},
		}[engine], "INSERT INTO things (id) VALUES (9)", "update things set text = ''", "DELETE FROM things", "DROP TABLE things", "CREATE TABLE x (y int)",
			"CREATE TEMP TABLE x (y int)", "BEGIN", "SELECT 1; SELECT 2", "", "  ;", "-- nothing", "SELECT no_such_column FROM things", "SELEC 1") {
			got, err := w.ask("table", sql)
			var refused *prompt.Refused
			if !errors.As(err, &refused) || len(refused.What) < 10 || strings.Contains(refused.What, "\n") {
				w.Errorf("%s: %v, %q", sql, err, got)
			}
		}
		w.wants("table", "SELECT count(*) AS n FROM things WHERE text IS NOT NULL", "n\n-\n2\n(1 row)\n")
		if engine == "postgres" { // what a version lets through is rolled back
			_, err := w.ask("csv", "SELECT lo_create(0)")
			var refused *prompt.Refused
			if err != nil && !errors.As(err, &refused) {
				w.Error(err)
			}
			w.wants("csv", "SELECT count(*) AS n FROM pg_largeobject_metadata", "n\n0\n")
		}
		if _, err := os.Stat(out); err == nil {
			w.Error("a file was made")
		}
	})
}

func TestAStatementThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	each(t, 50*time.Millisecond, func(w *world, engine string) {
		_, err := w.ask("table", map[string]string{"postgres": "SELECT pg_sleep(600)",
			"sqlite": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x"}[engine])
		var refused *prompt.Refused
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "took longer than 50ms") {
			w.Error(err)
		}
		w.wants("csv", "SELECT 1 AS n", "n\n1\n") // the connection goes on
	})
}

func TestATableShowsTheFirstThousandRowsAndTheOthersAll(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(w *world, _ string) {
		const q = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 1500) SELECT n FROM x"
		table, err := w.ask("table", q)
		csv, err2 := w.ask("csv", q)
		if err != nil || err2 != nil || !strings.HasSuffix(table, "(the first 1000 of 1500 rows; --format csv and json give all)\n") || strings.Count(csv, "\n") != 1501 {
			w.Errorf("%v %v %d bytes, %d lines", err, err2, len(table), strings.Count(csv, "\n"))
		}
	})
}

func TestAPowerfulUserIsWarnedOf(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, err := prompt.Postgres(ctx, testkit.PostgresURL(t), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	if got := prompt.Powerful(ctx, db); !strings.Contains(got, "is a superuser") || strings.Contains(got, "\n") {
		t.Errorf("%q", got)
	}
}
