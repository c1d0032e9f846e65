package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/migrate"
)

// write lays out a project folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var small = map[string]string{
	"socle.yaml":             "name: app\n",
	"collections/notes.yaml": "fields: { id: int, text: text }\npolicies: { read: \"row.id > 1\" }\n",
	"seed/notes.csv":         "id,text\n1,one\n2,two\n",
	"public/index.html":      "<p>home",
}

func open(t *testing.T, files map[string]string) (*app.Runtime, string) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	r, err := app.Open(context.Background(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, dir
}

func options(dir string) app.Options {
	return app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Log: slog.New(slog.DiscardHandler),
		Env: func(string) (string, bool) { return "", false }, Clock: clock.System()}
}

func get(r *app.Runtime, path string) string {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("Apikey", r.Keys.Publishable)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Body.String()
}

func TestARunningProjectTakesUpItsFilesAgain(t *testing.T) {
	t.Parallel()
	r, dir := open(t, small)
	if got := get(r, "/rest/v1/notes"); got != `[{"id":2,"text":"two"}]` {
		t.Fatal(got)
	}
	if got := get(r, "/"); got != "<p>home" {
		t.Error(got)
	}
	write(t, dir, map[string]string{"collections/notes.yaml": "fields: { id: int, text: text }\npolicies: { read: \"row.idd > 1\" }\n"})
	var invalid *app.Invalid
	if err := r.Reload(context.Background()); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "collections/notes.yaml:2:") {
		t.Errorf("got %v", err)
	}
	write(t, dir, map[string]string{"collections/notes.yaml": "fields: { id: int, text: int }\npolicies: { read: true }\n"})
	var stale *app.Stale
	if err := r.Reload(context.Background()); !errors.As(err, &stale) || !strings.Contains(err.Error(), "notes: field text is int and was text") {
		t.Errorf("got %v", err)
	}
	if got := get(r, "/rest/v1/notes"); got != `[{"id":2,"text":"two"}]` {
		t.Errorf("after two mistakes: %s", got)
	}
	write(t, dir, map[string]string{"collections/notes.yaml": "fields: { id: int, text: text }\npolicies: { read: true }\n"})
	if err := r.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := get(r, "/rest/v1/notes?select=id"); got != `[{"id":1},{"id":2}]` {
		t.Error(got)
	}
}

func TestAChangeThatLosesDataIsCarriedOutWhereSomebodyAgrees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, small)
	o := options(dir)
	var asked []string
	agree := false
	o.Ask = func(_ context.Context, d migrate.Difference) bool {
		asked = append(asked, d.Destructive()...)
		return agree
	}
	r, err := app.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	write(t, dir, map[string]string{"collections/notes.yaml": "fields: { id: int, made: text }\npolicies: { read: true }\n"})
	var stale *app.Stale
	if err := r.Reload(context.Background()); !errors.As(err, &stale) || r.Backup != "" {
		t.Fatalf("got %v, %q", err, r.Backup)
	}
	if got := get(r, "/rest/v1/notes"); got != `[{"id":2,"text":"two"}]` {
		t.Errorf("after no: %s", got)
	}
	agree = true
	if err := r.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := get(r, "/rest/v1/notes"); got != `[{"id":1,"made":null},{"id":2,"made":null}]` {
		t.Errorf("after yes: %s", got)
	}
	if _, err := os.Stat(r.Backup); err != nil {
		t.Error(err)
	}
	if want := []string{"notes: field text is gone with its values", "notes: field text is gone with its values"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	write(t, dir, map[string]string{"collections/notes.yaml": "fields: { id: int, made: text, more: text }\npolicies: { read: true }\n"})
	if err := r.Reload(context.Background()); err != nil || len(asked) != 2 || r.Backup != "" {
		t.Errorf("a change that loses nothing: %v, asked %q, kept %q", err, asked, r.Backup)
	}
}

func TestASampleIsARequestThatGivesRows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policies string
		want     app.Sample
		ok       bool
	}{
		"public":  {"policies: { read: true }", app.Sample{Path: "/rest/v1/notes?limit=2"}, true},
		"private": {"", app.Sample{Path: "/rest/v1/notes?limit=2", Secret: true}, true},
	} {
		r, _ := open(t, map[string]string{"socle.yaml": "name: app\n", "seed/notes.csv": "id\n1\n",
			"collections/notes.yaml": "fields: { id: int }\n" + c.policies + "\n"})
		if got, ok := r.Sample(context.Background()); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
	r, _ := open(t, map[string]string{"socle.yaml": "name: app\n"})
	if got, ok := r.Sample(context.Background()); ok {
		t.Errorf("an empty project: %+v", got)
	}
}

func TestBadSeedsAreTheProjectsMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, small)
	write(t, dir, map[string]string{"seed/notes.csv": "id,text\nx,one\n"})
	_, err := app.Open(context.Background(), options(dir))
	var invalid *app.Invalid
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "seed/notes.csv:2:1: id:") || !strings.Contains(err.Error(), "    x,one\n    ^") {
		t.Errorf("got %v", err)
	}
	// The refusal left the directory free, and nothing half loaded.
	write(t, dir, map[string]string{"seed/notes.csv": "id,text\n2,one\n"})
	r, err := app.Open(context.Background(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := get(r, "/rest/v1/notes?select=id"); got != `[{"id":2}]` {
		t.Error(got)
	}
}

func TestStoppingLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	entered, leave := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		io.WriteString(w, "finished")
	})
	served := make(chan error, 1)
	go func() { served <- app.Serve(ctx, slog.New(slog.DiscardHandler), l, h) }()
	answer := make(chan string, 1)
	go func() {
		r, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer r.Body.Close()
		raw, _ := io.ReadAll(r.Body)
		answer <- string(raw)
	}()
	<-entered
	stop()
	close(leave)
	if got := <-answer; got != "finished" {
		t.Error(got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// lockedBuffer is a log that two goroutines may touch.
type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func TestAPanicInTheBackgroundIsLoggedAndSurvived(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	logged := make(chan struct{})
	handler := slog.NewTextHandler(io.MultiWriter(&log, signalling(logged)), nil)
	app.Go(slog.New(handler), "a task", func() { panic("burst") })
	<-logged
	log.Lock()
	defer log.Unlock()
	if got := log.String(); !strings.Contains(got, "burst") || !strings.Contains(got, "a task") {
		t.Error(got)
	}
}

// signalling closes a channel at the first write.
func signalling(c chan struct{}) io.Writer {
	var once sync.Once
	return writer(func(p []byte) (int, error) {
		once.Do(func() { close(c) })
		return len(p), nil
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestASavedRenameKeepsTheRowsAndIsServedAtOnce(t *testing.T) {
	t.Parallel()
	r, dir := open(t, small)
	write(t, dir, map[string]string{"collections/notes.yaml": "fields: { id: int, body: { type: text, was: text }, stars: { type: int, default: 3 } }\npolicies: { read: true }\n"})
	if err := r.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := get(r, "/rest/v1/notes?id=eq.2"); got != `[{"id":2,"body":"two","stars":3}]` {
		t.Error(got)
	}
}
