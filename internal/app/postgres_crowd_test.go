package app_test

import (
	"fmt"
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
