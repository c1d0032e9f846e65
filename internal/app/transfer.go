package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/render"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/transfer"
)

// Transfer imports into a data directory and exports from it, through the server that runs on it where there is one.
type Transfer struct {
	Catalog *schema.Catalog
	door    door
	close   func() error

	rehearsal bool // what is imported goes away
}

// door is where rows go in and out: a database that is open here, or a running server's.
type door interface {
	marks(ctx context.Context, collection string) ([]transfer.Mark, error)
	forget(ctx context.Context, collection string, id int64) error
	load(ctx context.Context, l Load, r io.Reader, observe func(transfer.Event)) (transfer.Result, error)
	unload(ctx context.Context, d Dump, open func(collection string) (io.Writer, error)) error
}

// Load says how one source is imported.
type Load struct {
	Collection string            `json:"collection"`
	Source     string            `json:"source"`
	Format     transfer.Format   `json:"format"`
	Rename     map[string]string `json:"rename"`
	Merge      bool              `json:"merge"`  // rows whose key is there are updated
	Ignore     bool              `json:"ignore"` // they stay as they are
	On         []string          `json:"on"`     // the key; empty: the primary key
	SkipBad    bool              `json:"skip_bad"`
	Several    bool              `json:"several"` // other collections come too: references in a circle wait
	From       transfer.Mark     `json:"from"`
}

// Dump says what is exported and how.
type Dump struct {
	Collections []string        `json:"collections"`
	Format      transfer.Format `json:"format"`
	Harmless    bool            `json:"harmless"`
}

// OpenTransfer opens the way into a data directory. The caller closes it.
func OpenTransfer(ctx context.Context, o Options) (*Transfer, error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	if err != nil {
		return nil, err
	}
	if p.Config.Database.Engine == "sqlite" && !sqlite.Exists(o.Data) {
		return nil, &NoDatabase{o.Data}
	}
	t := &Transfer{Catalog: p.Set.Catalog(), close: func() error { return nil }}
	if server := (remote{o.Data}); server.answers(ctx) {
		t.door = server
		return t, nil
	}
	o.Apply = false
	r, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	t.door, t.close = r, r.Close
	return t, nil
}

// ErrNoRehearsal is the error of a database that cannot be copied.
var ErrNoRehearsal = errors.New("--dry-run needs a copy of the database, which only embedded ones have; try the file on a project with database: sqlite")

// OpenRehearsal opens a copy of a data directory's database, in a folder that goes away: what is imported there is not kept.
func OpenRehearsal(ctx context.Context, o Options) (t *Transfer, err error) {
	p, err := load(o.Dir, o.Env, o.Clock)
	switch {
	case err != nil:
		return nil, err
	case p.Config.Database.Engine != "sqlite":
		return nil, ErrNoRehearsal
	case !sqlite.Exists(o.Data):
		return nil, &NoDatabase{o.Data}
	}
	dir, err := os.MkdirTemp(o.Data, "rehearsal-")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	file := filepath.Join(dir, "copy")
	if _, err := Backup(ctx, o, file, false); err != nil {
		return nil, err
	}
	if keys := filepath.Join(o.Data, auth.KeysFile); o.Keys == "" {
		if err := copyFile(keys, filepath.Join(dir, auth.KeysFile)); err != nil {
			return nil, err
		}
	}
	o.Data, o.Log = dir, slog.New(slog.DiscardHandler)
	if _, _, err := Restore(ctx, o, file); err != nil {
		return nil, err
	}
	if t, err = OpenTransfer(ctx, o); err != nil {
		return nil, err
	}
	inner := t.close
	t.rehearsal = true
	t.close = func() error { return errors.Join(inner(), remove()) }
	return t, nil
}

// Close gives the data directory free.
func (t *Transfer) Close() error { return t.close() }

// Export gives the rows of collections, of one moment all of them, to the writers that open gives.
func (t *Transfer) Export(ctx context.Context, d Dump, open func(collection string) (io.Writer, error)) error {
	return t.door.unload(ctx, d, open)
}

// turn waits until no import into a collection is under way, also none whose command has gone and whose last rows are being kept.
func (r *Runtime) turn(ctx context.Context, c *schema.Collection) (end func(), err error) {
	one, _ := r.importing.LoadOrStore(c.Key, make(chan struct{}, 1))
	turns := one.(chan struct{})
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *Runtime) marks(ctx context.Context, collection string) ([]transfer.Mark, error) {
	c, err := transfer.Find(r.Project().Set.Catalog(), collection)
	if err != nil {
		return nil, err
	}
	end, err := r.turn(ctx, c)
	if err != nil {
		return nil, err
	}
	defer end()
	return transfer.Marks(ctx, r.store, c)
}

func (r *Runtime) forget(ctx context.Context, collection string, id int64) error {
	c, err := transfer.Find(r.Project().Set.Catalog(), collection)
	if err != nil {
		return err
	}
	return transfer.Forget(ctx, r.store, c, id)
}

func (r *Runtime) load(ctx context.Context, l Load, from io.Reader, observe func(transfer.Event)) (transfer.Result, error) {
	v := r.current.Load()
	c, err := transfer.Find(v.project.Set.Catalog(), l.Collection)
	if err != nil {
		return transfer.Result{}, err
	}
	end, err := r.turn(ctx, c)
	if err != nil {
		return transfer.Result{}, err
	}
	defer end()
	j := transfer.Job{Engine: v.engine.Unbounded(), Clock: r.Clock, Collection: c, Source: l.Source, Format: l.Format, Rename: l.Rename,
		SkipBad: l.SkipBad, From: l.From, Observe: observe, Waiting: transfer.Own(c)}
	if l.Several {
		j.Waiting = transfer.Circular(c)
	}
	if l.Merge || l.Ignore {
		if j.On, err = conflict(c, l); err != nil {
			return transfer.Result{}, err
		}
	}
	return j.Import(ctx, from)
}

// conflict is the key that tells rows apart. That it is one is seen to where the write is bound.
func conflict(c *schema.Collection, l Load) (*ir.Conflict, error) {
	on := &ir.Conflict{Key: c.PrimaryKey, Merge: l.Merge}
	if len(l.On) > 0 {
		on.Key = nil
	}
	for _, name := range l.On {
		f, ok := c.Field(name)
		if !ok {
			return nil, &transfer.Mistake{Source: l.Source, What: fmt.Sprintf("--on-conflict: %s has no field %q", c.Key, name)}
		}
		on.Key = append(on.Key, f)
	}
	if len(on.Key) == 0 {
		return nil, &transfer.Mistake{Source: l.Source, What: c.Key + " has no primary key to tell its rows apart", Hint: "name a unique constraint's fields with --on-conflict"}
	}
	return on, nil
}

func (r *Runtime) unload(ctx context.Context, d Dump, open func(collection string) (io.Writer, error)) (err error) {
	snap, err := r.store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	catalog := r.Project().Set.Catalog()
	for _, name := range d.Collections {
		c, err := transfer.Find(catalog, name)
		if err != nil {
			return err
		}
		w, err := open(name)
		if err != nil {
			return err
		}
		if _, err := transfer.Export(ctx, snap, r.store.Dialect(), c, d.Format, render.Options{Harmless: d.Harmless}, w, nil); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
