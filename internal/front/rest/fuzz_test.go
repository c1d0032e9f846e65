package rest_test

import (
	"errors"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
)

// Whatever the query string, Parse answers a request or a fault with a status of the client's, twice the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"select=id,title,project(name,clients!inner(*)),author:users!author_id(name)&project.clients.name=like.*x*&order=project(name).desc",
		"select=meta->a->>b,points.sum(),n:count()&having=(n.gt.2,or(sum.lt.5))&order=n.desc",
		"or=(id.eq.1,and(points.in.(1,2),not.or(labels.cs.{a,b},title.eq.\"x,y\")))",
		"title=match.%5Ba-z%5D%7B1,3%7D&search=wfts.a+-b&limit=1&offset=2",
		"select=...project(name),count()&meta->-3=eq.%7B%22a%22:1%7D", "select=tickets()&tickets=is.null&not.and=(id.gt.1)",
	} {
		f.Add(seed)
	}
	v := fullView(catalogue(f))
	f.Fuzz(func(t *testing.T, query string) {
		in := get("/tickets")
		in.RawQuery, in.Cursor = query, envelope{}
		r, err := rest.Parse(v, rest.Limits{}, in)
		again, err2 := rest.Parse(v, rest.Limits{}, in)
		if err != nil {
			var refused *fault.Fault
			if !errors.As(err, &refused) || refused.Status() >= 500 {
				t.Fatalf("%q: %v", query, err)
			}
			if err2 == nil || err2.Error() != err.Error() {
				t.Fatalf("%q: first %v, then %v", query, err, err2)
			}
			return
		}
		if err2 != nil || r.Shape() != again.Shape() || args(r.Request.Args) != args(again.Request.Args) {
			t.Fatalf("%q: two readings differ", query)
		}
	})
}

func BenchmarkParseList(b *testing.B) {
	v := fullView(catalogue(b))
	in := get("/tickets?select=id,title,project(name),comments:tickets(id)&state=eq.open&points=gt.3&order=created_at.desc&limit=30",
		"Accept", "application/json", "Accept-Profile", "public")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rest.Parse(v, rest.Limits{}, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseByID(b *testing.B) {
	v := fullView(catalogue(b))
	in := get("/tickets?select=*&id=eq.5", "Accept", "application/vnd.pgrst.object+json")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rest.Parse(v, rest.Limits{}, in); err != nil {
			b.Fatal(err)
		}
	}
}
