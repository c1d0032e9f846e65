package app

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/migrate"
)

// quiet is how long files must rest before a change is taken up: editors write in several steps.
const quiet = 120 * time.Millisecond

// Watch follows the project's files until ctx ends. Every change that holds is served at once; otherwise the last
// version that held goes on being served. Either way report is told: nil, or why not.
func (r *Runtime) Watch(ctx context.Context, report func(error)) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	if err := r.follow(w); err != nil {
		return errors.Join(err, w.Close())
	}
	Go(r.Log, "watch", func() {
		defer w.Close()
		r.watch(ctx, w, report)
	})
	return nil
}

// follow watches the project's folder and those below collections, queries and mail.
func (r *Runtime) follow(w *fsnotify.Watcher) error {
	if err := w.Add(r.Dir); err != nil {
		return err
	}
	for _, folder := range [...]string{"collections", "queries", mail.Folder} {
		err := filepath.WalkDir(filepath.Join(r.Dir, folder), func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil // a folder that is not there, or went away while walking
			}
			return w.Add(name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Runtime) watch(ctx context.Context, w *fsnotify.Watcher, report func(error)) {
	rest := time.NewTimer(quiet)
	rest.Stop()
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-w.Events:
			if relevant(e.Name) {
				rest.Reset(quiet)
			}
		case err := <-w.Errors:
			r.Log.Warn("watching the project's files", "error", err)
		case <-rest.C:
			_ = r.follow(w) // folders that are new
			report(r.Reload(ctx))
		}
	}
}

// relevant leaves out the data directory and what editors leave behind.
func relevant(name string) bool {
	base := filepath.Base(name)
	ext := filepath.Ext(base)
	template := filepath.Base(filepath.Dir(name)) == mail.Folder && (ext == ".txt" || ext == ".html")
	return !strings.HasPrefix(base, ".") && !strings.HasSuffix(base, "~") && (ext == ".yaml" || ext == "" || template)
}

// Reload takes up the project's files as they are now. On an error what was served before goes on being served.
func (r *Runtime) Reload(ctx context.Context) error {
	p, err := load(r.Dir, r.Env, r.Clock)
	if err != nil {
		return err
	}
	if !r.database.Equal(p.Config.Database) {
		return errMoved
	}
	if err := r.settle(ctx, p); err != nil {
		var d migrate.Difference
		if errors.As(err, &d) {
			return &Stale{d}
		}
		return err
	}
	return r.install(p)
}

// Stale is the error of a change that the data kept so far does not allow.
type Stale struct {
	Difference migrate.Difference
}

// Error says how to go on.
func (e *Stale) Error() string {
	return e.Difference.Error() + "\nuntil then the last version that fits is served; `socle apply` needs this process to be stopped"
}
