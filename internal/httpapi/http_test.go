package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/httpapi"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/openapi"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/seed"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

const project = `
-- projects.yaml --
fields: { id: int, name: text, owner_id: { ref: auth.users } }
policies: { read: true }
-- tickets.yaml --
fields:
  id: int
  project_id: { ref: projects, required: true }
  title: { type: text, required: true }
  price: { type: decimal, precision: 8, scale: 2 }
  done_at: timestamp
  secret: { type: text, read: "auth.role == 'service_role'" }
indexes: [[project_id]]
policies: { read: "row.id != 5 || row.project.owner_id == auth.uid" }
-- hidden.yaml --
fields: { id: int }
-- collections/billing/invoices.yaml --
fields: { id: int }
policies: { read: true }
-- seed/auth.users.csv --
id
0190f3a1-7c5e-7000-8000-00000000000a
-- seed/projects.csv --
id,name,owner_id
1,Alpha,0190f3a1-7c5e-7000-8000-00000000000a
2,Beta,NULL
-- seed/tickets.ndjson --
{"id":1,"project_id":1,"title":"one","price":1.5,"done_at":"2026-01-02T03:04:05.12Z","secret":"s"}
{"id":2,"project_id":1,"title":"two"}
{"id":3,"project_id":2,"title":"thrëe"}
{"id":4,"project_id":2,"title":"=four"}
{"id":5,"project_id":1,"title":"five"}
-- seed/billing.invoices.csv --
id
9
`

const ann = "0190f3a1-7c5e-7000-8000-00000000000a"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// server is a real handler over a real database.
type server struct {
	testing.TB
	http.Handler
	keys   *auth.Keys
	tokens *auth.Tokens
	log    *bytes.Buffer
}

func serve(t testing.TB, change func(*httpapi.Config)) *server {
	t.Helper()
	clk := clock.Fixed(noon, rand.Reader)
	c := schematest.MustRead(t, project)
	set, problems := policy.Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	st, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if _, err := migrate.Apply(context.Background(), st, c, "k"); err != nil {
		t.Fatal(err)
	}
	seeds, _ := seed.Find(schematest.FS(project), set, clk)
	if _, err := seeds.Load(context.Background(), st); err != nil {
		t.Fatal(err)
	}
	keys, err := auth.Load(t.TempDir(), "", clk)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := keys.Sealer()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{TB: t, keys: keys, tokens: auth.NewTokens(keys, "socle", clk), log: &bytes.Buffer{}}
	cfg := httpapi.Config{
		Engine: engine.New(st, set, plan.Limits{Rows: 1000, Tree: 50000, Levels: 50}, clk),
		Gate:   auth.NewGate(keys, s.tokens), Sealer: sealer, Clock: clk,
		Limits:  small(),
		About:   openapi.Settings{Name: "trial", Rows: 1000},
		Origins: []string{"https://app.example.org"}, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	if s.Handler, err = httpapi.New(cfg); err != nil {
		t.Fatal(err)
	}
	return s
}

// do sends "METHOD path" with headers given as "Name: value" lines; the publishable key goes along unless a line says
// "apikey: " otherwise.
func (s *server) do(request string, headers ...string) *http.Response {
	s.Helper()
	method, target, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, "http://api.test"+target, nil)
	r.RequestURI = target
	r.Header.Set("Apikey", s.keys.Publishable)
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		r.Header.Del(name)
		if v != "" {
			r.Header.Set(name, v)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (s *server) token() string {
	s.Helper()
	token, err := s.tokens.Issue(auth.Grant{Sub: ann, TTL: time.Hour})
	if err != nil {
		s.Fatal(err)
	}
	return "Authorization: Bearer " + token
}

func TestReadsAnswerExactly(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for request, c := range map[string]struct {
		headers []string
		status  int
		body    string
		says    []string // headers of the answer
	}{
		"GET /rest/v1/tickets?select=id,title,price,done_at&id=eq.1": {nil, 200,
			`[{"id":1,"title":"one","price":1.50,"done_at":"2026-01-02T03:04:05.12+00:00"}]`,
			[]string{"Content-Type: application/json; charset=utf-8", "Content-Range: 0-0/*", "Cache-Control: private, no-cache",
				"Content-Location: /rest/v1/tickets?id=eq.1&select=id,title,price,done_at", "Content-Profile: public",
				"Vary: Authorization, apikey, Accept, Accept-Profile, Prefer, Range, Origin, Accept-Encoding"}},
		"GET /rest/v1/tickets?select=id&order=id": {nil, 200, `[{"id":1},{"id":2},{"id":3},{"id":4}]`, []string{"Content-Range: 0-3/*"}},
		"GET /rest/v1/tickets/?select=id&limit=1": {[]string{"Prefer: count=exact"}, 206, `[{"id":1}]`,
			[]string{"Content-Range: 0-0/4", "Preference-Applied: count=exact"}},
		"GET /rest/v1/tickets?select=id&order=id.desc": {[]string{"Range: 1-2", "Prefer: count=exact"}, 206, `[{"id":3},{"id":2}]`,
			[]string{"Content-Range: 1-2/4", "Link: "}},
		"GET /rest/v1/tickets?select=id&id=eq.0":                {[]string{"Prefer: count=exact"}, 200, `[]`, []string{"Content-Range: */0"}},
		"GET /rest/v1/tickets?offset=4&select=id":               {[]string{"Prefer: count=exact"}, 206, `[]`, []string{"Content-Range: */4"}},
		"GET /rest/v1/projects?select=name,tickets(id)&id=eq.1": {nil, 200, `[{"name":"Alpha","tickets":[{"id":1},{"id":2}]}]`, nil},
		"GET /rest/v1/projects?select=name&id=eq.2": {[]string{"Accept: application/vnd.pgrst.object+json"}, 200, `{"name":"Beta"}`,
			[]string{"Content-Type: application/vnd.pgrst.object+json; charset=utf-8"}},
		"GET /rest/v1/tickets?select=id,title&id=gt.2&order=id": {[]string{"Accept: text/csv"}, 200, "id,title\n3,thrëe\n4,=four",
			[]string{"Content-Type: text/csv; charset=utf-8"}},
		"GET /rest/v1/tickets?select=id&id=lt.3&order=id": {[]string{"Accept: application/x-ndjson"}, 200, "{\"id\":1}\n{\"id\":2}\n", nil},
		"GET /rest/v1/invoices":                           {[]string{"Accept-Profile: billing"}, 200, `[{"id":9}]`, []string{"Content-Profile: billing"}},
		"OPTIONS /rest/v1/tickets":                        {nil, 200, ``, []string{"Allow: OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"}},
	} {
		r := s.do(request, c.headers...)
		if got := body(t, r); r.StatusCode != c.status || got != c.body {
			t.Errorf("%s: %d %s", request, r.StatusCode, got)
		}
		for _, h := range c.says {
			name, want, _ := strings.Cut(h, ": ")
			if got := strings.Join(r.Header.Values(name), " | "); got != want {
				t.Errorf("%s: %s is %q, want %q", request, name, got, want)
			}
		}
	}
}

func TestErrorsAnswerExactly(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for request, c := range map[string]struct {
		headers []string
		status  int
		body    string
	}{
		"GET /rest/v1/nothing":                                {nil, 404, `{"code":"PGRST205","message":"Could not find the table 'public.nothing' in the schema cache","details":null,"hint":null}`},
		"GET /rest/v1/hidden":                                 {nil, 404, `{"code":"PGRST205","message":"Could not find the table 'public.hidden' in the schema cache","details":null,"hint":null}`},
		"GET /rest/v1/users":                                  {[]string{"Accept-Profile: auth"}, 406, `{"code":"PGRST106","message":"Invalid schema: auth","details":null,"hint":"Only the following schemas are exposed: public, billing"}`},
		"GET /rest/v1/tickets?select=secret":                  {nil, 400, `{"code":"42703","message":"column tickets.secret does not exist","details":null,"hint":null}`},
		"GET /rest/v1/tickets?nope=eq.1":                      {nil, 400, `{"code":"42703","message":"column tickets.nope does not exist","details":null,"hint":null}`},
		"GET /rest/v1/tickets?offset=9":                       {[]string{"Prefer: count=exact"}, 416, `{"code":"PGRST103","message":"Requested range not satisfiable","details":"An offset of 9 was requested, but there are only 4 rows.","hint":null}`},
		"GET /rest/v1/tickets?select=id":                      {[]string{"Accept: application/vnd.pgrst.object+json"}, 406, `{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object","details":"The result contains 4 rows","hint":null}`},
		"GET /rest/v1/tickets?id=eq.0":                        {[]string{"Accept: application/vnd.pgrst.object+json"}, 406, `{"code":"PGRST116","message":"Cannot coerce the result to a single JSON object","details":"The result contains 0 rows","hint":null}`},
		"GET /rest/v1/a/b/c":                                  {nil, 404, `{"code":"PGRST125","message":"Invalid path specified in request URL","details":null,"hint":null}`},
		"GET /rest/v1//tickets":                               {nil, 404, `{"code":"PGRST125","message":"Invalid path specified in request URL","details":null,"hint":null}`},
		"GET /rest/v1/%2e%2e/health":                          {nil, 404, `{"code":"PGRST125","message":"Invalid path specified in request URL","details":null,"hint":null}`},
		"DELETE /rest/v1/tickets":                             {nil, 400, `{"code":"21000","message":"DELETE requires a WHERE clause","details":null,"hint":null}`},
		"GET /storage/v1/object/x":                            {nil, 501, `{"code":"PGRST127","message":"/storage/v1 is not part of this version","details":null,"hint":null}`},
		"GET /elsewhere":                                      {nil, 404, `{"code":"PGRST125","message":"Invalid path specified in request URL","details":null,"hint":null}`},
		"GET /rest/v1/tickets?select=id&id=in.(1":             {nil, 400, ``},
		"GET /rest/v1/tickets?x=" + strings.Repeat("a", 5000): {nil, 414, `{"code":"54001","message":"the URL is longer than 4096 bytes","details":null,"hint":null}`},
		"GET /rest/v1/tickets?after=forged":                   {nil, 400, `{"code":"PGRST100","message":"failed to use after: the position is not one this server gave","details":null,"hint":null}`},
		"DELETE /health":                                      {nil, 405, `{"code":"PGRST101","message":"Unsupported HTTP method: DELETE","details":null,"hint":null}`},
	} {
		r := s.do(request, c.headers...)
		got := body(t, r)
		if r.StatusCode != c.status || c.body != "" && got != c.body {
			t.Errorf("%.60s: %d %s", request, r.StatusCode, got)
		}
		var f struct{ Code string }
		if err := json.Unmarshal([]byte(got), &f); err != nil || r.Header.Get("Proxy-Status") != "PostgREST; error="+f.Code {
			t.Errorf("%.60s: %v, Proxy-Status %q", request, err, r.Header.Get("Proxy-Status"))
		}
	}
}

func TestCredentialsDecideWhatIsSeen(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for name, c := range map[string]struct {
		headers   []string
		status    int
		body      string
		challenge string
	}{
		"publishable":           {nil, 200, `[{"id":4}]`, ""},
		"a user":                {[]string{s.token()}, 200, `[{"id":5}]`, ""},
		"a user without a key":  {[]string{"apikey: ", s.token()}, 200, `[{"id":5}]`, ""},
		"secret":                {[]string{"apikey: " + s.keys.Secret}, 200, `[{"id":5}]`, ""},
		"the key as bearer too": {[]string{"Authorization: Bearer " + s.keys.Publishable}, 200, `[{"id":4}]`, ""},
		"nothing":               {[]string{"apikey: "}, 401, "", "Bearer"},
		"no token": {[]string{"Authorization: Bearer "}, 401, `{"code":"PGRST301","message":"Empty JWT is sent in Authorization header","details":null,"hint":null}`,
			`Bearer error="invalid_token", error_description="Empty JWT is sent in Authorization header"`},
		"nonsense": {[]string{"Authorization: Bearer nonsense"}, 401, `{"code":"PGRST301","message":"Expected 3 parts in JWT; got 1","details":null,"hint":null}`,
			`Bearer error="invalid_token", error_description="Expected 3 parts in JWT; got 1"`},
	} {
		r := s.do("GET /rest/v1/tickets?select=id&order=id.desc&limit=1", c.headers...)
		got := body(t, r)
		if r.StatusCode != c.status || c.body != "" && got != c.body || r.Header.Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%s: %d %s %q", name, r.StatusCode, got, r.Header.Get("WWW-Authenticate"))
		}
	}
}

func TestARequestWithTwoCredentialsOfAKindIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	r := httptest.NewRequest("GET", "/rest/v1/tickets", nil)
	r.Header["Apikey"] = []string{s.keys.Publishable, s.keys.Secret}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
}

func TestHeadHasTheHeadersOfGetAndNoBody(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	get, head := s.do("GET /rest/v1/tickets", "Prefer: count=exact"), s.do("HEAD /rest/v1/tickets", "Prefer: count=exact")
	if got := body(t, head); got != "" || head.StatusCode != get.StatusCode {
		t.Errorf("%d %q", head.StatusCode, got)
	}
	for name := range get.Header {
		if get.Header.Get(name) != head.Header.Get(name) {
			t.Errorf("%s: %q and %q", name, get.Header.Get(name), head.Header.Get(name))
		}
	}
}

func TestWhatTheClientHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	first := s.do("GET /rest/v1/tickets?select=id")
	tag := first.Header.Get("ETag")
	for _, sent := range []string{tag, "W/" + tag, `"x", ` + tag, "*", strings.TrimSuffix(tag, `"`) + `-gzip"`} {
		r := s.do("GET /rest/v1/tickets?select=id", "If-None-Match: "+sent)
		if got := body(t, r); r.StatusCode != 304 || got != "" || r.Header.Get("ETag") != tag {
			t.Errorf("%s: %d %q %s", sent, r.StatusCode, got, r.Header.Get("ETag"))
		}
	}
	if r := s.do("GET /rest/v1/tickets?select=id", `If-None-Match: "x"`); r.StatusCode != 200 {
		t.Errorf("another tag: %d", r.StatusCode)
	}
	for _, other := range []*http.Response{
		s.do("GET /rest/v1/tickets?select=id", "If-None-Match: "+tag, s.token()),
		s.do("GET /rest/v1/tickets?select=id", "If-None-Match: "+tag, "Accept: application/x-ndjson")} {
		if other.StatusCode != 200 || other.Header.Get("ETag") == tag {
			t.Errorf("%d %s", other.StatusCode, other.Header.Get("ETag"))
		}
	}
}

func TestLinksLeadThroughAllRowsOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	next, seen := "/rest/v1/tickets?select=id&order=title.desc&limit=1&offset=1", ""
	for range 10 {
		r := s.do("GET " + next)
		seen += body(t, r)
		link := r.Header.Get("Link")
		if link == "" {
			break
		}
		next = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	}
	if seen != `[{"id":3}][{"id":1}][{"id":4}]` {
		t.Error(seen)
	}
}

func TestLongBodiesAreCompressedForThoseWhoAccept(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	embed := "GET /rest/v1/tickets?select=*,projects(name,tickets(title,projects(name,tickets(title,projects(name,tickets(title))))))"
	plain := s.do(embed)
	packed := s.do(embed, "Accept-Encoding: gzip")
	want := body(t, plain)
	if packed.Header.Get("Content-Encoding") != "gzip" || len(want) < 1024 {
		t.Fatalf("%d bytes, encoding %q: %.200s", len(want), packed.Header.Get("Content-Encoding"), want)
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != want {
		t.Errorf("%v %s", err, got)
	}
	if a, b := plain.Header.Get("ETag"), packed.Header.Get("ETag"); a == b {
		t.Errorf("other bytes under the same tag %s", a)
	}
}

func TestOnlyConfiguredOriginsMayCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		origin string
		dev    bool
		want   string
	}{
		"configured":                {"https://app.example.org", false, "https://app.example.org"},
		"another":                   {"https://evil.example", false, ""},
		"a longer name":             {"https://app.example.org.evil.example", false, ""},
		"null":                      {"null", false, ""},
		"loopback in serve":         {"http://localhost:3000", false, ""},
		"loopback in dev":           {"http://localhost:3000", true, "http://localhost:3000"},
		"loopback address in dev":   {"http://127.0.0.1:5173", true, "http://127.0.0.1:5173"},
		"loopback v6 in dev":        {"http://[::1]:5173", true, "http://[::1]:5173"},
		"looks like loopback":       {"http://localhost.evil.example", true, ""},
		"another, in dev":           {"https://evil.example", true, ""},
		"loopback as user, in dev":  {"http://localhost@evil.example", true, ""},
		"loopback with path in dev": {"http://localhost/x", true, ""},
	} {
		s := serve(t, func(cfg *httpapi.Config) { cfg.Dev = c.dev })
		simple := s.do("GET /rest/v1/projects", "Origin: "+c.origin)
		preflight := s.do("OPTIONS /rest/v1/projects", "apikey: ", "Origin: "+c.origin, "Access-Control-Request-Method: GET",
			"Access-Control-Request-Headers: apikey,authorization,x-client-info")
		for _, r := range []*http.Response{simple, preflight} {
			if got := r.Header.Get("Access-Control-Allow-Origin"); got != c.want {
				t.Errorf("%s: allowed origin %q", name, got)
			}
			if r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: credentials allowed", name)
			}
		}
		if c.want != "" && !strings.Contains(simple.Header.Get("Access-Control-Expose-Headers"), "Content-Range") {
			t.Errorf("%s: exposes %q", name, simple.Header.Get("Access-Control-Expose-Headers"))
		}
	}
}

func TestTheLogNamesActorsAndNeverCredentials(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token()
	s.do("GET /rest/v1/tickets?title=eq.private", token)
	s.do("GET /rest/v1/tickets", "apikey: "+s.keys.Secret)
	s.do("GET /rest/v1/tickets", "Authorization: Bearer forged.forged.forged")
	text := s.log.String()
	for _, secret := range []string{s.keys.Secret, s.keys.Publishable, strings.TrimPrefix(token, "Authorization: Bearer "), "forged", "private"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	for _, want := range []string{"uid=" + ann, "role=service_role", "status=401", "code=PGRST301", "path=/rest/v1/tickets"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
}

// bursting is a response writer whose first write panics, as a handler with a mistake would.
type bursting struct{ *httptest.ResponseRecorder }

func (b bursting) Write(p []byte) (int, error) {
	if !strings.Contains(string(p), "PGRSTX00") {
		panic("burst")
	}
	return b.ResponseRecorder.Write(p)
}

func TestAPanicEndsItsRequestAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) { c.Engine = nil })
	r := s.do("GET /rest/v1/tickets")
	if got := body(t, r); r.StatusCode != 500 || got != `{"code":"PGRSTX00","message":"Internal error","details":null,"hint":null}` || r.Header.Get("X-Request-Id") == "" {
		t.Errorf("%d %s", r.StatusCode, got)
	}
	if !strings.Contains(s.log.String(), "panic while answering") {
		t.Error(s.log.String())
	}
	if r := s.do("GET /health"); r.StatusCode != 200 || body(t, r) != `{"status":"ok"}` {
		t.Error("the next request is not served")
	}
}

func TestAPanicMidwayCutsTheAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
	}()
	s.ServeHTTP(bursting{httptest.NewRecorder()}, httptest.NewRequest("GET", "/health", nil))
}

func TestAClientThatWentAwayIsNoErrorOfOurs(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := httptest.NewRequest("GET", "/rest/v1/tickets", nil).WithContext(ctx)
	r.Header.Set("Apikey", s.keys.Publishable)
	s.ServeHTTP(httptest.NewRecorder(), r)
	if log := s.log.String(); !strings.Contains(log, "status=499") || strings.Contains(log, "ERROR") {
		t.Error(log)
	}
}

func TestTimeThatRanOutIsSaid(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) { c.Limits.Statement = time.Nanosecond })
	r := s.do("GET /rest/v1/tickets")
	if got := body(t, r); r.StatusCode != 504 || !strings.Contains(got, `"57014"`) {
		t.Errorf("%d %s", r.StatusCode, got)
	}
}

// small are limits that a test can exceed, with time enough for a busy machine.
func small() admission.Limits {
	l := admission.Default()
	l.URLLength, l.Response, l.Statement = 4096, 1<<20, time.Minute
	return l
}
