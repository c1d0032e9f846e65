package storetest

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/policy"
)

// Every story of writes has one course on every engine: the same status, headers, body and database after each request, and no
// trace of one that was refused.
func TestStoriesOfWrites(t *testing.T) {
	t.Parallel()
	paths, err := storyPaths()
	if err != nil || len(paths) < 60 {
		t.Fatalf("only %d stories: %v", len(paths), err)
	}
	houses := &houses{t: t, made: map[string]*stage{}}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			play(t, houses, path)
		})
	}
}

// houses holds one stage per distinct project; they live as long as the test that holds them.
type houses struct {
	t    *testing.T
	mu   sync.Mutex
	made map[string]*stage
}

// stage is a project on every engine, for one story at a time.
type stage struct {
	mu    sync.Mutex
	sites []*Site
}

func (h *houses) of(fsys fstest.MapFS) *stage {
	key := ""
	for _, name := range sortedNames(fsys) {
		key += name + "\x00" + string(fsys[name].Data) + "\x00"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.made[key]
	if !ok {
		s = &stage{sites: AllSites(h.t, NewWorld(h.t, fsys))}
		h.made[key] = s
	}
	return s
}

func play(t *testing.T, houses *houses, path string) {
	story, err := ReadStory(path)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := story.Project()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := story.Steps()
	if err != nil {
		t.Fatal(err)
	}
	stage := houses.of(fsys)
	stage.mu.Lock()
	defer stage.mu.Unlock()
	for _, s := range stage.sites {
		s.Reset(t)
		s.start(t)
	}
	for i := range steps {
		perform(t, stage.sites, &steps[i])
	}
	if *update && !t.Failed() {
		if err := story.Save(steps); err != nil {
			t.Fatal(err)
		}
	}
}

// perform asks every engine for one step and compares what comes of it.
func perform(t *testing.T, sites []*Site, step *Step) {
	t.Helper()
	reply, changes := together(t, sites, step.Actor, step.Request)
	if *update {
		step.Answer, step.Changes = reply.Brief(), changes
		return
	}
	if reply.Brief() != step.Answer {
		t.Errorf("%s\nanswered\n%s\nnot\n%s", step.Request, reply.Brief(), step.Answer)
	}
	if changes != step.Changes {
		t.Errorf("%s\nchanged\n%s\nnot\n%s", step.Request, changes, step.Changes)
	}
}

// together asks every engine for the same and fails where they differ in the answer or in what they hold afterwards, where one
// fails for reasons of its own, and where a refused request left a trace.
func together(t *testing.T, sites []*Site, a policy.Actor, text string) (Reply, string) {
	t.Helper()
	var first Reply
	var dump, changes string
	for i, s := range sites {
		before := s.last(t)
		reply := s.Ask(t, a, text)
		after := s.Dump(t)
		s.held = after
		switch {
		case reply.Status >= 500:
			t.Errorf("%s: %s\n%s%s", s.Name, text, reply.Whole(), s.log())
		case reply.Refused() && before != after:
			t.Errorf("%s: %s\nwas refused:\n%s\nand left\n%s", s.Name, text, reply.Whole(), changed(before, after))
		case i == 0:
			first, dump, changes = reply, after, changed(before, after)
			continue
		}
		if reply.Whole() != first.Whole() {
			t.Errorf("%s\n%s: %s\n%s: %s", text, sites[0].Name, first.Whole(), s.Name, reply.Whole())
		}
		if after != dump {
			t.Errorf("%s\n%s\n%s and %s hold different rows:\n%s", text, reply.Whole(), sites[0].Name, s.Name, apart(dump, after))
		}
	}
	return first, changes
}

// apart says how two dumps differ: in their lines, or in the order of these.
func apart(here, there string) string {
	if lines := changed(here, there); lines != "" {
		return lines
	}
	a, b := strings.Split(here, "\n"), strings.Split(there, "\n")
	for i := range a {
		if a[i] != b[i] {
			return "in another order from\n  " + strings.Join(a[i:min(i+4, len(a))], "\n  ") + "\nand\n  " + strings.Join(b[i:min(i+4, len(b))], "\n  ")
		}
	}
	return ""
}
