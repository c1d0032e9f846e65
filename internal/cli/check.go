package cli

import (
	"encoding/json"
	"fmt"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/config"
	"github.com/socle-hq/socle/internal/policytest"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/yamlfile"
)

type checkCommand struct {
	Dir    string `arg:"" optional:"" default:"." help:"The project's folder." type:"path"`
	Format string `help:"Form of the output: text or json." enum:"text,json" default:"text"`
}

// Run prints every problem; warnings alone are not a failure.
func (c *checkCommand) Run(s *session) error {
	project, fsys, problems, err := app.Read(c.Dir, nil, s.clock)
	if err != nil {
		return err
	}
	if project != nil {
		problems = append(problems, project.Seeds.Check()...)
	}
	_, more := policytest.Read(fsys)
	problems = append(problems, more...)
	if c.Format == "json" {
		if err := printProblems(s, problems); err != nil {
			return err
		}
	} else {
		fmt.Fprint(s.out, yamlfile.Render(fsys, problems))
		fmt.Fprintln(s.out, tally(problems))
	}
	if problems.Failed() {
		return errReported
	}
	return nil
}

func printProblems(s *session, problems schema.Problems) error {
	type problem struct {
		File     string `json:"file"`
		Line     int    `json:"line"`
		Column   int    `json:"column"`
		Severity string `json:"severity"`
		Message  string `json:"message"`
		Hint     string `json:"hint,omitempty"`
	}
	out := []problem{}
	for _, p := range problems {
		out = append(out, problem{p.Pos.File, p.Pos.Line, p.Pos.Column, p.Severity.String(), p.Message, p.Hint})
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// tally is the last line: how many errors and warnings.
func tally(problems schema.Problems) string {
	errors, warnings := 0, 0
	for _, p := range problems {
		switch p.Severity {
		case schema.Error:
			errors++
		case schema.Warning:
			warnings++
		}
	}
	switch {
	case errors+warnings == 0:
		return "ok"
	case errors == 0:
		return "ok, with " + plural(warnings, "warning")
	case warnings == 0:
		return plural(errors, "error")
	}
	return plural(errors, "error") + ", " + plural(warnings, "warning")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type schemaCommand struct {
	Kind string `arg:"" optional:"" enum:"collection,function,socle" default:"collection" help:"collection (collections/*.yaml), function (queries/*.yaml) or socle (socle.yaml)."`
}

// Run prints the schema an editor validates the files with.
func (c *schemaCommand) Run(s *session) error {
	text := yamlfile.JSONSchema()
	switch c.Kind {
	case "function":
		text = yamlfile.FunctionSchema()
	case "socle":
		text = config.JSONSchema()
	}
	_, err := fmt.Fprintf(s.out, "%s\n", text)
	return err
}
