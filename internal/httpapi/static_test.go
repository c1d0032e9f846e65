package httpapi_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/socle-hq/socle/internal/httpapi"
)

// site is a server with static files on a disk, and a secret beside them.
func site(t *testing.T) *server {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"secret": "outside", "public/index.html": "<p>home", "public/app.js": "js", "public/.env": "hidden",
		"public/.git/config": "hidden", "public/docs/index.html": "<p>docs", "public/empty/a.txt": "a", "public/rest/x": "shadowed", "public/v2.0": "odd"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret", filepath.Join(dir, "public/leak")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return serve(t, func(c *httpapi.Config) { c.Public = root.FS() })
}

func TestPublicFilesAreServedAndOnlyThose(t *testing.T) {
	t.Parallel()
	s := site(t)
	for request, c := range map[string]struct {
		status int
		body   string
	}{
		"GET /":               {200, "<p>home"},
		"HEAD /":              {200, ""},
		"GET /app.js":         {200, "js"},
		"GET /v2.0":           {200, "odd"},
		"GET /docs":           {200, "<p>docs"},
		"GET /docs/":          {200, "<p>docs"},
		"GET /tickets/7":      {200, "<p>home"},
		"GET /empty":          {200, "<p>home"}, // never a listing
		"GET /missing.js":     {404, ""},
		"GET /.env":           {404, ""},
		"GET /.git/config":    {404, ""},
		"GET /%2eenv":         {404, ""},
		"GET /docs%2f..%2fx":  {404, ""},
		"GET /..%5c..%5cx":    {404, ""},
		"GET /../secret":      {404, ""},
		"GET /%2e%2e/secret":  {404, ""},
		"GET /leak":           {200, "<p>home"}, // a link that leads out is no file
		"POST /":              {404, ""},
		"GET /rest/x":         {404, ""},
		"GET /rest/v2/x":      {404, ""},
		"GET /health/more":    {404, ""},
		"GET /auth":           {404, ""},
		"GET /rest/v1/nobody": {404, ""},
	} {
		r := s.do(request)
		if got := body(t, r); r.StatusCode != c.status || c.body != "" && got != c.body {
			t.Errorf("%s: %d %s", request, r.StatusCode, got)
		}
	}
}

func TestAPageIsForThoseWhoWantOne(t *testing.T) {
	t.Parallel()
	s := site(t)
	for accept, want := range map[string]int{"text/html,application/xhtml+xml;q=0.9": 200, "*/*": 200, "": 200,
		"application/json": 404, "image/avif,image/webp": 404} {
		if r := s.do("GET /tickets/7", "Accept: "+accept); r.StatusCode != want {
			t.Errorf("Accept: %s: %d, want %d", accept, r.StatusCode, want)
		}
	}
}

func TestFilesThatDidNotChangeAreNotSentAgain(t *testing.T) {
	t.Parallel()
	s := site(t)
	first := s.do("GET /app.js")
	tag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	if tag == "" || modified == "" || first.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("%v", first.Header)
	}
	for _, condition := range []string{"If-None-Match: " + tag, "If-Modified-Since: " + modified} {
		if r := s.do("GET /app.js", condition); r.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d", condition, r.StatusCode)
		}
	}
	if r := s.do("GET /app.js", `If-None-Match: "other"`); r.StatusCode != 200 {
		t.Errorf("another tag: %d", r.StatusCode)
	}
	if r := s.do("GET /app.js", "Range: bytes=1-1"); r.StatusCode != 206 || body(t, r) != "s" {
		t.Errorf("a part: %d", r.StatusCode)
	}
}

func TestWithoutFilesTheHomePageIsAtTheRootAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *httpapi.Config) {
		c.Home = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "home") })
	})
	if r := s.do("GET /"); r.StatusCode != 200 || body(t, r) != "home" {
		t.Errorf("the root: %d", r.StatusCode)
	}
	for _, other := range []string{"GET /index.html", "GET /tickets", "POST /"} {
		if r := s.do(other); r.StatusCode != 404 {
			t.Errorf("%s: %d", other, r.StatusCode)
		}
	}
	if r := serve(t, nil).do("GET /"); r.StatusCode != 404 {
		t.Errorf("without either: %d", r.StatusCode)
	}
}
