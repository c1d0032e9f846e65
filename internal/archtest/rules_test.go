package archtest

import (
	"strings"
	"testing"
)

// Each rule finds what it is there for, and lets the allowed neighbour pass.
func TestTheRulesFindWhatTheyForbid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		rule func(source) []string
		file string
		code string
		want string // part of the one finding; "" for none
	}{
		{"the time", crossings, "internal/plan/a.go", `func f() { _ = time.Now() }`, "time.Now"},
		{"the time in its own package", crossings, "internal/clock/a.go", `func f() { _ = time.Now() }`, ""},
		{"the time in a test", crossings, "internal/plan/a_test.go", `func f() { _ = time.Now() }`, ""},
		{"randomness", crossings, "internal/auth/a.go", `import _ "crypto/rand"`, "crypto/rand"},
		{"the environment", crossings, "internal/store/a.go", `var v = os.Getenv("HOME")`, "os.Getenv"},
		{"a bare goroutine", bareGoroutines, "internal/engine/a.go", `func f() { go f() }`, "go statement"},
		{"a goroutine that recovers", bareGoroutines, "internal/engine/a.go", `func f() { go func() { defer func() { _ = recover() }() }() }`, ""},
		{"a group's goroutine", bareGoroutines, "internal/engine/a.go", `func f() { var wg sync.WaitGroup; wg.Go(f) }`, "starts a goroutine"},
		{"a group's guarded goroutine", bareGoroutines, "internal/engine/a.go", `func f() { wg.Go(func() { s.Guard("x", f) }) }`, ""},
		{"a goroutine that is guarded later", bareGoroutines, "internal/engine/a.go", `func f() { wg.Go(func() { g(); s.Guard("x", f) }) }`, "starts a goroutine"},
		{"a timer's goroutine", bareGoroutines, "internal/engine/a.go", `func f() { time.AfterFunc(1, f) }`, "starts a goroutine"},
		{"a shared call's goroutine", bareGoroutines, "internal/engine/a.go", `func f() { s.g.DoChan("", func() (any, error) { return nil, h() }) }`, "starts a goroutine"},
		{"a shared call that is guarded", bareGoroutines, "internal/engine/a.go", `func f() { s.g.DoChan("", func() (any, error) { s.Guard("x", f); return nil, nil }) }`, ""},
		{"the wrapper's goroutine", bareGoroutines, "internal/cli/a.go", `func f() { app.Go(log, "x", f) }`, ""},
		{"formatted SQL", builtSQL, "internal/store/sqlite/a.go", `var q = fmt.Sprintf("SELECT * FROM %s", name)`, "builds SQL"},
		{"added SQL", builtSQL, "internal/auth/a.go", `var q = "delete from users where id = " + id`, "builds SQL"},
		{"literal SQL", builtSQL, "internal/auth/a.go", `var q = "SELECT 1 " + "FROM users WHERE id = ?"`, ""},
		{"the emitter's SQL", builtSQL, "internal/sqlgen/a.go", `var q = fmt.Sprintf("SELECT * FROM %s", name)`, ""},
		{"a trusted walk from a front", trustedNodes, "internal/front/rest/a.go", `var e = &ir.Exists{}`, "ir.Exists"},
		{"a mask from a front", trustedNodes, "internal/front/rest/a.go", `var e = ir.Mask{}`, "ir.Mask"},
		{"a trusted walk from a policy", trustedNodes, "internal/policy/cel/a.go", `var e = &ir.Exists{}`, ""},
		{"a long function", longFunctions, "internal/plan/a.go", "func f() {" + strings.Repeat("\n", functionLines) + "}", "more than"},
		{"a short function", longFunctions, "internal/plan/a.go", "func f() {\n}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := parse(c.file, []byte("package p\n"+c.code))
			if err != nil {
				t.Fatal(err)
			}
			found := c.rule(s)
			if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.Contains(found[0], c.want)) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}

func TestPackagesAreWithinTheirRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, rule string
		want      bool
	}{
		{"sqlgen", "sqlgen", true}, {"sqlgen/sqlite", "sqlgen", true}, {"sqlgenerator", "sqlgen", false}, {"front/rest", "front/", true},
	} {
		if got := within(c.pkg, c.rule); got != c.want {
			t.Errorf("within(%q, %q) = %v", c.pkg, c.rule, got)
		}
	}
}
