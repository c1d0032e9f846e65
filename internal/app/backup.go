package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/socle-hq/socle/internal/auth"
	"github.com/socle-hq/socle/internal/backup"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// NoDatabase is the error of a data directory without a database.
type NoDatabase struct{ Data string }

// Error names the directory.
func (e *NoDatabase) Error() string { return fmt.Sprintf("there is no database in %s", e.Data) }

// Backup writes the database of a data directory to a file, through the server that runs on it where there is one, and reads
// it back.
func Backup(ctx context.Context, o Options, path string, force bool) (backup.Manifest, error) {
	if !sqlite.Exists(o.Data) {
		return backup.Manifest{}, &NoDatabase{o.Data}
	}
	return backup.Place(ctx, path, force, func(temporary string) error {
		answer, ok, err := running(ctx, o.Data, "/backup")
		switch {
		case err != nil:
			return err
		case ok:
			return receive(answer, temporary)
		}
		st, err := sqlite.Open(o.Data, sqlite.Options{Clock: o.Clock})
		if err != nil {
			return err
		}
		return errors.Join(backup.Make(ctx, st, temporary, o.Clock.Now()), st.Close())
	})
}

func receive(answer *http.Response, path string) error {
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return errors.Join(fmt.Errorf("the running server made no backup: %s", strings.TrimSpace(string(text))), err)
	}
	return backup.Receive(path, answer.Body)
}

// NoKeys is the error of a data directory without the key set that its database would need.
type NoKeys struct{ Data string }

// Error says what to do.
func (e *NoKeys) Error() string {
	return fmt.Sprintf("%s has no key set; put the file %s that belongs to the backup there, or set SOCLE_KEYS", e.Data, auth.KeysFile)
}

// Restore puts a backup in the place of a data directory's database. aside is where the one before is kept now.
func Restore(ctx context.Context, o Options, path string) (m backup.Manifest, aside string, err error) {
	if _, err := os.Stat(filepath.Join(o.Data, auth.KeysFile)); err != nil && o.Keys == "" {
		return m, "", &NoKeys{o.Data}
	}
	keys, err := auth.Load(o.Data, o.Keys, o.Clock)
	if err != nil {
		return m, "", err
	}
	return backup.Restore(ctx, path, o.Data, keys.Fingerprints(), o.Clock.Now())
}

// devMark is a file in the data directories that dev has made: reset empties no other.
const devMark = "dev"

// NotDevs is the error of data that dev did not make.
type NotDevs struct{ Data string }

// Error says what to do.
func (e *NotDevs) Error() string {
	return fmt.Sprintf("the data in %s is not `socle dev`'s own, or was served by `socle serve`; it was left as it is", e.Data)
}

// mark remembers whose data it is: dev's, where dev makes the directory's database.
func mark(o Options) error {
	if !o.Dev || sqlite.Exists(o.Data) {
		return nil
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.Data, devMark), []byte("`socle reset` may empty this directory\n"), 0o600)
}

// Keep remembers that the data is served for production. It refuses data with passwords that stand in the project's files.
func (r *Runtime) Keep(ctx context.Context) error {
	if err := r.knownPasswords(ctx); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(r.Data, devMark))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Resettable reports an error where a directory's data is not dev's, or is in use.
func Resettable(o Options) error {
	if _, err := os.Stat(filepath.Join(o.Data, devMark)); err != nil {
		return &NotDevs{o.Data}
	}
	return sqlite.Idle(o.Data)
}

// Reset makes dev's database anew, with the project's schema and first data. The one before is there until the new one is
// whole.
func Reset(ctx context.Context, o Options) (loaded []Loaded, err error) {
	if err := Resettable(o); err != nil {
		return nil, err
	}
	work := filepath.Join(o.Data, "reset")
	if err := os.RemoveAll(work); err != nil { // of one that was killed
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, err
	}
	keys := filepath.Join(o.Data, auth.KeysFile)
	if _, err := os.Stat(keys); err == nil && o.Keys == "" {
		if err := copyFile(keys, filepath.Join(work, auth.KeysFile)); err != nil {
			return nil, err
		}
	}
	data := o.Data
	o.Data, o.Apply, o.Dev, o.Fresh = work, true, false, true
	r, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return r.Loaded, sqlite.Replace(data, sqlite.File(work), "")
}
