package adopt

import (
	"fmt"
	"sort"
	"strings"
)

// Report is ADOPT.md: what the project does not have as the database has it, by table.
func (p *Project) Report() string {
	var b strings.Builder
	b.WriteString("# What is different from the database\n\nWritten by `socle pull`. Everything that is not here was taken over as it is. Row-level security, triggers and\n" +
		"functions are code, and are left to be written anew: policies in the collections, functions in `queries/`.\n" +
		"Integers of every size are `int` (64 bits), random uuids as defaults are of version 7, enums and texts are ordered by code point.\n")
	for _, g := range p.groups() {
		title := g.table
		if title == "" {
			title = "Of no table"
		}
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		for _, n := range g.notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
	}
	if len(p.Notes) == 0 {
		b.WriteString("\nNothing is.\n")
	}
	return b.String()
}

// group is what is said of one table.
type group struct {
	table string
	notes []string
}

func (p *Project) groups() []group {
	at := map[string]int{}
	var out []group
	for _, n := range p.Notes {
		i, ok := at[n.Table]
		if !ok {
			i = len(out)
			at[n.Table] = i
			out = append(out, group{table: n.Table})
		}
		out[i].notes = append(out[i].notes, n.What)
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[j].table == "" && out[i].table != "" || out[j].table != "" && out[i].table != "" && out[i].table < out[j].table
	})
	return out
}

// Summary is one line per note, for a terminal.
func (p *Project) Summary() string {
	var b strings.Builder
	for _, g := range p.groups() {
		for _, n := range g.notes {
			fmt.Fprintf(&b, "%s: %s\n", orElse(g.table, "the database"), n)
		}
	}
	return b.String()
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// Stored are the collections with rows of their own, as commands call them.
func (p *Project) Stored() []string {
	var out []string
	for _, c := range p.collections {
		if !c.gone && c.stored() {
			out = append(out, c.full())
		}
	}
	return out
}

// Count gives the number of collections and views.
func (p *Project) Count() (collections, views int) {
	for _, c := range p.collections {
		switch {
		case c.gone:
		case c.stored():
			collections++
		default:
			views++
		}
	}
	return collections, views
}
