package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed all:template
var template embed.FS

type initCommand struct {
	Dir string `arg:"" optional:"" default:"." help:"Where to write the project." type:"path"`
}

// Run writes the project. It never overwrites a file.
func (c *initCommand) Run(s *session) error {
	files, err := fs.Sub(template, "template")
	if err != nil {
		return err
	}
	if err := c.free(files); err != nil {
		return err
	}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return c.write(files, name)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "A project is in %s. Now run:\n\n  socle dev %s\n", c.Dir, c.Dir)
	return nil
}

// free refuses a folder in which a file would be in the way, before the first is written.
func (c *initCommand) free(files fs.FS) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		_, err = os.Lstat(c.path(name))
		switch {
		case err == nil && dotfile(name): // the folder's own is kept
			return nil
		case err == nil:
			return usage{fmt.Errorf("%s is there already; nothing was written", c.path(name))}
		case errors.Is(err, fs.ErrNotExist):
			return nil
		}
		return err
	})
}

// dotfile reports whether a template file is one of those a repository may have before a project.
func dotfile(name string) bool { return strings.HasPrefix(name, "_") }

// path is where a template file goes; a leading underscore stands for a dot.
func (c *initCommand) path(name string) string {
	if rest, ok := strings.CutPrefix(name, "_"); ok {
		name = "." + rest
	}
	return filepath.Join(c.Dir, filepath.FromSlash(name))
}

func (c *initCommand) write(files fs.FS, name string) error {
	if _, err := os.Lstat(c.path(name)); err == nil && dotfile(name) {
		return nil
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.path(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(c.path(name), text, 0o644)
}
