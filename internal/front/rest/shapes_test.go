package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/front/rest"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

// account is everything that a reading says, a refusal included.
func account(r *rest.Read, err error) string {
	if err != nil {
		f := fault.From(err)
		return fmt.Sprint(f.Code, f.Message, f.Details, f.Hint, f.Violations)
	}
	shape, q := "", r.Request.Query
	if q != nil {
		shape = ir.Print(q)
		if text := r.Request.Print(); text != shape {
			shape = "its text is another: " + text
		}
	}
	next := ""
	if q != nil {
		next = r.Next(envelope{}, make([]value.Value, len(q.Order)))
	}
	return fmt.Sprint(shape, "\n", args(r.Request.Args), r.Request.Count, "\n", r.Range, r.Location, r.Applied, r.Media, next)
}

// alike fails where a request that may be like one remembered reads otherwise than it does alone.
func alike(t testing.TB, v *schema.View, in rest.Input, shapes *rest.Shapes) *rest.Read {
	t.Helper()
	in.Shapes = nil
	want := account(rest.Parse(v, rest.Limits{}, in))
	in.Shapes = shapes
	read, err := rest.Parse(v, rest.Limits{}, in)
	if got := account(read, err); got != want {
		t.Fatalf("%s?%s reads\n%s\nand remembered\n%s", in.Segments, in.RawQuery, want, got)
	}
	return read
}

var remembered = []string{
	"select=id,title,project(name),...author:users!author_id(name)&id=eq.A", "select=*&title=like.*A*&body=ilike(any).{A,B}",
	"id=in.(A,B)&points=gt.A&due=lte.2024-01-0A&order=due.desc,project(name)&select=id,project(name)&limit=A&offset=B",
	"select=id,tickets(id,title)&tickets.points=gte.A&tickets.order=id.desc&tickets.limit=A&tickets.offset=B&project_id=is.null",
	"or=(id.eq.A,and(points.in.(A,B),not.or(labels.cs.{x,A},title.eq.\"A,B\"),meta->a->>B.eq.A))&not.and=(done.is.true,id.lt.B)",
	"search=wfts.A+-B&title=fts(simple).A&limit=", "title=match.%5EA%5Ba-z%5D%7B1,B%7D&meta=cs.%7B%22a%22:A%7D&labels=ov.{A}",
	"select=n:count(),points.sum()&points=neq(all).{A,B}&estimate=isdistinct.A.5", "meta->-3=eq.A&id=not.eq.B&done=not.is.false&created_at=gt.A",
	"columns=id&on_conflict=id&id=gt.A", "select=count()&having=(count.gt.A)", "project.name=eq.A&select=id,project!inner(name)&limit=A",
	"select=id,p:project(id),q:project(id)&p.limit=A&q.id=eq.B&q.not.or=(name.is.null,id.lt.A)", "id=eq.A&id=eq.B&offset=A", "select=id&id=sl.A",
}

var fills = []string{"1", "2", "77", "0", "-1", "x", "*", "a%", "%7B", ",", "\"", "", "9999999999999999999", "%00", "%5B", "not.", ".", "(1)", "null"}

func TestARequestLikeAnEarlierOneReadsAsItDoesAlone(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	shapes := rest.NewShapes(rest.Limits{})
	rapid.Check(t, func(rt *rapid.T) {
		form := rapid.SampledFrom(remembered).Draw(rt, "form")
		if rapid.Bool().Draw(rt, "two") {
			form += "&" + rapid.SampledFrom(remembered).Draw(rt, "more")
		}
		a, b := rapid.SampledFrom(fills).Draw(rt, "A"), rapid.SampledFrom(fills).Draw(rt, "B")
		in := withCursor("/tickets?" + strings.NewReplacer("A", a, "B", b).Replace(form))
		if rapid.Bool().Draw(rt, "ranged") {
			in.Header.Set("Range", rapid.SampledFrom([]string{"0-9", "5-", "3-1", "bytes=1-2", "2-2"}).Draw(rt, "range"))
		}
		if rapid.Bool().Draw(rt, "counted") {
			in.Header.Set("Prefer", "count=exact")
		}
		alike(t, v, in, shapes)
	})
}

func TestARequestThatDiffersInValuesIsNotResolvedAgain(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	shapes := rest.NewShapes(rest.Limits{})
	const form = "/tickets?select=id,project(name)&id=in.(A)&title=like.B&or=(points.gt.C,labels.cs.{D})&project.limit=E&limit=F&offset=G"
	first := alike(t, v, get(strings.NewReplacer("A", "1", "B", "x", "C", "1", "D", "a", "E", "1", "F", "1", "G", "1").Replace(form)), shapes)
	second := alike(t, v, get(strings.NewReplacer("A", "1,2,3", "B", "*y", "C", "77", "D", "a,b", "E", "9", "F", "500", "G", "40").Replace(form)), shapes)
	if first.Request.Query != second.Request.Query {
		t.Error("the second was resolved again")
	}
	for _, other := range []string{"", "&offset=0", "&id=is.null", "&select=id"} {
		if r := alike(t, v, get("/tickets?select=id,project(name)&id=eq.1"+other), shapes); r.Request.Query == first.Request.Query {
			t.Errorf("%q has the shape of another", other)
		}
	}
}

// A view without a field refuses it, whatever others who see it have asked; and sees what it sees, and no more, of *.
func TestWhatIsRememberedOfOneViewIsNothingToAnother(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	all, some := fullView(c), fullView(c)
	tickets, _ := c.Collection("public", "tickets")
	shapes := rest.NewShapes(rest.Limits{})
	body, _ := tickets.Field("body")
	seen, _ := some.Of(tickets)
	seen.Access[body.Ordinal] = 0
	for _, target := range []string{"/tickets?select=*", "/tickets?select=id,body", "/tickets?body=eq.x", "/tickets?order=body", "/tickets?select=id,tickets(*)",
		"/projects?select=*,tickets(body)"} {
		for range 2 {
			alike(t, all, get(target), shapes)
			alike(t, some, get(target), shapes)
		}
	}
}

func TestShapesServeOnlyRequestsUnderTheirLimits(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	in := get("/tickets?id=eq.1&limit=5")
	in.Shapes = rest.NewShapes(rest.Limits{})
	first, err := rest.Parse(v, rest.Limits{}, in)
	if err != nil {
		t.Fatal(err)
	}
	fewer, err := rest.Parse(v, rest.Limits{Rows: 3}, in)
	if err != nil || fewer.Request.Query == first.Request.Query || args(fewer.Request.Args) != "1 | 3" {
		t.Errorf("%v %v", args(fewer.Request.Args), err)
	}
}

func TestAWriteLikeAnEarlierOneIsUnderstoodAsItIsAlone(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	shapes := rest.NewShapes(rest.Limits{})
	understood := func(in rest.Input, body string, s *rest.Shapes) string {
		in.Shapes, in.Body = s, strings.NewReader(body)
		read, err := rest.Parse(v, rest.Limits{}, in)
		if err != nil || read.Write == nil {
			return account(read, err)
		}
		return ir.PrintWrite(read.Write) + read.Applied
	}
	rapid.Check(t, func(rt *rapid.T) {
		form := rapid.SampledFrom(append([]string{"id=eq.A", "select=id,title,project(name)", "columns=title", "id=eq.A&select=*", "order=id.A",
			"select=id,tickets(id)&tickets.limit=A", ""}, remembered...)).Draw(rt, "form")
		a, b := rapid.SampledFrom(fills).Draw(rt, "A"), rapid.SampledFrom(fills).Draw(rt, "B")
		in := withCursor("/tickets?"+strings.NewReplacer("A", a, "B", b).Replace(form), "Content-Type", "application/json",
			"Prefer", "return="+rapid.SampledFrom([]string{"representation", "minimal"}).Draw(rt, "return"))
		in.Method = rapid.SampledFrom([]string{"POST", "PATCH", "DELETE", "PUT", "GET"}).Draw(rt, "method")
		body := rapid.SampledFrom([]string{`{"title":"x"}`, `{"id":1}`, `[]`, `{`}).Draw(rt, "body")
		if got, want := understood(in, body, shapes), understood(in, body, nil); got != want {
			rt.Fatalf("%s %s\nis\n%s\nand remembered\n%s", in.Method, in.RawQuery, want, got)
		}
	})
}

func TestAWriteThatDiffersInValuesIsNotResolvedAgain(t *testing.T) {
	t.Parallel()
	v := fullView(catalogue(t))
	shapes := rest.NewShapes(rest.Limits{})
	write := func(method, id string) *ir.Write {
		in := get("/tickets?select=id,project(name)&id=eq."+id, "Prefer", "return=representation", "Content-Type", "application/json")
		in.Method, in.Shapes, in.Body = method, shapes, strings.NewReader(`{"title":"x"}`)
		return parse(t, v, in).Write
	}
	first, second, third := write(http.MethodPatch, "1"), write(http.MethodPatch, "2"), write(http.MethodDelete, "1")
	if first.Return != second.Return || args(second.Args) != "2" {
		t.Errorf("the second was resolved again, or lost its value: %s", ir.PrintWrite(second))
	}
	if third.Return == first.Return {
		t.Error("one method is remembered as another")
	}
}

// Whatever was asked before, a query string reads as it does alone.
func FuzzShapes(f *testing.F) {
	for i, form := range remembered {
		f.Add(strings.NewReplacer("A", "1", "B", "2").Replace(form), strings.NewReplacer("A", "3", "B", fills[i%len(fills)]).Replace(form))
	}
	v := fullView(catalogue(f))
	shapes := rest.NewShapes(rest.Limits{})
	f.Fuzz(func(t *testing.T, one, two string) {
		for _, query := range []string{one, two, one} {
			in := withCursor("/tickets")
			in.RawQuery = query
			alike(t, v, in, shapes)
		}
	})
}
