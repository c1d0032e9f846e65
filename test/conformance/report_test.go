package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The verdicts.
const (
	passed = iota
	refused
	deviating
)

// judged is a case with its verdict and, where it did not pass, why.
type judged struct {
	*testCase
	verdict int
	why     string
}

// report is the verdicts of a run, and what is wrong with the list.
type report struct {
	cases []judged
	wrong []string
}

func sorted(t testing.TB, cases []*testCase, answers map[int]*answer, l *list) *report {
	r := &report{}
	outside, known := l.outside(), l.deviating()
	for _, c := range cases {
		a := answers[c.ID]
		if a == nil {
			t.Fatalf("%s was not asked", c.name)
		}
		differences := c.judge(a)
		why, left := outside[c.ID]
		reason, listed := known[c.ID]
		delete(outside, c.ID)
		delete(known, c.ID)
		if left && listed {
			r.complain("%s is listed twice", c.name)
		}
		switch {
		case len(differences) == 0:
			r.add(c, passed, "")
			if left || listed {
				r.complain("%s passes: take it off list.yaml", c.name)
			}
		case left:
			r.add(c, refused, why)
			if a.code < http.StatusBadRequest && c.resource() != "" {
				r.complain("%s is outside the profile and not refused: %s", c.name, a.status)
			}
		case a.code == http.StatusBadRequest && a.fault().Code == "PGRST127":
			r.add(c, refused, "Answers PGRST127: "+a.fault().Details)
			if listed {
				r.complain("%s is refused by the profile: take it off list.yaml", c.name)
			}
		case listed:
			r.add(c, deviating, reason)
		default:
			r.add(c, deviating, "")
			r.complain("%s: %s %s\n  %s", c.name, c.Request.Method, c.Request.Path, strings.Join(differences, "\n  "))
		}
	}
	for _, rest := range []map[int]string{outside, known} {
		for id := range rest {
			r.complain("list.yaml has %d, and there is no such case", id)
		}
	}
	return r
}

func (r *report) add(c *testCase, verdict int, why string) {
	r.cases = append(r.cases, judged{c, verdict, why})
}

func (r *report) complain(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *report) with(verdict int) []judged {
	return slices.DeleteFunc(slices.Clone(r.cases), func(j judged) bool { return j.verdict != verdict })
}

func (r *report) deviating() []judged { return r.with(deviating) }

// areas are the areas of the cases in their order, with the count of each verdict.
func (r *report) areas() ([]string, map[string]*[3]int) {
	var names []string
	counts := map[string]*[3]int{}
	for _, j := range r.cases {
		if counts[j.area()] == nil {
			names = append(names, j.area())
			counts[j.area()] = &[3]int{}
		}
		counts[j.area()][j.verdict]++
	}
	return names, counts
}

func (r *report) summary() string {
	return fmt.Sprintf("%d passed, %d refused by profile, %d deviating", len(r.with(passed)), len(r.with(refused)), len(r.with(deviating)))
}

// table is the terminal's.
func (r *report) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%-20s %7s %7s %9s\n", "area", "passed", "refused", "deviating")
	names, counts := r.areas()
	for _, n := range names {
		fmt.Fprintf(&out, "%-20s %7d %7d %9d\n", n, counts[n][passed], counts[n][refused], counts[n][deviating])
	}
	return out.String() + "\n" + r.summary() + "\n"
}

// page is docs/conformance.md.
func (r *report) page() string {
	var out strings.Builder
	out.WriteString(intro)
	fmt.Fprintf(&out, "**%s**\n\n| area | passed | refused by profile | deviating |\n|---|---|---|---|\n", r.summary())
	names, counts := r.areas()
	for _, n := range names {
		fmt.Fprintf(&out, "| %s | %d | %d | %d |\n", n, counts[n][passed], counts[n][refused], counts[n][deviating])
	}
	out.WriteString("\n## What deviates\n\n| case | request | why |\n|---|---|---|\n")
	for _, j := range r.with(deviating) {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", j.name, asking(j.testCase), j.why)
	}
	out.WriteString("\n## What the profile refuses\n\n")
	var reasons []string
	byReason := map[string][]string{}
	for _, j := range r.with(refused) {
		if byReason[j.why] == nil {
			reasons = append(reasons, j.why)
		}
		byReason[j.why] = append(byReason[j.why], fmt.Sprint(j.ID))
	}
	for _, why := range reasons {
		fmt.Fprintf(&out, "- %s (%d): %s\n", why, len(byReason[why]), strings.Join(byReason[why], ", "))
	}
	return out.String()
}

func asking(c *testCase) string {
	return "`" + strings.ReplaceAll(c.Request.Method+" "+c.Request.Path, "|", `\|`) + "`"
}

const intro = `# Conformance

468 request–response cases, written by others from PostgREST's specification tests (milmazz/bier, Apache-2.0, pinned to 14.12),
run against a project with the same relations, constraints and rows, over HTTP, on both engines, whose answers are the same to
the byte. ` + "`make conformance`" + ` runs them and writes this page; a test fails where it is not current. Compared are status, the
headers a case lists, and the body after JSON decoding; Content-Length is ours, addresses begin with ` + "`/rest/v1`" + `, tokens
are the project's own with the same claims, and rows may come in any order where the request asks for none.

A case passes, is refused by the profile (it asks for what the profile leaves out, and gets PGRST127 or another clear refusal), or
deviates: it is answered otherwise, for the reason given here.

`
