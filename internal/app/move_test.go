package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/move"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/testkit"
)

// motley is a project of everything that tables can be: every type, references to oneself and in a circle, keys of two columns
// and none, namespaces, odd names, search, first data.
var motley = map[string]string{
	"socle.yaml": "name: motley\nlimits: { rows: 5000 }\n",
	"collections/kinds.yaml": `fields:
  id: uuid
  t: text
  i: int
  f: float
  d: { type: decimal, precision: 10, scale: 2 }
  wide: { type: decimal, precision: 38, scale: 10 }
  b: bool
  at: timestamp
  day: date
  j: json
  raw: bytes
  e: { enum: [red, green, "dark blue"] }
  ts: { type: text, list: true }
  ns: { type: int, list: true }
  ds: { type: decimal, precision: 9, scale: 3, list: true }
  days: { type: date, list: true }
search: [t]
realtime: true
policies: { read: "row.b == true || auth.uid != null" }
`,
	"collections/people.yaml": `fields: { id: { type: int, identity: true }, name: { type: text, required: true, unique: true }, boss_id: { ref: people }, house_id: { ref: houses, required: true } }
relations: { boss: { column: boss_id }, house: { column: house_id } }
policies: { read: true }
`,
	"collections/houses.yaml": "fields: { id: { type: int, identity: true }, street: text, owner_id: { ref: people } }\nrelations: { owner: { column: owner_id } }\npolicies: { read: true }\n",
	"collections/pairs.yaml":  "fields: { a: text, day: date, n: int }\nprimary_key: [a, day]\npolicies: { read: true }\n",
	"collections/lines.yaml":  "fields: { text: text, n: int }\nprimary_key: none\nrealtime: true\npolicies: { read: true }\n",
	"collections/billing/odd.yaml": `name: "Odd \"name\" für, x"
fields: { id: { type: int, identity: true, name: "the id" }, v: { type: text, name: "select" }, user_id: { ref: auth.users } }
search: [v]
policies: { read: true }
`,
	"seed/auth.users.ndjson": `{"id":"018f0000-0000-7000-8000-000000000001","email":"a@example.org"}` + "\n",
	"seed/houses.csv":        "id,street\n7,Main\n",
}

// populated fills a motley project's rows through its API: rows of several versions, numbers that were spent in vain, answers that
// are remembered.
func populated(t *testing.T, n *node) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	for range 2 {
		rows := make([]string, 300)
		for i := range rows {
			rows[i] = kind(r)
		}
		n.sends(t, 201, "POST", "/rest/v1/kinds", "["+strings.Join(rows, ",")+"]")
	}
	n.sends(t, 200, "PATCH", "/rest/v1/kinds?i=gt.0", `{"t":"the changed house"}`, "Prefer", "return=representation")
	n.sends(t, 204, "DELETE", "/rest/v1/kinds?i=lt.-900", "")
	for i := range 120 {
		boss := "null"
		if i > 0 {
			boss = fmt.Sprint(1 + r.IntN(i))
		}
		n.sends(t, 201, "POST", "/rest/v1/people", fmt.Sprintf(`{"name":"p%d","boss_id":%s,"house_id":7}`, i, boss))
	}
	n.sends(t, 204, "PATCH", "/rest/v1/people?id=eq.1", `{"boss_id":120}`)
	n.sends(t, 204, "PATCH", "/rest/v1/houses?id=eq.7", `{"owner_id":3}`)
	n.sends(t, 409, "POST", "/rest/v1/people", `{"name":"p1","house_id":7}`)
	var pairs []string
	for i := range 1500 {
		pairs = append(pairs, fmt.Sprintf(`{"a":%q,"day":"2024-02-%02d","n":%d}`, strings.Repeat("é", i%7)+fmt.Sprint(i/7), 1+i%7, i))
	}
	n.sends(t, 201, "POST", "/rest/v1/pairs", "["+strings.Join(pairs, ",")+"]")
	n.sends(t, 201, "POST", "/rest/v1/lines", `[{"text":"same","n":1},{"text":"same","n":1},{"text":"gone","n":2},{"text":null,"n":null}]`)
	n.sends(t, 204, "DELETE", "/rest/v1/lines?n=eq.2", "")
	n.sends(t, 201, "POST", "/rest/v1/lines?select=text", `{"text":"once"}`, "Idempotency-Key", "k1", "Prefer", "return=representation")
	n.sends(t, 201, "POST", "/rest/v1/"+url.PathEscape(`Odd "name" für, x`), `[{"select":"a, \"b\"","user_id":"018f0000-0000-7000-8000-000000000001"},{"select":"","user_id":null}]`,
		"Content-Profile", "billing")
}

// kind is a row with values at the edges of their types.
func kind(r *rand.Rand) string {
	one := func(options ...string) string { return options[r.IntN(len(options))] }
	return fmt.Sprintf(`{"t":%s,"i":%d,"f":%s,"d":%s,"wide":%s,"b":%s,"at":%s,"day":%s,"j":%s,"raw":%s,"e":%s,"ts":%s,"ns":%s,"ds":%s,"days":%s}`,
		one(`null`, `""`, `"the house on a hill"`, `"Ünïcödé \ud83d\ude00 \n\t\""`), r.IntN(2000)-1000, one("null", "0", "-0.0", "1e300", "0.1", "-5e-324"),
		one("null", "12345678.99", "-0.01", "0"), one("null", "9999999999999999999999999999.0123456789", "-1"), one("true", "false", "null"),
		one("null", `"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999Z"`, `"2024-05-06T07:08:09.5+02:00"`), one("null", `"0001-01-01"`, `"2024-02-29"`),
		one("null", `{"b":1,"a":[1.50,null,{"x":"y"}]}`, `"text"`, "12345678901234567890.5"), one("null", `""`, `"AAEC/w=="`), one("null", `"dark blue"`),
		one("null", "[]", `["a","b,c","{\"}"]`), one("null", "[9223372036854775807,-1]"), one("null", "[0.001,-123456.789]"), one("null", `["2024-01-02"]`))
}

func (n *node) sends(t *testing.T, status int, method, path, body string, headers ...string) string {
	t.Helper()
	w := n.ask(method, path, body, headers...)
	if w.Code != status {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.String()
}

// questions are requests over everything that a catalogue has.
func questions(c *schema.Catalog) [][2]string {
	var out [][2]string
	for _, col := range c.Collections {
		if col.Internal || col.Namespace == "auth" {
			continue
		}
		at := "/rest/v1/" + url.PathEscape(col.Name)
		ask := func(query string) { out = append(out, [2]string{col.Namespace, at + "?" + query}) }
		ask("select=*")
		ask("select=count()")
		for _, f := range col.Fields {
			name := url.QueryEscape(`"` + strings.ReplaceAll(f.Name, `"`, `\"`) + `"`)
			ask("order=" + name + ".desc.nullslast&limit=20&offset=3")
			ask("select=" + name + "&" + url.QueryEscape(f.Name) + "=not.is.null&order=" + name)
			ask("select=" + name + ",count()&order=" + name)
		}
		if col.Search != nil {
			ask("search=plfts.house&select=*")
			ask("search=fts.b&select=*")
		}
		for _, r := range col.Relations {
			ask("select=*," + url.QueryEscape(r.Name) + "(*)&limit=50")
		}
	}
	return out
}

// answer is all that a server says to a request, but the time.
func (n *node) answer(q [2]string, bearer string) string {
	req := httptest.NewRequest("GET", q[1], nil)
	req.Header.Set("Accept-Profile", q[0])
	req.Header.Set("Prefer", "count=exact")
	req.Header.Set("Apikey", n.Keys.Publishable)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	n.ServeHTTP(w, req)
	w.Header().Del("Date")
	return fmt.Sprint(w.Code, w.Header(), w.Body)
}

// alike wants the same answers from two servers, for anybody, a user and the service.
func alike(t *testing.T, a, b *node) {
	t.Helper()
	refused := 0
	all := questions(a.Project().Set.Catalog())
	for _, q := range all {
		for _, bearer := range []string{"", token(t, a), a.Keys.Secret} {
			x, y := a.answer(q, bearer), b.answer(q, bearer)
			if x != y {
				t.Fatalf("%s:\n%.2000s\n%.2000s", q[1], x, y)
			}
			if !strings.HasPrefix(x, "200") && !strings.HasPrefix(x, "206") {
				refused++
			}
		}
	}
	if refused > len(all) {
		t.Errorf("%d of %d requests were refused", refused, 3*len(all))
	}
}

// token is a user's, signed with a node's keys.
func token(t *testing.T, n *node) string {
	t.Helper()
	text, err := auth.NewTokens(n.Keys, auth.Issuer(""), n.Clock).Issue(auth.Grant{Sub: "018f0000-0000-7000-8000-000000000001", Role: "authenticated", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// served is a project whose database is said by a variable.
func served(t *testing.T, files map[string]string, data, keys, database string) app.Options {
	t.Helper()
	o := nodeOptions(t, files, keys, database, nil)
	if data != "" {
		o.Data = data
	}
	return o
}

// at is the same project on another database.
func at(o app.Options, database string) app.Options {
	o.Env = config.With(o.Env, map[string]string{"database": database})
	o.Apply = false
	return o
}

func TestAProjectMovesToPostgreSQLAndBackWithTheSameAnswers(t *testing.T) {
	t.Parallel()
	o := served(t, motley, "", keys(t), "sqlite")
	lite := join(t, o)
	populated(t, lite)
	if err := lite.Close(); err != nil {
		t.Fatal(err)
	}
	_, applied, err := app.Plan(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	dsn := testkit.PostgresURL(t)
	if _, err := app.MoveTo(context.Background(), o, app.Move{To: dsn}); err != nil {
		t.Fatal(causes(err))
	}
	big := join(t, at(o, dsn))
	lite = join(t, at(o, "sqlite"))
	alike(t, lite, big)

	home := at(o, dsn)
	home.Data = t.TempDir()
	done, err := app.MoveTo(context.Background(), home, app.Move{To: "sqlite"})
	if err != nil || len(done.Collections) != 7 {
		t.Fatal(done, causes(err))
	}
	back := at(home, "sqlite")
	for _, o := range []app.Options{at(o, dsn), back} {
		status, drift, err := app.Plan(context.Background(), o)
		if err != nil || status.State != migrate.Same || drift.Any() && o.Data != home.Data {
			t.Error(status, drift.Lines(), err)
		} else if drift.Any() && !slices.Equal(drift.Lines(), applied.Lines()) {
			t.Error(drift.Lines(), applied.Lines())
		}
	}
	again := join(t, back)
	alike(t, lite, again)
	if n := big.ask("POST", "/rest/v1/lines", `{"text":"x"}`); n.Code != 503 || n.Header().Get("Retry-After") == "" {
		t.Error(n.Code, n.Body)
	}
	release(t, lite, at(o, "sqlite"), big, at(o, dsn))
	for _, n := range []*node{lite, big, again} {
		n.wants(t, "POST", "/rest/v1/people?select=id", `{"name":"next","house_id":7}`, 201, `[{"id":122}]`, "Prefer", "return=representation")
		n.wants(t, "POST", "/rest/v1/houses?select=id", `{"street":"next"}`, 201, `[{"id":8}]`, "Prefer", "return=representation")
		n.wants(t, "POST", "/rest/v1/lines?select=text", `{"text":"once"}`, 201, `[{"text":"once"}]`, "Idempotency-Key", "k1", "Prefer", "return=representation")
		n.wants(t, "GET", "/rest/v1/lines?select=count()", "", 200, `[{"count":4}]`)
	}
	alike(t, lite, big)
}

// release takes the hold from a database that is closed meanwhile where that is a file, and from one that others use.
func release(t *testing.T, lite *node, file app.Options, big *node, server app.Options) {
	t.Helper()
	if was, err := app.MoveRelease(context.Background(), server); err != nil || !was {
		t.Fatal(was, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	lite.Control(ctx)
	if was, err := app.MoveRelease(context.Background(), file); err != nil || !was {
		t.Fatal(was, err)
	}
}

func causes(err error) string {
	text := ""
	for ; err != nil; err = errors.Unwrap(err) {
		text += err.Error() + "\n"
	}
	return text
}

// holding is a small project with rows in a data directory that no server has.
func holding(t *testing.T, rows int) app.Options {
	t.Helper()
	o := served(t, motley, "", keys(t), "sqlite")
	n := join(t, o)
	var all []string
	for i := range rows {
		all = append(all, fmt.Sprintf(`{"text":"line %d","n":%d}`, i, i))
	}
	for len(all) > 0 {
		page := all[:min(1000, len(all))]
		all = all[len(page):]
		n.sends(t, 201, "POST", "/rest/v1/lines", "["+strings.Join(page, ",")+"]")
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestWhatIsNotTheSameOnBothSidesDoesNotCount(t *testing.T) {
	t.Parallel()
	o := holding(t, 50)
	first := join(t, o)
	first.sends(t, 201, "POST", "/rest/v1/houses", `{"street":"first"}`)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"a changed row":     `UPDATE lines SET text = 'other' WHERE n = 3`,
		"a changed version": `UPDATE lines SET _version = 2 WHERE n = 3`,
		"a missing row":     `DELETE FROM lines WHERE n = 3`,
		"a spent number":    `UPDATE _socle_identity SET last = 99`,
		"an account":        `UPDATE auth.users SET email = 'b@example.org'`,
		"an entry":          `DELETE FROM _socle_changes WHERE id = (SELECT min(id) FROM _socle_changes)`,
	} {
		t.Run(what, func(t *testing.T) {
			dsn := testkit.PostgresURL(t)
			corrupted := false
			var differs *move.Differs
			_, err := app.MoveTo(context.Background(), o, app.Move{To: dsn, Observe: func(e move.Event) {
				if e.Phase == move.Comparing && !corrupted {
					corrupted = true
					if sql(t, dsn, text) == 0 {
						t.Error("nothing was there to be changed")
					}
				}
			}})
			if !errors.As(err, &differs) {
				t.Fatal(causes(err))
			}
			if _, err := app.Open(context.Background(), at(o, dsn)); err == nil || !strings.Contains(err.Error(), "has not ended") {
				t.Error(err)
			}
			n := join(t, at(o, "sqlite")) // takes writes again
			n.sends(t, 201, "POST", "/rest/v1/houses", `{"street":"new"}`)
			if err := n.Close(); err != nil {
				t.Fatal(err)
			}
			var refused *app.MoveRefused
			if _, err := app.MoveTo(context.Background(), o, app.Move{To: dsn}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "--restart") {
				t.Error(err)
			}
			if _, err := app.MoveTo(context.Background(), o, app.Move{To: dsn, Restart: true}); err != nil {
				t.Fatal(causes(err))
			}
			if was, err := app.MoveRelease(context.Background(), o); err != nil || !was {
				t.Fatal(was, err)
			}
		})
	}
}

func TestATargetThatIsNotEmptyIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	o := holding(t, 5)
	dsn := testkit.PostgresURL(t)
	other := join(t, nodeOptions(t, shop, o.Keys, dsn, nil))
	beside, stranger := at(other.options, dsn), at(other.options, dsn)
	beside.Data, stranger.Keys = o.Data, ""
	foreign := testkit.PostgresURL(t)
	sql(t, foreign, "CREATE TABLE houses (x int)")
	for name, c := range map[string]struct {
		o    app.Options
		to   string
		want string
	}{
		"a project":              {o, dsn, "is not empty"},
		"somebody's tables":      {o, foreign, "in use by something else"},
		"the same engine":        {o, "sqlite", "in SQLite already"},
		"the same database":      {at(o, dsn), dsn, "already"},
		"a data directory":       {beside, "sqlite", "is there already"},
		"no address":             {o, "mysql://x", "--to is sqlite or postgres://"},
		"a variable that is not": {o, "postgres://x:${NOT_SET}@h/d", "NOT_SET, which is not set"},
		"nobody's server":        {o, "postgres://x@/app?host=/nowhere", "cannot be reached"},
		"another's key set":      {stranger, foreign, "another key set"},
	} {
		_, err := app.MoveTo(context.Background(), c.o, app.Move{To: c.to, Restart: true})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other.wants(t, "GET", "/rest/v1/notes?order=id", "", 200, `[{"id":1,"text":"one"},{"id":2,"text":"two"}]`)
	other.sends(t, 201, "POST", "/rest/v1/notes", `{"text":"three"}`)
	join(t, at(o, "sqlite")).sends(t, 201, "POST", "/rest/v1/houses", `{"street":"new"}`)
}

// TestNoAcknowledgedWriteIsMissing moves while writers write and readers read: through the server of a data directory, and from a
// server that several nodes share.
func TestNoAcknowledgedWriteIsMissing(t *testing.T) {
	t.Parallel()
	o := holding(t, 300)
	for _, c := range []struct{ name, from string }{{"from SQLite", "sqlite"}, {"from PostgreSQL", testkit.PostgresURL(t)}} {
		t.Run(c.name, func(t *testing.T) {
			o, to := o, testkit.PostgresURL(t)
			if c.from != "sqlite" {
				o, to = nodeOptions(t, motley, o.Keys, c.from, nil), "sqlite"
			}
			n := join(t, o)
			nodes := []*node{n}
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			if c.from == "sqlite" {
				n.Control(ctx)
			} else {
				nodes = append(nodes, join(t, nodeOptions(t, motley, o.Keys, c.from, nil)))
			}
			var kept atomic.Int64
			var all sync.WaitGroup
			begun := make(chan struct{}, 8)
			for w := range 4 {
				all.Go(func() {
					for i := 0; ; i++ {
						w := nodes[w%len(nodes)].ask("POST", "/rest/v1/houses", `{"street":"while"}`)
						if w.Code == 503 {
							return
						}
						if w.Code != 201 {
							t.Errorf("%d %s", w.Code, w.Body)
							return
						}
						kept.Add(1)
						if i == 20 {
							begun <- struct{}{}
						}
					}
				})
			}
			for range 4 {
				<-begun
			}
			read := 0
			_, err := app.MoveTo(ctx, o, app.Move{To: to, Observe: func(move.Event) {
				if w := n.ask("GET", "/rest/v1/houses?limit=1", ""); w.Code != 200 {
					t.Error(w.Code, w.Body)
				}
				read++
			}})
			if err != nil {
				t.Fatal(causes(err))
			}
			all.Wait()
			moved := join(t, at(o, to))
			want := fmt.Sprintf(`[{"count":%d}]`, kept.Load())
			moved.wants(t, "GET", "/rest/v1/houses?street=eq.while&select=count()", "", 200, want)
			n.wants(t, "GET", "/rest/v1/houses?street=eq.while&select=count()", "", 200, want)
			if read == 0 {
				t.Error("nobody read")
			}
		})
	}
}

// TestTheExampleProjectMoves takes a project as its users have it, and back.
func TestTheExampleProjectMoves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, part := range []string{"collections", "queries", "seed"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join("../../examples/team", part))); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{"socle.yaml": "name: team\n"})
	o := options(dir)
	o.Keys = keys(t)
	lite := join(t, o)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	lite.Control(ctx)
	dsn := testkit.PostgresURL(t)
	done, err := app.MoveTo(ctx, o, app.Move{To: dsn})
	if err != nil {
		t.Fatal(causes(err))
	}
	big := join(t, at(o, dsn))
	alike(t, lite, big)
	home := at(o, dsn)
	home.Data = t.TempDir()
	back, err := app.MoveTo(ctx, home, app.Move{To: "sqlite"})
	if err != nil || !slices.Equal(back.Collections, done.Collections) {
		t.Fatal(causes(err), back, done)
	}
	q := [2]string{"public", "/rest/v1/tickets?select=*,comments(*)&order=id&limit=200"}
	if again := join(t, at(home, "sqlite")); again.answer(q, "") != lite.answer(q, "") || again.answer(q, lite.Keys.Secret) != lite.answer(q, lite.Keys.Secret) {
		t.Error("the tickets are others")
	}
}
