package migrate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	postgresDialect "github.com/socle-hq/socle/internal/sqlgen/postgres"
	sqliteDialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/value"
)

var update = flag.Bool("update", false, "rewrite the plans and results in testdata")

// engines are where every case runs.
var engines = []struct {
	name string
	open func(t *testing.T) store.Store
}{
	{"sqlite", func(t *testing.T) store.Store { return open(t) }},
	{"postgres", func(t *testing.T) store.Store {
		st, err := postgres.Open(context.Background(), testkit.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		return st
	}},
}

// story is one file of testdata: a project before and after, rows, and what becomes of them.
type story struct {
	path          string
	archive       *txtar.Archive
	before, after *schema.Catalog
}

func (s *story) text(name string) string {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func (s *story) put(name, text string) {
	for i, f := range s.archive.Files {
		if f.Name == name {
			s.archive.Files[i].Data = []byte(text)
			return
		}
	}
	s.archive.Files = append(s.archive.Files, txtar.File{Name: name, Data: []byte(text)})
}

func (s *story) folder(t *testing.T, name string) *schema.Catalog {
	t.Helper()
	var part txtar.Archive
	for _, f := range s.archive.Files {
		if rest, ok := strings.CutPrefix(f.Name, name+"/"); ok {
			part.Files = append(part.Files, txtar.File{Name: rest, Data: f.Data})
		}
	}
	return schematest.MustRead(t, string(txtar.Format(&part)))
}

func TestStoriesOfChangesEndAsTheyShould(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d stories: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s := &story{path: path, archive: archive}
			s.before, s.after = s.folder(t, "before"), s.folder(t, "after")
			for _, e := range engines {
				s.run(t, e.name, e.open)
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func (s *story) run(t *testing.T, engine string, openStore func(*testing.T) store.Store) {
	st := openStore(t)
	must(t, st, s.before)
	s.insert(t, st)
	held := dump(t, st, s.before)
	status, err := migrate.Inspect(context.Background(), st, s.after)
	if err != nil {
		t.Fatal(err)
	}
	s.want(t, "plan."+engine, status.Difference.String())
	options := migrate.Options{Keys: "keys", Destructive: s.text("allow") != ""}
	err = killedEverywhere(t, st, s.after, options, func() {
		if now := dump(t, st, s.before); now != held {
			t.Fatalf("%s: what was refused or killed left\n%s\nand not\n%s", engine, now, held)
		}
	})
	if err != nil {
		s.want(t, "error", err.Error()+"\n")
		return
	}
	if s.text("error") != "" {
		t.Fatalf("%s: no error", engine)
	}
	s.want(t, "rows after", dump(t, st, s.after))
	likeFresh(t, openStore, st, s.after)
}

// want compares with the story, or rewrites it.
func (s *story) want(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		s.put(name, got)
	} else if want := s.text(name); got != want {
		t.Errorf("%s is\n%s\nand not\n%s", name, got, want)
	}
}

func TestAStoredDeclarationDiffersInNothingFromItsCatalogue(t *testing.T) {
	t.Parallel()
	catalogs := []*schema.Catalog{schematest.MustRead(t, project)}
	for seed := range 20 {
		m := &model{r: rand.New(rand.NewPCG(uint64(seed), 2))}
		for range 4 {
			m.collections = append(m.collections, m.collection())
			m.decorate(m.collections[len(m.collections)-1])
		}
		catalogs = append(catalogs, schematest.MustRead(t, m.yaml(false)))
	}
	for _, c := range catalogs {
		back, err := schema.ReadDeclaration(schema.MarshalDeclaration(c))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []sqlgen.Changer{sqliteDialect.Dialect{}, postgresDialect.Dialect{}} {
			if p := migrate.Diff(d, back, c); p.Any() {
				t.Errorf("%s\n%s", schema.Print(c), p)
			}
		}
	}
	for _, raw := range []string{"", "{}", `{"format":2}`, `{"format":1,"collections":[{"key":"a","fields":[{"key":"x","kind":"money"}]}]}`,
		`{"format":1,"collections":[{"key":"a","fields":[],"primary_key":["id"]}]}`} {
		if _, err := schema.ReadDeclaration([]byte(raw)); err == nil {
			t.Errorf("%q is read as a declaration", raw)
		}
	}
}

func must(t *testing.T, st store.Store, c *schema.Catalog) {
	t.Helper()
	if _, err := migrate.Apply(context.Background(), st, c, "keys"); err != nil {
		t.Fatal(err, cause(err))
	}
}

// cause shows what a fault hides.
func cause(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// insert loads the story's rows, and gives the first row of each collection a version of its own.
func (s *story) insert(t *testing.T, st store.Store) {
	t.Helper()
	for _, c := range s.before.Tables() {
		var rows []plan.Tuple
		for _, line := range strings.Split(strings.TrimSpace(s.text("rows/"+c.Key+".ndjson")), "\n") {
			if line != "" {
				rows = append(rows, parseRow(t, c, line))
			}
		}
		write(t, st, c, rows)
	}
}

func parseRow(t *testing.T, c *schema.Collection, line string) plan.Tuple {
	t.Helper()
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(line), &members); err != nil {
		t.Fatal(err, line)
	}
	var row plan.Tuple
	for _, f := range sqlgen.StoredFields(c) {
		v := value.Value{}
		if raw, ok := members[f.Name]; ok {
			var err error
			if v, err = value.FromJSON(f.Type, raw); err == nil {
				v, err = value.Fit(f.Type, v)
			}
			if err != nil {
				t.Fatal(err, line)
			}
		}
		row = append(row, v)
	}
	return row
}

func write(t *testing.T, st store.Store, c *schema.Collection, rows []plan.Tuple) {
	t.Helper()
	if len(rows) == 0 {
		return
	}
	ctx := context.Background()
	execs, err := st.Dialect().Insert(c, rows)
	if err != nil {
		t.Fatal(err)
	}
	err = st.Write(ctx, func(tx store.Tx) error {
		for _, x := range execs {
			if _, err := tx.Exec(ctx, x.Text, x.Args...); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "UPDATE "+st.Dialect().Table(c)+` SET "_version" = 7`)
		return err
	})
	if err != nil {
		t.Fatal(c.Key, err, cause(err))
	}
}

// dump is every row of every collection with its version, as sorted JSON lines.
func dump(t *testing.T, st store.Store, c *schema.Catalog) string {
	t.Helper()
	snap, err := st.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	var out bytes.Buffer
	for _, col := range c.Collections {
		if col.View != nil {
			continue
		}
		var lines []string
		for _, row := range rowsOf(t, st, snap, col) {
			lines = append(lines, jsonLine(col, row))
		}
		slices.Sort(lines)
		for _, l := range lines {
			out.WriteString(col.Key + " " + l + "\n")
		}
	}
	return out.String()
}

// rowsOf are a collection's rows: the stored fields and the version.
func rowsOf(t *testing.T, st store.Store, snap store.Snapshot, c *schema.Collection) []plan.Tuple {
	t.Helper()
	fields := sqlgen.StoredFields(c)
	stmt := &sqlgen.Stmt{Text: "SELECT " + sqlgen.Columns(fields) + `, "_version" FROM ` + st.Dialect().Table(c)}
	for _, f := range fields {
		stmt.Types = append(stmt.Types, f.Type)
	}
	stmt.Types = append(stmt.Types, value.Type{Kind: value.Int})
	rows, err := snap.Query(context.Background(), stmt, nil)
	if err != nil {
		t.Fatal(c.Key, err, cause(err))
	}
	return rows
}

func jsonLine(c *schema.Collection, row plan.Tuple) string {
	line := []byte("{")
	for i, f := range sqlgen.StoredFields(c) {
		line = append(value.AppendJSONString(line, f.Name), ':')
		line = append(value.AppendJSON(line, f.Type, row[i]), ',')
	}
	line = append(line, `"_version":`...)
	return string(append(value.AppendJSON(line, value.Type{Kind: value.Int}, row[len(row)-1]), '}'))
}

// killedEverywhere carries a change out again and again, killed at the first, second … statement, until nothing is left to
// kill it at. untouched looks at the database after each.
func killedEverywhere(t *testing.T, st store.Store, c *schema.Catalog, o migrate.Options, untouched func()) error {
	t.Helper()
	for n := 0; n < 10_000; n++ {
		_, err := migrate.Carry(context.Background(), killing(st, n), c, o)
		if err == nil {
			return nil
		}
		untouched()
		if !errors.Is(err, errKilled) {
			t.Log(cause(err))
			return err
		}
	}
	t.Fatal("it never ends")
	return nil
}

// likeFresh compares the schema, and the search data, with those of a database that never had another schema.
func likeFresh(t *testing.T, openStore func(*testing.T) store.Store, st store.Store, c *schema.Catalog) {
	t.Helper()
	ctx := context.Background()
	fresh := openStore(t)
	must(t, fresh, c)
	got, err := migrate.Real(ctx, st)
	if err != nil {
		t.Fatal(err)
	}
	want, err := migrate.Real(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the schema differs from a fresh one:\n%s", lineDifference(got, want))
	}
	drift, err := migrate.Drifted(ctx, st)
	if err != nil || drift.Any() {
		t.Errorf("drift %q %v", drift.Lines(), err)
	}
	s, err := migrate.Inspect(ctx, st, c)
	if err != nil || s.State != migrate.Same {
		t.Errorf("afterwards: %+v %v", s, err)
	}
	snap, err := st.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	for _, col := range c.Tables() {
		rows := rowsOf(t, st, snap, col)
		for i := range rows {
			rows[i] = rows[i][:len(rows[i])-1]
		}
		if col.Search != nil {
			write(t, fresh, col, rows)
			if got, want := searchData(t, st, col), searchData(t, fresh, col); got != want {
				t.Errorf("search data of %s is\n%s\nand not\n%s", col.Key, got, want)
			}
		} else if isReferred(c, col) {
			write(t, fresh, col, rows)
		}
	}
}

func isReferred(c *schema.Catalog, to *schema.Collection) bool {
	for _, col := range c.Collections {
		for _, fk := range col.ForeignKeys {
			if fk.To == to {
				return true
			}
		}
	}
	return false
}

func lineDifference(got, want []string) string {
	var out strings.Builder
	for _, l := range got {
		if !slices.Contains(want, l) {
			out.WriteString("+ " + l + "\n")
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			out.WriteString("- " + l + "\n")
		}
	}
	return out.String()
}

// searchData is the terms of a search index with how often each occurs.
func searchData(t *testing.T, st store.Store, c *schema.Collection) string {
	t.Helper()
	ctx := context.Background()
	var out strings.Builder
	undo := errors.New("undo")
	err := st.Write(ctx, func(tx store.Tx) error {
		text := `SELECT term, col, doc, cnt FROM vocabulary ORDER BY 1, 2`
		if _, embedded := st.(*sqlite.Store); embedded {
			index := sqlgen.Quote(schema.Derive(schema.ForSearch, schema.Flat(c.Space, c.Ident)))
			if _, err := tx.Exec(ctx, `CREATE VIRTUAL TABLE vocabulary USING fts5vocab (`+index+`, 'col')`); err != nil {
				return err
			}
		} else {
			var columns []string
			for _, f := range c.Search.Fields {
				columns = append(columns, sqlgen.Quote(schema.Derive(schema.ForSearch, f.Ident)))
			}
			text = "SELECT concat_ws(' / ', " + strings.Join(columns, ", ") + ") FROM " + st.Dialect().Table(c) + " ORDER BY 1"
		}
		rows, err := tx.Query(ctx, text)
		if err != nil {
			return err
		}
		for _, r := range rows {
			line, _ := json.Marshal(r)
			out.Write(append(line, '\n'))
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err, cause(err))
	}
	return out.String()
}
