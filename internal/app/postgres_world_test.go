package app_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/app"
)

// forget takes the product's own tables out of a database, as if the others were somebody else's.
func forget(t *testing.T, dsn string) {
	t.Helper()
	sql(t, dsn, `DROP TABLE "_socle_meta"`)
}

// sql runs a statement beside the product.
func sql(t *testing.T, dsn, text string) (rows int64) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	tag, err := conn.Exec(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	return tag.RowsAffected()
}

// node is one server of several: its own folder, the shared key set.
type node struct {
	*app.Runtime
	options app.Options
}

// keys are the key set that the nodes of a test share.
func keys(t *testing.T) string {
	t.Helper()
	r, dir := open(t, small)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, ".socle", "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func nodeOptions(t *testing.T, files map[string]string, keys, dsn string, more map[string]string) app.Options {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	o := options(dir)
	o.Keys = keys
	o.Env = func(name string) (string, bool) {
		if name == "SOCLE_DATABASE" {
			return dsn, true
		}
		v, ok := more[name]
		return v, ok
	}
	return o
}

func join(t *testing.T, o app.Options) *node {
	t.Helper()
	r, err := app.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	n := &node{r, o}
	t.Cleanup(func() { r.Close() })
	return n
}

// ask sends a request as service_role.
func (n *node) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Apikey", n.Keys.Secret)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	n.ServeHTTP(w, req)
	return w
}

func (n *node) wants(t *testing.T, method, path, body string, status int, answer string, headers ...string) {
	t.Helper()
	w := n.ask(method, path, body, headers...)
	if w.Code != status || w.Body.String() != answer {
		t.Fatalf("%s %s: %d %s, want %d %s", method, path, w.Code, w.Body, status, answer)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); !holds(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("never: " + what)
		}
	}
}

// serve answers on a port until the test ends.
func (n *node) serve(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- n.Serve(ctx, n.Log, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}
