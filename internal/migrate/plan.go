package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/socle-hq/socle/internal/schema"
)

// Plan is how a database gets from the applied declaration to the wanted one. It is made without looking at rows.
type Plan struct {
	Steps    []Step
	Problems schema.Problems // what the wanted declaration asks for and cannot mean

	pairs   []*pair // what is there before and after
	gone    []*schema.Collection
	dropped []string // indexes that go, as indexName has them
}

// Step is what changes about one collection.
type Step struct {
	Collection  string
	Words       []string // each a sentence
	Destructive []string // those of them that lose data
	Locks       bool     // rows are gone over while nobody else can write

	actions [phases]([]action)
}

// The phases of a plan. Each is done for all collections before the next begins, because keys and references of different
// collections stand on each other.
const (
	loosenReferences = iota
	loosenKeys
	drop
	rename
	settle // what waited under another name gets its own
	fill
	examine
	reshape
	create
	refer
	finish
	phases
)

// action is a statement, or work on rows with a text that describes it.
type action struct {
	text  string
	run   func(ctx context.Context, w *worker) error // nil: text is a statement
	apart []string                                   // what does the same outside of a transaction, while others write
	name  string                                     // of what apart makes
}

func (s *Step) say(format string, args ...any) {
	s.Words = append(s.Words, fmt.Sprintf(format, args...))
}

func (s *Step) lose(format string, args ...any) {
	s.say(format, args...)
	s.Destructive = append(s.Destructive, s.Words[len(s.Words)-1])
}

func (s *Step) sql(phase int, statements ...string) {
	for _, text := range statements {
		s.actions[phase] = append(s.actions[phase], action{text: text})
	}
}

func (s *Step) work(phase int, text string, run func(ctx context.Context, w *worker) error) {
	s.actions[phase] = append(s.actions[phase], action{text: "-- " + strings.Join(strings.Fields(text), " "), run: run})
}

// SQL is the step's statements in their order; what is done row by row stands as a comment. What can be done while others write
// is shown that way.
func (s *Step) SQL() []string {
	var out []string
	for _, phase := range s.actions {
		for _, a := range phase {
			if a.apart != nil {
				a.text = a.apart[len(a.apart)-1]
			}
			out = append(out, a.text)
		}
	}
	return out
}

// Any reports whether there is anything to do.
func (p Plan) Any() bool { return len(p.Steps)+len(p.Problems) > 0 }

// Destructive is every sentence about data that would be lost.
func (p Plan) Destructive() []string {
	var out []string
	for _, s := range p.Steps {
		for _, w := range s.Destructive {
			out = append(out, s.Collection+": "+w)
		}
	}
	return out
}

// Lines says every change in one line each.
func (p Plan) Lines() []string {
	var out []string
	for _, s := range p.Steps {
		for _, w := range s.Words {
			out = append(out, s.Collection+": "+w)
		}
	}
	for _, x := range p.Problems {
		out = append(out, x.String())
	}
	return out
}

// String is the plan for people: for each collection the changes, marked where they lose data or lock, and the SQL.
func (p Plan) String() string {
	var b strings.Builder
	for _, x := range p.Problems {
		fmt.Fprintf(&b, "%s\n", x)
		if x.Hint != "" {
			fmt.Fprintf(&b, "    hint: %s\n", x.Hint)
		}
	}
	for i := range p.Steps {
		p.Steps[i].print(&b)
	}
	return b.String()
}

func (s *Step) print(b *strings.Builder) {
	b.WriteString(s.Collection)
	if s.Locks {
		b.WriteString("  [locks]")
	}
	b.WriteString("\n")
	for _, w := range s.Words {
		mark := "  - "
		if contains(s.Destructive, w) {
			mark = "  ! "
		}
		b.WriteString(mark + w)
		if contains(s.Destructive, w) {
			b.WriteString("  [destructive]")
		}
		b.WriteString("\n")
	}
	for _, text := range s.SQL() {
		end := ";"
		if strings.HasPrefix(text, "-- ") {
			end = ""
		}
		b.WriteString("      " + strings.ReplaceAll(text, "\n", "\n      ") + end + "\n")
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Difference is what keeps a database from being at a project's schema. It is the error where carrying it out would lose
// data, or has no meaning.
type Difference struct{ Plan }

// Error says what is in the way.
func (d Difference) Error() string {
	if len(d.Problems) > 0 {
		return "the change has no clear meaning:\n  - " + strings.Join(problemLines(d.Problems), "\n  - ")
	}
	return "the change would lose data:\n  - " + strings.Join(d.Destructive(), "\n  - ") +
		"\n`socle plan` shows it whole; `socle apply --allow-destructive` backs the database up and carries it out"
}

func problemLines(ps schema.Problems) []string {
	var out []string
	for _, p := range ps {
		line := p.String()
		if p.Hint != "" {
			line += " (" + p.Hint + ")"
		}
		out = append(out, line)
	}
	return out
}

// Violation is the error of a change that the rows of the database do not fit. Nothing was changed.
type Violation struct{ Lines []string }

// Error says which rows, and how many.
func (v *Violation) Error() string {
	return "rows in the database do not fit the change, and nothing was changed:\n  - " + strings.Join(v.Lines, "\n  - ")
}
