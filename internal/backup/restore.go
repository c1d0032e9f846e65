package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/store/sqlite"
)

// Restore checks a backup and puts it in the place of a directory's database; keys are the fingerprints that the directory's
// key set has and had. The database before is kept; its path is aside, "" where there was none. Nothing is changed on an error.
func Restore(ctx context.Context, path, dir string, keys []string, now time.Time) (m Manifest, aside string, err error) {
	if err := sqlite.Idle(dir); err != nil {
		return m, "", err
	}
	if m, err = Verify(ctx, path); err != nil {
		return m, "", err
	}
	if !slices.Contains(keys, m.Keys) {
		return m, "", migrate.ErrKeys
	}
	work, err := os.MkdirTemp(dir, "restore-")
	if err != nil {
		return m, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	temporary := filepath.Join(work, "data.db")
	if err := copyOut(path, temporary, m.Bytes); err != nil {
		return m, "", err
	}
	if _, err := Verify(ctx, temporary); err != nil { // what was written, not what was read
		return m, "", err
	}
	if sqlite.Exists(dir) {
		aside = sqlite.File(dir) + ".before-" + now.UTC().Format("20060102T150405.000000")
	}
	return m, aside, sqlite.Replace(dir, temporary, aside)
}

func copyOut(from, to string, n int64) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return Receive(to, io.LimitReader(f, n))
}
