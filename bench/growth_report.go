package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// publishGrowth prints what a part of a run measured, and puts that of a whole one into the document.
func (r *report) publishGrowth(all []*series) error {
	part := r.growthMarkdown(all)
	if !r.write {
		fmt.Println("\n" + part + "\n" + r.document + " is written by whole runs alone, or with -write")
		return nil
	}
	if err := os.WriteFile(plotFile(r.document), []byte(plotOf(all)), 0o644); err != nil {
		return err
	}
	return rewrite(r.document, partGrowth, part)
}

// plotFile stands beside the document.
func plotFile(document string) string {
	return document[:len(document)-len(filepath.Ext(document))] + "-growth.svg"
}

// work is the processor time of an answer, of the server and of PostgreSQL.
func (r *result) work() time.Duration { return r.cost() + r.aid/time.Duration(max(1, len(r.answers))) }

// relative is how many times the smallest size's processor time a size takes.
func (s *series) relative(kind, point int) float64 {
	base := s.results[kind][0].work()
	if base == 0 {
		return 0
	}
	return float64(s.results[kind][point].work()) / float64(base)
}

// growthMarkdown is the document's part about growth.
func (r *report) growthMarkdown(all []*series) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n`make bench-growth` measured what follows in %s: Socle asked by %d clients; for each size %d rounds of %s, which go from\nsize to size.\n\n**Machine:** %s\n\n",
		partGrowth, r.took.Round(1e9), r.clients, r.rounds, r.length, r.machine.String())
	fmt.Fprintf(&b, "Each cell is the processor time of one request, with PostgreSQL's where that is the engine; its median latency; and how many times\n"+
		"the processor time of the smallest size that is. An exact count reads an index entry for every row that it counts; over\n"+
		"SQLite a connection remembers it until something is written. Articles have no search index here: it would take most of the time to\n"+
		"load them.%s\n\n"+
		"![processor time of a request, relative to the smallest size](%s)\n", reaches(all), filepath.Base(plotFile(r.document)))
	for _, s := range all {
		fmt.Fprintf(&b, "\n### %s: %s\n\n%s", s.ground.engine, lowered(s.title), s.table())
	}
	b.WriteString("\n### Repeat it\n\n```text figure\nmake bench-growth                                              # up to 1,000,000 rows in each of three collections\n" +
		"make bench-growth GROWTH=10000000                              # up to 10,000,000 over SQLite: 20 GB of disk\n" +
		"make bench-growth GROWTH=10000000 GROWTH_POSTGRES=10000000     # over PostgreSQL too: 30 GB\n```\n")
	return b.String()
}

// reaches says where one engine holds fewer rows than the other.
func reaches(all []*series) string {
	most, least := all[0].ground, all[0].ground
	for _, s := range all {
		if s.ground.most > most.most {
			most = s.ground
		}
		if s.ground.most < least.most {
			least = s.ground
		}
	}
	if most.most == least.most {
		return ""
	}
	return fmt.Sprintf(" Over %s\nrows end at %s, as more would take longer to load than all else takes.", least.engine, grouped(least.most))
}

// table has a line for every kind of requests.
func (s *series) table() *grid {
	head := []string{"request"}
	for _, p := range s.points {
		head = append(head, grouped(p.size))
	}
	t := newTable(head...)
	for i, k := range s.kinds {
		cells := []string{k.name}
		for j, x := range s.results[i] {
			cells = append(cells, fmt.Sprintf("%d µs, %s, %.2f ×", x.work().Microseconds(), ms(x.percentile(.5)), s.relative(i, j)))
		}
		t.add(cells...)
	}
	return t
}

// lowered is a title within a line.
func lowered(title string) string { return strings.ToLower(title[:1]) + title[1:] }

// grouped is a number with its thousands apart.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
