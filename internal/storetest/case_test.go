package storetest

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/policy"
)

var update = flag.Bool("update", false, "write what the cases give as what they expect")

// Every case file gives the stages it shows and one answer on every engine.
func TestCompileCases(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(paths) < 60 {
		t.Fatalf("only %d cases: %v", len(paths), err)
	}
	benches := &benches{t: t, made: map[string]func() *Bench{}}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runCase(t, benches, path)
		})
	}
}

// benches makes one bench per distinct project; they live as long as the test that holds them.
type benches struct {
	t    *testing.T
	mu   sync.Mutex
	made map[string]func() *Bench
}

func (b *benches) of(fsys fstest.MapFS) *Bench {
	key := ""
	for _, name := range sortedNames(fsys) {
		key += name + "\x00" + string(fsys[name].Data) + "\x00"
	}
	b.mu.Lock()
	f, ok := b.made[key]
	if !ok {
		f = sync.OnceValue(func() *Bench { return AllBench(b.t, NewWorld(b.t, fsys)) })
		b.made[key] = f
	}
	b.mu.Unlock()
	return f()
}

func sortedNames(fsys fstest.MapFS) []string {
	var names []string
	for name := range fsys {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func runCase(t *testing.T, all *benches, path string) {
	c, err := ReadCase(path)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := c.Project()
	if err != nil {
		t.Fatal(err)
	}
	actor, err := c.Actor()
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseQuestion(c.Section("request"))
	if err != nil {
		t.Fatal(err)
	}
	b := all.of(fsys)
	stages(t, c, b, actor, q)
	expect(t, c, "response", agreed(t, b.Answers(actor, q)))
	if *update && !t.Failed() {
		if err := c.Save(); err != nil {
			t.Fatal(err)
		}
	}
}

// stages compares what the case shows of the way of its request. A request that is refused has no stages after the refusal.
func stages(t *testing.T, c *Case, b *Bench, actor policy.Actor, q Question) {
	t.Helper()
	read, err := b.Parse(actor, q)
	if err != nil {
		return
	}
	for name, d := range dialects {
		x, err := engine.Explain(read.Request, acting(actor, read), b.Set, limits, d)
		if err != nil {
			return
		}
		expect(t, c, "ir", x.IR)
		expect(t, c, "bound", x.Bound)
		expect(t, c, name, strings.Join(x.SQL, "\n"))
	}
}

// expect compares a section, or replaces it under -update.
func expect(t *testing.T, c *Case, section, got string) {
	t.Helper()
	if *update {
		c.Expect(section, got)
		return
	}
	if want := c.Section(section); want != terminated(got) {
		t.Errorf("%s:\n got %s\nwant %s", section, got, want)
	}
}

// agreed gives the answer that all engines share.
func agreed(t *testing.T, answers map[string]string) string {
	t.Helper()
	want, ok := answers["eval"]
	if !ok {
		return answers["front"]
	}
	for name, got := range answers {
		if got != want {
			t.Errorf("%s and eval differ:\n%s: %s\neval: %s", name, name, got, want)
		}
	}
	if strings.HasPrefix(want, "500") {
		t.Errorf("an internal error: %s", want)
	}
	return want
}
