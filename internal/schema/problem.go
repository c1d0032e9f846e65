package schema

import (
	"fmt"
	"sort"
	"strings"
)

// Severity tells an error from a warning.
type Severity uint8

// The severities. A project with an Error has no catalogue. A Note says what a reviewer wants to know.
const (
	Error Severity = iota
	Warning
	Note
)

var severities = [...]string{"error", "warning", "note"}

// String is the word for it: error, warning or note.
func (s Severity) String() string { return severities[s] }

// Problem is one thing wrong with a project, safe to show to its author.
type Problem struct {
	Pos      Pos
	Message  string
	Hint     string
	Severity Severity
}

// String is the problem's first line: file:line:column: message.
func (p Problem) String() string {
	return p.Pos.String() + ": " + p.label() + p.Message
}

func (p Problem) label() string {
	if p.Severity == Error {
		return ""
	}
	return p.Severity.String() + ": "
}

// String is file:line:column, or the file alone where the line is unknown.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problems collects everything wrong, so that all of it can be reported at once.
type Problems []Problem

// Add appends an error.
func (ps *Problems) Add(pos Pos, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Pos: pos, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// Warn appends a warning.
func (ps *Problems) Warn(pos Pos, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Pos: pos, Hint: hint, Message: fmt.Sprintf(format, args...), Severity: Warning})
}

// Note appends a note.
func (ps *Problems) Note(pos Pos, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Pos: pos, Hint: hint, Message: fmt.Sprintf(format, args...), Severity: Note})
}

// Failed reports whether an error, not only warnings, is among the problems.
func (ps Problems) Failed() bool {
	for _, p := range ps {
		if p.Severity == Error {
			return true
		}
	}
	return false
}

// Sorted is a copy ordered by file, line and column; problems at one place keep their order, repeated ones are dropped.
func (ps Problems) Sorted() Problems {
	out := append(Problems(nil), ps...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Pos.before(out[j].Pos) })
	kept := out[:0]
	for i, p := range out {
		if i == 0 || p != out[i-1] {
			kept = append(kept, p)
		}
	}
	return kept
}

func (p Pos) before(q Pos) bool {
	if p.File != q.File {
		return p.File < q.File
	}
	if p.Line != q.Line {
		return p.Line < q.Line
	}
	return p.Column < q.Column
}

// String lists the problems one per line.
func (ps Problems) String() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
