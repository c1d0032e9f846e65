package nodes

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

func TestServersThatStartTogetherMakeTheSchemaAndLoadTheFirstDataOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, testkit.PostgresURL(t))
	all := []*server{s.begin(journal, "", "--apply"), s.begin(journal, "", "--apply"), s.begin(journal, "", "--apply")}
	loaded := 0
	for _, x := range all {
		x.well()
		x.wants("GET", "/rest/v1/entries?order=id", "", 200, `[{"id":1,"text":"one"},{"id":2,"text":"two"}]`)
		loaded += strings.Count(x.said.String(), "msg=seeded")
	}
	if loaded != 1 {
		t.Errorf("the first data was loaded %d times", loaded)
	}
}

func TestAKeyOnThreeServersAtOnceWritesOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, testkit.PostgresURL(t))
	first := s.start(journal, "", "--apply")
	all := []*server{first, s.start(journal, ""), s.start(journal, "")}
	const races = 30
	var want []string
	for i := range races {
		body := fmt.Sprintf(`{"text":"r%02d"}`, i)
		want = append(want, body)
		var answers [6]string
		var wait sync.WaitGroup
		for j := range answers {
			wait.Go(func() {
				x := all[j%len(all)]
				code, got, err := s.ask(http.DefaultClient, x.addr, "POST", "/rest/v1/entries", body, "Idempotency-Key", fmt.Sprint(i), "Prefer", "return=representation")
				answers[j] = fmt.Sprint(code, got, err)
			})
		}
		wait.Wait()
		for _, a := range answers {
			if a != answers[0] || !strings.HasPrefix(a, "201") {
				t.Fatalf("one key, and answers are %q", answers)
			}
		}
	}
	first.wants("GET", "/rest/v1/entries?select=text&id=gt.2&order=text", "", 200, "["+strings.Join(want, ",")+"]")
}

// TestARollingUpgradeUnderLoadLosesNothing: each of three servers is stopped and started again with a release that adds a field,
// while many read and write through a balancer.
func TestARollingUpgradeUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, testkit.PostgresURL(t))
	all := []*server{s.start(journal, "", "--apply")}
	all = append(all, s.start(journal, ""), s.start(journal, ""))
	b := newBalancer(t, all...)
	var acknowledged, reads atomic.Int64
	over := make(chan struct{})
	var wait sync.WaitGroup
	for w := range 6 {
		wait.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				default:
				}
				code, answer, err := b.ask(s, "POST", "/rest/v1/entries", fmt.Sprintf(`{"text":"w%d-%d"}`, w, i))
				if err != nil || code != 201 {
					t.Errorf("a write: %d %s %v", code, answer, err)
				}
				acknowledged.Add(1)
				code, answer, err = b.ask(s, "GET", "/rest/v1/entries?id=eq.1&select=id,text", "")
				if err != nil || code != 200 || answer != `[{"id":1,"text":"one"}]` {
					t.Errorf("a read: %d %s %v", code, answer, err)
				}
				reads.Add(1)
			}
		})
	}
	next := with(journal, "collections/entries.yaml", "text: text", "text: text, size: { type: int, default: 7 }")
	for i, x := range all {
		passed := acknowledged.Load()
		x.stop()
		all[i] = s.start(next, x.addr, "--apply")
		eventually(t, "requests go on", func() bool { return acknowledged.Load() > passed+20 })
	}
	close(over)
	wait.Wait()
	all[0].wants("GET", "/rest/v1/entries?select=size&id=eq.1", "", 200, `[{"size":7}]`)
	var rows int64
	if err := s.sql().QueryRow(context.Background(), "SELECT count(*) FROM entries").Scan(&rows); err != nil || rows != acknowledged.Load()+2 {
		t.Errorf("%d rows for %d writes: %v", rows, acknowledged.Load(), err)
	}
	t.Logf("%d writes, %d reads", acknowledged.Load(), reads.Load())
}

// TestAServerSuspendedInTheMiddleOfAChangeHoldsNobodyUp: another one makes the change, and the first finds it made.
func TestAServerSuspendedInTheMiddleOfAChangeHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, testkit.PostgresURL(t))
	old := s.start(journal, "", "--apply")
	next := with(journal, "collections/entries.yaml", "text: text", "text: text, size: { type: int, default: 7 }")
	reader, watcher := s.sql(), s.sql()
	s.run(reader, "BEGIN")
	s.run(reader, "SELECT count(*) FROM entries")
	frozen := s.begin(next, "", "--apply")
	eventually(t, "the change waits for the reader", func() bool {
		var waiting bool
		err := watcher.QueryRow(context.Background(), "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = 'entries'::regclass)").Scan(&waiting)
		if err != nil {
			t.Error(err)
		}
		return waiting
	})
	frozen.signal(syscall.SIGSTOP)
	s.run(reader, "COMMIT")
	second := s.start(next, "", "--apply")
	second.wants("GET", "/rest/v1/entries?order=id", "", 200, `[{"id":1,"text":"one","size":7},{"id":2,"text":"two","size":7}]`)
	old.wants("GET", "/rest/v1/entries?order=id&id=lt.3", "", 200, `[{"id":1,"text":"one"},{"id":2,"text":"two"}]`)
	frozen.signal(syscall.SIGCONT)
	frozen.well()
	frozen.wants("POST", "/rest/v1/entries?select=size", `{"text":"three"}`, 201, `[{"size":7}]`, "Prefer", "return=representation")
}

// TestAnOldServerDoesNotStartOnANewSchema: it changes nothing, whether it may apply or not, and says why.
func TestAnOldServerDoesNotStartOnANewSchema(t *testing.T) {
	t.Parallel()
	s := newSite(t, testkit.PostgresURL(t))
	next := with(journal, "collections/entries.yaml", "text: text", "text: text, size: { type: int, default: 7 }")
	x := s.start(next, "", "--apply")
	refused := func(want string, more ...string) {
		t.Helper()
		old := s.begin(journal, "", more...)
		<-old.ended
		if code := old.cmd.ProcessState.ExitCode(); code == 0 || !strings.Contains(old.said.String(), want) {
			t.Errorf("it ended with %d: %s", code, old.said.String())
		}
	}
	refused("the database is not at the project's schema")
	refused("would lose data", "--apply")
	conn := s.sql()
	s.run(conn, `UPDATE "_socle_meta" SET "value" = '2' WHERE "key" = 'format'`)
	refused("written by another version of this program (format 2)")
	refused("written by another version of this program (format 2)", "--apply")
	x.wants("GET", "/rest/v1/entries?id=eq.1", "", 200, `[{"id":1,"text":"one","size":7}]`)
}
