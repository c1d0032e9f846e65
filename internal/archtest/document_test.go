package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const longest = 400 // lines of ARCHITECTURE.md

func TestArchitectureStaysShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(architecture(t), "\n"); n > longest {
		t.Errorf("ARCHITECTURE.md has %d lines, more than %d", n, longest)
	}
}

// Every package of the table exists, so that the table cannot describe a house that was never built.
func TestEveryRoomOfTheHouseExists(t *testing.T) {
	t.Parallel()
	for name := range house(t) {
		found := false
		for _, base := range []string{"internal", "."} {
			files, _ := filepath.Glob(filepath.Join(root, base, name, "*.go"))
			found = found || len(files) > 0
		}
		if !found {
			t.Errorf("ARCHITECTURE.md lists package %s, which has no Go file", name)
		}
	}
}

var (
	pathLike   = regexp.MustCompile(`^\.?[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)+/?$|^[A-Za-z0-9_-]+\.(go|md)$`)
	symbolLike = regexp.MustCompile(`^([A-Za-z0-9_/.-]+\.go): ([A-Za-z0-9_.]+)(\(\))?$`)
	qualified  = regexp.MustCompile(`^([a-z][a-z0-9]*)\.([A-Z][A-Za-z0-9]*)(\.[A-Z][A-Za-z0-9]*)?(\(\))?$`)
)

// A name in backticks is a claim: `dir/file.go` and `dir/` are paths, `dir/file.go: Func` or `dir/file.go: Type.Method`
// is a declaration of that file, `pkg.Name` is an exported declaration. Paths may leave out internal/.
func TestArchitectureNamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(architecture(t), "")
	all := sources(t)
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		claim := m[1]
		switch sym, name := symbolLike.FindStringSubmatch(claim), qualified.FindStringSubmatch(claim); {
		case sym != nil:
			if !declares(all, sym[1], sym[2]) {
				t.Errorf("ARCHITECTURE.md names `%s`, which is not declared there", claim)
			}
		case name != nil && isPackage(all, name[1]):
			if !exports(all, name[1], name[2]+name[3]) {
				t.Errorf("ARCHITECTURE.md names `%s`, which does not exist", claim)
			}
		case pathLike.MatchString(claim) && !exists(claim):
			t.Errorf("ARCHITECTURE.md names `%s`, which does not exist", claim)
		}
	}
}

func exists(name string) bool {
	for _, base := range []string{".", "internal"} {
		if _, err := os.Stat(filepath.Join(root, base, name)); err == nil {
			return true
		}
	}
	return false
}

func isPackage(all []source, name string) bool {
	for _, s := range all {
		if s.File.Name.Name == name {
			return true
		}
	}
	return false
}

func exports(all []source, pkg, name string) bool {
	for _, s := range all {
		if s.File.Name.Name == pkg && declared(s.File)[name] {
			return true
		}
	}
	return false
}

func declares(all []source, file, name string) bool {
	for _, s := range all {
		if (s.Path == file || s.Path == "internal/"+file) && declared(s.File)[name] {
			return true
		}
	}
	return false
}

// declared is every top-level name of a file: Func, Type, Type.Method, Type.Field, const and var.
func declared(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names[receiver(d)+d.Name.Name] = true
			names[d.Name.Name] = true // `file.go: Method` where the file makes the type plain
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				declareSpec(names, spec)
			}
		}
	}
	return names
}

func declareSpec(names map[string]bool, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			names[n.Name] = true
		}
	case *ast.TypeSpec:
		names[spec.Name.Name] = true
		for _, list := range members(spec.Type) {
			for _, n := range list.Names {
				names[spec.Name.Name+"."+n.Name] = true
			}
		}
	}
}

func members(t ast.Expr) []*ast.Field {
	switch t := t.(type) {
	case *ast.StructType:
		return t.Fields.List
	case *ast.InterfaceType:
		return t.Methods.List
	}
	return nil
}

// receiver is "Type." for a method, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "."
		default:
			return "?."
		}
	}
}
