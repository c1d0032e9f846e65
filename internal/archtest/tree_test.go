package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/socle-hq/socle"

// root is the repository, seen from this package's directory.
const root = "../.."

// source is one parsed Go file.
type source struct {
	Path    string // slash-separated, from the repository's root
	Package string // directory: internal/plan
	Test    bool   // a _test.go file, or of a package that only tests import
	Set     *token.FileSet
	File    *ast.File
}

// house is the package's name in ARCHITECTURE.md: its directory without internal/.
func (s source) house() string { return strings.TrimPrefix(s.Package, "internal/") }

// at is file:line of a node.
func (s source) at(n ast.Node) string {
	p := s.Set.Position(n.Pos())
	return s.Path + ":" + itoa(p.Line)
}

// imports lists the file's import paths and where they stand.
func (s source) imports() map[string]ast.Node {
	out := map[string]ast.Node{}
	for _, spec := range s.File.Imports {
		out[strings.Trim(spec.Path.Value, `"`)] = spec
	}
	return out
}

var tree = sync.OnceValues(func() ([]source, error) {
	var out []source
	err := walk(func(name string) error {
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		s, err := parse(name, text)
		out = append(out, s)
		return err
	})
	return out, err
})

func parse(name string, text []byte) (source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution|parser.ParseComments)
	return source{name, path.Dir(name), forTesting(name), set, file}, err
}

// apply reports what a rule finds anywhere in the repository.
func apply(t *testing.T, rule func(source) []string) {
	t.Helper()
	for _, s := range sources(t) {
		for _, found := range rule(s) {
			t.Error(found)
		}
	}
}

// forTesting goes by the name: plan_test.go, storetest/, testkit/. That nothing else imports such a package is a test.
func forTesting(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.HasSuffix(path.Dir(name), "test") || path.Base(path.Dir(name)) == "testkit"
}

// sources is every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d Go files found: is the root right?", len(all))
	}
	return all
}

// skipped are directories that are not the repository's own text.
var skipped = map[string]bool{".git": true, "node_modules": true, "bin": true, ".socle": true, "testdata": true, "seed": true}

// walk visits every file of the repository, its name slash-separated from the root.
func walk(visit func(name string) error) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped[d.Name()] {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(rel))
	})
}

// architecture is the text of ARCHITECTURE.md.
func architecture(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
