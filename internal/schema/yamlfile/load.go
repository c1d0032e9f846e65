package yamlfile

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
)

// folder is where collection files live in a project.
const folder = "collections"

// Read loads a project's collections and resolves them. The catalogue is nil if a problem is an error; all problems of
// all files are returned together, in order of place.
func Read(fsys fs.FS) (*schema.Catalog, schema.Problems) {
	spec, problems := Load(fsys)
	catalog, more := schema.Resolve(spec)
	problems = append(problems, more...).Sorted()
	if problems.Failed() {
		return nil, problems
	}
	return catalog, problems
}

// Load reads collections/*.yaml, queries/*.yaml and those in folders below, which are namespaces. A file that cannot be read at all contributes its
// name only, so that references to it are not reported as well.
func Load(fsys fs.FS) (schema.Spec, schema.Problems) {
	l := &loader{fsys: fsys}
	l.folder(folder, "")
	l.functions = true
	l.folder(functionFolder, "")
	return l.spec, l.problems.Sorted()
}

type loader struct {
	fsys      fs.FS
	functions bool // the folder holds functions, not collections
	spec      schema.Spec
	problems  schema.Problems
}

func (l *loader) folder(dir, namespace string) {
	entries, err := fs.ReadDir(l.fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		l.problems.Add(schema.Pos{File: dir}, "", "the folder cannot be read")
		return
	}
	for _, e := range entries {
		l.entry(path.Join(dir, e.Name()), e, namespace)
	}
}

func (l *loader) entry(file string, e fs.DirEntry, namespace string) {
	name := e.Name()
	base, isYAML := strings.CutSuffix(name, ".yaml")
	switch {
	case strings.HasPrefix(name, "."):
	case e.IsDir() && namespace == "":
		l.folder(file, name)
	case e.IsDir():
		l.problems.Add(schema.Pos{File: file}, "", "namespaces cannot be nested")
	case strings.HasSuffix(name, ".yml"):
		l.problems.Add(schema.Pos{File: file}, "rename it to "+strings.TrimSuffix(name, ".yml")+".yaml", "%s files end in .yaml", l.kind())
		l.unread(strings.TrimSuffix(name, ".yml"))
	case isYAML:
		l.file(file, base, namespace)
	}
}

func (l *loader) kind() string {
	if l.functions {
		return "function"
	}
	return "collection"
}

// unread notes a collection whose file could not be read.
func (l *loader) unread(base string) {
	if !l.functions {
		l.spec.Unread = append(l.spec.Unread, base)
	}
}

func (l *loader) file(file, base, namespace string) {
	data, err := readBounded(l.fsys, file)
	if err != nil {
		l.problems.Add(schema.Pos{File: file}, "", "the file cannot be read")
		l.unread(base)
		return
	}
	root, problems := Parse(file, data)
	l.problems = append(l.problems, problems...)
	if root == nil {
		l.unread(base)
		return
	}
	key := schema.Word{Text: base, Pos: schema.Pos{File: file, Line: 1, Column: 1}}
	if l.functions {
		f := &function{spec: schema.FunctionSpec{Namespace: namespace, Key: key}}
		f.read(root)
		l.problems = append(l.problems, f.Problems...)
		l.spec.Functions = append(l.spec.Functions, f.spec)
		return
	}
	c := &collection{spec: schema.CollectionSpec{Namespace: namespace, Key: key}}
	c.read(root)
	l.problems = append(l.problems, c.Problems...)
	l.spec.Collections = append(l.spec.Collections, c.spec)
}

// readBounded reads at most one byte more than a file may have.
func readBounded(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}
