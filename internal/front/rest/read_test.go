package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/front/rest/syntax"
	"github.com/socle-hq/socle/internal/ir"
)

// Every filter is told by its URL, the condition it becomes and the values it carries.
func TestFiltersBecomeConditionsAndValuesBecomeParams(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct{ query, where, args string }{
		{"id=eq.5", `(= tickets#0.id $0:int)`, "5"},
		{"id=not.eq.5", `(not (= tickets#0.id $0:int))`, "5"},
		{"points=neq.5", `(<> tickets#0.points $0:int)`, "5"},
		{"points=gt.1&points=lte.9", `(and (> tickets#0.points $0:int) (<= tickets#0.points $1:int))`, "1 | 9"},
		{"title=eq.a+b%20c", `(= tickets#0.title $0:text)`, "a b c"},
		{"estimate=lt.1.005", `(< tickets#0.estimate $0:decimal(8,2))`, "1.005"},
		{"points=eq(any).{3,4}", `(=any tickets#0.points $0:int[])`, "[3,4]"},
		{"points=gt(all).{4,3}", `(>all tickets#0.points $0:int[])`, "[4,3]"},
		{"title=like.*x*", `(like tickets#0.title $0:text)`, "%x%"},
		{"title=ilike(all).{*x,y*}", `(ilike-all tickets#0.title $0:text[])`, `["%x","y%"]`},
		{"title=like(any).{%plan%,%25z%}", `(like-any tickets#0.title $0:text[])`, `["%plan%","%z%"]`},
		{"title=eq.%2b%C3%A9%", `(= tickets#0.title $0:text)`, "+é%"},
		{"title=like(any).{a,b}", `(like-any tickets#0.title $0:text[])`, `["a","b"]`},
		{"title=match.^a%5Bbc%5D%2B", `(match tickets#0.title $0:text)`, "^a[bc]+"},
		{"title=imatch(any).{stop,thing}", `(imatch-any tickets#0.title $0:text[])`, `["stop","thing"]`},
		{"id=in.(1,3,5)", `(=any tickets#0.id $0:int[])`, "[1,3,5]"},
		{"id=in.()", `(=any tickets#0.id $0:int[])`, "[]"},
		{`title=in.("a,b",c,"d\"e")`, `(=any tickets#0.title $0:text[])`, `["a,b","c","d\"e"]`},
		{`title=in.("")`, `(=any tickets#0.title $0:text[])`, `[""]`},
		{"state=in.(open,gone)", `(=any tickets#0.state $0:text[])`, `["open","gone"]`},
		{"title=is.null", `(is-null tickets#0.title)`, ""},
		{"title=is.NoT_NuLl", `(not (is-null tickets#0.title))`, ""},
		{"done=is.unknown", `(is-unknown tickets#0.done)`, ""},
		{"done=not.is.true", `(not (is-true tickets#0.done))`, ""},
		{"points=isdistinct.2", `(distinct tickets#0.points $0:int)`, "2"},
		{"title=fts.a%26b", `(fts:simple tickets#0.title $0:text)`, "a&b"},
		{"title=not.plfts(simple).a%20b", `(not (plfts:simple tickets#0.title $0:text))`, "a b"},
		{"search=wfts.a -b", `(wfts:simple tickets#0.title $0:text)`, "a -b"},
		{"labels=cs.{a,b}", `(@> tickets#0.labels $0:text[])`, `["a","b"]`},
		{`labels=cd.["a"]`, `(<@ tickets#0.labels $0:text[])`, `["a"]`},
		{"labels=ov.{a}", `(&& tickets#0.labels $0:text[])`, `["a"]`},
		{`meta=cs.{"a":1}`, `(@> tickets#0.meta $0:json)`, `{"a":1}`},
		{"meta->a->>b=eq.x", `(= tickets#0.meta->"a"->>"b" $0:text)`, "x"},
		{"meta->>0=eq.1", `(= tickets#0.meta->>0 $0:text)`, "1"},
		{"meta->-3=eq.1", `(= tickets#0.meta->-3 $0:json)`, "1"},
		{`meta->a=eq.{"b": 2.0}`, `(= tickets#0.meta->"a" $0:json)`, `{"b":2}`},
		{"labels->>0=eq.x", `(= tickets#0.labels->>0 $0:text)`, "x"},
		{"or=(id.eq.1,title.eq.x)", `(or (= tickets#0.id $0:int) (= tickets#0.title $1:text))`, "1 | x"},
		{"not.or=(id.eq.1,id.eq.2)", `(not (or (= tickets#0.id $0:int) (= tickets#0.id $1:int)))`, "1 | 2"},
		{"and=(id.not.eq.1)", `(not (= tickets#0.id $0:int))`, "1"},
		{"and=( not.and( id.in.( 1, 2 ) , id.eq.3 ) , or ( id.eq.2 , id.eq.3 ) )",
			`(and (not (and (=any tickets#0.id $0:int[]) (= tickets#0.id $1:int))) (or (= tickets#0.id $2:int) (= tickets#0.id $3:int)))`,
			"[1,2] | 3 | 2 | 3"},
		{`or=(title.eq."(a,b)",labels.cs.{a,b},meta->>x.eq.y)`,
			`(or (= tickets#0.title $0:text) (@> tickets#0.labels $1:text[]) (= tickets#0.meta->>"x" $2:text))`,
			`(a,b) | ["a","b"] | y`},
	} {
		r := parse(t, v, get("/tickets?select=id&"+strings.ReplaceAll(c.query, " ", "%20")))
		if got := clause(r.Request.Query, "where"); got != c.where {
			t.Errorf("%s\n got %s\nwant %s", c.query, got, c.where)
		}
		want := strings.TrimPrefix(c.args+" | 1000", " | ")
		if got := args(r.Request.Args); got != want {
			t.Errorf("%s: args %s, want %s", c.query, got, want)
		}
	}
}

func TestSelectAndEmbedsBecomeATree(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct{ name, target, want string }{
		{"alias, cast and JSON paths", "/tickets?select=no:id::text,meta->a->>b,meta->c->0,x:meta->>y", `
  output "no" = tickets#0.id cast text
  output "b" = tickets#0.meta->"a"->>"b"
  output "c" = tickets#0.meta->"c"->0
  output "x" = tickets#0.meta->>"y"
  order tickets#0.id
  limit $0:int`},
		{"a to-one by its derived name, its own embed inner and filtered", "/tickets?select=id,project(clients!inner(name))&project.clients.id=eq.1", `
  output "id" = tickets#0.id
  embed "project" via >tickets_project_id_fkey
    from projects#1
      embed "clients" inner via >projects_client_id_fkey
        from clients#2
          output "name" = clients#2.name
          where (= clients#2.id $0:int)
  order tickets#0.id
  limit $1:int`},
		{"a hint and an alias; the alias addresses it", "/tickets?select=who:users!author_id(name)&who.name=eq.x", `
  embed "who" via >tickets_author_id_fkey
    from users#1
      output "name" = users#1.name
      where (= users#1.name $0:text)
  order tickets#0.id
  limit $1:int`},
		{"many-to-many through its junction", "/users?select=projects(id)&projects.order=name.desc&projects.limit=2&projects.offset=1", `
  embed "projects" via <>memberships_user_id_fkey/memberships_project_id_fkey
    from projects#1
      output "id" = projects#1.id
      order projects#1.name desc nulls first
      order projects#1.id desc nulls first
      limit $0:int
      offset $1:int
  order users#0.id
  limit $2:int`},
		{"a self-reference goes both ways", "/tickets?select=parent(id),tickets(id)", `
  embed "parent" via >tickets_parent_id_fkey
    from tickets#1
      output "id" = tickets#1.id
  embed "tickets" via <tickets_parent_id_fkey
    from tickets#2
      output "id" = tickets#2.id
      order tickets#2.id
  order tickets#0.id
  limit $0:int`},
		{"a many-to-many self-reference is told apart by the key it leaves by", "/users?select=users!follows_followed_id_fkey(id)", `
  embed "users" via <>follows_follower_id_fkey/follows_followed_id_fkey
    from users#1
      output "id" = users#1.id
      order users#1.id
  order users#0.id
  limit $0:int`},
		{"a declared key's name and column name a relation too", "/tickets?select=a:tickets_author_id_fkey(id),author_id(id)", `
  embed "a" via >tickets_author_id_fkey
    from users#1
      output "id" = users#1.id
  embed "author_id" via >tickets_author_id_fkey
    from users#2
      output "id" = users#2.id
  order tickets#0.id
  limit $0:int`},
		{"parents without children", "/projects?select=name,tickets()&tickets=is.null", `
  output "name" = projects#0.name
  join via <tickets_project_id_fkey
    from tickets#1
      order tickets#1.id
  where (not (related projects#0<tickets_project_id_fkey {
  from tickets#1
    order tickets#1.id}))
  order projects#0.id
  limit $0:int`},
		{"order through a relation", "/tickets?select=id,p:project(name)&order=p(name).desc.nullslast,points", `
  output "id" = tickets#0.id
  embed "p" via >tickets_project_id_fkey
    from projects#1
      output "name" = projects#1.name
  order projects#1.name desc
  order tickets#0.points
  order tickets#0.id
  limit $0:int`},
		{"aggregates, having and order by an alias", "/tickets?select=state,n:count(),points.avg()::text,estimate.sum()&having=(n.gt.2,sum.not.lt.1.5)&order=n.desc", `
  output "state" = tickets#0.state
  output "n" = (count)
  output "avg" = (avg tickets#0.points) cast text
  output "sum" = (sum tickets#0.estimate)
  having (and (> (count) $0:int) (not (< (sum tickets#0.estimate) $1:decimal)))
  order (count) desc nulls first
  limit $2:int`},
		{"groups beside a spread", "/tickets?select=...project(name),count()&order=project(name)", `
  spread via >tickets_project_id_fkey
    from projects#1
      output "name" = projects#1.name
  output "count" = (count)
  order projects#1.name
  limit $0:int`},
		{"rel(count) counts", "/projects?select=tickets(count)", `
  embed "tickets" via <tickets_project_id_fkey
    from tickets#1
      output "count" = (count)
  order projects#0.id
  limit $0:int`},
		{"a column called count is a column", "/Odd%20Things?select=count", `
  output "count" = odd#0.count
  order odd#0.id
  limit $0:int`},
		{"odd names are quoted or hyphenated", `/Odd%20Things?select=field-with_sep,"a.b"&"a.b"=eq.x&after=eq.y`, `
  output "field-with_sep" = odd#0.field_with
  output "a.b" = odd#0.dotted
  where (and (= odd#0.dotted $0:text) (= odd#0.after $1:text))
  order odd#0.id
  limit $2:int`},
		{"without a key every scalar field breaks ties", "/notes?select=a&order=b.desc", `
  output "a" = notes#0.a
  order notes#0.b desc nulls first
  order notes#0.a desc nulls first
  limit $0:int`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, got, _ := strings.Cut(parse(t, v, get(c.target)).Shape(), "\n")
			if want := strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("%s\n got:\n%s\nwant:\n%s", c.target, got, want)
			}
		})
	}
}

func TestRequestsThatDifferInValuesHaveOneShape(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	const form = "/tickets?select=id,project(name)&id=in.(A)&title=like.B&or=(points.gt.C,labels.cs.{D})&project.limit=E&limit=F&offset=G"
	one := strings.NewReplacer("A", "1", "B", "x", "C", "1", "D", "a", "E", "1", "F", "1", "G", "1").Replace(form)
	two := strings.NewReplacer("A", "1,2,3", "B", "*y", "C", "77", "D", "a,b", "E", "9", "F", "500", "G", "40").Replace(form)
	a, b := parse(t, v, get(one)), parse(t, v, get(two))
	if a.Shape() != b.Shape() {
		t.Errorf("shapes differ:\n%s\n%s", a.Shape(), b.Shape())
	}
	if args(a.Request.Args) == args(b.Request.Args) {
		t.Errorf("the values were lost: %s", args(a.Request.Args))
	}
}

func TestTheRangeIsWhatParametersAndHeaderSelectTogether(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for _, c := range []struct {
		query, header string
		want          syntax.Range
		limit, offset string
	}{
		{"", "", syntax.Range{Limit: -1}, "1000", ""},
		{"limit=3&offset=2", "", syntax.Range{Offset: 2, Limit: 3, Explicit: true}, "3", "2"},
		{"limit=0", "", syntax.Range{Explicit: true}, "0", ""},
		{"limit=5000", "", syntax.Range{Limit: 5000, Explicit: true}, "1000", ""},
		{"offset=-4", "", syntax.Range{Limit: -1, Explicit: true}, "1000", ""},
		{"limit=", "", syntax.Range{Limit: -1}, "1000", ""},
		{"", "0-1", syntax.Range{Limit: 2, Explicit: true}, "2", ""},
		{"", "10-", syntax.Range{Offset: 10, Limit: -1, Explicit: true}, "1000", "10"},
		{"limit=3", "0-1", syntax.Range{Limit: 2, Explicit: true}, "2", ""},
		{"limit=1", "0-9", syntax.Range{Limit: 1, Explicit: true}, "1", ""},
		{"", "bytes=0-1", syntax.Range{Limit: -1}, "1000", ""},
	} {
		r := parse(t, v, get("/clients?"+c.query, "Range-Unit", "items", "Range", c.header))
		if r.Range != c.want {
			t.Errorf("%q %q: got %+v, want %+v", c.query, c.header, r.Range, c.want)
		}
		want := strings.TrimSuffix(c.limit+" | "+c.offset, " | ")
		if got := args(r.Request.Args); got != want {
			t.Errorf("%q %q: args %s, want %s", c.query, c.header, got, want)
		}
	}
}

func TestPreferencesApplyOnceAndAreEchoed(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	r := parse(t, v, get("/clients", "Prefer", "count=exact, nonsense", "Prefer", "count=planned, timezone=America/Los_Angeles,handling=lenient"))
	if want := "count=exact, handling=lenient, timezone=America/Los_Angeles"; r.Applied != want {
		t.Errorf("applied %q, want %q", r.Applied, want)
	}
	if !r.Request.Count || r.Timezone == nil || r.Timezone.String() != "America/Los_Angeles" {
		t.Errorf("count %v, zone %v", r.Request.Count, r.Timezone)
	}
	if r := parse(t, v, get("/clients", "Prefer", "timezone=Nowhere/Land")); r.Applied != "" || r.Timezone != nil {
		t.Errorf("an unknown zone was applied: %q", r.Applied)
	}
}

func TestAcceptChoosesTheMedia(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	for accept, want := range map[string]string{
		"":    "application/json; charset=utf-8",
		"*/*": "application/json; charset=utf-8",
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "application/json; charset=utf-8",
		"text/unknowntype, */*":                            "application/json; charset=utf-8",
		"text/csv; version=1":                              "text/csv; charset=utf-8",
		"text/csv, application/json":                       "text/csv; charset=utf-8",
		"text/csv;q=0.2, application/json;q=0.3":           "application/json; charset=utf-8",
		"application/vnd.pgrst.object":                     "application/vnd.pgrst.object+json; charset=utf-8",
		"application/vnd.pgrst.object+json;nulls=stripped": "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
		"application/vnd.pgrst.array;nulls=stripped":       "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
		"application/vnd.pgrst.array+json":                 "application/json; charset=utf-8",
		"application/x-ndjson":                             "application/x-ndjson; charset=utf-8",
	} {
		r := parse(t, v, get("/clients", "Accept", accept))
		if got := r.Media.ContentType(); got != want {
			t.Errorf("%s: %s, want %s", accept, got, want)
		}
	}
	if r := parse(t, v, get("/", "Accept", "application/openapi+json")); !r.Root || r.Media.Type != syntax.OpenAPI {
		t.Errorf("root: %+v", r)
	}
}

func TestTheResourceSaysItsMethodsAndAddress(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	in := get("/totals")
	in.Method = http.MethodOptions
	if r := parse(t, v, in); r.Allow != "OPTIONS,GET,HEAD" || !r.Options {
		t.Errorf("view: %+v", r)
	}
	in.Segments = []string{"tickets"}
	if r := parse(t, v, in); r.Allow != "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE" {
		t.Errorf("table: %q", r.Allow)
	}
	if r := parse(t, v, get("/notes?b=eq.1&a=eq.1")); r.Location != "/notes?a=eq.1&b=eq.1" {
		t.Errorf("location %q", r.Location)
	}
	if r := parse(t, v, get("/invoices", "Accept-Profile", "billing")); r.Namespace != "billing" || !r.Profile {
		t.Errorf("profile: %q %v", r.Namespace, r.Profile)
	}
	in = get("/clients")
	in.Method = http.MethodHead
	if r := parse(t, v, in); !r.Head || ir.Print(r.Request.Query) == "" {
		t.Errorf("head: %+v", r)
	}
}
