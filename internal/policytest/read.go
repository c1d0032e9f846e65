package policytest

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

// maxSize bounds a test file; its parser says so to the author.
const maxSize = 4 << 20

// Read reads every test file of a project. All problems are returned together; the suite holds what could be read.
func Read(fsys fs.FS) (*Suite, schema.Problems) {
	s := &Suite{}
	var problems schema.Problems
	entries, err := fs.ReadDir(fsys, Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems.Add(schema.Pos{File: Folder}, "", "the folder cannot be read")
	}
	for _, e := range entries {
		name := path.Join(Folder, e.Name())
		switch {
		case e.IsDir(), strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), ".md"):
		case !strings.HasSuffix(name, ".yaml"):
			problems.Add(schema.Pos{File: name}, "", "test files end in .yaml")
		default:
			file, more := readFile(fsys, name)
			problems = append(problems, more...)
			s.Files = append(s.Files, file)
		}
	}
	return s, problems.Sorted()
}

func readFile(fsys fs.FS, name string) (File, schema.Problems) {
	r := &reader{file: File{Path: name, Seed: true}}
	text, err := bounded(fsys, name)
	if err != nil {
		r.Problems.Add(schema.Pos{File: name}, "", "the file cannot be read")
		return r.file, r.Problems
	}
	root, problems := yamlfile.Parse(name, text)
	if root == nil {
		return r.file, problems
	}
	r.Problems = problems
	r.read(root)
	return r.file, r.Problems
}

func bounded(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize))
}

// reader reads one file.
type reader struct {
	yamlfile.Decoder
	file File
}

func (r *reader) read(root *yamlfile.Node) {
	var tests *yamlfile.Node
	r.Object(root, "a test file", yamlfile.Keys{
		"seed":   func(n *yamlfile.Node) { r.file.Seed = r.Bool(n, "seed") },
		"rows":   r.rows,
		"actors": r.actors,
		"tests":  func(n *yamlfile.Node) { tests = n },
	})
	if tests == nil { // after the actors, whatever the order in the file
		return
	}
	r.Items(tests, "tests", func(n *yamlfile.Node) {
		t := Test{Pos: n.Pos}
		t.Steps = r.step(n, "a test", &t.Name)
		if t.Name == "" && n.Kind == yamlfile.Map {
			r.Problems.Add(n.Pos, "", "a test has a name")
		}
		r.file.Tests = append(r.file.Tests, t)
	})
}

func (r *reader) rows(n *yamlfile.Node) {
	r.Entries(n, "rows", func(collection schema.Word, list *yamlfile.Node) {
		rows := Rows{Collection: collection}
		r.Items(list, "rows of "+collection.Text, func(row *yamlfile.Node) {
			if row.Kind != yamlfile.Map {
				r.Expected(row, "a row is a mapping")
				return
			}
			rows.Lines = append(rows.Lines, Line{row.JSON(), row.Pos})
		})
		r.file.Rows = append(r.file.Rows, rows)
	})
}

// The roles an actor may be without being anybody.
const (
	anon          = "anon"
	authenticated = "authenticated"
	service       = "service_role"
)

func (r *reader) actors(n *yamlfile.Node) {
	r.Entries(n, "actors", func(name schema.Word, n *yamlfile.Node) {
		a := Actor{Name: name.Text, Role: authenticated}
		switch {
		case name.Text == anon || name.Text == service:
			r.Problems.Add(name.Pos, "every file has it already", "no actor can be called %s", name.Text)
		case n.Kind == yamlfile.String && (n.Text == anon || n.Text == service):
			a.Role = n.Text
		case n.Kind == yamlfile.String:
			a.Sub = r.Word(n, "an actor")
		default:
			r.actor(n, name, &a)
		}
		r.file.Actors = append(r.file.Actors, a)
	})
}

func (r *reader) actor(n *yamlfile.Node, name schema.Word, a *Actor) {
	r.Object(n, "an actor", yamlfile.Keys{
		"sub": func(n *yamlfile.Node) { a.Sub = r.Word(n, "sub") },
		"claims": func(n *yamlfile.Node) {
			if n.Kind != yamlfile.Map {
				r.Expected(n, "claims is a mapping")
				return
			}
			a.Claims = n.JSON()
		},
	})
	if !a.Sub.Present() && n.Kind == yamlfile.Map {
		r.Problems.Add(name.Pos, "", "actor %s has no sub: a uuid, or the e-mail address of an account", name.Text)
	}
}

// known finds an actor of the file.
func (f *File) known(name string) (Actor, bool) {
	if name == anon || name == service {
		return Actor{Name: name, Role: name}, true
	}
	for _, a := range f.Actors {
		if a.Name == name {
			return a, true
		}
	}
	return Actor{}, false
}
