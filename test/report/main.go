// Command report runs the Go tests and says what came out: failures with their output, then, in the last lines, what was
// skipped and why, which it also appends to the file that SOCLE_SKIPPED names. With CI set a skip is a failure, unless its
// reason begins with "kept elsewhere": what a checkout need not have beside it. Arguments go to `go test`.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// event is one line of `go test -json`.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// report collects what the tests said.
type report struct {
	output  map[string][]string // of tests and packages not yet known to have passed
	failed  []string
	skipped []string
	lacking int // of the skipped, those that something is missing for which belongs to every machine
}

func main() {
	r := report{output: map[string][]string{}}
	err := r.run(os.Args[1:])
	for _, key := range r.failed {
		fmt.Print("\n", strings.Join(r.output[key], ""))
	}
	fmt.Println()
	if saved := r.saySkipped(os.Getenv("SOCLE_SKIPPED")); saved != nil {
		err = saved
		fmt.Println(saved)
	}
	switch {
	case len(r.failed) > 0 || err != nil:
		fmt.Printf("FAIL: %d failed, %d skipped\n", len(r.failed), len(r.skipped))
	case r.lacking > 0 && os.Getenv("CI") != "":
		fmt.Printf("FAIL: %d skipped that CI has to run\n", r.lacking)
	default:
		fmt.Printf("Go tests passed, %d skipped\n", len(r.skipped))
		return
	}
	os.Exit(1)
}

// saySkipped prints what was skipped and appends it to the file, if there is one.
func (r *report) saySkipped(file string) error {
	var text strings.Builder
	for _, s := range r.skipped {
		fmt.Fprintln(&text, "skipped:", s)
	}
	fmt.Print(text.String())
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text.String())
	return errors.Join(err, f.Close())
}

func (r *report) run(args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		r.add(e)
	}
	return cmd.Wait()
}

func (r *report) add(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output", "build-output":
		r.output[key] = append(r.output[key], e.Output)
		if e.Action == "build-output" {
			fmt.Print(e.Output)
		}
	case "pass":
		delete(r.output, key)
		if e.Test == "" {
			fmt.Printf("ok    %-60s %6.1fs\n", e.Package, e.Elapsed)
		}
	case "fail":
		r.failed = append(r.failed, key)
		if e.Test == "" {
			fmt.Printf("FAIL  %-60s %6.1fs\n", e.Package, e.Elapsed)
		}
	case "skip":
		if e.Test != "" {
			why := reason(r.output[key])
			r.skipped = append(r.skipped, key+": "+why)
			if !strings.Contains(why, ": kept elsewhere: ") {
				r.lacking++
			}
		}
	}
}

// reason is what the test gave as its reason to skip: its last line that is not a frame of the test runner.
func reason(output []string) string {
	for i := len(output) - 1; i >= 0; i-- {
		line := strings.TrimSpace(output[i])
		if !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") && line != "" {
			return line
		}
	}
	return "no reason given"
}
