package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEitherPartOfTheDocumentLeavesTheOtherAsItIs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "performance.md")
	for _, step := range []struct{ heading, part string }{
		{partGrowth, partGrowth + "\nold growth\n\n### Detail\n\nmore\n"}, {partRequests, partRequests + "\nold requests\n"},
		{partGrowth, partGrowth + "\nnew growth\n"}, {partRequests, partRequests + "\nnew requests\n\n### Goals\n"},
	} {
		if err := rewrite(file, step.heading, step.part); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if want := title + "## Requests\n\nnew requests\n\n### Goals\n\n## Growth\n\nnew growth\n"; err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

// measuredRun is one in which the product is n times as fast as PocketBase and m times as the limit.
func measuredRun(n, m float64) *report {
	r := &report{options: options{rounds: 1, document: "performance.md"}, rows: usual, weights: []weight{
		{engine: onSQLite, server: ours, up: 50 * time.Millisecond, idle: 30, highest: 150, binary: 40e6},
		{engine: onPostgres, server: ours, up: 60 * time.Millisecond, idle: 31, highest: 151, binary: 40e6},
	}}
	for _, k := range append(reads[:len(reads):len(reads)], writes...) {
		for _, clients := range []int{32, 500} {
			for _, s := range []struct {
				engine, server string
				rate           float64
			}{{onSQLite, ours, 1000}, {onSQLite, theLimit, 1000 / m}, {onSQLite, pocketBase, 1000 / n}, {onPostgres, ours, 1000}, {onPostgres, theLimit, 1000 / m}} {
				if s.server == pocketBase && k.peer == nil {
					continue
				}
				r.results = append(r.results, &result{kind: k.name, group: k.group, clients: clients, engine: s.engine, server: s.server, rates: []float64{s.rate},
					costs: []time.Duration{time.Millisecond}, sample: sample{took: time.Second, answers: []time.Duration{time.Millisecond}, cpu: time.Millisecond}})
			}
		}
	}
	return r
}

func (r *report) reached() (list []string) {
	for _, g := range r.goals() {
		if g.reached {
			list = append(list, g.text)
		}
	}
	return list
}

func TestGoalsAreReachedByTheWorstOfWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	good := measuredRun(6, .9)
	all := len(good.goals())
	if got := good.reached(); len(got) != all {
		t.Errorf("only %d of %d goals are reached: %q", len(got), all, got)
	}
	if got := measuredRun(1, .5).reached(); len(got) != 5 {
		t.Errorf("of a slow product: %q", got)
	}
	for _, c := range []struct {
		spoil func(*report)
		lost  string
	}{
		{func(r *report) { r.find("list of 20, counted", 500, onSQLite, ours).rates[0] = 600 }, "lists: ≥ 4 × PocketBase"},
		{func(r *report) { r.find("update", 32, onPostgres, ours).rates[0] = 800 }, "PostgreSQL"},
		{func(r *report) { r.find("insert", 500, onPostgres, ours).failed = 1 }, "500 clients"},
		{func(r *report) { r.find("by id", 500, onSQLite, ours).answers[0] = time.Second }, "500 clients"},
		{func(r *report) { r.weights[0].idle = 51 }, "idle"},
		{func(r *report) { r.weights[1].highest = 201 }, "under load"},
		{func(r *report) { r.weights[1].up = 101 * time.Millisecond }, "start-up"},
	} {
		r := measuredRun(6, .9)
		c.spoil(r)
		for _, g := range r.goals() {
			if strings.HasPrefix(g.text, c.lost) && g.reached {
				t.Errorf("%q is reached by %s", g.text, g.measured)
			}
		}
	}
}

func TestGoalsThatWereNotMeasuredSaySo(t *testing.T) {
	t.Parallel()
	table := (&report{}).goalTable()
	if strings.Contains(table, "yes") || strings.Contains(table, "**no**") || strings.Count(table, "not measured") != len((&report{}).goals()) {
		t.Error(table)
	}
}

func TestTheDocumentSaysWhatWasMeasured(t *testing.T) {
	t.Parallel()
	r := measuredRun(6, .9)
	r.find("insert of 100", 500, onSQLite, pocketBase).failed = 7
	r.open = []openResult{{kind: "by id", engine: onSQLite, share: .5, rate: 2000, servers: [2]string{ours, theLimit}}}
	text := r.markdown()
	for _, want := range []string{"| by id | 32 | 0.90 (1.00) | 6.00 (1.00) | 0.90 (1.00) |", "| full text, 30 | 32 | 0.90 (1.00) | — | 0.90 (1.00) |", ", 7 failed |",
		"| by id | SQLite | 2000/s | 50 % | limit |", "| lists: ≥ 4 × PocketBase | 6.00 (list of 20, 32 clients) | yes |", "make bench", "| SQLite | Socle | 50.00 ms | 30.0 MiB | 150.0 MiB | 40.0 MB |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the document lacks %q:\n%s", want, text)
		}
	}
	var head int
	for line := range strings.Lines(text) {
		if cells := strings.Count(line, " |") + strings.Count(line, ":|"); strings.HasPrefix(line, "| request") || strings.HasPrefix(line, "| goal") || strings.HasPrefix(line, "| engine") {
			head = cells
		} else if strings.HasPrefix(line, "| ") && cells != head {
			t.Errorf("%d cells instead of %d: %s", cells, head, line)
		}
	}
}

func TestOnlyWholeRunsWriteTheDocument(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args string
		want bool
	}{
		{"-pocketbase x", true}, {"", false}, {"-pocketbase x -only insert", false}, {"-pocketbase x -clients 8", false}, {"-pocketbase x -rounds 1", false},
		{"-pocketbase x -round 1s", false}, {"-pocketbase x -postgres=false", false}, {"-rounds 1 -write", true}, {"-growth 1000000", true},
		{"-growth 1000000 -rounds 1", false}, {"-pocketbase x -document y", true},
	} {
		if o, err := parse(strings.Fields(c.args)); err != nil || o.write != c.want {
			t.Errorf("%q: %v, %v; want %v", c.args, o.write, err, c.want)
		}
	}
	if _, err := parse([]string{"-rounds", "0"}); err == nil {
		t.Error("no rounds are no run")
	}
}

// measured are series with made-up results, of one engine.
func measured(g *ground) []*series {
	s := &series{title: "Rows <all>", ground: g, points: []point{{size: 10_000}, {size: 1_000_000}}, kinds: []kind{{name: "by id"}, {name: "list & count"}}}
	for _, last := range []time.Duration{100, 5000} {
		s.results = append(s.results, []*result{{costs: []time.Duration{100 * time.Microsecond}}, {costs: []time.Duration{last * time.Microsecond}}})
	}
	return []*series{s}
}

var (
	grownSQLite   = &ground{engine: onSQLite, most: 1_000_000}
	grownPostgres = &ground{engine: onPostgres, most: 10_000}
)

func TestThePlotIsXMLWithAPointForEverySize(t *testing.T) {
	t.Parallel()
	text := plotOf(measured(grownSQLite))
	circles := map[string][]string{}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			colour := e.Attr[3].Value
			circles[colour] = append(circles[colour], e.Attr[1].Value)
		}
	}
	flat, steep := circles[colours[0]], circles[colours[1]]
	if len(flat) != 2 || len(steep) != 2 || flat[0] != flat[1] || steep[0] != flat[0] || steep[1] != "34.0" {
		t.Errorf("a flat line is %v, a steep one %v", flat, steep)
	}
	if !strings.Contains(text, "1,000,000") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error(text)
	}
}

func TestGrowthIsToldRelativeToTheSmallestSize(t *testing.T) {
	t.Parallel()
	r := &report{options: options{document: "docs/performance.md", clients: 8, rounds: 3}}
	text := r.growthMarkdown(measured(grownSQLite))
	for _, want := range []string{"### SQLite: rows <all>", "| request | 10,000 | 1,000,000 |", "| by id | 100 µs, 0.00 ms, 1.00 × | 100 µs, 0.00 ms, 1.00 × |",
		"| list & count | 100 µs, 0.00 ms, 1.00 × | 5000 µs, 0.00 ms, 50.00 × |", "(performance-growth.svg)"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestEveryEngineHasItsTablesAndItsRowOfPanels(t *testing.T) {
	t.Parallel()
	both := append(measured(grownSQLite), measured(grownPostgres)...)
	both[1].results[0][1].aid, both[1].results[0][1].answers = time.Millisecond, make([]time.Duration, 5)
	r := &report{options: options{document: "docs/performance.md", clients: 8, rounds: 3}}
	text, plot := r.growthMarkdown(both), plotOf(both)
	for _, want := range []string{"### SQLite: rows <all>", "### PostgreSQL: rows <all>", "| by id | 100 µs, 0.00 ms, 1.00 × | 300 µs, 0.00 ms, 3.00 × |",
		"Over PostgreSQL\nrows end at 10,000, as"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if one := plotOf(both[:1]); strings.Count(plot, "translate(0 ") != 2 || strings.Count(one, "translate(0 ") != 1 || !strings.Contains(plot, "PostgreSQL: rows &lt;all&gt;") {
		t.Error(plot)
	}
	if text := r.growthMarkdown(both[:1]); strings.Contains(text, "rows end at") {
		t.Error("one engine ends before no other: " + text)
	}
}

func TestRowsGrowUpToWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	for most, want := range map[int][]int{10_000_000: {10_000, 100_000, 1_000_000, 10_000_000}, 100_000: {10_000, 100_000}, 1: {10_000}} {
		var got []int
		for _, p := range rowSeries(most).points {
			got = append(got, p.size)
		}
		if !slices.Equal(got, want) {
			t.Errorf("up to %d: %v, want %v", most, got, want)
		}
	}
	o, err := parse([]string{"-growth", "10000000"})
	if err != nil || o.growthPostgres != 1_000_000 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestArticlesOfGrowthHaveNoSearchIndexAndAllElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := errors.Join(writeProject(dir), unsearched(dir)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "collections", "articles.yaml"))
	if err != nil || strings.Contains(string(got), "search") || !strings.Contains(string(got), "indexes: [[project_id], [status, -created_at]]\npolicies:") {
		t.Errorf("%s, %v", got, err)
	}
	if err := unsearched(dir); err == nil {
		t.Error("nothing was taken away, and nothing was said")
	}
}
