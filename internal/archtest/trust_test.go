package archtest

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makers are the only packages that may build the nodes that read past a policy. Bind does not enter Through, Exists and
// Count (a policy's walk is trusted), so a request must never be able to make one; Mask carries the decision of Bind.
var makers = map[string][]string{
	"ir.Through": {"policy/cel", "policy", "ir"},
	"ir.Exists":  {"policy/cel", "policy", "ir"},
	"ir.Count":   {"policy/cel", "policy", "ir"},
	"ir.Mask":    {"policy", "ir"},
}

func TestOnlyPoliciesBuildTrustedNodes(t *testing.T) {
	t.Parallel()
	apply(t, trustedNodes)
}

func trustedNodes(s source) (out []string) {
	if s.Test || rebuilds(s) {
		return nil
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if sel, ok := lit.Type.(*ast.SelectorExpr); ok {
			allowed, trusted := makers[selector(sel)]
			if trusted && !slices.Contains(allowed, s.house()) {
				out = append(out, s.at(n)+": "+selector(sel)+" built in "+s.house()+": only "+strings.Join(allowed, ", ")+" may")
			}
		}
		return true
	})
	return out
}

// rebuilds names the packages that copy existing trees node by node: they can only repeat what policies made.
func rebuilds(s source) bool { return s.house() == "plan" }

const mainLines = 50

func TestMainIsAFewLines(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "cmd/socle/main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n >= mainLines {
		t.Errorf("cmd/socle/main.go has %d lines; main stays under %d: wiring belongs to app and cli", n, mainLines)
	}
}

const functionLines = 60

// long may exceed functionLines: tables and switches over all nodes read better in one piece.
var long = map[string]string{}

func TestFunctionsFitOnAScreen(t *testing.T) {
	t.Parallel()
	apply(t, longFunctions)
}

func longFunctions(s source) (out []string) {
	for _, d := range s.File.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || s.Test {
			continue
		}
		name := receiver(fn) + fn.Name.Name
		lines := s.Set.Position(fn.End()).Line - s.Set.Position(fn.Pos()).Line + 1
		if _, excused := long[s.house()+": "+name]; lines > functionLines && !excused {
			out = append(out, s.at(fn)+": "+name+" has "+itoa(lines)+" lines, more than "+itoa(functionLines))
		}
	}
	return out
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.Test {
			documented[s.Package] = documented[s.Package] || s.File.Doc != nil
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment", pkg)
		}
	}
}

// A repository that names one machine's directories or one registry's hosts does not build elsewhere.
func TestNoMachineIsNamed(t *testing.T) {
	t.Parallel()
	words := []string{"/" + "work/", "/" + "root/", "registry." + "npmjs", "proxy." + "golang.org", "sum." + "golang.org", "deb." + "debian.org"}
	texts := []string{".go", ".md", ".mod", ".yaml", ".yml", ".json", ".mjs", ".sh", ".txtar", ".npmrc", "", ".toml"}
	err := walk(func(name string) error {
		if !slices.Contains(texts, path.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		for _, w := range words {
			if strings.Contains(string(text), w) {
				t.Errorf("%s names %s", name, w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
