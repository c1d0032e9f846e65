package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/testkit"
)

var shop = map[string]string{
	"socle.yaml":             "name: shop\n",
	"collections/notes.yaml": "fields: { id: { type: int, identity: true }, text: { type: text, required: true } }\nunique: [[text]]\npolicies: { read: true, create: true }\n",
	"seed/notes.csv":         "id,text\n1,one\n2,two\n",
}

func TestAProjectIsServedFromPostgreSQLAndIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	o := nodeOptions(t, shop, "", testkit.PostgresURL(t), nil)
	n := join(t, o)
	if len(n.Loaded) != 1 || n.Loaded[0].Rows != 2 {
		t.Fatalf("loaded %v", n.Loaded)
	}
	n.wants(t, "GET", "/rest/v1/notes?order=id", "", 200, `[{"id":1,"text":"one"},{"id":2,"text":"two"}]`)
	n.wants(t, "POST", "/rest/v1/notes?select=id", `{"text":"three"}`, 201, `[{"id":3}]`, "Prefer", "return=representation")
	n.wants(t, "GET", "/health", "", 200, `{"status":"ok"}`)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	status, drift, err := app.Plan(context.Background(), o)
	if err != nil || status.State != migrate.Same || drift.Any() {
		t.Fatal(status.State, drift.Lines(), err)
	}
	o.Apply = false
	n = join(t, o)
	n.wants(t, "GET", "/rest/v1/notes?select=id&id=gt.2", "", 200, `[{"id":3}]`)
	n.wants(t, "POST", "/rest/v1/notes?select=id", `{"text":"four"}`, 201, `[{"id":4}]`, "Prefer", "return=representation")
}

func TestAChangedProjectIsTakenUpOnPostgreSQL(t *testing.T) {
	t.Parallel()
	n := join(t, nodeOptions(t, shop, "", testkit.PostgresURL(t), nil))
	write(t, n.options.Dir, map[string]string{"collections/notes.yaml": strings.Replace(shop["collections/notes.yaml"], "fields: {", "fields: { size: { type: int, default: 7 },", 1)})
	if err := n.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	n.wants(t, "GET", "/rest/v1/notes?id=eq.1", "", 200, `[{"size":7,"id":1,"text":"one"}]`)
}

func TestWhatLosesDataIsDumpedBeforeOnPostgreSQL(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pg_dump"); err != nil && os.Getenv("CI") == "" {
		t.Skip("pg_dump is not installed")
	}
	o := nodeOptions(t, shop, "", testkit.PostgresURL(t), nil)
	if err := join(t, o).Close(); err != nil {
		t.Fatal(err)
	}
	write(t, o.Dir, map[string]string{"collections/notes.yaml": "fields: { id: { type: int, identity: true } }\npolicies: { read: true }\n"})
	var d migrate.Difference
	if _, err := app.Open(context.Background(), o); !errors.As(err, &d) {
		t.Fatal(err)
	}
	o.Lossy = true
	n := join(t, o)
	if info, err := os.Stat(n.Backup); err != nil || info.Size() == 0 || info.Mode() != 0o600 {
		t.Fatal(n.Backup, err)
	}
	n.wants(t, "GET", "/rest/v1/notes?order=id", "", 200, `[{"id":1},{"id":2}]`)
}

func TestNodesThatStartTogetherApplyAndSeedOnce(t *testing.T) {
	t.Parallel()
	dsn, shared := testkit.PostgresURL(t), keys(t)
	var all sync.WaitGroup
	errs := make([]error, 4)
	nodes := make([]*app.Runtime, len(errs))
	for i := range errs {
		o := nodeOptions(t, shop, shared, dsn, nil)
		all.Go(func() { nodes[i], errs[i] = app.Open(context.Background(), o) })
	}
	all.Wait()
	loaded := 0
	for i, err := range errs {
		if err != nil {
			t.Fatal(causes(err))
		}
		defer nodes[i].Close()
		loaded += len(nodes[i].Loaded)
		(&node{Runtime: nodes[i]}).wants(t, "GET", "/rest/v1/notes?select=id&order=id", "", 200, `[{"id":1},{"id":2}]`)
	}
	if loaded != 1 {
		t.Errorf("the first data was loaded %d times", loaded)
	}
}

func TestAnIdempotencyKeyHoldsOnEveryNode(t *testing.T) {
	t.Parallel()
	dsn, shared := testkit.PostgresURL(t), keys(t)
	a, b := join(t, nodeOptions(t, shop, shared, dsn, nil)), join(t, nodeOptions(t, shop, shared, dsn, nil))
	var all sync.WaitGroup
	for _, n := range []*node{a, b, a, b} {
		all.Go(func() {
			if w := n.ask("POST", "/rest/v1/notes", `{"text":"once"}`, "Idempotency-Key", "k"); w.Code != 201 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
	b.wants(t, "GET", "/rest/v1/notes?select=text&text=eq.once", "", 200, `[{"text":"once"}]`)
	b.wants(t, "POST", "/rest/v1/notes", `{"text":"other"}`, 422,
		`{"code":"PGRSTX01","message":"the idempotency key was used for another request","details":null,"hint":null}`, "Idempotency-Key", "k")
}

func TestANodeWithAnotherKeySetIsRefused(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	join(t, nodeOptions(t, shop, "", dsn, nil))
	if _, err := app.Open(context.Background(), nodeOptions(t, shop, "", dsn, nil)); !errors.Is(err, migrate.ErrKeys) {
		t.Fatal(err)
	}
}

func TestANodeNoticesThatAnotherHasChangedTheSchema(t *testing.T) {
	t.Parallel()
	dsn, shared := testkit.PostgresURL(t), keys(t)
	old, said := nodeOptions(t, shop, shared, dsn, nil), &testkit.Said{}
	old.Log = slog.New(slog.NewTextHandler(said, nil))
	a := join(t, old)
	a.serve(t)
	changed := map[string]string{"collections/notes.yaml": strings.Replace(shop["collections/notes.yaml"], "fields: {", "fields: { size: int,", 1)}
	o := nodeOptions(t, shop, shared, dsn, nil)
	write(t, o.Dir, changed)
	join(t, o)
	eventually(t, "the old node says so", func() bool { return strings.Contains(said.String(), "another server has changed the schema") })
	a.wants(t, "POST", "/rest/v1/notes?select=*", `{"text":"three"}`, 201, `[{"id":3,"text":"three"}]`, "Prefer", "return=representation")
	next := map[string]string{"collections/notes.yaml": strings.Replace(changed["collections/notes.yaml"], "size: int,", "size: int, hue: text,", 1)}
	write(t, old.Dir, next)
	write(t, o.Dir, next)
	join(t, o)
	eventually(t, "the node with the new files serves them", func() bool {
		return a.ask("GET", "/rest/v1/notes?id=eq.3&select=id,hue", "").Body.String() == `[{"id":3,"hue":null}]`
	})
}
