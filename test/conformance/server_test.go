package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
)

// root is where the data API is; the cases have it at /.
const root = "/rest/v1"

// host serves a project: a database that is only read, and copies of it for what writes.
type host interface {
	// copied serves a copy of the data until close is called.
	copied(t testing.TB) (h http.Handler, close func())
	keys() *auth.Keys
	signing() string // the file of the key set
}

// embedded serves as `socle serve` does, each copy from a data directory of its own.
type embedded struct {
	project, data string
	of            *auth.Keys
}

func options(project, data string) app.Options {
	return app.Options{Dir: project, Data: data, Apply: true, Log: slog.New(slog.DiscardHandler), Clock: clock.System(),
		Env: func(string) (string, bool) { return "", false }}
}

func openEmbedded(t testing.TB, project string) *embedded {
	e := &embedded{project: project, data: t.TempDir()}
	r, err := app.Open(context.Background(), options(project, e.data))
	if err != nil {
		t.Fatal(err)
	}
	e.of = r.Keys
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *embedded) keys() *auth.Keys { return e.of }

func (e *embedded) signing() string { return filepath.Join(e.data, auth.KeysFile) }

func (e *embedded) copied(t testing.TB) (http.Handler, func()) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFiles(dir, e.data); err != nil {
		t.Fatal(err)
	}
	o := options(e.project, dir)
	o.Apply = false
	r, err := app.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	}
}

// copyFiles copies the plain files of a folder with their permissions: the key set is its owner's alone.
func copyFiles(to, from string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// foreignHost serves the project of an embedded host from PostgreSQL, with its keys.
type foreignHost struct {
	*embedded
	url string
}

func openForeign(t testing.TB, e *embedded) *foreignHost {
	f := &foreignHost{embedded: e, url: testkit.PostgresURL(t)}
	r, err := app.Open(context.Background(), f.options(t, f.url, true))
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *foreignHost) options(t testing.TB, url string, apply bool) app.Options {
	keys, err := os.ReadFile(f.signing())
	if err != nil {
		t.Fatal(err)
	}
	o := options(f.project, t.TempDir())
	o.Keys, o.Apply = string(keys), apply
	o.Env = func(name string) (string, bool) { return url, name == "SOCLE_DATABASE" }
	return o
}

func (f *foreignHost) copied(t testing.TB) (http.Handler, func()) {
	url, drop := testkit.CopyPostgres(t, f.url)
	r, err := app.Open(context.Background(), f.options(t, url, false))
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	return r, func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		drop()
	}
}

// answer is what came over the wire.
type answer struct {
	status string
	code   int
	header http.Header
	body   []byte
}

// ask sends a case's request to a server of h.
func ask(t testing.TB, h http.Handler, in *http.Request) *answer {
	server := httptest.NewServer(h)
	defer server.Close()
	in.URL.Scheme, in.URL.Host = "http", strings.TrimPrefix(server.URL, "http://")
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	out, err := client.Do(in)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &answer{status: out.Status, code: out.StatusCode, header: out.Header, body: body}
}

// prepared is a case's request for a host: below the root, and with credentials that mean there what the case's mean.
func (c *testCase) prepared(h host) (*http.Request, error) {
	body, err := c.Request.body()
	if err != nil {
		return nil, err
	}
	in, err := http.NewRequest(c.Request.Method, "http://host"+root+escaped(c.Request.Path), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, v := range c.Request.Headers {
		in.Header.Set(name, v)
	}
	in.Header.Set("User-Agent", "conformance")
	if v, set := c.Config["db-anon-role"]; !set || v != nil {
		in.Header.Set("apikey", h.keys().Publishable)
	}
	return in, c.credentials(in, h)
}

// escaped is a path with what a request line cannot hold.
func escaped(path string) string {
	var out strings.Builder
	for _, b := range []byte(path) {
		if b <= ' ' || b >= 0x7f {
			fmt.Fprintf(&out, "%%%02X", b)
		} else {
			out.WriteByte(b)
		}
	}
	return out.String()
}
