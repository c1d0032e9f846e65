package openapi_test

import (
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/policy"
)

// someone is the account of every example.
const someone = "0190f3a1-7c5e-7000-8000-000000000001"

var roles = []string{policy.Anon, policy.Authenticated, policy.ServiceRole}

func noEnvironment(string) (string, bool) { return "", false }

// projects writes the projects of these tests and gives their folders. Their only rows are accounts.
func projects(t *testing.T) map[string]string {
	t.Helper()
	odd, team := t.TempDir(), t.TempDir()
	archive, err := txtar.ParseFile("testdata/odd.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		put(t, filepath.Join(odd, f.Name), f.Data)
	}
	source := os.DirFS("../../examples/team")
	for _, pattern := range []string{"socle.yaml", "collections/*.yaml"} {
		names, err := fs.Glob(source, pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(source, name)
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(team, name), text)
		}
	}
	for _, dir := range []string{odd, team} {
		put(t, filepath.Join(dir, "seed/auth.users.csv"), []byte("id\n"+someone+"\n"))
	}
	return map[string]string{"odd": odd, "team": team}
}

func put(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) *app.Project {
	t.Helper()
	p, _, problems, err := app.Read(dir, noEnvironment, clock.System())
	if err != nil || p == nil {
		t.Fatal(err, problems)
	}
	return p
}

// load reads a document as any client does, and checks it against the specification, its examples against its schemas.
func load(t *testing.T, text []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// server is a running project.
type server struct {
	url     string
	runtime *app.Runtime
	headers map[string]map[string]string // by role: its credentials
}

func serve(t *testing.T, dir string) *server {
	t.Helper()
	r, err := app.Open(t.Context(), app.Options{Dir: dir, Data: t.TempDir(), Apply: true, Dev: true, Env: noEnvironment,
		Log: slog.New(slog.DiscardHandler), Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	h := httptest.NewServer(r)
	t.Cleanup(h.Close)
	tokens := auth.NewTokens(r.Keys, auth.Issuer(r.Project().Config.PublicURL), clock.System())
	token, err := tokens.Issue(auth.Grant{Sub: someone, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return &server{h.URL, r, map[string]map[string]string{
		policy.Anon:          {"apikey": r.Keys.Publishable},
		policy.Authenticated: {"apikey": r.Keys.Publishable, "Authorization": "Bearer " + token},
		policy.ServiceRole:   {"apikey": r.Keys.Secret},
	}}
}

func document(p *app.Project, role, namespace string) []byte {
	return p.API().Document(p.Set.Reach(role), namespace)
}
