package cli

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/policytest"
)

type testCommand struct {
	Dir    string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
	Format string `help:"Form of the output: text or json." enum:"text,json" default:"text"`
}

// Run runs tests/*.yaml in a temporary database and says which expectations were not met.
func (c *testCommand) Run(s *session) error {
	project, fsys, problems, err := app.Read(c.Dir, s.lookup, s.clock)
	if err != nil {
		return err
	}
	suite, more := policytest.Read(fsys)
	if problems = append(problems, more...).Sorted(); project == nil || problems.Failed() {
		return invalid(c.Dir, problems)
	}
	base, err := app.NewTrial(s.ctx, project, app.Options{Dir: c.Dir, Log: slog.New(slog.DiscardHandler), Env: s.lookup, Clock: s.clock})
	if err != nil {
		return err
	}
	defer base.Close()
	results, err := suite.Run(s.ctx, base)
	if err != nil {
		return err
	}
	if err := c.print(s, results); err != nil {
		return err
	}
	if policytest.Failed(results) > 0 {
		return errReported
	}
	return nil
}

func (c *testCommand) print(s *session, results []policytest.Result) error {
	if c.Format == "json" {
		return printResults(s, results)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			fmt.Fprintf(s.out, "%s: %s: %s: got %s, want %s\n", f.Pos, r.Name, f.What, oneLine(f.Got), oneLine(f.Want))
		}
	}
	failed := policytest.Failed(results)
	switch {
	case len(results) == 0:
		fmt.Fprintf(s.out, "no tests; they are written in %s/*.yaml\n", policytest.Folder)
	case failed == 0:
		fmt.Fprintf(s.out, "ok, %s\n", plural(len(results), "test"))
	default:
		fmt.Fprintf(s.out, "%d of %s failed\n", failed, plural(len(results), "test"))
	}
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func printResults(s *session, results []policytest.Result) error {
	type failure struct {
		Line int    `json:"line"`
		What string `json:"what"`
		Got  string `json:"got"`
		Want string `json:"want"`
	}
	type result struct {
		File     string    `json:"file"`
		Line     int       `json:"line"`
		Name     string    `json:"name"`
		Passed   bool      `json:"passed"`
		Failures []failure `json:"failures,omitempty"`
	}
	out := []result{}
	for _, r := range results {
		one := result{File: r.Pos.File, Line: r.Pos.Line, Name: r.Name, Passed: len(r.Failures) == 0}
		for _, f := range r.Failures {
			one.Failures = append(one.Failures, failure{f.Pos.Line, f.What, f.Got, f.Want})
		}
		out = append(out, one)
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
