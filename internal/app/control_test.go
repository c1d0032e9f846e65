package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
)

// A socket's path is short on every system; a data directory's need not be.
func TestABackupComesThroughTheRunningServerWhereverItsDataIs(t *testing.T) {
	t.Parallel()
	for name, deep := range map[string]string{"short": ".d", "long": strings.Repeat("folder/", 20)} {
		dir := t.TempDir()
		write(t, dir, small)
		o := options(dir)
		o.Data = filepath.Join(dir, deep)
		r, err := app.Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		if err := os.WriteFile(filepath.Join(o.Data, "socket"), []byte("left behind"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.Control(ctx)
		m, err := app.Backup(context.Background(), o, filepath.Join(dir, "b.db"), false)
		if err != nil || m.Rows["notes"] != 2 {
			t.Errorf("%s: %v %v", name, m.Rows, err)
		}
		if info, err := os.Stat(filepath.Join(o.Data, "socket")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the socket: %v %v", name, info, err)
		}
		if left, _ := filepath.Glob(filepath.Join(o.Data, "backup-*")); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
		stop()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestResetTouchesNothingButTheDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, small)
	o := options(dir)
	o.Dev = true
	r, err := app.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	secret := r.Keys.Secret
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"seed/notes.csv": "id,text\n7,seven\n", ".socle/reset/data.db": "left by one that was killed"})
	loaded, err := app.Reset(context.Background(), o)
	if err != nil || len(loaded) != 1 {
		t.Fatal(loaded, err)
	}
	if r, err = app.Open(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := get(r, "/rest/v1/notes"); got != `[{"id":7,"text":"seven"}]` || r.Keys.Secret != secret {
		t.Error(got)
	}
}
