package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
)

// What is written into a folder of templates that was not there before is taken up, and a mistake in it is reported.
func TestTemplatesOfMailAreWatched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("socle.yaml", "name: app\n")
	put("collections/notes.yaml", "fields: { id: int }\npolicies: { read: true }\n")
	r, err := app.Open(context.Background(), app.Options{Dir: dir, Data: filepath.Join(dir, ".socle"), Apply: true, Dev: true,
		Log: slog.New(slog.DiscardHandler), Env: func(string) (string, bool) { return "", false }, Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	reports := make(chan error)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	report := func(err error) {
		select {
		case reports <- err:
		case <-ctx.Done():
		}
	}
	if err := r.Watch(ctx, report); err != nil {
		t.Fatal(err)
	}
	// until waits for a report that fits; editors and file systems may cause others before it.
	until := func(fits func(error) bool) {
		for err := <-reports; !fits(err); err = <-reports {
			t.Log(err)
		}
	}
	wrong := func(place string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), place) }
	}
	put("mail/invite.txt", "Subject: S\n\n{{.Nothing}}\n")
	until(wrong("mail/invite.txt:3:3: there is no variable .Nothing"))
	put("mail/invite.txt", "Subject: S\n\nText\n")
	until(func(err error) bool { return err == nil })
	put("mail/invite.html", "<p>{{.Nowhere}}</p>")
	until(wrong("mail/invite.html:1:6: there is no variable .Nowhere"))
}
