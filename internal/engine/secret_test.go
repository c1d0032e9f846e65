package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

// Two worlds that differ only in rows an actor may not see, and whose values nobody draws, answer all of the actor's writes
// alike: hidden rows are neither changed nor counted nor returned.
func TestHiddenRowsDoNotShowInWrites(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			bare, full := onSQLite(t, world), onSQLite(t, world)
			for i, b := range []*bench{bare, full} {
				service := policy.Service()
				b.want(service, request{insert: "areas", body: `[{"id":1,"owner":"` + annID + `","code":"a","open":true},{"id":50,"owner":"` + benID + `","code":"zz","open":false}]`}, "2/2")
				b.want(service, request{insert: "items", body: `[{"id":200,"area_id":50,"owner":"` + benID + `","title":"top","n":8}]`}, "1/1")
				if i == 1 {
					b.want(service, request{insert: "items", body: `[{"id":101,"area_id":50,"owner":"` + benID + `","title":"hid","n":9},{"id":102,"area_id":50,"owner":"` + benID + `","title":"t","n":7}]`}, "2/2")
					b.want(service, request{insert: "notes", body: `[{"area_id":50,"text":"h"},{"area_id":1,"text":"h"}]`}, "2/2")
				}
			}
			c := chooser{rand.New(rand.NewPCG(seed, 7))}
			for i := range 200 {
				r := c.request(ann)
				if got, want := full.do(ann, r), bare.do(ann, r); got != want {
					t.Fatalf("step %d: %+v\nwith hidden rows    %s\nwithout hidden rows %s", i, r, got, want)
				}
			}
		})
	}
}

// A row is found by what its text is now, on both engines.
func TestTheSearchIndexFollowsEveryWrite(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, b *bench) {
		team(b)
		found := func(word, want string) {
			t.Helper()
			c := b.collection("notes")
			row := &ir.Row{Collection: c, Label: "notes"}
			text := value.Type{Kind: value.Text}
			q := &ir.Query{Row: row, Items: []ir.Item{&ir.Output{Name: "id", X: &ir.Column{Row: row, Field: c.Fields[0]}}},
				Order: []ir.Order{{X: &ir.Column{Row: row, Field: c.Fields[0]}}},
				Where: &ir.Search{Row: row, Fields: c.Search.Fields, Mode: ir.PLFTS, Config: c.Search.Config, Query: &ir.Param{T: text}}}
			answers, err := b.engine.Run(context.Background(), ann, []engine.Op{{Read: ir.Request{Query: q, Args: []value.Value{value.OfText(word)}}}})
			if err != nil {
				t.Fatal(causes(err))
			}
			if got := outcome(answers[0]); got != "0/0 "+want {
				t.Errorf("%s: %s finds %s, want %s", b.name, word, got, want)
			}
		}
		b.want(ann, request{insert: "notes", body: `[{"id":1,"team_id":1,"title":"red fox"},{"id":2,"team_id":1,"title":"blue fox"}]`, missingDefault: true}, "2/2")
		found("fox", `[{"id":1},{"id":2}]`)
		b.want(ann, request{update: "notes", eq: "id=1", body: `{"title":"red owl"}`}, "1/0")
		found("fox", `[{"id":2}]`)
		found("owl", `[{"id":1}]`)
		b.want(ann, request{update: "notes", eq: "id=1", body: `{"points":3}`}, "1/0")
		found("owl", `[{"id":1}]`)
		b.want(ann, request{insert: "notes", on: "id", body: `[{"id":2,"team_id":1,"title":"grey owl"}]`}, "1/0")
		found("owl", `[{"id":1},{"id":2}]`)
		b.want(ann, request{remove: "notes", eq: "id=1"}, "1/0")
		found("owl", `[{"id":2}]`)
		found("fox", `[]`)
	})
}
