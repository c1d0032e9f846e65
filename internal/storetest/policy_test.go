package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/eval/memory"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/policy/cel"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// policyRounds × 2 policies × the actors × generatedRows are the judgements of one run, on each of three engines.
const policyRounds = 200

var actors = []policy.Actor{
	{},
	policy.Service(),
	{Role: policy.Authenticated, UID: uuids[2]},
	{Role: policy.Authenticated, UID: uuids[3], Email: "abc", AAL: "aal2", Claims: value.OfJSON(`{"org":"abc","level":2}`)},
	{Role: policy.Authenticated, UID: uuids[1], Anonymous: true, Claims: value.OfJSON(`{"org":7,"level":"2"}`)},
}

// A generated row policy and a generated field policy decide, on every engine and after the parts that concern the actor alone
// were folded away, exactly as the expressions say when each row is judged by itself.
func TestGeneratedPoliciesDecideAlikeOnEveryEngine(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	base := generated(t, "rich", seed, generatedRows)
	stores := open(t, base)
	judged := 0
	for round := range policyRounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		row, field := drawPolicy(t, r, base.Catalog), drawPolicy(t, r, base.Catalog)
		w := underPolicies(t, base, row, field)
		for _, a := range actors {
			judged += judge(t, w, stores, a, row, field)
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d\nread: %s\nfield: %s", seed, round, row, field)
		}
	}
	if judged < 100_000 {
		t.Errorf("only %d rows were judged", judged)
	}
}

// drawPolicy draws until one compiles; that most do is part of the test.
func drawPolicy(t *testing.T, r *rand.Rand, c *schema.Catalog) string {
	t.Helper()
	kinds, _ := c.Collection("public", "kinds")
	for range 20 {
		text := (&writer{Rand: r, row: "row", col: kinds}).Policy(3)
		if _, _, problems := compilePolicy(c, text); len(problems) == 0 {
			return text
		}
	}
	t.Fatal("twenty generated policies in a row do not compile")
	return ""
}

func compilePolicy(c *schema.Catalog, text string) (ir.Expr, *ir.Row, []schema.Problem) {
	kinds, _ := c.Collection("public", "kinds")
	row := &ir.Row{Collection: kinds, Label: "row"}
	src := schema.Source{Text: text, Pos: schema.Pos{File: "generated", Line: 1, Column: 1}}
	e, problems := cel.New(c).Compile(src, cel.Scope{Row: row, Want: aBool})
	return e, row, problems
}

// underPolicies is the same world with other policies on kinds.
func underPolicies(t *testing.T, base *World, row, field string) *World {
	t.Helper()
	fsys := folder(t, "rich")
	const file = "collections/kinds.yaml"
	text := string(fsys[file].Data)
	text = strings.Replace(text, "policies: { read: true }", "policies:\n  read: "+yamlText(row), 1)
	text = strings.Replace(text, "  v:  text", "  v:  { type: text, read: "+yamlText(field)+" }", 1)
	text = strings.Replace(text, "search: [t, v]\n", "", 1)
	fsys[file] = &fstest.MapFile{Data: []byte(text)}
	w := NewWorld(t, fsys)
	for c, rows := range base.Data {
		same, _ := w.Catalog.Collection(c.Namespace, c.Name)
		w.Data[same] = rows
	}
	return w
}

// judge compares what an actor reads with what the two expressions say of each row by themselves.
func judge(t *testing.T, w *World, stores map[string]store.Store, a policy.Actor, row, field string) int {
	t.Helper()
	kinds, _ := w.Catalog.Collection("public", "kinds")
	env := &ir.Env{Auth: a.Values(), Now: 1_704_164_645_120_000}
	p, named, err := readKinds(w, a)
	if err != nil {
		t.Errorf("%s: %v", a.Role, causes(err))
		return 0
	}
	want := expected(t, w, a, env, row, field, named)
	check := func(engine string, tuples []plan.Tuple, err error) {
		if err != nil {
			t.Errorf("%s fails for %+v: %s", engine, a, causes(err))
			return
		}
		if got := lineOf(tuples, named); got != want {
			t.Errorf("%s for %+v:\n got %s\nwant %s\n%s", engine, a, got, want, plan.Print(p))
		}
	}
	res, err := memory.Run(p, env, w.Data)
	if err != nil {
		check("eval", nil, err)
		return 0
	}
	check("eval", res.Tuples, nil)
	for name, s := range stores {
		tuples, err := query(s, p.Root().Select, env)
		check(name, tuples, err)
	}
	return 2 * len(w.Data[kinds])
}

// readKinds plans a read of the key and of the field with a policy, which is left out where the actor may not name it.
func readKinds(w *World, a policy.Actor) (p plan.Plan, named bool, err error) {
	kinds, _ := w.Catalog.Collection("public", "kinds")
	id, _ := kinds.Field("id")
	v, _ := kinds.Field("v")
	row := &ir.Row{Collection: kinds, Label: "kinds"}
	q := &ir.Query{Row: row, Order: []ir.Order{{X: &ir.Column{Row: row, Field: id}}}}
	q.Items = append(q.Items, &ir.Output{Name: "id", X: &ir.Column{Row: row, Field: id}})
	cv, ok := w.Set.View(a).Of(kinds)
	if named = ok && cv.CanRead(v); named {
		q.Items = append(q.Items, &ir.Output{Name: "v", X: &ir.Column{Row: row, Field: v}})
	}
	b, err := w.Set.Bind(ir.Request{Query: q}, a)
	if err != nil {
		return p, named, err
	}
	p, err = plan.Build(b, plan.Limits{})
	return p, named, err
}

// expected judges every row by the expressions themselves. A field that cannot be named must be hidden in every row.
func expected(t *testing.T, w *World, a policy.Actor, env *ir.Env, row, field string, named bool) string {
	t.Helper()
	kinds, _ := w.Catalog.Collection("public", "kinds")
	id, _ := kinds.Field("id")
	v, _ := kinds.Field("v")
	visible, shown := judgement(w, env, row), judgement(w, env, field)
	service := a.Role == policy.ServiceRole
	var tuples []plan.Tuple
	for _, stored := range w.Data[kinds] {
		show := service || shown(stored)
		if show && !named {
			t.Errorf("the field cannot be named, but its policy holds for row %s", stored[id.Ordinal].Text())
		}
		if !service && !visible(stored) {
			continue
		}
		out := plan.Tuple{stored[id.Ordinal], {}}
		if show {
			out[1] = stored[v.Ordinal]
		}
		tuples = append(tuples, out)
	}
	return lineOf(tuples, named)
}

func judgement(w *World, env *ir.Env, text string) func(eval.Tuple) bool {
	e, row, _ := compilePolicy(w.Catalog, text)
	m := eval.New(env, w.Data)
	return func(t eval.Tuple) bool {
		var s *eval.Scope
		return m.Value(e, s.With(row, t)).True()
	}
}

func lineOf(tuples []plan.Tuple, named bool) string {
	var b strings.Builder
	for _, t := range tuples {
		fmt.Fprintf(&b, "%s", t[0].Text())
		if named {
			b.WriteString("=" + show(aText, t[1]))
		}
		b.WriteString(" ")
	}
	return b.String()
}
