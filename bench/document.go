package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// The document has two parts, which are measured by different commands; either leaves the other's as it is.
const (
	partRequests = "## Requests\n"
	partGrowth   = "## Growth\n"

	title = "# Performance\n\nWhat `make bench` and `make bench-growth` measured last. They write this page; figures of one machine say little about another, their\nratios more.\n\n"
)

// rewrite puts a part, which begins with its heading, in its place.
func rewrite(file, heading, part string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, []byte(replacePart(string(old), heading, part)), 0o644)
}

func replacePart(document, heading, part string) string {
	parts := map[string]string{}
	for _, h := range []string{partRequests, partGrowth} {
		parts[h] = partOf(document, h)
	}
	parts[heading] = strings.TrimSpace(part) + "\n"
	out := title + parts[partRequests]
	if parts[partRequests] != "" && parts[partGrowth] != "" {
		out += "\n"
	}
	return out + parts[partGrowth]
}

// partOf is what the document has from a heading to the next one as high; empty where it has none.
func partOf(document, heading string) string {
	_, rest, ok := strings.Cut("\n"+document, "\n"+heading)
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return strings.TrimSpace(heading+rest) + "\n"
}

// grid is a table of the document.
type grid struct{ rows [][]string }

// newTable has a heading.
func newTable(head ...string) *grid { return &grid{[][]string{head}} }

func (t *grid) add(cells ...string) { t.rows = append(t.rows, cells) }

// String is the table in Markdown: the first column to the left, numbers to the right.
func (t *grid) String() string {
	var b strings.Builder
	for i, row := range t.rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|---|" + strings.Repeat("---:|", len(row)-1) + "\n")
		}
	}
	return b.String()
}
