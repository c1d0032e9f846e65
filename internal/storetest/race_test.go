package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

const racers = 100

const counters = `
-- collections/counters.yaml --
fields:
  id:   { type: int, identity: true }
  name: { type: text, required: true, unique: true }
  n:    { type: int, default: 0 }
  by:   int
policies: { read: true, create: true, update: true, delete: true }
-- collections/parts.yaml --
fields:
  id:         { type: int, identity: true }
  counter_id: { ref: counters }
indexes: [[counter_id]]
policies: { read: true, create: true, update: true, delete: true }
`

// race asks for n things at once and counts the answers by their status and body.
func race(t *testing.T, s *Site, n int, request func(i int) string) map[string]int {
	t.Helper()
	got := map[string]int{}
	var mu sync.Mutex
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		text := request(i)
		done.Go(func() {
			start.Wait()
			reply := s.Ask(t, ann, text)
			mu.Lock()
			defer mu.Unlock()
			got[fmt.Sprintf("%d %s", reply.Status, reply.Body)]++
		})
	}
	start.Done()
	done.Wait()
	for answer := range got {
		if strings.HasPrefix(answer, "5") {
			t.Errorf("%s: %s\n%s", s.Name, answer, s.log())
		}
	}
	return got
}

// raced gives every engine, fresh, to a race of its own.
func raced(t *testing.T, run func(t *testing.T, s *Site)) {
	t.Parallel()
	for _, s := range NewSites(t, NewWorld(t, archived(counters))) {
		t.Run(s.Name, func(t *testing.T) { run(t, s) })
	}
}

// stands fails unless the counters are stored as said.
func stands(t *testing.T, s *Site, want string) {
	t.Helper()
	if reply := s.Ask(t, policy.Service(), "GET /counters?select=name,n&order=name"); reply.Body != want {
		t.Errorf("stored are %s, not %s", reply.Body, want)
	}
}

// statuses adds up answers by their status.
func statuses(got map[string]int) map[string]int {
	out := map[string]int{}
	for answer, n := range got {
		out[answer[:3]] += n
	}
	return out
}

func TestOfAHundredInsertsOfOneNameOneWins(t *testing.T) {
	raced(t, func(t *testing.T, s *Site) {
		got := race(t, s, racers, func(int) string { return "POST /counters\n\n{\"name\":\"one\"}" })
		const taken = `409 {"code":"23505","message":"duplicate key value violates unique constraint \"counters_name_key\"","details":"Key (name)=(one) already exists.","hint":null}`
		if got["201 "] != 1 || got[taken] != racers-1 {
			t.Errorf("got %v", got)
		}
		stands(t, s, `[{"name":"one","n":0}]`)
	})
}

func TestOfAHundredUpsertsOfOneNameOneInserts(t *testing.T) {
	raced(t, func(t *testing.T, s *Site) {
		got := race(t, s, racers, func(i int) string {
			return fmt.Sprintf("POST /counters?on_conflict=name\nPrefer: resolution=merge-duplicates\n\n{\"name\":\"one\",\"by\":%d}", i)
		})
		if got["201 "] != 1 || got["200 "] != racers-1 {
			t.Errorf("got %v", got)
		}
		stands(t, s, `[{"name":"one","n":0}]`)
		got = race(t, s, racers, func(i int) string {
			return "POST /counters?on_conflict=name&select=name\nPrefer: resolution=ignore-duplicates,return=representation\n\n" + `{"name":"two"}`
		})
		if got[`201 [{"name":"two"}]`] != 1 || got["201 []"] != racers-1 {
			t.Errorf("got %v", got)
		}
	})
}

func TestAHundredRequestsUnderOneIdempotencyKeyAreOne(t *testing.T) {
	raced(t, func(t *testing.T, s *Site) {
		got := race(t, s, racers, func(int) string {
			return "POST /counters?select=id,name\nPrefer: return=representation\nIdempotency-Key: k\n\n" + `{"name":"one"}`
		})
		for answer, times := range got { // the number may be a later one: those who lost took theirs before
			if len(got) != 1 || times != racers || !strings.HasPrefix(answer, "201 ") {
				t.Errorf("got %v", got)
			}
		}
		stands(t, s, `[{"name":"one","n":0}]`)
		got = statuses(race(t, s, racers, func(i int) string {
			return fmt.Sprintf("POST /counters\nIdempotency-Key: other\n\n{\"name\":\"n%d\"}", i)
		}))
		if got["201"] != 1 || got["422"] != racers-1 {
			t.Errorf("of a hundred bodies under one key: %v", got)
		}
	})
}

// Each racer reads the counter and raises it where it is still as read, until that holds: no increment is lost.
func TestNoIncrementOfAGuardedCounterIsLost(t *testing.T) {
	raced(t, func(t *testing.T, s *Site) {
		s.Ask(t, ann, "POST /counters\n\n{\"name\":\"one\"}")
		const each = 3
		var wg sync.WaitGroup
		for range racers {
			wg.Go(func() {
				for range each {
					for n := 0; !raise(t, s, &n); {
					}
				}
			})
		}
		wg.Wait()
		stands(t, s, fmt.Sprintf(`[{"name":"one","n":%d}]`, racers*each))
	})
}

// raise makes a counter one more than n where it is n, else learns what it is.
func raise(t *testing.T, s *Site, n *int) bool {
	reply := s.Ask(t, ann, fmt.Sprintf("PATCH /counters?name=eq.one&n=eq.%d\nPrefer: count=exact\n\n{\"n\":%d}", *n, *n+1))
	if strings.HasSuffix(reply.Header.Get("Content-Range"), "/1") {
		return true
	}
	if reply.Refused() {
		t.Errorf("%s: %s", s.Name, reply.Whole())
		return true
	}
	now := s.Ask(t, ann, "GET /counters?name=eq.one&select=n")
	if _, err := fmt.Sscanf(now.Body, `[{"n":%d}]`, n); err != nil {
		t.Errorf("%s: %s", s.Name, now.Whole())
		return true
	}
	return false
}

// A row is deleted while others begin to refer to it: either it goes first and they are refused, or one of them comes first and
// it stays.
func TestADeleteAndWhatRefersToItNeverBothSucceed(t *testing.T) {
	raced(t, func(t *testing.T, s *Site) {
		for round := range 10 {
			s.Reset(t)
			s.Ask(t, ann, "POST /counters\n\n{\"id\":1,\"name\":\"one\"}")
			got := statuses(race(t, s, 12, func(i int) string {
				if i == 6 {
					return "DELETE /counters?id=eq.1"
				}
				return "POST /parts\n\n{\"counter_id\":1}"
			}))
			dangling := s.Ask(t, ann, "GET /parts?select=id,counter(id)&counter=is.null&counter_id=not.is.null")
			if dangling.Body != "[]" {
				t.Fatalf("round %d: %v, and parts of nothing: %s", round, got, dangling.Body)
			}
			if got["204"] == 1 && got["201"] != 0 || got["204"] == 0 && got["201"] == 0 {
				t.Fatalf("round %d: %v", round, got)
			}
		}
	})
}
