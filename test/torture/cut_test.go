package torture

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/test/power"
)

var cuts = flag.Int("cuts", 100, "how often the power is cut")

const (
	perRecording = 100 // cuts; then other requests are recorded
	perPhase     = 20  // numbers of each writer, before and after the schema changes
	afterwards   = 900 // the round of what is written after a cut
)

// recording is what a disk was told while a project was served, with a mark for every acknowledgement.
type recording struct {
	projects [2]string // folders: both declarations
	keys     string
	ops      []power.Op
	client   *client
}

func TestNothingAcknowledgedIsLostByACut(t *testing.T) {
	t.Parallel()
	writes, again, l := 0, 0, told.begin("power")
	for done := 0; done < *cuts && !t.Failed(); done += perRecording {
		rec := record(t, false)
		rng := rand.New(rand.NewPCG(uint64(done), 17))
		for _, f := range rec.cut(t, min(perRecording, *cuts-done), rng, &again, l) {
			t.Error(f)
		}
		writes += len(rec.client.known)
	}
	l.end(*cuts, writes)
	t.Logf("%d cuts, %d of them with another while the database is opened again; %d acknowledged writes", *cuts, again, writes)
	if writes < *cuts {
		t.Errorf("only %d writes were acknowledged: too few to tell", writes)
	}
}

// A disk that says it has synced and has not loses what was acknowledged: a harness that does not find that would find nothing.
func TestADiskThatLiesIsFoundOut(t *testing.T) {
	t.Parallel()
	rec := record(t, true)
	again := 0
	found := rec.cut(t, 20, rand.New(rand.NewPCG(5, 5)), &again, &line{})
	if len(found) < 10 {
		t.Errorf("of 20 cuts, only these left something wrong: %q", found)
	}
}

// record serves a project, first in one declaration and then in the other, and writes with all writers.
func record(t *testing.T, deaf bool) *recording {
	t.Helper()
	rec := &recording{client: newClient()}
	data := folder(t)
	disk, err := power.Watch(data)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Forget()
	if deaf {
		disk.Deafen()
	}
	rec.client.heard = disk.Mark
	for version := range rec.projects {
		rec.projects[version] = t.TempDir()
		declare(t, rec.projects[version], version)
		r, err := patiently(func() (*app.Runtime, error) { return rec.open(version, data) })
		if err != nil {
			t.Fatal(err)
		}
		rec.client.ask, rec.client.secret = inside(r), r.Keys.Secret
		if err := rec.client.load(int64(version), perPhase); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		rec.keys = read(t, filepath.Join(data, "keys"))
	}
	rec.ops = disk.Ops()
	return rec
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// open is what `socle serve --apply` does.
func (rec *recording) open(version int, data string) (*app.Runtime, error) {
	return app.Open(context.Background(), app.Options{Dir: rec.projects[version], Data: data, Keys: rec.keys, Apply: true,
		Log: slog.New(slog.DiscardHandler), Env: func(string) (string, bool) { return "", false }, Clock: clock.System()})
}

// cut cuts the power at n moments and gives what is wrong with what is left.
func (rec *recording) cut(t *testing.T, n int, rng *rand.Rand, again *int, l *line) (found []string) {
	t.Helper()
	at := make([]int, n)
	for i := range at {
		at[i] = rng.IntN(len(rec.ops) + 1)
	}
	slices.Sort(at)
	medium, known, done := power.NewMedium(nil, rng), log{}, 0
	for _, moment := range at {
		for _, op := range rec.ops[done:moment] {
			medium.Take(op)
			if op.Kind == power.Mark {
				known[op.Mark] = true
			}
		}
		done = moment
		files, version := medium.Left(), rng.IntN(2)
		if rng.IntN(4) == 0 {
			var err error
			if files, err = rec.cutAgain(t, files, version, rng); err != nil {
				found = append(found, l.found([]string{fmt.Sprintf("cut at %d of %d: %v", moment, len(rec.ops), err)})...)
				continue
			}
			*again++
		}
		for _, f := range l.found(rec.judge(t, files, version, known)) {
			found = append(found, fmt.Sprintf("cut at %d of %d: %s", moment, len(rec.ops), f))
		}
	}
	return found
}

// cutAgain opens what a cut left, and cuts the power while that is done.
func (rec *recording) cutAgain(t *testing.T, files map[string][]byte, version int, rng *rand.Rand) (map[string][]byte, error) {
	data := lay(t, files)
	defer os.RemoveAll(data)
	disk, err := power.Watch(data)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Forget()
	r, err := rec.open(version, data)
	if err != nil {
		return nil, err
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	ops, medium := disk.Ops(), power.NewMedium(files, rng)
	for _, op := range ops[:rng.IntN(len(ops)+1)] {
		medium.Take(op)
	}
	return medium.Left(), nil
}

// memory is a file system without a disk, where there is one: the disk is the recording.
const memory = "/dev/shm"

// folder is one that goes away with the test.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(memory, "torture-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// lay writes files into a folder of their own.
func lay(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := folder(t)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// judge serves the project from what a cut left: everything acknowledged is there, keys are known, and it takes writes again.
func (rec *recording) judge(t *testing.T, files map[string][]byte, version int, known log) []string {
	data := lay(t, files)
	defer os.RemoveAll(data)
	r, err := rec.open(version, data)
	if err != nil {
		return []string{err.Error()}
	}
	defer r.Close()
	found, err := examine(data, known)
	if err != nil {
		return append(found, err.Error())
	}
	c := newClient()
	c.ask, c.secret = inside(r), r.Keys.Secret
	for id := range known {
		c.known[id] = true
		if answer, ok := rec.client.answers[id]; ok {
			c.answers[id] = answer
		}
	}
	found = append(found, c.repeat()...)
	if err := c.load(afterwards, 1); err != nil {
		found = append(found, err.Error())
	}
	more, err := examine(data, c.known)
	if err != nil {
		more = append(more, err.Error())
	}
	return append(found, more...)
}
