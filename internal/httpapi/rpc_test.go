package httpapi_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
)

const callable = `
-- lists.yaml --
fields: { id: { type: int, identity: true }, name: { type: text, required: true, max: 20 }, owner: { type: uuid, default: auth.uid } }
primary_key: id
policies: { read: "row.owner == auth.uid", create: "row.owner == auth.uid", update: "row.owner == auth.uid", delete: "row.owner == auth.uid" }
-- items.yaml --
fields: { id: { type: int, identity: true }, list_id: { ref: lists, required: true }, text: text, tags: { type: text, list: true }, n: int }
primary_key: id
policies: { read: "row.list.owner == auth.uid", create: "row.list.owner == auth.uid", delete: "row.list.owner == auth.uid" }
-- queries/add_them.yaml --
args: { a: { type: int, required: true }, b: { type: int, required: true } }
when: "true"
value: "args.a + args.b"
-- queries/sayhello.yaml --
args: { name: { type: text, required: true } }
when: "true"
value: "'Hello, ' + args.name"
-- queries/three_defaults.yaml --
args: { a: { type: int, default: 1 }, b: { type: int, default: 2 }, c: { type: int, default: 3 } }
when: "true"
value: "args.a + args.b + args.c"
-- queries/variadic.yaml --
args: { v: { type: text, list: true, default: [] } }
when: "true"
value: "args.v"
-- queries/whoami.yaml --
when: "auth.uid != null"
value: "auth.uid"
-- queries/inside.yaml --
args: { word: { type: text, required: true }, mode: { enum: [a, b] } }
value: "args.word"
-- queries/level.yaml --
args: { level: { enum: [low, high], default: low }, at: { type: timestamp, default: now } }
when: "true"
value: "args.level == 'high' ? text(args.at) : args.level"
-- queries/new_list.yaml --
args: { name: { type: text, required: true }, text: text, tags: { type: text, list: true }, n: int }
when: "auth.role == 'authenticated'"
write:
  - { method: POST, path: "lists?select=id,name", prefer: return=representation, body: { name: "{name}" } }
  - { method: POST, path: "items?select=list_id,text,tags,n", prefer: return=representation, body: { list_id: { "$ref": "0.0.id" }, text: "{text}", tags: "{tags}", n: "{n}" } }
-- queries/clear_list.yaml --
args: { list: { type: int, required: true } }
as: project
when: "auth.uid != null && args.list > 0"
write:
  - { method: DELETE, path: "items?list_id=eq.{list}&select=id", prefer: "return=representation" }
-- queries/my_items.yaml --
args: { tag: text }
when: "auth.uid != null"
read: "items?select=text&tags=cs.{{tag}}"
-- queries/census.yaml --
as: project
when: "true"
read: "lists?select=name&order=id"
-- queries/other/greet.yaml --
when: "true"
value: "'hi'"
`

// callServer serves the functions above on a database.
func callServer(t testing.TB, st store.Store) *server {
	t.Helper()
	c := schematest.MustRead(t, callable)
	set, wrong := policy.Compile(c)
	functions, problems := function.Compile(set, small())
	if len(wrong) > 0 || problems.Failed() {
		t.Fatal(wrong, problems)
	}
	if _, err := migrate.Apply(context.Background(), st, c, "k"); err != nil {
		t.Fatal(err)
	}
	clk := clock.Fixed(noon, rand.Reader)
	return serve(t, func(cfg *httpapi.Config) {
		cfg.Engine = engine.New(st, set, plan.Limits{Rows: 1000, Tree: 50000, Levels: 50}, clk)
		cfg.Functions = functions
	})
}

// onEveryEngine runs a story on each of the two databases.
func onEveryEngine(t *testing.T, story func(t *testing.T, s *server)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		st, err := sqlite.OpenTemp()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		story(t, callServer(t, st))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		st, err := postgres.Open(context.Background(), testkit.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		story(t, callServer(t, st))
	})
}

// call sends a request with a JSON body and gives the status and the body of the answer.
func (s *server) call(request, sent string, headers ...string) (*http.Response, string) {
	s.Helper()
	method, target, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, "http://api.test/rest/v1/rpc/"+target, strings.NewReader(sent))
	r.RequestURI = "/rest/v1/rpc/" + target
	r.Header.Set("Apikey", s.keys.Publishable)
	if sent != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Set(name, v)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

func TestValuesAreBareJSON(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, s *server) {
		for _, c := range []struct {
			request, sent string
			headers       []string
			status        int
			want          string
		}{
			{"GET add_them?a=3&b=4", "", nil, 200, `7`},
			{"POST add_them", `{"a":3,"b":4}`, nil, 200, `7`},
			{"POST add_them", `[{"a":1,"b":2},{"a":4,"b":6}]`, nil, 200, `3`},
			{"POST add_them", `a=3&b=4`, []string{"Content-Type: application/x-www-form-urlencoded"}, 200, `7`},
			{"GET add_them?a=9223372036854775807&b=1", "", nil, 200, `null`},
			{"POST sayhello", `{"name":"world"}`, []string{"Accept: application/vnd.pgrst.object+json"}, 200, `"Hello, world"`},
			{"GET sayhello?name=ignored&name=world", "", nil, 200, `"Hello, world"`},
			{"GET three_defaults?b=4", "", nil, 200, `8`},
			{"POST three_defaults", ``, nil, 200, `6`},
			{"GET variadic", "", nil, 200, `[]`},
			{"GET variadic?v=hi&v=there", "", nil, 200, `["hi","there"]`},
			{"GET variadic?v={hi,there}", "", nil, 200, `["hi","there"]`},
			{"POST variadic", `{"v":["hi","there"]}`, nil, 200, `["hi","there"]`},
			{"GET level?level=high", "", nil, 200, `"2026-03-01T12:00:00+00:00"`},
			{"GET level?level=middle", "", nil, 400, `"code":"22P02"`},
			{"POST add_them", `{"a":null,"b":4}`, nil, 400, `"code":"23502"`},
			{"POST add_them", `{"a":"x","b":4}`, nil, 400, `invalid input syntax for type bigint: \"x\"","details":"argument a"`},
			{"POST add_them", `{"a":1,"a":2,"b":4}`, nil, 400, `"code":"PGRST102"`},
			{"POST add_them", `7`, nil, 400, `"code":"PGRST102"`},
			{"GET sayhello?name=x", "", []string{"Accept: text/csv"}, 406, `"code":"PGRST107"`},
			{"DELETE sayhello", "", nil, 405, `{"code":"PGRST101","message":"Cannot use the DELETE method on RPC","details":null,"hint":null}`},
			{"GET add_them?a=1&b=2&smthelse=blabla", "", nil, 404, `{"code":"PGRST202","message":"Could not find the function public.add_them(a, b, smthelse) in the schema cache",` +
				`"details":"Searched for the function public.add_them with parameters a, b, smthelse, but no matches were found in the schema cache.",` +
				`"hint":"Perhaps you meant to call the function public.add_them(a, b)"}`},
			{"POST sayhello", `{"A":1,"B":2,"C":3}`, nil, 404, `{"code":"PGRST202","message":"Could not find the function public.sayhello(A, B, C) in the schema cache",` +
				`"details":"Searched for the function public.sayhello with parameters A, B, C or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.","hint":null}`},
			{"GET sayhell", "", nil, 404, `"hint":"Perhaps you meant to call the function public.sayhello"`},
			{"GET whoam", "", nil, 404, `"hint":null`}, // what one may not call is not suggested
			{"GET greet", "", []string{"Accept-Profile: other"}, 200, `"hi"`},
			{"POST greet", "", []string{"Content-Profile: other"}, 200, `"hi"`},
			{"GET greet", "", nil, 404, `"code":"PGRST202"`},
			{"GET whoami?x=1", "", nil, 401, `{"code":"42501"`},
			{"GET inside?mode=c", "", nil, 401, `{"code":"42501","message":"permission denied for function inside","details":null,"hint":null}`},
			{"POST inside", `{"word":1`, nil, 401, `"code":"42501"`}, // what it takes is nothing to who may not call
			{"GET whoami", "", nil, 401, `{"code":"42501","message":"permission denied for function whoami","details":null,"hint":null}`},
			{"GET whoami", "", []string{s.token()}, 200, `"` + ann + `"`},
		} {
			r, got := s.call(c.request, c.sent, c.headers...)
			if r.StatusCode != c.status || !strings.Contains(got, c.want) || c.status == 200 && got != c.want {
				t.Errorf("%s %s: %d %s, want %d %s", c.request, c.sent, r.StatusCode, got, c.status, c.want)
			}
		}
		r, _ := s.call("GET add_them?a=3&b=4", "", "Prefer: count=exact")
		if got := r.Header.Get("Content-Range"); got != "0-0/1" {
			t.Errorf("a value counts as one row, not %q", got)
		}
	})
}

func TestFunctionsWriteTogetherOrNotAtAll(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, s *server) {
		me := s.token()
		r, got := s.call("POST new_list", `{"name":"shop","text":"milk","tags":["{name}","b"],"n":2}`, me, "Idempotency-Key: once")
		want := `[{"status":201,"headers":{"Content-Range":"*/*","Preference-Applied":"return=representation"},"body":[{"id":1,"name":"shop"}]},` +
			`{"status":201,"headers":{"Content-Range":"*/*","Preference-Applied":"return=representation"},"body":[{"list_id":1,"text":"milk","tags":["{name}","b"],"n":2}]}]`
		if r.StatusCode != 200 || got != want {
			t.Fatalf("%d %s", r.StatusCode, got)
		}
		r, got = s.call("POST new_list", `{"name":"shop","text":"milk","tags":["{name}","b"],"n":2}`, me, "Idempotency-Key: once")
		if got != want || r.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("a replay: %d %s", r.StatusCode, got)
		}
		if r, got = s.call("POST new_list", `{"name":"a name of more than twenty letters"}`, me); r.StatusCode != 400 || !strings.Contains(got, `"details":"step 0`) {
			t.Errorf("a broken rule: %d %s", r.StatusCode, got)
		}
		if _, got = s.call("POST my_items", `{"tag":"{name}"}`, me); got != `[{"text":"milk"}]` {
			t.Errorf("an element of a literal: %s", got)
		}
		for request, status := range map[string]int{"GET new_list?name=x": 405, "HEAD clear_list?list=1": 405} {
			if r, got = s.call(request, "", me); r.StatusCode != status {
				t.Errorf("%s: %d %s", request, r.StatusCode, got)
			}
		}
		if r, _ = s.call("OPTIONS new_list", ""); r.Header.Get("Allow") != "OPTIONS,POST" {
			t.Errorf("Allow: %s", r.Header.Get("Allow"))
		}
	})
}

func TestTrustedFunctionsActWithTheProjectsRights(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, s *server) {
		if r, got := s.call("POST new_list", `{"name":"mine"}`, s.token()); r.StatusCode != 200 {
			t.Fatal(got)
		}
		for _, c := range []struct {
			request, sent string
			headers       []string
			status        int
			want          string
		}{
			{"GET census", "", nil, 200, `[{"name":"mine"}]`},
			{"GET census?name=eq.mine", "", []string{"Prefer: count=exact"}, 200, `[{"name":"mine"}]`},
			{"GET census?owner=is.not_null", "", nil, 400, `{"code":"42703","message":"column lists.owner does not exist","details":null,"hint":null}`},
			{"GET census?select=name,items(*)", "", nil, 400, `"code":"PGRST200"`},
			{"POST clear_list", `{"list":1}`, nil, 401, `"code":"42501"`},
			{"POST clear_list", `{"list":1}`, []string{s.other()}, 200, `[{"status":200,"headers":{"Content-Range":"*/*","Preference-Applied":"return=representation"},"body":[{"id":1}]}]`},
			{"POST clear_list", `{"list":0}`, []string{s.other()}, 403, `"code":"42501"`},
		} {
			r, got := s.call(c.request, c.sent, c.headers...)
			if r.StatusCode != c.status || !strings.Contains(got, c.want) {
				t.Errorf("%s %s: %d %s, want %d %s", c.request, c.sent, r.StatusCode, got, c.status, c.want)
			}
		}
	})
}

// Calls by POST give rows as calls by GET do, but for what only an address can have.
func TestRowsOfACallByPost(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, s *server) {
		me := s.token()
		for _, name := range []string{"a", "b", "c"} {
			if r, got := s.call("POST new_list", `{"name":"`+name+`"}`, me); r.StatusCode != 200 {
				t.Fatal(got)
			}
		}
		r, got := s.call("POST census?limit=2&order=name.desc", `{}`, "Prefer: count=exact")
		if r.StatusCode != 206 || got != `[{"name":"c"},{"name":"b"}]` || r.Header.Get("Content-Range") != "0-1/3" {
			t.Errorf("%d %s %s", r.StatusCode, r.Header.Get("Content-Range"), got)
		}
		if r.Header.Get("Content-Location") != "" || r.Header.Get("Link") != "" {
			t.Errorf("POST has an address: %v", r.Header)
		}
		r, _ = s.call("HEAD census", "", "Prefer: count=exact")
		if r.Header.Get("Content-Range") != "0-2/3" || r.Header.Get("Content-Location") != "/rest/v1/rpc/census" {
			t.Errorf("HEAD: %v", r.Header)
		}
		r, got = s.call("GET census?limit=1", "")
		next := r.Header.Get("Link")
		if got != `[{"name":"a"}]` || !strings.Contains(next, "/rpc/census?limit=1&after=") {
			t.Fatalf("%s %s", got, next)
		}
		_, got = s.call("GET "+strings.TrimPrefix(strings.TrimSuffix(next, `>; rel="next"`), "</rest/v1/rpc/"), "")
		if got != `[{"name":"b"}]` {
			t.Errorf("the next page: %s", got)
		}
	})
}

// other is the credentials of somebody else.
func (s *server) other() string {
	s.Helper()
	token, err := s.tokens.Issue(auth.Grant{Sub: "0190f3a1-7c5e-7000-8000-00000000000b", TTL: time.Hour})
	if err != nil {
		s.Fatal(err)
	}
	return "Authorization: Bearer " + token
}
