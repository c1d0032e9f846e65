package cli

import (
	"fmt"

	"github.com/socle-hq/socle/internal/app"
)

type typesCommand struct {
	Dir  string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
	Lang string `help:"The language; ${enum}." enum:"ts" default:"ts"`
	Role string `help:"Whose view: users (anon and authenticated together), anon, authenticated, or service_role, who sees everything." enum:"users,anon,authenticated,service_role" default:"users"`
}

// Run prints the types. It needs no database.
func (c *typesCommand) Run(s *session) error {
	project, fsys, problems, err := app.Read(c.Dir, nil, s.clock)
	if err != nil {
		return err
	}
	if project == nil {
		return &app.Invalid{FS: fsys, Problems: problems}
	}
	_, err = fmt.Fprint(s.out, project.Types(c.Role))
	return err
}

// typesKept is the file of dev's --types; nil where there is none.
type typesKept struct{ file *app.TypesFile }

// types is the file to keep, found out to be writable before anything else happens.
func (c *devCommand) types() (typesKept, error) {
	if c.Types == "" {
		return typesKept{}, nil
	}
	file := &app.TypesFile{Path: c.Types, Role: c.TypesRole}
	if err := file.Ready(); err != nil {
		return typesKept{}, usage{err}
	}
	return typesKept{file}, nil
}

// keep brings the file to the project and says so where that changed it.
func (k typesKept) keep(s *session, p *app.Project) error {
	if k.file == nil {
		return nil
	}
	changed, err := k.file.Write(p)
	if err != nil {
		return usage{err}
	}
	if changed {
		fmt.Fprintln(s.out, "  types written to", k.file.Path)
	}
	return nil
}
