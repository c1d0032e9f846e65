package policytest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/policytest"
)

func read(t *testing.T, text string) (*policytest.Suite, string) {
	t.Helper()
	s, problems := policytest.Read(fstest.MapFS{"tests/a.yaml": {Data: []byte(text)}})
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return s, strings.Join(lines, "\n")
}

func TestMistakesInATestFileHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	_, got := read(t, `seeds: false
actors:
  anon: { sub: x }
  ann: { claims: [1] }
tests:
  - as: bob
    request: tickets
  - name: two
    expect: { statuss: 200, rows: many }
  - name: three
    request: "get /tickets"
`)
	want := `tests/a.yaml:1:1: unknown key "seeds" in a test file (did you mean "seed"?)
tests/a.yaml:3:3: no actor can be called anon
tests/a.yaml:4:3: actor ann has no sub: a uuid, or the e-mail address of an account
tests/a.yaml:4:18: claims is a mapping, not a list
tests/a.yaml:6:5: a test has a name
tests/a.yaml:6:9: no actor "bob"
tests/a.yaml:7:14: a request is a method and a path
tests/a.yaml:8:5: a test has a request
tests/a.yaml:9:15: unknown key "statuss" in expect (did you mean "status"?)
tests/a.yaml:9:35: rows is a whole number, not text
tests/a.yaml:11:15: a request is a method and a path`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOtherFilesAreNotTests(t *testing.T) {
	t.Parallel()
	s, problems := policytest.Read(fstest.MapFS{"tests/a.yml": {}, "tests/README.md": {}, "tests/.keep": {}})
	if len(s.Files) != 0 || problems.String() != "tests/a.yml: test files end in .yaml" {
		t.Errorf("%d files, %s", len(s.Files), problems)
	}
	if s, problems := policytest.Read(os.DirFS(t.TempDir())); s.Tests() != 0 || len(problems) > 0 {
		t.Errorf("a project without tests: %v", problems)
	}
}

// world is rows counted: a write adds one, a fork goes its own way.
type world struct {
	rows   int
	log    *[]string
	closed *int
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	*w.log = append(*w.log, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", r.Header.Get("Who"), r.Method, r.RequestURI, r.Header.Get("Prefer"), body)))
	if r.Method == http.MethodPost {
		w.rows++
		out.WriteHeader(http.StatusCreated)
		return
	}
	out.Header().Set("Content-Range", fmt.Sprintf("0-0/%d", w.rows))
	fmt.Fprint(out, `[{"n":1.50,"who":{"name":"Ann","age":3}},{"n":2,"who":null}]`)
}

func (w *world) Credentials(_ context.Context, a policytest.Actor) (http.Header, error) {
	if a.Sub.Text == "lost@example.org" {
		return nil, errors.New("no such account")
	}
	return http.Header{"Who": {a.Role + ":" + a.Sub.Text + a.Claims}}, nil
}

func (w *world) Seed(context.Context) error { w.rows += 10; return nil }

func (w *world) Add(_ context.Context, rows []policytest.Rows) error {
	for _, r := range rows {
		w.rows += len(r.Lines)
	}
	return nil
}

func (w *world) Fork(context.Context) (policytest.World, error) {
	*w.closed--
	f := *w
	return &f, nil
}

func (w *world) Close() error { *w.closed++; return nil }

// run gives what failed, a line each, and what was asked.
func run(t *testing.T, text string) (failed, asked string) {
	t.Helper()
	s, problems := read(t, text)
	if problems != "" {
		t.Fatal(problems)
	}
	var log []string
	open := 0
	results, err := s.Run(context.Background(), &world{log: &log, closed: &open})
	if err != nil || open != 0 || len(results) != s.Tests() {
		t.Fatalf("%v; %d worlds left open, %d of %d verdicts", err, open, len(results), s.Tests())
	}
	var lines []string
	for _, r := range results {
		for _, f := range r.Failures {
			lines = append(lines, fmt.Sprintf("%d %s: %s: %s, not %s", f.Pos.Line, r.Name, f.What, f.Got, f.Want))
		}
	}
	return strings.Join(lines, "\n"), strings.Join(log, "\n")
}

func TestEveryTestHasItsOwnState(t *testing.T) {
	t.Parallel()
	failed, asked := run(t, `
rows: { notes: [{ id: 1 }, { id: 2 }] }
actors: { ann: { sub: u1, claims: { a: 1 } } }
tests:
  - { name: reads, as: ann, request: "GET /notes?a=b c", expect: { count: 12 } }
  - name: writes
    as: ann
    request: "POST /notes"
    body: { id: 3 }
    expect: { status: 201 }
    then:
      - { as: service_role, request: /rest/v1/notes, expect: { count: 13 } }
  - { name: sees nothing of it, request: /notes, expect: { count: 12 } }
`)
	if failed != "" {
		t.Error(failed)
	}
	want := `authenticated:u1{"a":1} GET /rest/v1/notes?a=b%20c count=exact
authenticated:u1{"a":1} POST /rest/v1/notes  {"id":3}
service_role: GET /rest/v1/notes count=exact
anon: GET /rest/v1/notes count=exact`
	if asked != want {
		t.Errorf("asked\n%s\nwant\n%s", asked, want)
	}
	if failed, _ := run(t, "seed: false\ntests: [{ name: empty, request: /notes, expect: { count: 0 } }]"); failed != "" {
		t.Error(failed)
	}
}

func TestExpectationsHoldOrSayWhatCame(t *testing.T) {
	t.Parallel()
	for expect, want := range map[string]string{
		"{}":                       "",
		"{ status: 200 }":          "",
		"{ status: 404 }":          "status: 200, not 404",
		"{ rows: 2, count: 10 }":   "",
		"{ rows: 3 }":              "rows: 2, not 3",
		"{ count: 11 }":            "count: 10, not 11",
		"{ code: '42501' }":        "code: 200, not 42501",
		"{ contains: { n: 1.5 } }": "",
		"{ contains: [{ who: { age: 3 } }, { n: 2.0 }] }":                         "",
		"{ contains: { n: 1.5, who: null } }":                                     "contains: ",
		"{ contains: { who: { age: 4 } } }":                                       "contains: ",
		"{ contains: [{ nobody: 1 }] }":                                           "contains: ",
		"{ body: [{ n: 1.5, who: { age: 3, name: Ann } }, { who: null, n: 2 }] }": "",
		"{ body: [{ who: null, n: 2 }] }":                                         "body: ",
		"{ body: [] }":                                                            "body: ",
	} {
		failed, _ := run(t, "tests: [{ name: t, request: /notes, expect: "+expect+" }]")
		if want == "" && failed != "" || want != "" && !strings.HasPrefix(failed, "1 t: "+want) {
			t.Errorf("%s: %q, want %q", expect, failed, want)
		}
	}
}

func TestAnActorWithoutAnAccountFailsTheirTestsAlone(t *testing.T) {
	t.Parallel()
	failed, _ := run(t, "actors: { ann: lost@example.org }\ntests: [{ name: a, as: ann, request: /x }, { name: b, request: /x }]")
	if failed != "2 a: as ann: no such account, not credentials" {
		t.Error(failed)
	}
}
