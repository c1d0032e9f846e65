package migrate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

const project = `
-- projects.yaml --
fields:
  id: uuid
  name: { type: text, required: true }
search: [name]
policies: { read: true }
-- tickets.yaml --
fields:
  id: uuid
  project_id: { ref: projects }
  parent_id: { ref: tickets }
  owner_id: { ref: auth.users }
  title: text
  estimate: { type: decimal, precision: 8, scale: 2 }
indexes: [[project_id, -title]]
policies: { read: "row.title != null" }
-- collections/billing/invoices.yaml --
fields: { id: int, ticket_id: { ref: public.tickets } }
policies: { read: true }
`

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func apply(t *testing.T, st store.Store, archive string) error {
	t.Helper()
	_, err := migrate.Apply(context.Background(), st, schematest.MustRead(t, archive), "keys")
	return err
}

func state(t *testing.T, st store.Store, archive string) migrate.Status {
	t.Helper()
	s, err := migrate.Inspect(context.Background(), st, schematest.MustRead(t, archive))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnEmptyDatabaseBecomesTheProject(t *testing.T) {
	t.Parallel()
	st := open(t)
	if s := state(t, st, project); s.State != migrate.Empty {
		t.Fatalf("before: %+v", s)
	}
	for range 2 { // the second finds nothing to do
		if err := apply(t, st, project); err != nil {
			t.Fatal(err)
		}
	}
	if s := state(t, st, project); s.State != migrate.Same {
		t.Errorf("after: %+v", s)
	}
}

func TestInspectingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	st := open(t)
	for range 2 {
		if s := state(t, st, project); s.State != migrate.Empty {
			t.Fatalf("%+v", s)
		}
	}
}

func TestWhatIsNotStoredChangesLive(t *testing.T) {
	t.Parallel()
	st := open(t)
	if err := apply(t, st, project); err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(project, `"row.title != null"`, `"auth.uid == row.owner_id"`, 1)
	changed = strings.Replace(changed, "title: text", "title: { type: text, max: 10, default: new, description: Short. }", 1)
	if s := state(t, st, changed); s.State != migrate.Live {
		t.Fatalf("%+v", s)
	}
	if err := apply(t, st, changed); err != nil {
		t.Fatal(err)
	}
	if s := state(t, st, changed); s.State != migrate.Same {
		t.Errorf("%+v", s)
	}
}

func TestNewCollectionsAndIndexesAreAdded(t *testing.T) {
	t.Parallel()
	st := open(t)
	if err := apply(t, st, project); err != nil {
		t.Fatal(err)
	}
	grown := strings.Replace(project, "[[project_id, -title]]", "[[project_id, -title], [owner_id]]", 1) +
		"-- notes.yaml --\nfields: { id: int, ticket_id: { ref: tickets } }\npolicies: { read: true }\n"
	s := state(t, st, grown)
	if want := []string{"tickets: index tickets_owner_id_idx is new", "notes: the collection is new"}; s.State != migrate.Differs || !slices.Equal(s.Difference.Lines(), want) {
		t.Fatalf("%q", s.Difference.Lines())
	}
	for _, step := range []string{grown, project + "-- notes.yaml --\nfields: { id: int, ticket_id: { ref: tickets } }\npolicies: { read: true }\n", grown} {
		if err := apply(t, st, step); err != nil { // an index that goes and comes back
			t.Fatal(err)
		}
	}
	if s := state(t, st, grown); s.State != migrate.Same {
		t.Errorf("%+v", s)
	}
}

func TestALossIsNamedAndNothingIsTouched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, now, says string }{
		"type":       {"title: text", "title: int", "tickets: field title is int and was text; values are converted"},
		"scale":      {"scale: 2", "scale: 1", "tickets: field estimate is decimal(8,1) and was decimal(8,2); values are converted"},
		"no cast":    {"title: text", "title: bytes", "tickets: field title is bytes and was text; its values are lost"},
		"field":      {"owner_id: { ref: auth.users }\n", "\n", "tickets: field owner_id is gone with its values"},
		"collection": {"-- collections/billing/invoices.yaml --", "-- collections/billing/bills.yaml --", "billing.invoices: the collection is gone with all its rows"},
	} {
		st := open(t)
		if err := apply(t, st, project); err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(project, c.old, c.now, 1)
		if name == "no cast" {
			changed = strings.Replace(changed, "indexes: [[project_id, -title]]", "", 1)
		}
		err := apply(t, st, changed)
		var d migrate.Difference
		if !errors.As(err, &d) || !slices.Contains(d.Destructive(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if s := state(t, st, project); s.State != migrate.Same {
			t.Errorf("%s: the refused change left %+v", name, s)
		}
	}
}

func TestOtherKeysAreNoticed(t *testing.T) {
	t.Parallel()
	st := open(t)
	c := schematest.MustRead(t, project)
	if _, err := migrate.Apply(context.Background(), st, c, "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Apply(context.Background(), st, c, "two"); !errors.Is(err, migrate.ErrKeys) {
		t.Errorf("got %v", err)
	}
}

// failing is a store whose writes fail at the nth statement, as if the process had been killed there.
type failing struct {
	store.Store
	left int
}

type failingTx struct {
	store.Tx
	of *failing
}

var errKilled = errors.New("killed")

func (f *failing) Write(ctx context.Context, do func(store.Tx) error) error {
	return f.Store.Write(ctx, func(tx store.Tx) error { return do(failingTx{tx, f}) })
}

// killing is st, killed at statement n, with the abilities that st has.
func killing(st store.Store, n int) store.Store {
	f := &failing{st, n}
	if r, ok := st.(migrate.Rebuilder); ok {
		return failingRebuilder{f, r}
	}
	return f
}

type failingRebuilder struct {
	*failing
	rebuilder migrate.Rebuilder
}

func (f failingRebuilder) Rebuild(ctx context.Context, do func(store.Tx) error) error {
	return f.rebuilder.Rebuild(ctx, func(tx store.Tx) error { return do(failingTx{tx, f.failing}) })
}

func (t failingTx) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	if t.of.left--; t.of.left < 0 {
		return 0, errKilled
	}
	return t.Tx.Exec(ctx, sql, args...)
}

func TestKilledAtAnyStatementApplyingAgainCompletes(t *testing.T) {
	t.Parallel()
	c := schematest.MustRead(t, project)
	for n := 0; ; n++ {
		st := open(t)
		_, err := migrate.Apply(context.Background(), killing(st, n), c, "keys")
		if err == nil {
			if n < 10 {
				t.Fatalf("only %d statements", n)
			}
			return
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		if s := state(t, st, project); s.State != migrate.Empty {
			t.Fatalf("killed at statement %d: %+v", n, s)
		}
		if _, err := migrate.Apply(context.Background(), st, c, "keys"); err != nil {
			t.Fatalf("again after statement %d: %v", n, err)
		}
	}
}

func TestFirstDataIsRememberedPerCollection(t *testing.T) {
	t.Parallel()
	st := open(t)
	c := schematest.MustRead(t, project)
	ctx := context.Background()
	if _, err := migrate.Apply(ctx, st, c, "keys"); err != nil {
		t.Fatal(err)
	}
	tickets, projects := schematest.Collection(t, c, "tickets"), schematest.Collection(t, c, "projects")
	if err := st.Write(ctx, func(tx store.Tx) error { return migrate.MarkSeeded(ctx, st, tx, tickets) }); err != nil {
		t.Fatal(err)
	}
	check := func(want map[*schema.Collection]bool) {
		t.Helper()
		done, err := migrate.Seeded(ctx, st)
		if err != nil {
			t.Fatal(err)
		}
		for col, w := range want {
			if done(col) != w {
				t.Errorf("%s: %v", col.Key, done(col))
			}
		}
	}
	check(map[*schema.Collection]bool{tickets: true, projects: false})
	if err := migrate.MarkAllSeeded(ctx, st, c); err != nil {
		t.Fatal(err)
	}
	check(map[*schema.Collection]bool{tickets: true, projects: true})
}

// run executes one statement in a write of its own.
func run(t *testing.T, st store.Store, sql string) {
	t.Helper()
	err := st.Write(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(context.Background(), sql)
		return err
	})
	if err != nil {
		t.Fatal(sql, err, cause(err))
	}
}

func TestWhatSomebodyChangedByHandIsReported(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		st := e.open(t)
		must(t, st, schematest.MustRead(t, project))
		if d, err := migrate.Drifted(context.Background(), st); err != nil || d.Any() {
			t.Fatalf("%s: at first %q %v", e.name, d.Lines(), err)
		}
		run(t, st, `ALTER TABLE projects ADD COLUMN extra integer`)
		run(t, st, `ALTER TABLE tickets RENAME COLUMN estimate TO guess`)
		run(t, st, `CREATE TABLE theirs (a integer)`)
		d, err := migrate.Drifted(context.Background(), st)
		if err != nil {
			t.Fatal(err)
		}
		told := strings.ToLower(strings.Join(d.Lines(), "\n"))
		for _, want := range []string{"missing: column (public.)?tickets.estimate", "not declared: column (public.)?tickets.guess",
			"not declared: column (public.)?projects.extra", "not declared: table (public.)?theirs"} {
			if ok, _ := regexp.MatchString(want, told); !ok {
				t.Errorf("%s: %s is not in\n%s", e.name, want, told)
			}
		}
		if s := state(t, st, project); s.State != migrate.Same {
			t.Errorf("%s: a drift is only reported, got %+v", e.name, s)
		}
	}
}

func TestGeneratedNumbersGoOnUnderANewName(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		st := e.open(t)
		must(t, st, schematest.MustRead(t, "-- a.yaml --\nfields: { id: { type: int, identity: true }, n: { type: int, identity: true } }\npolicies: { read: true }\n"))
		run(t, st, `INSERT INTO _socle_identity (name, last) VALUES ('public.a.id', 41), ('public.a.n', 7), ('public.other.id', 1)`)
		c := schematest.MustRead(t, "-- b.yaml --\nwas: a\nfields: { id: { type: int, identity: true } }\npolicies: { read: true }\n")
		if _, err := migrate.Carry(context.Background(), st, c, migrate.Options{Keys: "keys", Destructive: true}); err != nil {
			t.Fatal(err)
		}
		var got []string
		_ = st.Write(context.Background(), func(tx store.Tx) error {
			rows, err := tx.Query(context.Background(), `SELECT name || ' ' || last FROM _socle_identity ORDER BY 1`)
			for _, r := range rows {
				got = append(got, r[0].(string))
			}
			return err
		})
		if want := []string{"public.b.id 41", "public.other.id 1"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", e.name, got, want)
		}
	}
}

func TestTheBackupComesBeforeTheLossAndItsFailureStopsIt(t *testing.T) {
	t.Parallel()
	st := open(t)
	must(t, st, schematest.MustRead(t, project))
	smaller := schematest.MustRead(t, "-- projects.yaml --\nfields: { id: uuid }\npolicies: { read: true }\n")
	full := errors.New("no room")
	o := migrate.Options{Keys: "keys", Destructive: true, Backup: func(context.Context) error { return full }}
	if _, err := migrate.Carry(context.Background(), st, smaller, o); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if s := state(t, st, project); s.State != migrate.Same {
		t.Errorf("without its backup the change did something: %+v", s)
	}
	path := filepath.Join(t.TempDir(), "before.db")
	o.Backup = func(ctx context.Context) error { return st.(*sqlite.Store).Backup(ctx, path) }
	if _, err := migrate.Carry(context.Background(), st, smaller, o); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := sqlite.Open(dir, sqlite.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if s := state(t, old, project); s.State != migrate.Same {
		t.Errorf("the backup is at %+v", s)
	}
	if d, err := migrate.Drifted(context.Background(), old); err != nil || d.Any() {
		t.Errorf("the backup has drifted: %q %v", d.Lines(), err)
	}
}

func TestTwoNodesApplyOneAfterTheOther(t *testing.T) {
	t.Parallel()
	st := engines[1].open(t)
	must(t, st, schematest.MustRead(t, project))
	grown := schematest.MustRead(t, strings.Replace(project, "title: text", "title: text\n  points: { type: int, default: 5 }", 1))
	done := make(chan error, 4)
	for range cap(done) {
		go func() {
			_, err := migrate.Apply(context.Background(), st, grown, "keys")
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err, cause(err))
		}
	}
}
