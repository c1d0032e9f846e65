package storetest

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/store"
)

var (
	seedFlag = flag.Uint64("seed", 0, "draw everything from another seed than the usual one")
	projects = flag.Int("projects", 24, "how many projects TestRandomProjects draws")
	only     = flag.Int("only", -1, "the one project TestRandomProjects draws")
)

// What is asked of each project.
const (
	readsOfProject  = 190
	writesOfProject = 60
	pagesOfProject  = 6
	drawnRows       = 14
)

// compared counts the answers and values that were compared between engines in this run.
var compared atomic.Int64

// visitors are who asks of random projects.
var visitors = []policy.Actor{
	{Role: policy.Anon},
	policy.Service(),
	{Role: policy.Authenticated, UID: uuids[2]},
	{Role: policy.Authenticated, UID: uuids[3], AAL: "aal2"},
}

// Of random projects with random rows every engine gives the same answers to random reads and writes, to the byte: the SQL engines
// through the product's handler, and where it reaches the oracle.
func TestRandomProjects(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	var refused, answered atomic.Int64
	lanes := 2
	for lane := range lanes {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			for n := lane; n < *projects; n += lanes {
				if *only >= 0 && n != *only {
					continue
				}
				v := &venue{seed: seed, n: n, refused: &refused, answered: &answered}
				if !t.Run(fmt.Sprint(n), v.visit) {
					t.Errorf("repeat with: go test ./internal/storetest -run TestRandomProjects -seed %d -projects %d -only %d", seed, *projects, n)
				}
			}
		})
	}
	t.Cleanup(func() {
		t.Logf("%d requests answered, %d refused", answered.Load(), refused.Load())
		if 2*answered.Load() < refused.Load() && *only < 0 {
			t.Errorf("most requests are refused")
		}
	})
}

// venue is one random project.
type venue struct {
	seed              uint64
	n                 int
	fsys              fstest.MapFS
	world             *World
	bench             *Bench
	sites             []*Site
	refused, answered *atomic.Int64
}

func (v *venue) rand(part uint64) *rand.Rand {
	return rand.New(rand.NewPCG(v.seed, uint64(v.n)<<32|part))
}

func (v *venue) visit(t *testing.T) {
	fsys, err := drawProject(v.rand(0))
	if err != nil {
		t.Fatal(err)
	}
	v.fsys, v.world = fsys, NewWorld(t, fsys)
	v.world.Data = settle(v.rand(1), v.world.Catalog, drawnRows)
	stores := openApplied(t, v.world)
	v.sites = sitesOn(t, v.world, stores)
	v.bench = benchOn(v.world, stores)
	v.bench.Seal = v.sites[0].sealer
	v.expressions(t, stores)
	v.reads(t, 1<<20, readsOfProject)
	v.pages(t)
	v.writes(t)
	if !t.Failed() {
		v.world.Data = v.sites[0].Data(t)
		v.reads(t, 2<<20, readsOfProject/8)
	}
	if t.Failed() && testing.Verbose() {
		for _, name := range sortedNames(fsys) {
			t.Logf("-- %s --\n%s", name, fsys[name].Data)
		}
	}
}

// expressions compares what random expressions over each collection give.
func (v *venue) expressions(t *testing.T, stores map[string]store.Store) {
	for i, c := range v.world.Catalog.Collections {
		if c.Internal || c.View != nil || len(c.PrimaryKey) == 0 {
			continue
		}
		sel, env := drawSelect(v.rand(1<<24|uint64(i)), c)
		compared.Add(int64(agree(t, v.world, stores, sel, env)))
	}
}

func (v *venue) reads(t *testing.T, from uint64, n int) {
	for i := range uint64(n) {
		if t.Failed() {
			return
		}
		r := v.rand(from + i)
		a := pick(r, visitors)
		text := newVisitor(r, v.world).Request()
		if problem := v.differs(t, a, text); problem != "" {
			text = v.shrunk(t, a, text)
			t.Errorf("read %d as %s %s\n%s\n%s\n%s", i, a.Role, a.UID, text, v.differs(t, a, text), v.explain(a, text))
		}
	}
}

// differs asks every engine for the same and says how the answers are not one; "" where they are.
func (v *venue) differs(t *testing.T, a policy.Actor, text string) string {
	t.Helper()
	var first Reply
	for i, s := range v.sites {
		reply := s.Ask(t, a, text)
		compared.Add(1)
		switch {
		case reply.Status >= 500:
			return fmt.Sprintf("%s fails: %d %s\n%s", s.Name, reply.Status, reply.Body, s.cause())
		case i == 0:
			first = reply
		case reply.Whole() != first.Whole():
			return fmt.Sprintf("%s: %s\n%s: %s", v.sites[0].Name, first.Whole(), s.Name, reply.Whole())
		}
	}
	if first.Refused() {
		v.refused.Add(1)
	} else {
		v.answered.Add(1)
	}
	return v.judged(a, text, first)
}

// judged compares an answer to a GET with the oracle's.
func (v *venue) judged(a policy.Actor, text string, got Reply) string {
	q, err := ParseQuestion(text)
	if err != nil || q.Method != "GET" || got.Status == 416 || got.Status == 404 || got.Status == 405 || strings.HasPrefix(text, "GET /rpc/") {
		return ""
	}
	for i, s := range q.Segments {
		q.Segments[i], _ = url.PathUnescape(s)
	}
	read, err := v.bench.Parse(a, q)
	if err != nil {
		return unlike(got, refusal(err))
	}
	compared.Add(1)
	return unlike(got, v.bench.answer(read, v.bench.inMemory(read, acting(a, read))))
}

// unlike says how a reply is not the oracle's answer: in the body, or in the error's code and message.
func unlike(got Reply, want string) string {
	_, body, _ := strings.Cut(want, "\n")
	if !got.Refused() && strings.HasPrefix(want, "200") {
		if strings.TrimRight(body, "\n") == strings.TrimRight(got.Body, "\n") {
			return ""
		}
		return "engines: " + got.Body + "\neval: " + body
	}
	var here, there struct{ Code, Message string }
	_ = json.Unmarshal([]byte(got.Body), &here)
	_ = json.Unmarshal([]byte(body), &there)
	if here != there {
		return "engines: " + got.Whole() + "\neval: " + want
	}
	return ""
}

// shrunk leaves out parameters and headers as long as the answers differ.
func (v *venue) shrunk(t *testing.T, a policy.Actor, text string) string {
	fails := strings.Contains(v.differs(t, a, text), "fails")
	for again := true; again; {
		again = false
		for _, less := range smaller(text) {
			if problem := v.differs(t, a, less); len(less) < len(text) && strings.Contains(problem, "fails") == fails && problem != "" {
				text, again = less, true
				break
			}
		}
	}
	return text
}

func smaller(text string) []string {
	line, headers, _ := strings.Cut(text, "\n")
	path, query, _ := strings.Cut(line, "?")
	var out []string
	params := strings.Split(query, "&")
	for i := range params {
		less := slices.Delete(slices.Clone(params), i, i+1)
		if name, val, _ := strings.Cut(params[i], "="); name == "select" {
			items, _ := url.QueryUnescape(val)
			parts := strings.Split(items, ",")
			for j := range parts {
				if len(parts) > 1 {
					fewer := strings.Join(slices.Delete(slices.Clone(parts), j, j+1), ",")
					out = append(out, path+"?"+strings.Join(append([]string{"select=" + url.QueryEscape(fewer)}, less...), "&")+"\n"+headers)
				}
			}
		}
		out = append(out, path+"?"+strings.Join(less, "&")+"\n"+headers)
	}
	lines := strings.Split(headers, "\n")
	for i := range lines {
		if lines[i] != "" {
			out = append(out, line+"\n"+strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n"))
		}
	}
	return out
}

// explain gives the statements of a read on both engines.
func (v *venue) explain(a policy.Actor, text string) string {
	q, err := ParseQuestion(text)
	if err != nil {
		return err.Error()
	}
	for i, s := range q.Segments {
		q.Segments[i], _ = url.PathUnescape(s)
	}
	read, err := v.bench.Parse(a, q)
	if err != nil {
		return refusal(err)
	}
	out := ""
	for name, d := range dialects {
		x, err := engine.Explain(read.Request, acting(a, read), v.world.Set, limits, d)
		if err != nil {
			return refusal(err)
		}
		out += name + ":\n" + strings.Join(x.SQL, "\n") + "\n"
	}
	return out
}

// pages follows the links of random lists to their end, one page at a time.
func (v *venue) pages(t *testing.T) {
	for i := range uint64(pagesOfProject) {
		if t.Failed() {
			return
		}
		r := v.rand(3<<20 + i)
		a := pick(r, visitors)
		c := pick(r, v.world.Catalog.Collections)
		if c.Internal {
			continue
		}
		k := &asker{Rand: r, wild: true, rows: v.world.Data}
		k.order(c, "")
		k.filter(c, "")
		target := "/" + url.PathEscape(c.Name) + "?" + strings.Join(append(k.params, "limit="+fmt.Sprint(1+r.IntN(4))), "&")
		for n := 0; target != "" && n < 2*drawnRows; n++ {
			text := "GET " + target + "\nAccept-Profile: " + c.Namespace + "\nPrefer: count=exact"
			if problem := v.differs(t, a, text); problem != "" {
				t.Errorf("page %d of %d as %s %s\n%s\n%s\n%s", n, i, a.Role, a.UID, text, problem, v.explain(a, text))
			}
			link := v.sites[0].Ask(t, a, text).Header.Get("Link")
			target = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`), "/rest/v1")
		}
	}
}

// writes compares random writes and what they leave.
func (v *venue) writes(t *testing.T) {
	for i := range uint64(writesOfProject) {
		if t.Failed() {
			return
		}
		r := v.rand(4<<20 + i)
		a := pick(r, visitors)
		s := newScribe(r, v.world.Catalog, a)
		s.rows, s.wild = v.world.Data, true
		text := s.Request()
		reply, _ := together(t, v.sites, a, text)
		compared.Add(2)
		if t.Failed() {
			t.Errorf("write %d as %s %s", i, a.Role, a.UID)
		}
		if reply.Refused() {
			v.refused.Add(1)
		} else {
			v.answered.Add(1)
		}
	}
}

// A whole run compares enough.
func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && flag.Lookup("test.list").Value.String() == ""
	if n := compared.Load(); status == 0 && whole && os.Getenv("SOCLE_TEST_FEW") == "" {
		fmt.Printf("%d answers and values were compared between the engines\n", n)
		if n < 100_000 {
			fmt.Println("too few")
			status = 1
		}
	}
	os.Exit(status)
}
