package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/policytest"
)

const team = "../../examples/team"

// The policy tests of the example hold, and leave nothing behind.
func TestTheTeamsPolicyTestsHold(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	o := options(team)
	p, _, problems, err := app.Read(team, o.Env, clock.System())
	if err != nil || p == nil {
		t.Fatal(err, problems)
	}
	suite, problems := policytest.Read(p.FS)
	if len(problems) > 0 || suite.Tests() < 20 {
		t.Fatalf("%d tests; %s", suite.Tests(), problems)
	}
	base, err := app.NewTrial(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	results, err := suite.Run(context.Background(), base)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s: %s: %s: got %s, want %s", f.Pos, r.Name, f.What, f.Got, f.Want)
		}
	}
	if err := base.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(filepath.Join(team, ".socle", "template.db")); err == nil {
		t.Error("the project's own data directory was touched")
	}
}

// Rows of a test become files of a folder of the trial's own, whatever their collection is said to be called.
func TestRowsOfATestLeadNowhereElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../../escaped", "billing/notes", ".hidden", `..\escaped`, "/escaped"} {
		dir := t.TempDir()
		write(t, dir, small)
		write(t, dir, map[string]string{"tests/a.yaml": "rows: { '" + name + "': [{ id: 9 }] }\n" +
			"tests: [{ name: reads, as: anon, request: GET /notes, expect: { rows: 1 } }]\n"})
		o := options(dir)
		p, _, problems, err := app.Read(dir, o.Env, clock.System())
		if err != nil || p == nil {
			t.Fatal(err, problems)
		}
		suite, problems := policytest.Read(p.FS)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		base, err := app.NewTrial(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		var invalid *app.Invalid
		if _, err := suite.Run(context.Background(), base); !errors.As(err, &invalid) || !strings.Contains(err.Error(), "tests/a.yaml:1:9: no collection") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(base.Data, "escaped.ndjson")); err == nil {
			t.Errorf("%s was written", name)
		}
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	}
}
