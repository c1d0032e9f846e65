package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/socle-hq/socle/internal/adopt"
	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/transfer"
)

type pullCommand struct {
	Dir      string   `arg:"" optional:"" default:"." help:"Where to write the project." type:"path"`
	Database string   `help:"The PostgreSQL database to read (default: SOCLE_DATABASE). Nothing is written to it." placeholder:"URL"`
	Schema   []string `help:"The schemas to read; the first becomes the default namespace." default:"public" placeholder:"NAME"`
	Rows     string   `help:"Also write every table's rows, for socle import --all." placeholder:"FOLDER" type:"path"`
	Force    bool     `help:"Replace files that are there."`
}

// Run reads a database, writes a project, and says what is different in it. Either nothing stands in the way of any file, or none is
// written.
func (c *pullCommand) Run(s *session) (err error) {
	if c.Database == "" {
		c.Database, _ = s.lookup("SOCLE_DATABASE")
	}
	if !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		return usage{errors.New("say which database, such as `socle pull --database postgres://user@db.example.org/shop`; PGPASSWORD may hold the password")}
	}
	source, err := adopt.Open(s.ctx, c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close(s.ctx)) }()
	db, err := source.Read(s.ctx, c.Schema)
	var none *adopt.NoSchema
	if errors.As(err, &none) {
		return usage{err}
	}
	if err != nil {
		return err
	}
	project := adopt.Adopt(db, source.Name())
	if err := c.write(project); err != nil {
		return err
	}
	fmt.Fprint(s.out, project.Summary())
	collections, views := project.Count()
	fmt.Fprintf(s.out, "wrote %s and %s to %s; what is different from the database (%s) is in %s\n", plural(collections, "collection"), plural(views, "view"),
		c.Dir, plural(len(project.Notes), "note"), filepath.Join(c.Dir, "ADOPT.md"))
	if c.Rows != "" {
		if err := c.writeRows(s, source, project); err != nil {
			return err
		}
	}
	return c.check(s)
}

// write puts the files in place.
func (c *pullCommand) write(p *adopt.Project) error {
	files := p.Files()
	files[".gitignore"] = ".socle/\n"
	if _, err := os.Lstat(filepath.Join(c.Dir, ".gitignore")); err == nil {
		delete(files, ".gitignore") // the folder's own is kept
	}
	var paths []string
	for name := range files {
		paths = append(paths, filepath.Join(c.Dir, filepath.FromSlash(name)))
	}
	if c.Rows != "" {
		for _, name := range p.Stored() {
			paths = append(paths, app.FileName(c.Rows, name, transfer.NDJSON))
		}
	}
	if err := c.free(paths); err != nil {
		return err
	}
	for name, text := range files {
		w, err := c.create(filepath.Join(c.Dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, text)
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
	}
	return nil
}

// free refuses to go on where a file is in the way.
func (c *pullCommand) free(paths []string) error {
	if c.Force {
		return nil
	}
	sort.Strings(paths)
	there := slices.DeleteFunc(paths, func(path string) bool {
		_, err := os.Lstat(path)
		return err != nil
	})
	if len(there) == 0 {
		return nil
	}
	return usage{fmt.Errorf("%s is there already, and nothing was written; take another folder, or --force to replace what is there", there[0])}
}

func (c *pullCommand) create(path string) (io.WriteCloser, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if c.Force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	return os.OpenFile(path, flags, 0o644)
}

func (c *pullCommand) writeRows(s *session, source *adopt.Source, p *adopt.Project) error {
	if err := os.MkdirAll(c.Rows, 0o755); err != nil {
		return err
	}
	var files, rows int64
	err := source.Rows(s.ctx, p, func(name string) (io.WriteCloser, error) {
		return c.create(app.FileName(c.Rows, name, transfer.NDJSON))
	},
		func(_ string, n int64) { files, rows = files+1, rows+n })
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "wrote %s of %s to %s; `socle apply %s && socle import --all %s %s` brings them in\n",
		plural(int(rows), "row"), plural(int(files), "collection"), c.Rows, c.Dir, c.Rows, c.Dir)
	return nil
}

// check says what is wrong with the folder now: files that were there before may be.
func (c *pullCommand) check(s *session) error {
	_, _, problems, err := app.Read(c.Dir, nil, s.clock)
	if err == nil && problems.Failed() {
		err = invalid(c.Dir, problems)
	}
	return err
}
