package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// TestWhoIsRefusedAmongManyReadsWhatWhoIsAloneReads: writes at the same time share transactions, and nobody is told what is about
// somebody else.
func TestWhoIsRefusedAmongManyReadsWhatWhoIsAloneReads(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	n := join(t, nodeOptions(t, walk, keys(t), dsn, nil))
	const id = "00000000-0000-7000-8000-00000000000"
	n.wants(t, "POST", "/rest/v1/projects", `[{"id":1,"name":"open"},{"id":2,"name":"closed"}]`, 201, "")
	n.wants(t, "POST", "/rest/v1/tickets", `{"id":"`+id+`1","title":"a","project_id":1}`, 201, "")
	refused := []struct{ path, body string }{
		{"/rest/v1/tickets", `{"id":"` + id + `1","title":"again","project_id":1}`},
		{"/rest/v1/tickets", `{"title":"closed","project_id":2}`},
		{"/rest/v1/comments", `{"body":"of nothing","ticket_id":"` + id + `9"}`},
	}
	alone := make([]string, len(refused))
	for i, r := range refused {
		code, body := n.stranger("POST", r.path, r.body)
		if code/100 != 4 {
			t.Fatalf("%s: %d %s", r.body, code, body)
		}
		alone[i] = fmt.Sprint(code, " ", body)
	}
	const writers, each = 24, 30
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if at := w*each + i; at%97 < len(refused) {
					r := refused[at%97]
					if code, body := n.stranger("POST", r.path, r.body); fmt.Sprint(code, " ", body) != alone[at%97] {
						t.Errorf("%s: %d %s, alone %s", r.body, code, body, alone[at%97])
					}
					continue
				}
				if code, body := n.stranger("POST", "/rest/v1/comments", fmt.Sprintf(`{"body":"%d %d","ticket_id":"%s1"}`, w, i, id)); code != 201 {
					t.Errorf("%d %s", code, body)
				}
			}
		})
	}
	all.Wait()
	want := 0
	for at := range writers * each {
		if at%97 >= len(refused) {
			want++
		}
	}
	rows, shared := together(t, dsn, "comments", 1)
	if rows != want || shared == 0 {
		t.Errorf("%d comments, not %d, and %d in transactions with others", rows, want, shared)
	}
}

// TestWhoUpdatesAmongManyReadsWhatWhoIsAloneReads: updates at the same time share transactions, also those that find no row and those
// that are refused.
func TestWhoUpdatesAmongManyReadsWhatWhoIsAloneReads(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	n := join(t, nodeOptions(t, walk, keys(t), dsn, nil))
	const id, writers, each = "00000000-0000-7000-8000-00000000", 24, 20
	n.wants(t, "POST", "/rest/v1/projects", `[{"id":1,"name":"open"}]`, 201, "")
	n.wants(t, "POST", "/rest/v1/tickets", `{"id":"`+id+`0001","title":"a","project_id":1}`, 201, "")
	rows := make([]string, writers*each)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"id":"%s%04d","body":"before","ticket_id":"%s0001"}`, id, 1000+i, id)
	}
	n.wants(t, "POST", "/rest/v1/comments", "["+strings.Join(rows, ",")+"]", 201, "")
	odd := []struct{ path, body string }{
		{"/rest/v1/comments?id=eq." + id + "0009", `{"body":"of nothing"}`},
		{"/rest/v1/comments?id=eq." + id + "1000", `{"ticket_id":"` + id + `0009"}`},
		{"/rest/v1/comments?id=eq." + id + "1000&body=eq.what%20it%20is%20not", `{"body":"other"}`},
	}
	alone := make([]string, len(odd))
	for i, r := range odd {
		code, body := n.stranger("PATCH", r.path, r.body)
		alone[i] = fmt.Sprint(code, " ", body)
	}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				at := w*each + i
				path, body, want := fmt.Sprintf("/rest/v1/comments?id=eq.%s%04d", id, 1000+at), fmt.Sprintf(`{"body":"after %d"}`, at), "204 "
				if at%61 < len(odd) {
					path, body, want = odd[at%61].path, odd[at%61].body, alone[at%61]
				}
				if code, said := n.stranger("PATCH", path, body); fmt.Sprint(code, " ", said) != want {
					t.Errorf("%s: %d %s, not %s", path, code, said, want)
				}
			}
		})
	}
	all.Wait()
	changed := 0
	for at := range writers * each {
		if at%61 < len(odd) {
			continue
		}
		changed++
		n.wants(t, "GET", fmt.Sprintf("/rest/v1/comments?id=eq.%s%04d&select=body", id, 1000+at), "", 200, fmt.Sprintf(`[{"body":"after %d"}]`, at))
	}
	if _, shared := together(t, dsn, "comments WHERE body <> 'before'", 1); shared == 0 || shared > changed {
		t.Errorf("%d of %d updates were in transactions with others", shared, changed)
	}
}
