package storetest

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

// requestRounds is the number of generated requests of one run; each is answered by every engine.
const requestRounds = 3000

// Generated requests have one answer, or one error, on every engine; most of them have an answer.
func TestEveryGeneratedRequestIsAnsweredAlikeByEveryEngine(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	b := NewBench(t, generated(t, "rich", seed, generatedRows))
	tables := []string{"kinds", "groups", "notes", "links"}
	answered := 0
	for round := range requestRounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		c, _ := b.Catalog.Collection("public", tables[r.IntN(len(tables))])
		text := (&asker{Rand: r}).Request(c)
		q, err := ParseQuestion(text)
		if err != nil {
			t.Fatal(err)
		}
		want := agreed(t, b.Answers(policy.Actor{}, q))
		if t.Failed() {
			t.Fatalf("seed %d, round %d: %s", seed, round, text)
		}
		if strings.HasPrefix(want, "200") {
			answered++
		}
	}
	if answered < requestRounds/2 {
		t.Errorf("only %d of %d generated requests were answered", answered, requestRounds)
	}
	t.Logf("%d of %d requests were answered", answered, requestRounds)
}
