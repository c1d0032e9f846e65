package app_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/testkit"
)

// walk has rules that ask other collections, so that a write has something to ask before.
var walk = map[string]string{
	"socle.yaml": "name: walk\n",
	"collections/projects.yaml": `fields: { id: int, name: { type: text, required: true } }
policies: { read: true, create: true }
`,
	"collections/tickets.yaml": `fields: { id: uuid, title: text, project_id: { ref: projects, required: true } }
policies: { read: true, create: "row.project.name == 'open'", update: { using: true, check: "row.project.name == 'open'" } }
`,
	"collections/comments.yaml": `fields: { id: uuid, body: text, ticket_id: { ref: tickets, required: true } }
policies: { read: true, create: true, update: true }
`,
}

func TestRequestsWaitForTheServerAsRarelyAsTheyCan(t *testing.T) {
	t.Parallel()
	trips := testkit.NewTrips(t, testkit.PostgresURL(t))
	n := join(t, nodeOptions(t, walk, keys(t), trips.URL, nil))
	const id = "00000000-0000-7000-8000-00000000000"
	n.wants(t, "POST", "/rest/v1/projects", `[{"id":1,"name":"open"},{"id":2,"name":"closed"}]`, 201, "")
	n.wants(t, "POST", "/rest/v1/tickets", `[{"id":"`+id+`1","title":"a","project_id":1},{"id":"`+id+`2","title":"b","project_id":1}]`, 201, "")
	n.wants(t, "POST", "/rest/v1/comments", `[{"id":"`+id+`3","body":"c","ticket_id":"`+id+`1"}]`, 201, "")
	for _, c := range []struct {
		what, method, path, body string
		status, most             int
	}{
		{"one row", "GET", "/rest/v1/tickets?select=title&id=eq." + id + "1", "", 200, 1},
		{"rows with a to-one and a to-many embed", "GET", "/rest/v1/tickets?select=title,project:projects(name),comments(body)", "", 200, 2},
		{"rows with an embed that none of them has", "GET", "/rest/v1/tickets?select=title,comments(body)&id=is.null", "", 200, 2},
		{"an insert", "POST", "/rest/v1/comments", `{"body":"d","ticket_id":"` + id + `1"}`, 201, 1},
		{"several rows", "POST", "/rest/v1/comments", `[{"body":"e","ticket_id":"` + id + `1"},{"body":"f","ticket_id":"` + id + `2"}]`, 201, 1},
		{"an insert whose policy asks other rows", "POST", "/rest/v1/tickets", `{"title":"c","project_id":1}`, 201, 1},
		{"an insert that is refused", "POST", "/rest/v1/tickets", `{"title":"d","project_id":2}`, 401, 3},
		{"an insert that the server refuses", "POST", "/rest/v1/projects", `{"id":1,"name":"again"}`, 409, 7},
		{"an update of a row by its key", "PATCH", "/rest/v1/comments?id=eq." + id + "3", `{"body":"g"}`, 204, 1},
		{"an update of a row that is not there", "PATCH", "/rest/v1/comments?id=eq." + id + "8", `{"body":"g"}`, 204, 3},
		{"an update whose policy asks other rows", "PATCH", "/rest/v1/tickets?id=eq." + id + "2", `{"title":"e"}`, 204, 2},
		{"an update that is refused", "PATCH", "/rest/v1/tickets?id=eq." + id + "2", `{"project_id":2}`, 401, 6},
		{"an update that the server refuses", "PATCH", "/rest/v1/comments?id=eq." + id + "3", `{"ticket_id":"` + id + `9"}`, 409, 9},
	} {
		least := 100
		for tries := 0; tries < 20 && least > c.most; tries++ { // the first may make a connection, and the node looks around meanwhile
			trips.Count()
			code, body := n.stranger(c.method, c.path, c.body)
			if code != c.status {
				t.Fatalf("%s: %d %s", c.what, code, body)
			}
			least = min(least, trips.Count())
		}
		if least > c.most {
			t.Errorf("%s: %d round trips, at most %d are due", c.what, least, c.most)
		}
	}
}

func TestAnInsertThatTheServerRefusesSaysWhyAndKeepsNothing(t *testing.T) {
	t.Parallel()
	n := join(t, nodeOptions(t, walk, keys(t), testkit.PostgresURL(t), nil))
	n.wants(t, "POST", "/rest/v1/projects", `{"id":1,"name":"open"}`, 201, "")
	for _, body := range []string{`{"id":1,"name":"again"}`, `[{"id":2,"name":"new"},{"id":1,"name":"again"}]`} {
		if w := n.ask("POST", "/rest/v1/projects", body); w.Code != 409 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	steps := `[{"method":"POST","path":"/projects","body":{"id":3,"name":"new"}},{"method":"POST","path":"/projects","body":{"id":3,"name":"again"}}]`
	if w := n.ask("POST", "/rest/v1/rpc/transaction", steps); w.Code != 409 || !strings.Contains(w.Body.String(), "step 1: Key (id)=(3)") {
		t.Errorf("a row that collides with one of the same transaction: %d %s", w.Code, w.Body)
	}
	n.wants(t, "GET", "/rest/v1/projects?select=id,name", "", 200, `[{"id":1,"name":"open"}]`)
}

// stranger is what somebody without an account is answered.
func (n *node) stranger(method, path, body string) (int, string) {
	w := n.ask(method, path, body, "Apikey", n.Keys.Publishable, "Content-Type", "application/json")
	return w.Code, w.Body.String()
}
