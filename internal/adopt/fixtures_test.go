package adopt_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/transfer"
)

// judges is the folder of a database by others, seen from this package.
const judges = "../../../shared/conformance/postgrest/fixtures.json"

// relation is one of their tables or views.
type relation struct {
	Schema, Table, Kind, View string
	Columns                   []struct {
		Name, Type, Default, Comment string
		NotNull                      bool `json:"not_null"`
	}
	Constraints []struct{ Name, Type, Definition string }
	Rows        []map[string]json.RawMessage
}

func fixtures(t *testing.T) []relation {
	t.Helper()
	raw, err := os.ReadFile(judges)
	if os.IsNotExist(err) {
		t.Skipf("kept elsewhere: no conformance fixtures at %s", strings.TrimLeft(judges, "./"))
	}
	var out []relation
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// before is what the tables rest on: types that are named and not described, functions that views call.
const before = `
CREATE DOMAIN color AS int; CREATE DOMAIN isodate AS timestamptz; CREATE DOMAIN bytea_b64 AS bytea; CREATE DOMAIN unixtz AS timestamptz;
CREATE DOMAIN monetary AS numeric(17, 2); CREATE DOMAIN devil_int AS int;
CREATE TYPE test.complex AS (r float8, i float8); CREATE TYPE test.enum_menagerie_type AS ENUM ('foo', 'bar');`

const functions = `
CREATE FUNCTION test.getallprojects() RETURNS SETOF test.projects LANGUAGE sql AS 'SELECT * FROM test.projects';
CREATE FUNCTION test.get_projects_above(id int) RETURNS SETOF test.projects LANGUAGE sql AS 'SELECT * FROM test.projects p WHERE p.id > $1';`

// rebuild makes the database of the fixtures.
func rebuild(t *testing.T, of []relation) (dsn string, schemas []string) {
	t.Helper()
	var ddl, keys, references, views strings.Builder
	for _, r := range of {
		if !slices.Contains(schemas, r.Schema) {
			schemas = append(schemas, r.Schema)
			fmt.Fprintf(&ddl, "CREATE SCHEMA %s;\n", pgx.Identifier{r.Schema}.Sanitize())
		}
	}
	ddl.WriteString(before)
	for _, r := range of {
		name := pgx.Identifier{r.Schema, r.Table}.Sanitize()
		if r.Kind == "view" {
			fmt.Fprintf(&views, "CREATE VIEW %s AS %s\n", name, r.View)
			continue
		}
		var columns []string
		for _, c := range r.Columns {
			if sequence, ok := strings.CutPrefix(c.Default, "nextval('"); ok {
				sequence, _, _ = strings.Cut(sequence, "'")
				fmt.Fprintf(&ddl, "CREATE SEQUENCE %s;\n", sequence)
			}
			text := pgx.Identifier{c.Name}.Sanitize() + " " + c.Type
			if c.Default != "" {
				text += " DEFAULT " + c.Default
			}
			if c.NotNull {
				text += " NOT NULL"
			}
			columns = append(columns, text)
		}
		fmt.Fprintf(&ddl, "CREATE TABLE %s (%s);\n", name, strings.Join(columns, ", "))
		for _, k := range r.Constraints {
			into := &keys
			if k.Type == "f" {
				into = &references
			}
			fmt.Fprintf(into, "ALTER TABLE %s ADD CONSTRAINT %s %s;\n", name, pgx.Identifier{k.Name}.Sanitize(), k.Definition)
		}
	}
	dsn = database(t, ddl.String()+keys.String())
	fill(t, dsn, of)
	run(t, dsn, references.String()+functions+views.String())
	return dsn, schemas
}

func run(t *testing.T, dsn, sql string, args ...any) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func fill(t *testing.T, dsn string, of []relation) {
	t.Helper()
	for _, r := range of {
		if r.Kind == "view" || len(r.Rows) == 0 {
			continue
		}
		rows, err := json.Marshal(r.Rows)
		if err != nil {
			t.Fatal(err)
		}
		name := pgx.Identifier{r.Schema, r.Table}.Sanitize()
		run(t, dsn, "INSERT INTO "+name+" SELECT * FROM json_populate_recordset(NULL::"+name+", $1::json)", string(rows))
	}
}

// The whole way: their database, its project, new databases on both engines, the rows brought in, and read through the API.
func TestADatabaseByOthersIsServedWithItsRows(t *testing.T) {
	t.Parallel()
	of := fixtures(t)
	if len(of) < 60 {
		t.Fatalf("%d relations are too few to judge by", len(of))
	}
	dsn, schemas := rebuild(t, of)
	p, source, dir := pulled(t, dsn, schemas...)
	catalog := checked(t, dir).Set.Catalog()
	folder := t.TempDir()
	written := int64(0)
	err := source.Rows(context.Background(), p, func(name string) (io.WriteCloser, error) {
		return os.Create(app.FileName(folder, name, transfer.NDJSON))
	}, func(_ string, n int64) { written += n })
	if err != nil {
		t.Fatal(err)
	}
	collections, _ := p.Count()
	if collections < 60 {
		t.Errorf("only %d collections:\n%s", collections, p.Summary())
	}
	lite, pg := serving(t, dir, ""), serving(t, dir, testkit.PostgresURL(t))
	compared := int64(0)
	for _, r := range of {
		_, known := catalog.Collection(spaceOf(catalog.Namespaces, catalog.WireName, r.Schema), r.Table)
		if r.Kind == "view" || len(r.Columns) == 0 {
			continue
		}
		if !known {
			t.Errorf("%s.%s is not among the collections:\n%s", r.Schema, r.Table, p.Summary())
			continue
		}
		here, there := lite(r, folder), pg(r, folder)
		if here != there {
			t.Errorf("%s.%s: the engines answer\n%s\n%s", r.Schema, r.Table, here, there)
		}
		if diff := cmp.Diff(asRows(t, r.Rows), answered(t, here)); diff != "" {
			t.Errorf("%s.%s (-fixture +served):\n%s", r.Schema, r.Table, diff)
		}
		compared += int64(len(r.Rows))
	}
	if compared == 0 || compared != written {
		t.Errorf("%d rows compared, %d written", compared, written)
	}
}

func spaceOf(spaces []string, wire func(string) string, schema string) string {
	for _, s := range spaces {
		if wire(s) == schema {
			return s
		}
	}
	return ""
}

// serving applies the project to a new database and imports the rows; what comes back asks for a table as service_role.
func serving(t *testing.T, dir, dsn string) func(r relation, folder string) string {
	t.Helper()
	o := app.Options{Dir: dir, Data: filepath.Join(t.TempDir(), "data"), Apply: true, Log: slog.New(slog.DiscardHandler), Clock: clock.System(),
		Env: func(name string) (string, bool) { return dsn, name == "SOCLE_DATABASE" && dsn != "" }}
	var server *app.Runtime
	open := func(folder string) {
		r, err := app.Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		bring(t, o, folder)
		if server, err = app.Open(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
	}
	return func(r relation, folder string) string {
		if server == nil {
			open(folder)
		}
		req := httptest.NewRequest("GET", "/rest/v1/"+url.PathEscape(r.Table), nil)
		req.Header.Set("Apikey", server.Keys.Secret)
		req.Header.Set("Accept-Profile", r.Schema)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, req)
		if w.Code != 200 {
			t.Errorf("%s.%s: %d %s", r.Schema, r.Table, w.Code, w.Body)
		}
		return w.Body.String()
	}
}

func bring(t *testing.T, o app.Options, folder string) {
	t.Helper()
	ctx := context.Background()
	tr, err := app.OpenTransfer(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	sources, err := app.FolderSources(tr.Catalog, folder)
	if err != nil {
		t.Fatal(err)
	}
	filled := slices.DeleteFunc(sources, func(s app.Source) bool { return s.Size == 0 })
	_, err = tr.Import(ctx, filled, app.Load{}, false, func(s app.Source, e transfer.Event) {
		if e.Bad != nil {
			t.Errorf("%s:%d: %v", s.Collection, e.Bad.Line, e.Bad.Reasons)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func answered(t *testing.T, body string) []string {
	t.Helper()
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &rows); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return asRows(t, rows)
}

// asRows is rows in one spelling, sorted.
func asRows(t *testing.T, rows []map[string]json.RawMessage) []string {
	t.Helper()
	out := []string{}
	for _, r := range rows {
		var cells []string
		for name, raw := range r {
			d := json.NewDecoder(bytes.NewReader(raw))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			if v != nil {
				cells = append(cells, name+"="+spelled(v))
			}
		}
		slices.Sort(cells)
		out = append(out, strings.Join(cells, " "))
	}
	slices.Sort(out)
	return out
}

// spelled is a value in one spelling: numbers as fractions, instants in UTC, bytes in base64.
func spelled(v any) string {
	switch v := v.(type) {
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok {
			return r.RatString()
		}
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
		if digits, ok := strings.CutPrefix(v, `\x`); ok {
			if raw, err := hex.DecodeString(digits); err == nil {
				return base64.StdEncoding.EncodeToString(raw)
			}
		}
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = spelled(v[i])
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		var parts []string
		for name, x := range v {
			parts = append(parts, name+":"+spelled(x))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	return fmt.Sprint(v)
}
