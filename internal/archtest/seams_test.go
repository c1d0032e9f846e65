package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// seam is something only the listed packages may use, because everybody else gets it handed in.
type seam struct {
	Imports string // an import path, or
	Calls   string // package.Name, a selector
	Allowed []string
	Why     string
}

var seams = []seam{
	{Imports: "math/rand", Allowed: []string{"bench"}, Why: "randomness comes from clock"},
	{Imports: "math/rand/v2", Allowed: []string{"bench", "examples/team/generate"}, Why: "randomness comes from clock"},
	{Imports: "crypto/rand", Allowed: []string{"clock"}, Why: "randomness comes from clock"},
	{Calls: "time.Now", Allowed: []string{"clock", "bench"}, Why: "time comes from clock"},
	{Calls: "time.Since", Allowed: []string{"clock", "bench"}, Why: "time comes from clock"},
	{Calls: "time.Until", Allowed: []string{"clock", "bench"}, Why: "time comes from clock"},
	{Calls: "uuid.New", Why: "identifiers come from clock.IDs"},
	{Calls: "uuid.NewString", Why: "randomness comes from clock"},
	{Calls: "uuid.NewRandom", Why: "randomness comes from clock"},
	{Calls: "uuid.NewV7FromReader", Why: "its time is the system's; use clock.IDs"},
	{Calls: "uuid.NewV7", Allowed: []string{"bench"}, Why: "randomness and time come from clock"},
	{Calls: "http.DefaultClient", Why: "outgoing HTTP goes through one client that refuses private addresses"},
	{Calls: "http.Get", Why: "outgoing HTTP goes through one client that refuses private addresses"},
	{Calls: "http.Post", Why: "outgoing HTTP goes through one client that refuses private addresses"},
	{Calls: "http.DefaultServeMux", Why: "routes are registered on a mux of ours; net/http/pprof registers itself on the default one"},
	{Imports: "net/http/pprof", Why: "profiles must not be reachable by accident"},
	{Calls: "os.Getenv", Allowed: []string{"config", "cli", "test/report"}, Why: "settings come from config"},
	{Calls: "os.LookupEnv", Allowed: []string{"config", "cli", "test/report"}, Why: "settings come from config"},
	{Calls: "os.Exit", Allowed: []string{"cmd/socle", "bench", "examples/team/generate", "test/report"}, Why: "only main ends the process"},
}

func (m seam) allows(s source) bool {
	for _, pkg := range m.Allowed {
		if within(s.house(), pkg) {
			return true
		}
	}
	return s.Test
}

func TestTimeRandomnessAndTheOutsideStayBehindSeams(t *testing.T) {
	t.Parallel()
	apply(t, crossings)
}

// crossings finds uses of what belongs behind a seam.
func crossings(s source) (out []string) {
	imports := s.imports()
	for _, m := range seams {
		if node, uses := imports[m.Imports]; uses && !m.allows(s) {
			out = append(out, s.at(node)+": imports "+m.Imports+": "+m.Why)
		}
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		for _, m := range seams {
			if ok && m.Calls != "" && selector(sel) == m.Calls && !m.allows(s) {
				out = append(out, s.at(n)+": uses "+m.Calls+": "+m.Why)
			}
		}
		return true
	})
	return out
}

// selector is "pkg.Name" where the left side is a plain identifier, "" otherwise.
func selector(sel *ast.SelectorExpr) string {
	if x, ok := sel.X.(*ast.Ident); ok {
		return x.Name + "." + sel.Sel.Name
	}
	return ""
}

// starters may write a go statement; everybody else starts goroutines through the wrapper that recovers, logs and counts.
var starters = map[string]string{
	"app":   "holds the recovering wrapper",
	"bench": "a program of its own, not part of the server",
}

func TestGoroutinesStartThroughTheRecoveringWrapper(t *testing.T) {
	t.Parallel()
	apply(t, bareGoroutines)
}

func bareGoroutines(s source) (out []string) {
	if _, ok := starters[firstOf(s.house())]; ok || s.Test || wrapper(s) {
		return nil
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			out = append(out, s.at(n)+": go statement outside the recovering wrapper: a panic here ends the process")
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "DoChan" && !mentions(n.Args, "Guard") || ok && (sel.Sel.Name == "Go" && selector(sel) != "app.Go" || selector(sel) == "time.AfterFunc") && !guarded(n.Args) {
				out = append(out, s.at(n)+": "+sel.Sel.Name+" starts a goroutine outside the recovering wrapper: a panic there ends the process")
			}
		}
		return true
	})
	return out
}

// guarded reports whether a function that is started does nothing but have the wrapper run another: Guard(name, f).
func guarded(args []ast.Expr) bool {
	if len(args) == 0 {
		return false
	}
	f, ok := args[len(args)-1].(*ast.FuncLit)
	if !ok || len(f.Body.List) != 1 {
		return false
	}
	does, ok := f.Body.List[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := does.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Guard"
}

// mentions reports whether arguments select something of the name.
func mentions(args []ast.Expr, name string) (found bool) {
	for _, arg := range args {
		ast.Inspect(arg, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			found = found || ok && sel.Sel.Name == name
			return !found
		})
	}
	return found
}

func firstOf(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

// wrapper reports whether the file recovers itself: it defers a function that calls recover.
func wrapper(s source) bool {
	found := false
	ast.Inspect(s.File, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			id, ok := call.Fun.(*ast.Ident)
			found = found || ok && id.Name == "recover"
		}
		return true
	})
	return found
}

var statement = regexp.MustCompile(`(?is)^"?\s*(select\s|insert\s+into\s|update\s+\S+\s+set\b|delete\s+from\s|create\s+(unique\s+)?(table|index|virtual)|alter\s+table\s|drop\s+(table|index))`)

// emitters build SQL from identifiers of the catalogue; the others may only hold constant statements.
var emitters = []string{"sqlgen", "migrate"}

func TestOnlyTheEmitterBuildsSQL(t *testing.T) {
	t.Parallel()
	apply(t, builtSQL)
}

// builtSQL finds statements made by formatting or by adding something that is not a literal.
func builtSQL(s source) (out []string) {
	if s.Test || hallway(s.Package) || firstIn(emitters, s.house()) {
		return nil
	}
	ast.Inspect(s.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && strings.HasPrefix(selector(sel), "fmt.") && len(n.Args) > 1 && anyStatement(n.Args) {
				out = append(out, s.at(n)+": "+selector(sel)+" builds SQL: statements come from sqlgen, values are bound")
			}
		case *ast.BinaryExpr:
			if n.Op == token.ADD && anyStatement([]ast.Expr{n.X}) && !constant(n.Y) {
				out = append(out, s.at(n)+": concatenation builds SQL: statements come from sqlgen, values are bound")
			}
		}
		return true
	})
	return out
}

func firstIn(list []string, pkg string) bool {
	for _, rule := range list {
		if within(pkg, rule) {
			return true
		}
	}
	return false
}

func anyStatement(args []ast.Expr) bool {
	for _, a := range args {
		lit, ok := a.(*ast.BasicLit)
		if ok && lit.Kind == token.STRING && statement.MatchString(strings.Trim(lit.Value, "`\"")) {
			return true
		}
	}
	return false
}

// constant reports whether an operand is spelled out in the source.
func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.BinaryExpr:
		return constant(e.X) && constant(e.Y)
	}
	return false
}
