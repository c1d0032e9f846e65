package docs_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
)

// The table of docs/errors.md stands between these lines.
const (
	tableBegins = "<!-- codes -->\n"
	tableEnds   = "<!-- end of codes -->\n"
)

// TestTheErrorReferenceIsThatOfTheCodes compares the table with the codes; -fill writes it.
func TestTheErrorReferenceIsThatOfTheCodes(t *testing.T) {
	t.Parallel()
	const path = root + "/docs/errors.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), tableBegins)
	was, after, ended := strings.Cut(rest, tableEnds)
	if !ok || !ended {
		t.Fatalf("%s has no table of codes", path)
	}
	switch want := codes(); {
	case was == want:
	case *fill:
		if err := os.WriteFile(path, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the table is not that of the codes; `make docs` writes it")
	}
}

func codes() string {
	var b strings.Builder
	b.WriteString("\n| code | status | when | what to do |\n|---|---|---|---|\n")
	for _, c := range fault.Codes() {
		status := fmt.Sprint(c.Status())
		if c == fault.Denied {
			status = "401, 403"
		}
		m := c.Means()
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c, status, m.When, m.Do)
	}
	return b.String() + "\n"
}

// unseen are codes that no request of a document provokes, and why.
var unseen = map[fault.Code]string{
	fault.Unavailable: "the database must fail", "PGRST001": "the database must fail", "PGRST002": "the start must be met", fault.PoolTimeout: "the pool must be full",
	fault.AggregatesOff: "there is no such switch", fault.NoRoot: "there is a root", fault.NoKeySet: "a server makes its keys", fault.AnonymousForbidden: "kept for projects without anonymous access",
	fault.Internal: "a mistake of the product", fault.DiskFull: "the disk must be full", fault.Timeout: "a read must take seconds", fault.Exhausted: "2^63 numbers must be spent",
	fault.ReadOnly: "the engine's own refusal", fault.DatatypeMismatch: "the engine's own refusal", fault.TooLong: "the engine's own refusal",
	fault.InvalidClaims: "a token must outlive its time",
	fault.TooLarge:      "a body of megabytes", fault.InvalidEncoding: "a document has no such bytes",
}

var shownCode = regexp.MustCompile(`"code":"([^"]+)"`)

// TestEveryCodeIsProvokedOrSaysWhyNot looks for each code in an answer that a document shows, all of which are run.
func TestEveryCodeIsProvokedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	shown := map[fault.Code]bool{}
	for _, path := range pages(t) {
		for _, p := range readPage(t, path) {
			for _, m := range shownCode.FindAllStringSubmatch(p.text, -1) {
				shown[fault.Code(m[1])] = true
			}
		}
	}
	for _, c := range fault.Codes() {
		switch why := unseen[c]; {
		case !shown[c] && why == "":
			t.Errorf("no document provokes %s", c)
		case shown[c] && why != "":
			t.Errorf("%s is provoked: it is no longer true that %s", c, why)
		}
	}
}
