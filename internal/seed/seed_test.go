package seed_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/seed"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

const model = `
-- projects.yaml --
fields:
  id: int
  name: { type: text, required: true, min: 2, max: 20, unique: true }
  slug: { type: text, pattern: "^[a-z]+$" }
search: [name]
policies: { read: true }
-- tickets.yaml --
fields:
  id: { type: int, identity: true }
  project_id: { ref: projects, required: true }
  owner_id: { ref: auth.users, default: auth.uid }
  status: { enum: [open, done], default: open }
  estimate: { type: decimal, precision: 8, scale: 2 }
  labels: { type: text, list: true }
  meta: json
  due: date
  created_at: { type: timestamp, default: now, write: never }
  shout: { type: text, name: SHOUT }
computed:
  late: { type: bool, expr: "row.due != null && row.due < today()" }
check: { positive: "row.estimate == null || row.estimate > 0.0" }
policies: { read: true }
-- people.yaml --
fields: { id: uuid, name: text }
policies: { read: true }
`

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type bench struct {
	*testing.T
	store store.Store
	seeds *seed.Seeds
}

// lay makes the project of the model and the files, applied to an empty database.
func lay(t *testing.T, files string) *bench {
	t.Helper()
	c := schematest.MustRead(t, model)
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	st, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if _, err := migrate.Apply(context.Background(), st, c, "keys"); err != nil {
		t.Fatal(err)
	}
	seeds, misnamed := seed.Find(schematest.FS(files), set, clock.Fixed(noon, rand.Reader))
	if len(misnamed) > 0 {
		t.Fatal(misnamed)
	}
	return &bench{t, st, seeds}
}

func (b *bench) rows(sql string) []string {
	b.Helper()
	var out []string
	err := b.store.Write(context.Background(), func(tx store.Tx) error {
		rows, err := tx.Query(context.Background(), sql)
		for _, r := range rows {
			out = append(out, strings.TrimSuffix(fmt.Sprintln(r...), "\n"))
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (b *bench) load() ([]seed.Loaded, error) { return b.seeds.Load(context.Background(), b.store) }

const good = `
-- seed/tickets.ndjson --
{"id": 7, "project_id": 1, "estimate": 1.005, "labels": ["a","b"], "meta": {"b":1,"a":[1.0]}, "due": "2026-02-03", "SHOUT": "X"}
{"project_id": 2, "status": "done", "owner_id": null}

{"project_id": 2}
-- seed/projects.csv --
id,name,slug
1,Alpha,NULL
2,"Be, ta",beta
-- seed/people.csv --
name
Ann
-- seed/README.md --
Not a seed file.
`

func TestRowsLoadWithDefaultsAfterTheRowsTheyReferTo(t *testing.T) {
	t.Parallel()
	b := lay(t, good)
	loaded, err := b.load()
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(loaded); got != "[{seed/people.csv people 1} {seed/projects.csv projects 2} {seed/tickets.ndjson tickets 3}]" {
		t.Error(got)
	}
	want := []string{
		`7 1 open 101 ["a","b"] {"a":[1],"b":1} 20487 1772366400000000 X`,
		`8 2 done <nil> <nil> <nil> <nil> 1772366400000000 <nil>`,
		`9 2 open <nil> <nil> <nil> <nil> 1772366400000000 <nil>`,
	}
	got := b.rows(`SELECT id, project_id, status, estimate, labels, meta, due, created_at, "SHOUT" FROM tickets ORDER BY id`)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := b.rows(`SELECT length(id), substr(id, 15, 1), name FROM people`); !slices.Equal(got, []string{"36 7 Ann"}) {
		t.Error(got)
	}
	if got := b.rows(`SELECT count(*) FROM "_fts_projects"`); !slices.Equal(got, []string{"2"}) {
		t.Errorf("search index: %v", got)
	}
}

func TestLoadingAgainAddsNothingEvenToEmptiedCollections(t *testing.T) {
	t.Parallel()
	b := lay(t, good)
	if _, err := b.load(); err != nil {
		t.Fatal(err)
	}
	b.rows(`DELETE FROM people RETURNING 1`)
	loaded, err := b.load()
	if err != nil || len(loaded) != 0 {
		t.Errorf("%v, %v", loaded, err)
	}
	if got := b.rows(`SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM tickets)`); got[0] != "0 3" {
		t.Error(got)
	}
}

func TestACollectionThatHasRowsIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := lay(t, good)
	b.rows(`INSERT INTO people (id, name) VALUES ('x', 'Bob') RETURNING 1`)
	if _, err := b.load(); err != nil {
		t.Fatal(err)
	}
	if got := b.rows(`SELECT name FROM people`); !slices.Equal(got, []string{"Bob"}) {
		t.Error(got)
	}
}

func TestEveryBadRowIsReportedWithItsPlaceAndNothingIsLoaded(t *testing.T) {
	t.Parallel()
	b := lay(t, `
-- seed/projects.csv --
id,name,slug
1,A,UPPER
x,Alpha,ok
2,Beta
3,Gamma,fine
-- seed/tickets.ndjson --
{"project_id": 1, "status": "later", "estimate": -1}
{"project_id": 1, "estimate": -1}
{"titel": 1, "project_id": 1}
{"projectid": 1, "project_id": 1}
{"project_id": 1, "late": true}
{"project_id": 1, "due": "2026-13-01"}
{"status": "open"}
not json
{"project_id": 1} tail
{"project_id": 1, "project_id": 2}
[1]
`)
	loaded, err := b.load()
	var problems seed.Problems
	if len(loaded) != 0 || !errors.As(err, &problems) {
		t.Fatalf("%v, %v", loaded, err)
	}
	got := strings.Split(problems.Error(), "\n")
	want := []string{
		`seed/projects.csv:2:3: name: below the minimum of 2`,
		`seed/projects.csv:2:5: slug: does not fit the pattern ^[a-z]+$`,
		`seed/projects.csv:3:1: id: invalid input syntax for type bigint: "x"`,
		`seed/projects.csv:4:1: wrong number of fields`,
		`seed/tickets.ndjson:1:29: status: not one of open, done`,
		`seed/tickets.ndjson:1:1: the row breaks the check "positive"`,
		`seed/tickets.ndjson:2:1: the row breaks the check "positive"`,
		`seed/tickets.ndjson:3:11: unknown column "titel"`,
		`seed/tickets.ndjson:4:15: unknown column "projectid" (did you mean "project_id"?)`,
		`seed/tickets.ndjson:5:27: column "late" is computed and holds no value of its own`,
		`seed/tickets.ndjson:6:26: due: invalid input syntax for type date: "2026-13-01"`,
		`seed/tickets.ndjson:7:1: project_id: a value is required`,
		`seed/tickets.ndjson:8:1: a line is one JSON object`,
		`seed/tickets.ndjson:9:19: something follows the object`,
		`seed/tickets.ndjson:10:33: column "project_id" is given twice`,
		`seed/tickets.ndjson:11:1: a line is one JSON object`,
	}
	for i := range max(len(got), len(want)) {
		g, w := at(got, i), at(want, i)
		if g != w {
			t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
	if got := b.rows(`SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM tickets)`); got[0] != "0 0" {
		t.Errorf("rows %v", got)
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(nothing)"
}

func TestTheRowTheDatabaseRefusesIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ files, place, says string }{
		"twice the same key":  {"-- seed/projects.csv --\nid,name\n1,Alpha\n2,Beta\n1,Gamma\n4,Delta\n", "seed/projects.csv:4:1: ", "UNIQUE"},
		"twice the same name": {"-- seed/projects.csv --\nid,name\n1,Alpha\n2,Alpha\n", "seed/projects.csv:3:1: ", "UNIQUE"},
		"nobody there":        {"-- seed/tickets.ndjson --\n{\"project_id\":9}\n", "seed/tickets.ndjson:1:1: ", "a row comes after the rows it refers to"},
	} {
		b := lay(t, c.files)
		_, err := b.load()
		if err == nil || !strings.HasPrefix(err.Error(), c.place) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if got := b.rows(`SELECT count(*) FROM projects`); got[0] != "0" {
			t.Errorf("%s: %v rows stayed", name, got)
		}
	}
}

func TestMisnamedFilesAreReported(t *testing.T) {
	t.Parallel()
	set, _ := policy.Compile(schematest.MustRead(t, model))
	_, problems := seed.Find(schematest.FS("-- seed/ticket.csv --\n-- seed/projects.json --\n-- seed/people.csv --\n-- seed/people.ndjson --\n"),
		set, clock.System())
	want := `seed/people.ndjson: seed/people.csv seeds the same collection
seed/projects.json: seed files end in .ndjson or .csv
seed/ticket.csv: no collection "ticket" (did you mean "tickets"?)`
	if got := problems.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAccountsCanBeSeeded(t *testing.T) {
	t.Parallel()
	b := lay(t, "-- seed/auth.users.ndjson --\n{\"id\":\"0190F3A1-7C5E-7000-8000-00000000000A\",\"email\":\"ann@example.org\"}\n")
	if _, err := b.load(); err != nil {
		t.Fatal(err)
	}
	if got := b.rows(`SELECT id, email FROM "auth.users"`); !slices.Equal(got, []string{"0190f3a1-7c5e-7000-8000-00000000000a ann@example.org"}) {
		t.Error(got)
	}
}

func TestManyRowsLoadInOneGo(t *testing.T) {
	t.Parallel()
	var s strings.Builder
	s.WriteString("-- seed/projects.csv --\nid,name\n")
	for i := range 5000 {
		fmt.Fprintf(&s, "%d,project %d\n", i, i)
	}
	b := lay(t, s.String())
	loaded, err := b.load()
	if err != nil || len(loaded) != 1 || loaded[0].Rows != 5000 {
		t.Errorf("%v, %v", loaded, err)
	}
}

func TestPasswordsAreForDevAlone(t *testing.T) {
	t.Parallel()
	const users = "-- seed/auth.users.ndjson --\n{\"id\":\"0190f3a1-7c5e-7000-8000-00000000000a\",\"email\":\"ann@example.org\"}\n"
	const row = "-- seed/auth.passwords.ndjson --\n{\"user_id\":\"0190f3a1-7c5e-7000-8000-00000000000a\",\"hash\":%q}\n"
	const hash = "$2a$04$GI2.DY8u/KwV2PrSVv5SJOnz5RFlghiAbTFqnc8OHmOD52/yvIU.C"
	b := lay(t, users+fmt.Sprintf(row, hash))
	if got, err := b.seeds.PasswordHashes(); err != nil || len(got) != 1 || got[0] != hash {
		t.Errorf("the hashes are %v, %v", got, err)
	}
	rest, path := b.seeds.WithoutPasswords()
	if path != "seed/auth.passwords.ndjson" {
		t.Errorf("left out is %q", path)
	}
	if got, err := rest.PasswordHashes(); err != nil || len(got) != 0 {
		t.Errorf("what is left has the hashes %v, %v", got, err)
	}
	if problems := lay(t, users+fmt.Sprintf(row, "ferries")).seeds.Check(); !strings.Contains(problems.String(), "not a password hash of a known form") ||
		!strings.Contains(problems.String(), "seed/auth.passwords.ndjson:1:") || strings.Contains(problems.String(), "ferries") {
		t.Errorf("a password in place of its hash: %s", problems)
	}
}
