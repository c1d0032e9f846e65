package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/testkit"
)

var journal = map[string]string{
	"socle.yaml":               "name: journal\n",
	"collections/entries.yaml": "fields: { id: { type: int, identity: true }, text: text }\npolicies: {}\n",
}

// cuts is how often connections are cut: SOCLE_TEST_CUTS, or enough for every test run.
func cuts(t *testing.T) int {
	t.Helper()
	text, ok := os.LookupEnv("SOCLE_TEST_CUTS")
	if !ok {
		return 60
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("SOCLE_TEST_CUTS is %q", text)
	}
	return n
}

// TestConnectionsCutAnywhereDuplicateAndLoseNothing: while many write, all connections are cut again and again at a random byte.
// Two of three writers send a write once, and share transactions; the third sends it until it is answered, under one idempotency key.
func TestConnectionsCutAnywhereDuplicateAndLoseNothing(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	c := testkit.NewCutter(t, dsn)
	n := join(t, nodeOptions(t, journal, "", c.URL, nil))
	const writers = 12
	logs := make([]ledger, writers)
	over := make(chan struct{})
	var all sync.WaitGroup
	for w := range logs {
		all.Go(func() { logs[w].keep(t, n, w, over) })
	}
	r := rand.New(rand.NewPCG(3, 5))
	want := cuts(t)
	for c.Cuts() < want {
		before := c.Cuts()
		c.After(1 + r.IntN(30000))
		eventually(t, "a cut", func() bool { return c.Cuts() > before })
	}
	close(over)
	all.Wait()
	var whole ledger
	for _, l := range logs {
		whole.acknowledged, whole.doubtful = append(whole.acknowledged, l.acknowledged...), append(whole.doubtful, l.doubtful...)
	}
	whole.judge(t, n)
	_, shared := together(t, dsn, "entries", 2)
	if shared == 0 {
		t.Error("no two writes shared a transaction")
	}
	t.Logf("%d cuts, %d writes acknowledged, %d in doubt, %d rows in transactions of several", c.Cuts(), len(whole.acknowledged), len(whole.doubtful), shared)
}

// together is how many rows a table has, and how many of them came in transactions of more than most.
func together(t *testing.T, dsn, table string, most int) (rows, shared int) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	const counted = `SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(n) FILTER (WHERE n > $1), 0)::bigint FROM (SELECT count(*) AS n FROM %s GROUP BY xmin::text) g`
	if err := db.QueryRow(t.Context(), fmt.Sprintf(counted, table), most).Scan(&rows, &shared); err != nil {
		t.Fatal(err)
	}
	return rows, shared
}

// ledger is what a writer was told.
type ledger struct{ acknowledged, doubtful []string }

// keep writes two rows at a time until it is over.
func (l *ledger) keep(t *testing.T, n *node, w int, over chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		default:
		}
		text := fmt.Sprintf("w%d-%d", w, i)
		body := fmt.Sprintf(`[{"text":%q},{"text":%q}]`, text, text+"b")
		if w%3 != 0 {
			l.note(t, n.ask("POST", "/rest/v1/entries", body), text)
			continue
		}
		for status := 0; status != 201; {
			a := n.ask("POST", "/rest/v1/entries", body, "Idempotency-Key", text)
			if status = a.Code; status != 201 && status != 503 {
				t.Errorf("%d %s", a.Code, a.Body)
				return
			}
		}
		l.acknowledged = append(l.acknowledged, text)
	}
}

func (l *ledger) note(t *testing.T, a *httptest.ResponseRecorder, text string) {
	switch {
	case a.Code == 201:
		l.acknowledged = append(l.acknowledged, text)
	case a.Code == 503 && strings.Contains(a.Body.String(), "may or may not have been kept"):
		l.doubtful = append(l.doubtful, text)
	case a.Code != 503:
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

// judge compares what is there with what was said.
func (l *ledger) judge(t *testing.T, n *node) {
	t.Helper()
	there := map[string]int{}
	for seen, more := 0, true; more; {
		var rows []struct{ Text string }
		a := n.ask("GET", fmt.Sprintf("/rest/v1/entries?select=text&order=id&offset=%d", seen), "")
		if err := json.Unmarshal(a.Body.Bytes(), &rows); err != nil {
			t.Fatal(a.Code, err)
		}
		for _, row := range rows {
			there[row.Text]++
		}
		seen, more = seen+len(rows), len(rows) > 0
	}
	for _, text := range l.acknowledged {
		if there[text] != 1 || there[text+"b"] != 1 {
			t.Errorf("%s was acknowledged and is there %d and %d times", text, there[text], there[text+"b"])
		}
		delete(there, text)
		delete(there, text+"b")
	}
	for _, text := range l.doubtful {
		if there[text] > 1 || there[text] != there[text+"b"] {
			t.Errorf("%s is in doubt and there %d and %d times", text, there[text], there[text+"b"])
		}
		delete(there, text)
		delete(there, text+"b")
	}
	for text, times := range there {
		t.Errorf("%s was refused and is there %d times", text, times)
	}
}

// TestAWriteWithoutAKeyIsKeptOnceThoughItsCommitIsCutOff: the server finds out by itself before it answers.
func TestAWriteWithoutAKeyIsKeptOnceThoughItsCommitIsCutOff(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	c := testkit.NewCutter(t, dsn)
	n := join(t, nodeOptions(t, journal, "", c.URL, nil))
	r := rand.New(rand.NewPCG(8, 13))
	const writes = 150
	for i := range writes {
		c.After(1 + r.IntN(1500))
		w := n.ask("POST", "/rest/v1/entries", fmt.Sprintf(`{"text":"w%03d"}`, i))
		c.After(-1)
		there := strings.Count(n.ask("GET", fmt.Sprintf("/rest/v1/entries?select=text&text=eq.w%03d", i), "").Body.String(), "text")
		if w.Code != 201 || there != 1 {
			t.Fatalf("%d %s, and the row is there %d times", w.Code, w.Body, there)
		}
	}
	if c.Cuts() < writes/4 {
		t.Errorf("only %d cuts", c.Cuts())
	}
}

// TestAReadOfSeveralStatementsIsAskedAgainWhole: what was read before the cut belongs to another state.
func TestAReadOfSeveralStatementsIsAskedAgainWhole(t *testing.T) {
	t.Parallel()
	c := testkit.NewCutter(t, testkit.PostgresURL(t))
	n := join(t, nodeOptions(t, map[string]string{
		"socle.yaml":             "name: library\n",
		"collections/books.yaml": "fields: { id: { type: int, identity: true }, name: text }\npolicies: {}\n",
		"collections/pages.yaml": "fields: { id: { type: int, identity: true }, book_id: { ref: books } }\nindexes: [[book_id]]\npolicies: {}\n",
		"seed/books.csv":         "id,name\n1,one\n2,two\n",
		"seed/pages.csv":         "id,book_id\n1,1\n2,1\n3,2\n",
	}, "", c.URL, nil))
	r := rand.New(rand.NewPCG(21, 34))
	const reads = 150
	for range reads {
		c.After(1 + r.IntN(900))
		n.wants(t, "GET", "/rest/v1/books?select=name,pages(id)&order=id&pages.order=id", "", 200,
			`[{"name":"one","pages":[{"id":1},{"id":2}]},{"name":"two","pages":[{"id":3}]}]`)
		c.After(-1)
	}
	if c.Cuts() < reads/4 {
		t.Errorf("only %d cuts", c.Cuts())
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

func TestMarksOfWritesThatAreKnownDoNotPileUp(t *testing.T) {
	t.Parallel()
	dsn := testkit.PostgresURL(t)
	n := join(t, nodeOptions(t, journal, "", dsn, nil))
	const long, writes = `INSERT INTO "_socle_leases" ("name", "taken") VALUES ('mark:gone', 1), ('mark:taken', -1)`, 200
	sql(t, dsn, long)
	for range writes {
		n.wants(t, "POST", "/rest/v1/entries", `{"text":"x"}`, 201, ``)
	}
	sql(t, dsn, `DO $$ BEGIN ASSERT (SELECT count(*) BETWEEN 1 AND 63 FROM "_socle_leases" WHERE "name" LIKE 'mark:%'); `+
		`ASSERT NOT EXISTS (SELECT 1 FROM "_socle_leases" WHERE "name" IN ('mark:gone', 'mark:taken')); END $$`)
}
