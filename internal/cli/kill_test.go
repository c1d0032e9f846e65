package cli_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

// The two schemas the database goes to and fro between; each says what it was in the other.
var schemas = []map[string]string{{
	"tickets.yaml": `was: issues
fields:
  id: int
  title: { type: text, required: true, was: headline }
  points: { type: int, fill: "int(row.points)" }
  parent_id: { ref: tickets }
indexes: [[points]]
search: [title]
policies: { read: true }
`,
	"comments.yaml": `fields: { id: int, ticket_id: { ref: tickets, was: issue_id }, body: text }
search: [body]
policies: { read: true }
`}, {
	"issues.yaml": `was: tickets
fields:
  id: int
  headline: { type: text, required: true, was: title }
  points: text
  parent_id: { ref: issues }
  status: { enum: [open, done], default: open }
indexes: [[points, -headline]]
search: [headline]
policies: { read: true }
`,
	"comments.yaml": `fields: { id: int, issue_id: { ref: issues, was: ticket_id }, body: { type: text, required: true, default: none } }
search: [body]
policies: { read: true }
`}}

// rowsKilled is how many rows each collection has.
const rowsKilled = 3000

func project(t *testing.T, dir string, version int) {
	t.Helper()
	collections := filepath.Join(dir, "collections")
	if err := os.RemoveAll(collections); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"socle.yaml": "name: app\n"}
	for name, text := range schemas[version] {
		files["collections/"+name] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func seeds(t *testing.T, dir string) {
	t.Helper()
	var tickets, comments strings.Builder
	tickets.WriteString("id,title,points,parent_id\n")
	comments.WriteString("id,ticket_id,body\n")
	for i := 1; i <= rowsKilled; i++ {
		fmt.Fprintf(&tickets, "%d,title %d,%d,%d\n", i, i, i%7, max(1, i/2))
		fmt.Fprintf(&comments, "%d,%d,body %d\n", i, 1+i*7%rowsKilled, i)
	}
	if err := os.MkdirAll(filepath.Join(dir, "seed"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"tickets.csv": tickets.String(), "comments.csv": comments.String()} {
		if err := os.WriteFile(filepath.Join(dir, "seed", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnApplyKilledAtAnyMomentIsCompletedByTheNext kills the process itself, at random moments of a change to and fro.
func TestAnApplyKilledAtAnyMomentIsCompletedByTheNext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	project(t, dir, 0)
	seeds(t, dir)
	start := time.Now()
	socle(t, context.Background(), dir, 0)
	took := time.Since(start)
	if err := os.RemoveAll(filepath.Join(dir, "seed")); err != nil {
		t.Fatal(err)
	}
	r, kills := rand.New(rand.NewPCG(7, 7)), 0
	want := contents(t, dir, 0)
	for round := 1; kills < 25 && round <= 60; round++ {
		project(t, dir, round%2)
		for done, most := false, took; !done; most += took / 8 { // a machine may have become slower
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(r.Int64N(int64(most))))
			if done = socle(t, ctx, dir, round%2); !done {
				kills++
			}
			cancel()
		}
		if got := contents(t, dir, round%2); got != want {
			t.Fatalf("round %d: %s, want %s", round, got, want)
		}
	}
	if kills < 10 {
		t.Errorf("only %d kills met a running process", kills)
	}
}

// socle applies; it is false where the process was killed first.
func socle(t *testing.T, ctx context.Context, dir string, version int) bool {
	t.Helper()
	name, err := exec.LookPath("socle")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, name, "apply", "--allow-destructive", dir)
	out, err := c.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		t.Fatalf("version %d: %v\n%s", version, err, out)
	}
	return err == nil
}

// contents is what must survive: rows, sums, references, and what a search finds.
func contents(t *testing.T, dir string, version int) string {
	t.Helper()
	st, err := sqlite.Open(filepath.Join(dir, ".socle"), sqlite.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	snap, err := st.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	table, title, ref := "tickets", "title", "ticket_id"
	if version == 1 {
		table, title, ref = "issues", "headline", "issue_id"
	}
	var out []string
	for _, text := range []string{
		"SELECT count(*) || ' ' || sum(id * points) || ' ' || sum(parent_id) || ' ' || sum(length(" + title + ")) FROM " + table,
		"SELECT count(*) || ' ' || sum(c.id * t.id) || ' ' || sum(length(c.body)) FROM comments c JOIN " + table + " t ON t.id = c." + ref,
		`SELECT '' || count(*) FROM "_fts_` + table + `" WHERE "_fts_` + table + `" MATCH 'every:"row"'`,
		`SELECT '' || count(*) FROM "_fts_comments" WHERE "_fts_comments" MATCH 'every:"row"'`,
		"SELECT '' || count(*) FROM pragma_foreign_key_check",
		"SELECT * FROM pragma_integrity_check",
	} {
		rows, err := snap.Query(context.Background(), &sqlgen.Stmt{Text: text, Types: []value.Type{{Kind: value.Text}}}, nil)
		if err != nil || len(rows) != 1 {
			t.Fatal(text, rows, err)
		}
		out = append(out, rows[0][0].Str())
	}
	return strings.Join(out, " | ")
}
