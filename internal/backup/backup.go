// Package backup owns the file a database is kept in: how it is made beside running requests, what seals it, how it is
// checked by reading it back, and how it takes a database's place. It knows nothing of a project's files.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

// Source is a database that can copy itself while it is used.
type Source interface {
	store.Store
	Backup(ctx context.Context, path string) error
}

// Manifest says what a backup holds.
type Manifest struct {
	Format  int              `json:"format"`
	Made    time.Time        `json:"made"`
	Version string           `json:"version"` // of the applied declaration
	Keys    string           `json:"keys"`    // fingerprint of the key set
	Rows    map[string]int64 `json:"rows"`
	Bytes   int64            `json:"bytes"` // of the database
	SHA256  string           `json:"sha256"`
	Sealed  bool             `json:"-"` // the file carries its manifest; false for a bare database
}

// Contents are the project's rows and collections, and the accounts. What belongs to accounts is in the file and not counted.
func (m Manifest) Contents() (rows int64, collections int, accounts int64) {
	for of, n := range m.Rows {
		switch namespace, name, inside := strings.Cut(of, "."); {
		case !inside || namespace != own:
			rows, collections = rows+n, collections+1
		case name == "users":
			accounts = n
		}
	}
	return rows, collections, accounts
}

// own is the namespace of the product's own collections; a project has none of that name.
const own = "auth"

// attempts is how often a copy is made anew whose rows were not those of the database.
const attempts = 3

// Make writes a sealed backup to a path where nothing is. The database goes on being read and written meanwhile.
func Make(ctx context.Context, src Source, path string, now time.Time) error {
	for n := 1; ; n++ {
		same, err := attempt(ctx, src, path, now)
		if err == nil && same {
			return nil
		}
		if err = errors.Join(err, os.Remove(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if n == attempts {
			return fmt.Errorf("the copy has not the rows of the database")
		}
	}
}

// attempt makes one copy. same is false where the database had the same numbers of rows before and after, and the copy has
// not: either the copy is wrong, or rows came and went meanwhile.
func attempt(ctx context.Context, src Source, path string, now time.Time) (same bool, err error) {
	before, err := contents(ctx, src)
	if err != nil {
		return false, err
	}
	if err := src.Backup(ctx, path); err != nil {
		return false, err
	}
	after, err := contents(ctx, src)
	if err != nil {
		return false, err
	}
	m, err := examine(ctx, path)
	if err != nil {
		return false, err
	}
	if equal(before, after) && !equal(before, m) {
		return false, nil
	}
	m.Made = now.UTC()
	return true, seal(path, m)
}

func equal(a, b Manifest) bool {
	return a.Version == b.Version && a.Keys == b.Keys && maps.Equal(a.Rows, b.Rows)
}

// contents counts what a database holds, at one moment.
func contents(ctx context.Context, st store.Store) (Manifest, error) {
	r, ok, err := migrate.Applied(ctx, st)
	if err != nil {
		return Manifest{}, err
	}
	if !ok {
		return Manifest{}, errors.New("nothing was ever applied to this database")
	}
	m := Manifest{Format: format, Version: r.Version, Keys: r.Keys, Rows: map[string]int64{}}
	snap, err := st.Snapshot(ctx)
	if err != nil {
		return m, err
	}
	defer snap.Close()
	for _, c := range r.Catalog.Collections {
		if c.View != nil {
			continue
		}
		n, err := snap.Query(ctx, &sqlgen.Stmt{Text: sqlgen.CountAll(st.Dialect().Table(c)), Types: []value.Type{{Kind: value.Int}}}, nil)
		if err != nil {
			return m, err
		}
		m.Rows[name(c)] = n[0][0].Int()
	}
	return m, nil
}

func name(c *schema.Collection) string {
	if c.Namespace == schema.DefaultNamespace {
		return c.Name
	}
	return c.Namespace + "." + c.Name
}

// examine reads a database's file whole.
func examine(ctx context.Context, path string) (m Manifest, err error) {
	c, err := sqlite.OpenCopy(path)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Check(ctx); err != nil {
		return m, err
	}
	if m, err = contents(ctx, c); err != nil {
		return m, err
	}
	m.Bytes, err = c.Size()
	return m, err
}

// ErrExists is the error of a path where something is.
var ErrExists = errors.New("is there already; --force replaces it")

// Place makes a file at path by write, which gets the name of a file beside it. The file appears under its own name only once
// it was read back and held.
func Place(ctx context.Context, path string, force bool, write func(temporary string) error) (m Manifest, err error) {
	if _, err := os.Lstat(path); err == nil && !force {
		return m, fmt.Errorf("%s %w", path, ErrExists)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".backup-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	temporary := filepath.Join(dir, "data.db")
	if err := write(temporary); err != nil {
		return m, err
	}
	if m, err = Verify(ctx, temporary); err != nil {
		return m, err
	}
	if !m.Sealed {
		return m, errors.New("the backup was cut off")
	}
	if err := appear(temporary, path, force); err != nil {
		return m, err
	}
	return m, syncDir(filepath.Dir(path))
}

// appear gives a file its name. A link never replaces what came there meanwhile; some disks know none.
func appear(temporary, path string, force bool) error {
	if !force {
		err := os.Link(temporary, path)
		if err == nil {
			return nil
		}
		if _, there := os.Lstat(path); there == nil {
			return fmt.Errorf("%s %w", path, ErrExists)
		}
	}
	return os.Rename(temporary, path)
}

// Receive writes a stream to a file and makes it stay.
func Receive(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
