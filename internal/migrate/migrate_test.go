package migrate_test

import (
	"context"
	"errors"
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
