package torture

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// summary is what a run did and found, for docs/durability.md.
type summary struct {
	mu    sync.Mutex
	lines []*line
}

// line is one way in which something was taken away from a database.
type line struct {
	what                string
	times, acknowledged int
	examined            int // databases that were compared with what the client knows
	lost, half, unsound int
	began               time.Time
	took                time.Duration
	mu                  sync.Mutex
}

var told summary

// begin is a line of the summary, from now on.
func (s *summary) begin(what string) *line {
	l := &line{what: what, began: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
	return l
}

// found counts a database that was examined, and gives on what is wrong with it.
func (l *line) found(wrong []string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.examined++
	for _, w := range wrong {
		switch {
		case strings.Contains(w, "is lost"):
			l.lost++
		case strings.Contains(w, "integrity"), strings.Contains(w, "damaged"):
			l.unsound++
		default:
			l.half++
		}
	}
	return wrong
}

// end completes the line.
func (l *line) end(times, acknowledged int) {
	l.times, l.acknowledged, l.took = times, acknowledged, time.Since(l.began)
}

// print writes the lines of what came to its end as a table.
func (s *summary) print(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := slices.DeleteFunc(slices.Clone(s.lines), func(l *line) bool { return l.took == 0 })
	if len(ended) == 0 {
		return
	}
	fmt.Fprint(w, "\n| | cut or killed | acknowledged | examined | lost | there by half | damaged | took |\n|---|---|---|---|---|---|---|---|\n")
	for _, l := range ended {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %d | %d | %d | %s |\n", l.what, grouped(l.times), grouped(l.acknowledged), grouped(l.examined), l.lost, l.half, l.unsound,
			l.took.Round(time.Second))
	}
	fmt.Fprintln(w)
}

// grouped is a number with its thousands apart.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
