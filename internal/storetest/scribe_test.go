package storetest

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

const (
	writeLanes  = 2   // run side by side, each on databases of its own
	writeRuns   = 9   // of a lane, each from the world's rows
	writeRounds = 150 // requests of a run
)

var errorCode = regexp.MustCompile(`^\{"code":"(\w+)"`)

// Whatever is asked to be written, both engines give the same status, headers and body and hold the same rows, log and
// idempotency keys afterwards; what is refused leaves no trace.
func TestGeneratedWritesComeToTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	for lane := range uint64(writeLanes) {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			sites := NewSites(t, NewWorld(t, folder(t, "studio")))
			kept, codes := 0, map[string]int{}
			for run := range uint64(writeRuns) {
				for _, s := range sites {
					s.Reset(t)
				}
				write(t, sites, seed, lane*writeRuns+run, &kept, codes)
			}
			t.Logf("%d of %d changed something; refused: %v", kept, writeRuns*writeRounds, codes)
			if kept < writeRuns*writeRounds/8 || len(codes) < 12 {
				t.Errorf("the writes drawn are too alike")
			}
		})
	}
}

func write(t *testing.T, sites []*Site, seed, run uint64, kept *int, codes map[string]int) {
	t.Helper()
	actors := []policy.Actor{ann, ann, ann, ben, ben, ben, cleo, cleo, dan, {Role: policy.Anon}, policy.Service(), policy.Service()}
	for round := range uint64(writeRounds) {
		r := rand.New(rand.NewPCG(seed, run<<32|round))
		a := pick(r, actors)
		text := newScribe(r, sites[0].world.Catalog, a).Request()
		reply, changes := together(t, sites, a, text)
		if t.Failed() {
			t.Fatalf("seed %d, run %d, round %d, actor %s %s", seed, run, round, a.Role, a.UID)
		}
		if changes != "" {
			*kept++
		}
		if reply.Refused() {
			codes[slices.Concat(errorCode.FindStringSubmatch(reply.Body), []string{"", "?"})[1]]++
		}
	}
}
