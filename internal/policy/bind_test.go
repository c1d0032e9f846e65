package policy_test

import (
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/value"
)

const project = `
-- projects.yaml --
fields:
  id: uuid
  owner_id: { ref: auth.users }
  name: text
  budget: { type: int, read: "row.owner_id == auth.uid" }
  pin: { type: text, read: "auth.role == 'authenticated'" }
  salt: { type: text, read: never }
computed:
  ticket_count: { type: int, expr: "size(row.tickets)" }
  all_tickets: { type: int, expr: "size(row.tickets)", trusted: true }
policies:
  read: "auth.claims.staff == true || row.owner_id == auth.uid"
-- tickets.yaml --
fields:
  id: uuid
  project_id: { ref: projects }
  title: text
policies:
  read: "row.project.owner_id == auth.uid"
-- labels.yaml --
fields: { id: uuid, name: text }
policies: { read: true }
-- ticket_labels.yaml --
fields:
  ticket_id: { ref: tickets }
  label_id: { ref: labels }
  secret: bool
primary_key: [ticket_id, label_id]
policies: { read: "row.secret == false" }
-- orphans.yaml --
fields: { id: uuid }
-- stats.yaml --
view: { from: projects, group_by: [name], fields: { name: name, n: "count()", budget: "sum(budget)" } }
policies: { read: true }
`

const ann = "00000000-0000-7000-8000-000000000001"

func compile(t *testing.T) *policy.Set {
	t.Helper()
	set, problems := policy.Compile(schematest.MustRead(t, project))
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	return set
}

func collection(t *testing.T, set *policy.Set, name string) *schema.Collection {
	t.Helper()
	return schematest.Collection(t, set.Catalog(), name)
}

func user() policy.Actor { return policy.Actor{Role: policy.Authenticated, UID: ann} }

func staff() policy.Actor {
	a := user()
	a.Claims = value.OfJSON(`{"staff":true}`)
	return a
}

// query selects fields of a collection.
func query(c *schema.Collection, names ...string) *ir.Query {
	q := &ir.Query{Row: &ir.Row{Collection: c}}
	for _, n := range names {
		f, _ := c.Field(n)
		q.Items = append(q.Items, &ir.Output{Name: n, X: &ir.Column{Row: q.Row, Field: f}})
	}
	return q
}

func bind(t *testing.T, set *policy.Set, q *ir.Query, a policy.Actor) string {
	t.Helper()
	b, err := set.Bind(ir.Request{Query: q}, a)
	if err != nil {
		t.Fatalf("bind: %v", err)
	}
	return ir.Print(b.Query())
}

func TestTheZeroBoundHasNoQuery(t *testing.T) {
	t.Parallel()
	if (policy.Bound{}).Query() != nil {
		t.Fatal("a bound query came from nowhere")
	}
}

func TestAGuardStandsOnEveryLevel(t *testing.T) {
	t.Parallel()
	set := compile(t)
	tickets, labels := collection(t, set, "tickets"), collection(t, set, "labels")
	var rel *schema.Relation
	for _, r := range tickets.Relations {
		if r.To == labels && r.Junction != nil {
			rel = r
		}
	}
	q := query(tickets, "title")
	q.Items = append(q.Items, &ir.Embed{Name: "labels", Rel: rel, Query: query(labels, "name")})
	q.Where = &ir.Related{From: q.Row, Rel: rel, Query: query(labels)}
	got := bind(t, set, q, user())
	if n := strings.Count(got, "\n    guard true"); n != 1 {
		t.Errorf("the embed has %d guards:\n%s", n, got)
	}
	if n := strings.Count(got, "over ticket_labels#"); n != 2 {
		t.Errorf("the junction is guarded %d times, not in the embed and in the test:\n%s", n, got)
	}
	if !strings.Contains(got, "guard (= (through tickets#0>tickets_project_id_fkey") {
		t.Errorf("the root's guard is missing:\n%s", got)
	}
}

func TestAuthOnlyPartsFoldAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	set := compile(t)
	q := query(collection(t, set, "projects"), "name")
	if got := bind(t, set, q, staff()); !strings.Contains(got, "guard true") {
		t.Errorf("staff may read every project:\n%s", got)
	}
	if got := bind(t, set, q, user()); !strings.Contains(got, "guard (= projects#0.owner_id auth.uid)") {
		t.Errorf("others by ownership, auth.uid a parameter:\n%s", got)
	}
	if got := bind(t, set, q, policy.Service()); !strings.Contains(got, "guard true") {
		t.Errorf("service_role passes:\n%s", got)
	}
}

func TestHiddenFieldsAreRefusedEvenIfAFrontNamesThem(t *testing.T) {
	t.Parallel()
	set := compile(t)
	projects := collection(t, set, "projects")
	for _, name := range []string{"salt", "pin"} {
		hidden, _ := projects.Field(name)
		column := func(q *ir.Query) ir.Expr { return &ir.Column{Row: q.Row, Field: hidden} }
		for place, put := range map[string]func(*ir.Query){
			"select": func(q *ir.Query) { q.Items = append(q.Items, &ir.Output{Name: name, X: column(q)}) },
			"where":  func(q *ir.Query) { q.Where = &ir.IsNull{X: column(q)} },
			"order":  func(q *ir.Query) { q.Order = append(q.Order, ir.Order{X: column(q)}) },
			"min":    func(q *ir.Query) { q.Items = append(q.Items, &ir.Output{X: &ir.Agg{Fn: ir.Min, X: column(q)}}) },
			"having": func(q *ir.Query) { q.Having = &ir.IsNull{X: &ir.Agg{Fn: ir.Max, X: column(q)}} },
		} {
			q := query(projects, "name")
			put(q)
			_, err := set.Bind(ir.Request{Query: q}, policy.Actor{})
			if err == nil || fault.From(err).Code != fault.UnknownColumn {
				t.Errorf("%s of a hidden field %s: %v", place, name, err)
			}
		}
	}
}

func TestViewsShowEachActorItsFields(t *testing.T) {
	t.Parallel()
	set := compile(t)
	projects := collection(t, set, "projects")
	for _, c := range []struct {
		who               string
		actor             policy.Actor
		pin, salt, masked bool
	}{
		{"anon", policy.Actor{}, false, false, true},
		{"user", user(), true, false, true},
		{"service", policy.Service(), true, true, false},
	} {
		v, ok := set.View(c.actor).Of(projects)
		if !ok {
			t.Fatalf("%s does not see projects", c.who)
		}
		budget, _ := projects.Field("budget")
		for name, want := range map[string]bool{"pin": c.pin, "salt": c.salt, "name": true} {
			if _, got := v.Field(name); got != want {
				t.Errorf("%s reads %s: %v", c.who, name, got)
			}
		}
		if v.IsMasked(budget) != c.masked {
			t.Errorf("%s: budget masked = %v", c.who, v.IsMasked(budget))
		}
	}
}

func TestACollectionWithoutPoliciesIsAbsent(t *testing.T) {
	t.Parallel()
	set := compile(t)
	if _, ok := set.View(user()).Collection("public", "orphans"); ok {
		t.Error("a collection without policies is visible")
	}
	if _, ok := set.View(policy.Service()).Collection("public", "orphans"); !ok {
		t.Error("service_role does not see it")
	}
	if _, ok := set.View(policy.Service()).Collection("auth", "users"); ok {
		t.Error("an internal table is reachable")
	}
}

func TestComputedFieldsSeeWithTheActorsRights(t *testing.T) {
	t.Parallel()
	set := compile(t)
	projects := collection(t, set, "projects")
	if got := bind(t, set, query(projects, "ticket_count"), user()); !strings.Contains(got, "(size projects#0<tickets_project_id_fkey tickets#1 (=") {
		t.Errorf("the count is not guarded:\n%s", got)
	}
	if got := bind(t, set, query(projects, "all_tickets"), user()); !strings.Contains(got, "(size projects#0<tickets_project_id_fkey)") {
		t.Errorf("a trusted field counts all:\n%s", got)
	}
}

func TestAViewKeepsTheSourcesPolicies(t *testing.T) {
	t.Parallel()
	set := compile(t)
	got := bind(t, set, query(collection(t, set, "stats"), "n"), user())
	if !strings.Contains(got, "guard (= projects#1.owner_id auth.uid)") {
		t.Errorf("the source has lost its row policy:\n%s", got)
	}
	if !strings.Contains(got, "(sum (mask (= projects#1.owner_id auth.uid) projects#1.budget))") {
		t.Errorf("the source has lost its field policy:\n%s", got)
	}
}

func TestMaskedFieldsAreMaskedEverywhere(t *testing.T) {
	t.Parallel()
	set := compile(t)
	projects := collection(t, set, "projects")
	budget, _ := projects.Field("budget")
	q := query(projects, "budget")
	column := &ir.Column{Row: q.Row, Field: budget}
	q.Where = &ir.Compare{Op: ir.Gt, L: column, R: &ir.Param{T: budget.Type}}
	q.Order = []ir.Order{{X: column}}
	got := bind(t, set, q, user())
	if n := strings.Count(got, "(mask (= projects#0.owner_id auth.uid) projects#0.budget)"); n != 3 {
		t.Errorf("masked %d times, not in output, filter and order:\n%s", n, got)
	}
}
