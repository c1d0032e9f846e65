package transfer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/transfer"
)

var noon = clock.Fixed(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), rand.Reader)

// project is a catalogue over an empty database.
type project struct {
	testing.TB
	store   store.Store
	catalog *schema.Catalog
	engine  *engine.Engine
}

// layOn makes a project over a store, which it closes.
func layOn(t testing.TB, model string, st store.Store) *project {
	t.Helper()
	t.Cleanup(func() { st.Close() })
	c := schematest.MustRead(t, model)
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := migrate.Apply(context.Background(), st, c, "keys"); err != nil {
		t.Fatal(err)
	}
	return &project{t, st, c, engine.New(st, set, plan.Limits{Rows: 10, Tree: 20, Writes: 1}, noon).Unbounded()}
}

// each runs a test on every engine.
func each(t *testing.T, model string, test func(t *testing.T, p *project)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, onSQLite(t, model))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, onPostgres(t, model))
	})
}

func onSQLite(t testing.TB, model string) *project {
	t.Helper()
	st, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	return layOn(t, model, st)
}

func onPostgres(t testing.TB, model string) *project {
	t.Helper()
	st, err := postgres.Open(context.Background(), testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return layOn(t, model, st)
}

// said is what an import reports of bad rows.
type said struct {
	bad    []transfer.Bad
	events int
}

func (s *said) lines() string {
	var b strings.Builder
	for _, bad := range s.bad {
		for _, reason := range bad.Reasons {
			fmt.Fprintf(&b, "%d: %s\n", bad.Line, reason)
		}
	}
	return b.String()
}

func (s *said) hear(e transfer.Event) {
	s.events++
	if e.Bad != nil {
		s.bad = append(s.bad, *e.Bad)
	}
}

func (p *project) collection(name string) *schema.Collection {
	p.Helper()
	c, err := transfer.Find(p.catalog, name)
	if err != nil {
		p.Fatal(err)
	}
	return c
}

func (p *project) job(name string, f transfer.Format) transfer.Job {
	c := p.collection(name)
	return transfer.Job{Engine: p.engine, Clock: noon, Collection: c, Source: "f." + string(f), Format: f, Waiting: transfer.Own(c)}
}

// load imports a text that has nothing wrong with it.
func (p *project) load(name string, f transfer.Format, text string) transfer.Result {
	p.Helper()
	return p.finish(p.job(name, f), text)
}

// finish runs a job to its end, with its second pass, and forgets it.
func (p *project) finish(j transfer.Job, text string) transfer.Result {
	p.Helper()
	var s said
	j.Observe = s.hear
	res, err := j.Import(context.Background(), strings.NewReader(text))
	if err != nil || res.Stopped {
		p.Fatalf("%+v %v\n%s", res, err, s.lines())
	}
	if again, ok := j.Second(res); ok {
		second, err := again.Import(context.Background(), strings.NewReader(text))
		if err != nil || second.Stopped {
			p.Fatalf("second pass: %+v %v\n%s", second, err, s.lines())
		}
	}
	if err := transfer.Forget(context.Background(), p.store, j.Collection, res.ID); err != nil {
		p.Fatal(err)
	}
	return res
}

// export is a collection's rows as a file has them.
func (p *project) export(name string, f transfer.Format) string {
	p.Helper()
	snap, err := p.store.Snapshot(context.Background())
	if err != nil {
		p.Fatal(err)
	}
	defer snap.Close()
	var b bytes.Buffer
	if _, err := transfer.Export(context.Background(), snap, p.store.Dialect(), p.collection(name), f, render.Options{}, &b, nil); err != nil {
		p.Fatal(err)
	}
	return b.String()
}
