package syntax

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/fault"
)

// limits are the default ones, wide enough for what the writers add to a text.
func limits() admission.Limits {
	l := admission.Default()
	l.SelectItems, l.LogicDepth = 1e6, 100
	return l
}

// refused says that an error is not a fault with a status of the client's.
func refused(t *testing.T, err error) {
	t.Helper()
	if status := fault.From(err).Status(); status < 400 || status >= 500 {
		t.Fatalf("%d %v", status, err)
	}
}

// Whatever the query string, it is refused or read; and what was read, written out again, reads as the same trees.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"select=id,title,project(name,clients!inner(*)),author:users!author_id(name)&project.clients.name=like.*x*&order=project(name).desc",
		"select=meta->a->>b::text,points.sum()::int,n:count()&having=(n.gt.2,or(sum.lt.5))&order=n.desc.nullslast",
		"or=(id.eq.1,and(points.in.(1,2),not.or(labels.cs.{a,b},title.eq.\"x,y\")))&a.not.and=(b.is.NULL,c.fts(english).d)",
		"title=match(any).%7Ba,b%7D&limit=1&a.offset=2", "select=...project(name),count()&meta->-3=eq.%7B%22a%22:1%7D",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		pairs, err := Split(query)
		if err != nil {
			refused(t, err)
			return
		}
		p, err := Parse(pairs, limits())
		if err != nil {
			refused(t, err)
			return
		}
		again, err := parseSelect(writeItems(p.Items), limits())
		if err != nil || !reflect.DeepEqual(again, p.Items) {
			t.Fatalf("%q: %s reads as %s, %v", query, writeItems(p.Items), writeItems(again), err)
		}
		nodes := make([]Node, 0, len(p.Filters)+len(p.Trees))
		for _, f := range p.Filters {
			nodes = append(nodes, f.Leaf)
		}
		for _, tree := range p.Trees {
			nodes = append(nodes, tree.Node)
		}
		for _, n := range nodes {
			if again, err := parseLogic(writeNode(n), "", limits()); err != nil || !same(again, n) {
				t.Fatalf("%q: %s reads as %+v, %v", query, writeNode(n), again, err)
			}
		}
		for _, o := range p.Orders {
			if again, err := parseOrder(writeTerms(o.Terms), limits()); err != nil || !reflect.DeepEqual(again, o.Terms) {
				t.Fatalf("%q: %s reads as %+v, %v", query, writeTerms(o.Terms), again, err)
			}
		}
	})
}

// same holds for trees whose writing is the same.
func same(a, b Node) bool { return writeNode(a) == writeNode(b) }

// Whatever the headers, they are read or refused with a status of the client's, and the media is one that exists.
func FuzzHeaders(f *testing.F) {
	f.Add("text/csv;q=0.5, application/vnd.pgrst.object+json;nulls=stripped", "count=exact, handling=strict, timezone=UTC", "0-9")
	f.Add("*/*;q=x", "max-affected=3,return=minimal", "5-1")
	f.Fuzz(func(t *testing.T, accept, prefer, window string) {
		h := http.Header{"Accept": {accept}, "Prefer": {prefer}, "Range": {window}}
		if media, err := Negotiate(h, false); err != nil {
			refused(t, err)
		} else if media.Type >= OpenAPI || media.ContentType() == "" {
			t.Fatalf("media %d", media.Type)
		}
		if p, err := ParsePreferences(h); err != nil {
			refused(t, err)
		} else if again, err := ParsePreferences(http.Header{"Prefer": {p.Applied()}}); err != nil || again != p {
			t.Fatalf("%+v is applied as %s: %+v, %v", p, p.Applied(), again, err)
		} else if (p.Zone() == nil) != (p.Timezone == "") {
			t.Fatalf("timezone %q is %v", p.Timezone, p.Zone())
		}
		if r, err := RangeOf([]Bound{{N: 7}}, h); err != nil {
			refused(t, err)
		} else if r.Offset < 0 || r.Limit < 0 || r.Limit > 7 {
			t.Fatalf("range %+v", r)
		}
	})
}
