package passkeys_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
)

func TestTheUnmodifiedClientMakesAndUsesPasskeysOfAServedProject(t *testing.T) {
	t.Parallel()
	for engine, database := range map[string]func(testing.TB) string{
		"sqlite":   func(testing.TB) string { return "" },
		"postgres": testkit.PostgresURL,
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			home, key := served(t, database(t))
			var saw map[string]any
			browse(t, &saw, "accounts-passkeys.mjs", home, key)
			if diff := cmp.Diff(map[string]any{
				"made": "string", "before": "aal1", "used": "ann@example.org", "after": "aal2", "list": []any{[]any{"Laptop", "string"}},
				"twice": "InvalidStateError", "gone": "gone", "unknown": "webauthn_credential_not_found",
			}, saw); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// served is a project with a page that has the client, at http://localhost with a port of its own, and its publishable key.
func served(t *testing.T, database string) (home, key string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	home = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	client, err := os.ReadFile("../npm/node_modules/@supabase/supabase-js/dist/umd/supabase.js")
	if err != nil {
		without(t, "no test/npm/node_modules")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"socle.yaml":             fmt.Sprintf("name: Team\npublic_url: %s\nauth: { confirm_email: false }\n", home),
		"collections/notes.yaml": "fields: { id: int }\npolicies: {}\n",
		"public/index.html":      "<!doctype html><title>Team</title><script src=supabase.js></script>",
		"public/supabase.js":     string(client),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := app.Open(t.Context(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Clock: clock.System(),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Env: func(name string) (string, bool) {
			return database, database != "" && name == "SOCLE_DATABASE"
		}})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: r}
	go server.Serve(l)
	t.Cleanup(func() {
		server.Close()
		r.Close()
	})
	return home, r.Keys.Publishable
}
