package conformance

import (
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/conformance.md and the table of this run")

// ceiling is the most deviations there may be. It is lowered with every one that goes and never raised.
const ceiling = 12

// run asks every case of a host per project.
func run(t testing.TB, cases []*testCase, open func(testing.TB, string) host) map[int]*answer {
	t.Helper()
	fixtures, err := readFixtures()
	if err != nil {
		t.Fatal(err)
	}
	l := readList(t)
	out := map[int]*answer{}
	for name := range projects {
		h := open(t, name)
		still, done := h.copied(t)
		for _, c := range cases {
			if projectOf(c, fixtures) == name {
				out[c.ID] = c.asked(t, h, still, l.Before[c.ID])
			}
		}
		done()
	}
	return out
}

// asked sends the case: to the host that is only read, or to a copy of its own.
func (c *testCase) asked(t testing.TB, h host, still http.Handler, before []ahead) *answer {
	at := still
	if c.writes() || len(before) > 0 {
		var done func()
		at, done = h.copied(t)
		defer done()
	}
	for _, b := range before {
		in, err := http.NewRequest(b.Method, "http://host"+root+b.Path, strings.NewReader(b.Body))
		if err != nil {
			t.Fatal(err)
		}
		in.Header.Set("apikey", h.keys().Secret)
		in.Header.Set("Content-Type", "application/json")
		if a := ask(t, at, in); a.code >= 300 {
			t.Fatalf("%s: before it, %s %s gives %s: %s", c.name, b.Method, b.Path, a.status, a.body)
		}
	}
	in, err := c.prepared(h)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return ask(t, at, in)
}

// embeddedHost makes the project and its database.
func embeddedHost(t testing.TB, name string) *embedded {
	t.Helper()
	fixtures, err := readFixtures()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := write(dir, name, fixtures); err != nil {
		t.Fatal(err)
	}
	return openEmbedded(t, dir)
}

// TestCases judges every case. Whoever is listed must fail as the list says; whoever is not must pass.
func TestCases(t *testing.T) {
	t.Parallel()
	cases := readCases(t)
	answers := run(t, cases, func(t testing.TB, name string) host { return embeddedHost(t, name) })
	r := sorted(t, cases, answers, readList(t))
	for _, wrong := range r.wrong {
		t.Error(wrong)
	}
	if n := len(r.deviating()); n > ceiling {
		t.Errorf("%d cases deviate; at most %d may", n, ceiling)
	}
	page := r.page()
	if *update {
		for file, text := range map[string]string{"../../docs/conformance.md": page, "../../bin/conformance": r.table()} {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if kept, err := os.ReadFile("../../docs/conformance.md"); err != nil || string(kept) != page {
		t.Error("docs/conformance.md is not of this run; `make conformance` writes it")
	}
}

// TestEnginesAnswerAlike compares the engines' answers to the byte.
func TestEnginesAnswerAlike(t *testing.T) {
	t.Parallel()
	cases := readCases(t)
	hosts := map[string]*embedded{}
	small := run(t, cases, func(t testing.TB, name string) host {
		hosts[name] = embeddedHost(t, name)
		return hosts[name]
	})
	big := run(t, cases, func(t testing.TB, name string) host { return openForeign(t, hosts[name]) })
	for _, c := range cases {
		if a, b := small[c.ID].text(), big[c.ID].text(); a != b {
			t.Errorf("%s\nembedded: %s\nPostgreSQL: %s", c.name, a, b)
		}
	}
}
