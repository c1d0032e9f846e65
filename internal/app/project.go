package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/function"
	"github.com/socle-hq/socle/internal/mail"
	"github.com/socle-hq/socle/internal/openapi"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
	"github.com/socle-hq/socle/internal/seed"
)

// Project is a project folder, read and compiled.
type Project struct {
	Dir    string
	FS     fs.FS
	Config *config.Config
	Set    *policy.Set
	Seeds  *seed.Seeds

	Functions *function.Set
	Mail      *mail.Templates

	Warnings schema.Problems // what is allowed and probably not meant
}

// Invalid is the error of a project with mistakes.
type Invalid struct {
	FS       fs.FS
	Problems schema.Problems
}

// Error is every problem with its excerpt.
func (e *Invalid) Error() string { return yamlfile.Render(e.FS, e.Problems) }

// NoProject is the error of a folder that is none.
type NoProject struct{ Dir string }

// Error says what to do.
func (e *NoProject) Error() string {
	return fmt.Sprintf("%s has no %s; `socle init` makes a project", e.Dir, config.File)
}

// Read reads a project whole. problems has everything that is wrong or unwise; the project is nil if one is an error. With
// a nil env the settings are checked as written, without looking at the environment.
func Read(dir string, env config.Env, clk clock.Clock) (p *Project, fsys fs.FS, problems schema.Problems, err error) {
	if _, err := os.Stat(filepath.Join(dir, config.File)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, nil, &NoProject{dir}
		}
		return nil, nil, nil, err
	}
	fsys = os.DirFS(dir)
	settings, problems := config.Load(fsys, env)
	templates, more := mail.LoadTemplates(fsys)
	problems = append(append(problems, more...), parties(settings)...)
	set, more := compile(fsys, settings)
	if problems = append(problems, more...); problems.Failed() {
		return nil, fsys, problems.Sorted(), nil
	}
	functions, more := function.Compile(set, settings.Limits)
	problems = append(append(problems, more...), checkHooks(settings, set.Catalog().Functions)...)
	seeds, more := seed.Find(fsys, set, clk)
	if problems = append(problems, more...).Sorted(); problems.Failed() {
		return nil, fsys, problems, nil
	}
	return &Project{dir, fsys, settings, set, seeds, functions, templates, problems}, fsys, problems, nil
}

// compile makes the catalogue and its policies. Where there is no catalogue, expressions are at least parsed, so that one run
// reports as much as can be known.
func compile(fsys fs.FS, settings *config.Config) (*policy.Set, schema.Problems) {
	spec, problems := yamlfile.Load(fsys)
	if settings != nil {
		spec.Namespaces = settings.Namespaces
	}
	catalog, more := schema.Resolve(spec)
	if problems = append(problems, more...); catalog == nil || problems.Failed() {
		for _, src := range spec.Sources() {
			problems = append(problems, cel.Syntax(src)...)
		}
		return nil, problems
	}
	set, more := policy.Compile(catalog)
	if problems = append(problems, more...); problems.Failed() {
		return nil, problems
	}
	return set, append(append(problems, schema.Advise(catalog)...), set.Advise()...)
}

// load is Read for those who only want a project that works.
func load(dir string, env config.Env, clk clock.Clock) (*Project, error) {
	p, fsys, problems, err := Read(dir, env, clk)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, &Invalid{fsys, problems}
	}
	return p, nil
}

// public is the project's folder of static files, nil where there is none. No link leads out of it.
func (p *Project) public() fs.FS {
	root, err := os.OpenRoot(filepath.Join(p.Dir, "public"))
	if err != nil {
		return nil
	}
	return root.FS()
}

// API is what the project's OpenAPI document describes.
func (p *Project) API() openapi.API {
	return openapi.API{Set: p.Set, Functions: p.Functions,
		Settings: openapi.Settings{Name: p.Config.Name, URL: p.Config.PublicURL, Rows: p.Config.Limits.Rows}}
}
