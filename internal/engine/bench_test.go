package engine_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
	"github.com/socle-hq/socle/internal/value"
)

var instant = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// bench is a project on one engine.
type bench struct {
	testing.TB
	name    string
	catalog *schema.Catalog
	set     *policy.Set
	store   store.Store
	engine  *engine.Engine
	within  time.Duration // what a request has; 0: as long as it takes, and nothing is left to the commit
}

// everywhere runs a test on every engine.
func everywhere(t *testing.T, archive string, test func(t *testing.T, b *bench)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, onSQLite(t, archive))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s, err := postgres.Open(context.Background(), testkit.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		test(t, newBench(t, "postgres", archive, s))
	})
}

func onSQLite(t testing.TB, archive string) *bench {
	s, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return newBench(t, "sqlite", archive, s)
}

func newBench(t testing.TB, name, archive string, s store.Store) *bench {
	t.Helper()
	b := &bench{TB: t, name: name, catalog: schematest.MustRead(t, archive), store: s}
	var problems []schema.Problem
	if b.set, problems = policy.Compile(b.catalog); schema.Problems(problems).Failed() {
		t.Fatalf("the policies do not compile: %v", problems)
	}
	if _, err := migrate.Apply(context.Background(), s, b.catalog, "keys"); err != nil {
		t.Fatal(causes(err))
	}
	err := s.Write(context.Background(), func(tx store.Tx) error {
		for _, text := range sqlgen.SystemTables(s.Dialect()) {
			if _, err := tx.Exec(context.Background(), text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(causes(err))
	}
	b.limit(5000)
	return b
}

// limit makes the engine with a bound on the rows that one write may be about.
func (b *bench) limit(writes int) {
	b.engine = engine.New(b.store, b.set, plan.Limits{Rows: 1000, Tree: 50_000, Levels: 32, Writes: writes}, clock.Fixed(instant, rand.Reader))
}

func (b *bench) collection(name string) *schema.Collection {
	return schematest.Collection(b, b.catalog, name)
}

// request is a write as a test writes it.
type request struct {
	insert, update, remove string // the collection
	body                   string // JSON
	columns                string // of the body; "": those of the objects
	eq                     string // filter: field=value,…
	on                     string // conflict fields
	ignore                 bool
	missingDefault         bool
	returning              string // fields and rel(fields)
	most                   int64  // max-affected; 0: no bound
	dry                    bool
	importing              bool
	idempotency            *engine.Idempotency
}

func (b *bench) op(r request) engine.Op {
	b.Helper()
	w := &ir.Write{Default: r.missingDefault, AtMost: -1}
	name := r.insert
	switch {
	case r.update != "":
		name, w.Action = r.update, ir.Update
	case r.remove != "":
		name, w.Action = r.remove, ir.Delete
	}
	if r.most > 0 {
		w.AtMost = r.most
	}
	c := b.collection(name)
	w.Row = &ir.Row{Collection: c, Label: c.Key}
	b.fill(w, c, r)
	for _, pair := range split(r.eq) {
		name, text, _ := strings.Cut(pair, "=")
		f := b.field(c, name)
		v, err := value.Parse(f.Type, text)
		if err != nil {
			b.Fatal(err)
		}
		w.Args = append(w.Args, v)
		w.Where = ir.All(w.Where, &ir.Compare{Op: ir.Eq, L: &ir.Column{Row: w.Row, Field: f}, R: &ir.Param{Slot: len(w.Args) - 1, T: f.Type}})
	}
	if r.on != "" {
		w.On = &ir.Conflict{Merge: !r.ignore}
		for _, name := range split(r.on) {
			w.On.Key = append(w.On.Key, b.field(c, name))
		}
	}
	if r.returning != "" {
		w.Return = b.query(c, r.returning)
	}
	return engine.Op{Write: w, DryRun: r.dry, Import: r.importing, Idempotency: r.idempotency}
}

// fill reads the body.
func (b *bench) fill(w *ir.Write, c *schema.Collection, r request) {
	b.Helper()
	if r.body == "" {
		return
	}
	text := strings.TrimSpace(r.body)
	if text[0] == '{' {
		text = "[" + text + "]"
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		b.Fatal(err)
	}
	names := map[string]bool{}
	for _, row := range rows {
		for name := range row {
			names[name] = true
		}
	}
	for _, name := range split(r.columns) {
		names[name] = true
	}
	for _, f := range c.Fields {
		if names[f.Name] {
			w.Columns = append(w.Columns, f)
		}
	}
	for _, row := range rows {
		in := ir.Input{}
		for _, f := range w.Columns {
			raw, given := row[f.Name]
			v := value.Value{}
			if given {
				var err error
				if v, err = value.FromJSON(f.Type, raw); err != nil {
					b.Fatal(err)
				}
			}
			in.Values, in.Given = append(in.Values, v), append(in.Given, given)
		}
		w.Rows = append(w.Rows, in)
	}
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (b *bench) field(c *schema.Collection, name string) *schema.Field {
	b.Helper()
	f, ok := c.Field(name)
	if !ok {
		b.Fatalf("no field %s", name)
	}
	return f
}

func (b *bench) query(c *schema.Collection, fields string) *ir.Query {
	b.Helper()
	q := &ir.Query{Row: &ir.Row{Collection: c, Label: c.Key}}
	for _, name := range strings.Fields(fields) {
		if rel, inner, ok := strings.Cut(name, "("); ok {
			r := c.RelationsNamed(rel)[0]
			q.Items = append(q.Items, &ir.Embed{Name: rel, Rel: r, Query: b.query(r.To, strings.ReplaceAll(strings.TrimSuffix(inner, ")"), ";", " "))})
			continue
		}
		f := b.field(c, name)
		q.Items = append(q.Items, &ir.Output{Name: name, X: &ir.Column{Row: q.Row, Field: f}})
	}
	return q
}

// do runs a request and gives what came of it as one text.
func (b *bench) do(a policy.Actor, r request) string {
	b.Helper()
	ctx := context.Background()
	if b.within > 0 {
		limited, stop := context.WithTimeout(ctx, b.within)
		defer stop()
		ctx = limited
	}
	answers, err := b.engine.Run(ctx, a, []engine.Op{b.op(r)})
	if err != nil {
		return refusal(err)
	}
	return outcome(answers[0])
}

func outcome(a engine.Answer) string {
	text := fmt.Sprintf("%d/%d", a.Affected, a.Inserted)
	if a.Replayed {
		text += " again"
	}
	if a.Result != nil {
		body, err := a.Shape.Array(nil, a.Result, render.Options{})
		if err != nil {
			return err.Error()
		}
		text += " " + string(body)
	}
	return text
}

func refusal(err error) string {
	f := fault.From(err)
	text := string(f.Code) + " " + f.Message
	if f.Details != nil {
		text += " | " + fmt.Sprint(f.Details)
	}
	for _, v := range f.Violations {
		text += fmt.Sprintf(" (%d %s %s)", v.Row, v.Column, v.Rule)
	}
	if f.Code == fault.Internal {
		text += " <" + causes(err) + ">"
	}
	return text
}

func causes(err error) string {
	text := ""
	for ; err != nil; err = errors.Unwrap(err) {
		text += err.Error() + "; "
	}
	return text
}

// want fails unless a request comes to what is expected; a refusal must leave the database as it was.
func (b *bench) want(a policy.Actor, r request, want string) {
	b.Helper()
	before := b.dump()
	got := b.do(a, r)
	if got != want {
		b.Errorf("%s: %+v\n got %s\nwant %s", b.name, r, got, want)
	}
	if refused := !strings.Contains(strings.SplitN(got, " ", 2)[0], "/"); (refused || r.dry) && b.dump() != before {
		b.Errorf("%s: %+v was refused and left a trace:\n%s\n%s", b.name, r, before, b.dump())
	}
}

// dump is every row of every collection, and the change log, in one form for all engines.
func (b *bench) dump() string {
	b.Helper()
	var out strings.Builder
	err := b.store.Write(context.Background(), func(tx store.Tx) error {
		out.Reset()
		for _, c := range b.catalog.Collections {
			if c.View == nil {
				if err := b.dumpOne(tx, c, &out); err != nil {
					return err
				}
			}
		}
		return b.dumpLog(tx, &out)
	})
	if err != nil {
		b.Fatal(causes(err))
	}
	return out.String()
}

func (b *bench) dumpOne(tx store.Tx, c *schema.Collection, out *strings.Builder) error {
	row := &ir.Row{Collection: c}
	sel := &plan.Select{From: plan.Source{Row: row}, Columns: plan.ImageColumns(row)}
	for _, f := range plan.Identity(c) {
		sel.Order = append(sel.Order, ir.Order{X: &ir.Column{Row: row, Field: f}})
	}
	stmt, err := sqlgen.Render(b.store.Dialect(), sel)
	if err != nil {
		return err
	}
	rows, err := tx.Query(context.Background(), stmt.Text)
	for _, r := range rows {
		out.WriteString(c.Key)
		for i, typ := range stmt.Types {
			if i == len(stmt.Types)-1 && len(c.PrimaryKey) == 0 {
				break // a hidden number, of which only the order means something
			}
			v, err := b.store.Dialect().Decode(typ, r[i])
			if err != nil {
				return err
			}
			out.WriteString(" " + string(value.AppendJSON(nil, typ, v)))
		}
		out.WriteString("\n")
	}
	return err
}

func (b *bench) dumpLog(tx store.Tx, out *strings.Builder) error {
	order := map[string]string{"sqlite": `"seq"`, "postgres": `"id"`}[b.name]
	rows, err := tx.Query(context.Background(), `SELECT "collection", "key", "version", "old", "new" FROM "_socle_changes" ORDER BY `+order)
	for _, r := range rows {
		fmt.Fprintln(out, r...)
	}
	return err
}

const (
	annID = "00000000-0000-7000-8000-000000000001"
	benID = "00000000-0000-7000-8000-000000000002"
)

var (
	ann  = policy.Actor{Role: policy.Authenticated, UID: annID}
	ben  = policy.Actor{Role: policy.Authenticated, UID: benID}
	anon = policy.Actor{Role: policy.Anon}
)

// rows is the part of a dump that is not the log, sorted; logged is the log.
func rows(dump string) string {
	var out []string
	for line := range strings.Lines(dump) {
		if !strings.Contains(line, " [") {
			out = append(out, line)
		}
	}
	return sorted(strings.Join(out, ""))
}

func logged(dump string) string {
	out := ""
	for line := range strings.Lines(dump) {
		if strings.Contains(line, " [") {
			out += line
		}
	}
	return out
}

func sorted(lines string) string {
	of := slices.Collect(strings.Lines(lines))
	slices.Sort(of)
	return strings.Join(of, "")
}
