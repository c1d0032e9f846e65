package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/schema"
)

// exists refuses a folder that is no project, before a data directory is made in it.
func (p *place) exists() error {
	_, err := os.Stat(filepath.Join(p.Dir, config.File))
	if errors.Is(err, fs.ErrNotExist) {
		return &app.NoProject{Dir: p.Dir}
	}
	return err
}

func invalid(dir string, problems schema.Problems) error {
	return &app.Invalid{FS: os.DirFS(dir), Problems: problems}
}
