package app_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

var journal = map[string]string{
	"socle.yaml":               "name: journal\n",
	"collections/entries.yaml": "fields: { id: { type: int, identity: true }, text: text }\npolicies: {}\n",
}

// cuts is how many writes meet a connection that is cut on the way.
const cuts = 150

// TestAConnectionCutAnywhereDuplicatesAndLosesNothing sends every write until it is answered, with an idempotency key.
func TestAConnectionCutAnywhereDuplicatesAndLosesNothing(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	c := testkit.NewCutter(t, dsn)
	n := join(t, nodeOptions(t, journal, "", c.URL, nil))
	r := rand.New(rand.NewPCG(3, 5))
	var want []string
	for i := range cuts {
		c.After(1 + r.IntN(2500))
		for status := 0; status != 201; {
			w := n.ask("POST", "/rest/v1/entries", fmt.Sprintf(`{"text":"w%03d"}`, i), "Idempotency-Key", fmt.Sprint(i))
			if status = w.Code; status != 201 && status != 503 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		want = append(want, fmt.Sprintf(`{"text":"w%03d"}`, i))
	}
	c.After(-1)
	n.wants(t, "GET", "/rest/v1/entries?select=text&order=text", "", 200, "["+strings.Join(want, ",")+"]")
	if c.Cuts() < cuts/2 {
		t.Errorf("only %d cuts", c.Cuts())
	}
}

// TestAWriteWithoutAKeyIsKeptAsItsAnswerSays: kept, not kept, or not known, and then once at most.
func TestAWriteWithoutAKeyIsKeptAsItsAnswerSays(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	c := testkit.NewCutter(t, dsn)
	n := join(t, nodeOptions(t, journal, "", c.URL, nil))
	r := rand.New(rand.NewPCG(8, 13))
	unknown := 0
	for i := range cuts {
		c.After(1 + r.IntN(1500))
		w := n.ask("POST", "/rest/v1/entries", fmt.Sprintf(`{"text":"w%03d"}`, i))
		c.After(-1)
		there := strings.Count(n.ask("GET", fmt.Sprintf("/rest/v1/entries?select=text&text=eq.w%03d", i), "").Body.String(), "text")
		switch {
		case w.Code == 201 && there == 1:
		case w.Code == 503 && strings.Contains(w.Body.String(), "may or may not have been kept") && there <= 1:
			unknown++
		default:
			t.Fatalf("%d %s, and the row is there %d times", w.Code, w.Body, there)
		}
	}
	if unknown == 0 || unknown == cuts {
		t.Errorf("%d of %d outcomes are unknown", unknown, cuts)
	}
}

// TestAPoolerOfTwoConnectionsServesTwoNodes: nothing is kept on a connection.
func TestAPoolerOfTwoConnectionsServesTwoNodes(t *testing.T) {
	t.Parallel()
	dsn, shared := testkit.Bouncer(t, testkit.PostgresURL(t), 2), keys(t)
	nodes := []*node{join(t, nodeOptions(t, shop, shared, dsn, nil)), join(t, nodeOptions(t, shop, shared, dsn, nil))}
	done := make(chan string)
	const each, workers = 25, 8
	for w := range workers {
		go func() {
			said := ""
			for i := range each {
				n := nodes[(w+i)%2]
				a := n.ask("POST", "/rest/v1/notes?select=text", fmt.Sprintf(`{"text":"t%d-%d"}`, w, i), "Prefer", "return=representation")
				b := n.ask("GET", fmt.Sprintf("/rest/v1/notes?select=text&text=eq.t%d-%d&limit=1", w, i), "", "Prefer", "count=exact")
				if a.Code != 201 || b.Code != 200 || a.Body.String() != b.Body.String() {
					said += fmt.Sprintf("%d %s, %d %s\n", a.Code, a.Body, b.Code, b.Body)
				}
			}
			done <- said
		}()
	}
	for range workers {
		if said := <-done; said != "" {
			t.Error(said)
		}
	}
	if w := nodes[0].ask("GET", "/rest/v1/notes?select=id", "", "Prefer", "count=exact"); !strings.HasSuffix(w.Header().Get("Content-Range"), fmt.Sprint("/", 2+each*workers)) {
		t.Error(w.Header().Get("Content-Range"))
	}
}
