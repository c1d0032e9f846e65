package storetest

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

// secretRounds is the number of generated requests per actor, each asked of both worlds.
const secretRounds = 700

// Two worlds that differ only in what an actor may not see (hidden fields, masked values, hidden rows) answer every
// generated request of that actor alike: status, body, count, position and error.
func TestWhatAnActorMayNotSeeChangesNothingTheActorGets(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	w := generated(t, "team", seed, 14)
	here := NewBench(t, w)
	here.Next = true
	for i, a := range []policy.Actor{{}, {Role: policy.Authenticated, UID: uuids[2]}, {Role: policy.Authenticated, UID: uuids[3], Email: "abc"}} {
		other := &World{Catalog: w.Catalog, Set: w.Set}
		var changes int
		other.Data, changes = twin(t, rand.New(rand.NewPCG(seed, uint64(1000+i))), w, a, 400)
		if changes < 30 {
			t.Fatalf("only %d changes were invisible to %+v", changes, a)
		}
		there := NewBench(t, other)
		there.Next = true
		tell(t, seed, here, there, a)
	}
}

func tell(t *testing.T, seed uint64, here, there *Bench, a policy.Actor) {
	t.Helper()
	tables := []string{"people", "profiles", "projects", "members", "tickets", "comments", "loads", "board"}
	answered := 0
	for round := range secretRounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		c, _ := here.Catalog.Collection("public", pick(r, tables))
		text := (&asker{Rand: r}).Request(c)
		q, err := ParseQuestion(text)
		if err != nil {
			t.Fatal(err)
		}
		first, second := agreed(t, here.Answers(a, q)), agreed(t, there.Answers(a, q))
		if first != second {
			t.Errorf("the worlds differ:\nhere: %s\nthere: %s", first, second)
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d, actor %+v: %s", seed, round, a, text)
		}
		if strings.HasPrefix(first, "200") && !strings.HasSuffix(first, "\n[]\n") {
			answered++
		}
	}
	if answered < secretRounds/5 {
		t.Errorf("only %d of %d requests had rows", answered, secretRounds)
	}
}
