package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
)

var files = map[string]string{
	"socle.yaml": "name: <app>\n",
	"collections/notes.yaml": "description: What <b>was</b> said.\nfields: { id: int, text: text, secret: { type: text, read: \"auth.role == 'service_role'\" } }\n" +
		"policies: { read: \"row.id > 1\" }\n",
	"collections/hidden.yaml":           "fields: { id: int }\n",
	"collections/billing/invoices.yaml": "fields: { id: int }\npolicies: { read: true }\n",
	"seed/notes.ndjson": `{"id":1,"text":"one","secret":"s1"}` + "\n" + `{"id":2,"text":"<script>alert(1)</script>"}` + "\n" +
		`{"id":3,"text":"` + strings.Repeat("ä", 100) + `"}` + "\n",
	"seed/billing.invoices.csv": "id\n77\n",
}

func dev(t *testing.T, development bool) *app.Runtime {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := app.Open(context.Background(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Dev: development,
		Log: slog.New(slog.DiscardHandler), Env: func(string) (string, bool) { return "", false }, Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func get(r *app.Runtime, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	q := httptest.NewRequest("GET", target, nil)
	q.Host, q.RemoteAddr = "127.0.0.1:8090", "127.0.0.1:5000"
	if change != nil {
		change(q)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	return w
}

func TestThePageShowsWhatARoleSees(t *testing.T) {
	t.Parallel()
	r := dev(t, true)
	for target, c := range map[string]struct{ has, lacks []string }{
		"/": {has: []string{"&lt;app&gt;", "notes", "hidden", "billing.invoices", "none: service_role only", "What &lt;b&gt;was&lt;/b&gt; said."}, lacks: []string{"<b>"}},
		"/?c=notes": {has: []string{"&lt;script&gt;alert(1)&lt;/script&gt;", strings.Repeat("ä", 80) + "…", "First rows as anon", "row.id &gt; 1", "read: auth.role ==",
			"curl &#39;http://127.0.0.1:8090/rest/v1/notes?limit=20&#39;"}, lacks: []string{"<td>one</td>", "<td>s1</td>", "<script"}},
		"/?c=notes&as=service_role":     {has: []string{"<td>one</td>", "<td>s1</td>", "$SECRET_KEY", `<td class="null">NULL</td>`}},
		"/?c=hidden":                    {has: []string{"There is no policy", "404", "PGRST205"}},
		"/?c=billing.invoices":          {has: []string{"<td>77</td>", "Accept-Profile: billing"}},
		"/?q=notes?select=id":           {has: []string{"<h2>200</h2>", `&#34;id&#34;: 2`}, lacks: []string{`&#34;id&#34;: 1`}},
		"/?q=/rest/v1/nothing":          {has: []string{"<h2>404</h2>", "PGRST205"}},
		"/?q=../../?q=notes":            {has: []string{"<h2>404</h2>", "PGRST125"}},
		"/?c=nothing&as=somebody":       {has: []string{"<h2>Collections</h2>", "seen as"}},
		"/?as=service_role&q=GET+notes": {has: []string{"<h2>200</h2>", "s1"}},
	} {
		w := get(r, target, nil)
		body := w.Body.String()
		if w.Code != 200 || strings.Contains(body, r.Keys.Secret) {
			t.Errorf("%s: %d", target, w.Code)
		}
		for _, want := range c.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q\n%s", target, want, body)
			}
		}
		for _, bad := range c.lacks {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q", target, bad)
			}
		}
	}
}

func TestThePageIsForThisMachineAlone(t *testing.T) {
	t.Parallel()
	r := dev(t, true)
	for name, change := range map[string]func(*http.Request){
		"another machine":          func(q *http.Request) { q.RemoteAddr = "192.0.2.7:5000" },
		"a name that leads here":   func(q *http.Request) { q.Host = "evil.example.org" },
		"one that looks like it":   func(q *http.Request) { q.Host = "127.0.0.1.example.org:8090" },
		"a script of another page": func(q *http.Request) { q.Header.Set("Origin", "http://localhost:3000") },
	} {
		if w := get(r, "/?c=notes&as=service_role", change); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "one") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	for _, host := range []string{"localhost:8090", "[::1]:8090", "app.localhost", "127.0.0.1"} {
		if w := get(r, "/", func(q *http.Request) { q.Host = host }); w.Code != 200 {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
	w := get(r, "/", nil)
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") || w.Header().Get("Cache-Control") != "no-store" {
		t.Error(w.Header())
	}
}

func TestServeHasNoSuchPage(t *testing.T) {
	t.Parallel()
	if w := get(dev(t, false), "/", nil); w.Code != 404 {
		t.Error(w.Code)
	}
}
