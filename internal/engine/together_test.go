package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/value"
)

const counted = `
-- things.yaml --
fields: { id: { type: int, identity: true }, name: { type: text, unique: true, required: true }, n: { type: int, default: 0 } }
policies: { read: true, create: true, update: true, delete: true }
-- lines.yaml --
primary_key: none
fields: { thing_id: { ref: things, on_delete: cascade }, text: text, n: { type: int, identity: true } }
indexes: [[thing_id]]
policies: { read: "row.text != 'hidden'", create: true, update: true, delete: true }
`

func TestGeneratedNumbersStaySpent(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			do   request
			want string
		}{
			{request{insert: "things", body: `[{"name":"a"},{"name":"b"}]`, returning: "id name"}, `2/2 [{"id":1,"name":"a"},{"id":2,"name":"b"}]`},
			{request{insert: "things", body: `[{"name":"a"}]`}, `23505 duplicate key value violates unique constraint "things_name_key" | Key (name)=(a) already exists.`},
			{request{insert: "things", body: `[{"name":"c"}]`, returning: "id"}, `1/1 [{"id":4}]`},
			{request{insert: "things", body: `[{"name":"d","id":10}]`, returning: "id"}, `1/1 [{"id":10}]`},
			{request{remove: "things", eq: "id=10"}, `1/0`},
			{request{insert: "things", body: `[{"name":"e"}]`, returning: "id"}, `1/1 [{"id":11}]`},
			{request{insert: "things", body: `[{"name":"f","id":5}]`, returning: "id"}, `1/1 [{"id":5}]`},
			{request{insert: "things", body: `[{"name":"g"},{"name":"h","id":20},{"name":"i"}]`, missingDefault: true, returning: "id"}, `3/3 [{"id":21},{"id":20},{"id":22}]`},
			{request{insert: "things", body: `[{"name":"j"},{"name":"k","id":30}]`}, `23502 null value in column "id" of relation "things" violates not-null constraint (0 id required)`},
			{request{insert: "things", on: "name", body: `[{"name":"a","n":5},{"name":"j","n":6}]`, returning: "id n"}, `2/1 [{"id":1,"n":5},{"id":24,"n":6}]`},
		} {
			b.want(ann, c.do, c.want)
		}
	})
}

func TestCollectionsWithoutAKeyAreWrittenToo(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			do   request
			want string
		}{
			{request{insert: "things", body: `{"name":"a"}`}, `1/1`},
			{request{insert: "lines", body: `[{"thing_id":1,"text":"x"},{"thing_id":1,"text":"x"},{"thing_id":null,"text":"y"}]`, returning: "n text things(name)"},
				`3/3 [{"n":1,"text":"x","things":{"name":"a"}},{"n":2,"text":"x","things":{"name":"a"}},{"n":3,"text":"y","things":null}]`},
			{request{insert: "lines", body: `{"thing_id":1,"text":"hidden"}`}, `1/1`},
			{request{update: "lines", eq: "thing_id=1", body: `{"text":"z"}`, returning: "n text"}, `2/0 [{"n":1,"text":"z"},{"n":2,"text":"z"}]`},
			{request{remove: "lines", eq: "n=3"}, `1/0`},
			{request{remove: "things", eq: "id=1"}, `1/0`},
		} {
			r := c.do
			r.returning = strings.ReplaceAll(r.returning, "things(", "thing(")
			b.want(ann, r, strings.ReplaceAll(c.want, `"things"`, `"thing"`))
		}
		if got := b.dump(); got != "" {
			t.Errorf("left %s", got)
		}
	})
}

func TestOperationsHappenTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		thing := b.op(request{insert: "things", body: `{"name":"a"}`, returning: "id"})
		line := engine.Op{Resolve: func(before []engine.Answer) (*ir.Write, error) {
			w := b.op(request{insert: "lines", body: `{"thing_id":0,"text":"of a"}`, returning: "thing_id"}).Write
			w.Rows[0].Values[0] = before[0].Keys[0][0]
			return w, nil
		}}
		things := b.collection("things")
		row := &ir.Row{Collection: things}
		read := engine.Op{Read: ir.Request{Query: &ir.Query{Row: row, Items: []ir.Item{&ir.Output{Name: "name", X: &ir.Column{Row: row, Field: things.Fields[1]}}}}}}
		answers, err := b.engine.Run(context.Background(), ann, []engine.Op{thing, line, read})
		if err != nil {
			t.Fatal(causes(err))
		}
		if got := outcome(answers[0]) + outcome(answers[1]) + outcome(answers[2]); got != `1/1 [{"id":1}]1/1 [{"thing_id":1}]0/0 [{"name":"a"}]` {
			t.Errorf("got %s", got)
		}
		before := b.dump()
		_, err = b.engine.Run(context.Background(), ann, []engine.Op{b.op(request{insert: "things", body: `{"name":"b"}`}), b.op(request{insert: "things", body: `{"name":"a"}`})})
		var failure *engine.Failure
		if !errors.As(err, &failure) || failure.Step != 1 || fault.From(err).Code != fault.UniqueViolation {
			t.Errorf("got %v", err)
		}
		if b.dump() != before {
			t.Error("the first step was kept")
		}
	})
}

func TestAnIdempotencyKeyActsOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		id := &engine.Idempotency{Key: "k", Scope: "ann", Body: "1"}
		b.want(ann, request{insert: "things", body: `{"name":"a"}`, returning: "id name", idempotency: id}, `1/1 [{"id":1,"name":"a"}]`)
		b.want(ann, request{update: "things", eq: "id=1", body: `{"name":"aa"}`}, `1/0`)
		b.want(ann, request{insert: "things", body: `{"name":"a"}`, returning: "id name", idempotency: id}, `1/1 again [{"id":1,"name":"aa"}]`)
		b.want(ann, request{insert: "things", body: `{"name":"a"}`, idempotency: &engine.Idempotency{Key: "k", Scope: "ann", Body: "2"}},
			`PGRSTX01 the idempotency key was used for another request`)
		b.want(ann, request{insert: "things", body: `{"name":"c"}`, idempotency: &engine.Idempotency{Key: "k", Scope: "ben", Body: "1"}}, `1/1`)
		bad := &engine.Idempotency{Key: "bad", Scope: "ann", Body: "1"}
		b.want(ann, request{insert: "things", body: `{"name":"c"}`, idempotency: bad}, `23505 duplicate key value violates unique constraint "things_name_key" | Key (name)=(c) already exists.`)
		b.want(ann, request{remove: "things", eq: "name=c"}, `1/0`)
		b.want(ann, request{insert: "things", body: `{"name":"c"}`, idempotency: bad}, `1/1`)
	})
}

// race runs n requests at once and counts what came of them.
func race(b *bench, n int, make func(i int) request) map[string]int {
	return raceAs(b, ann, n, make)
}

func raceAs(b *bench, a policy.Actor, n int, make func(i int) request) map[string]int {
	ops := []engine.Op{}
	for i := range n {
		ops = append(ops, b.op(make(i)))
	}
	start := sync.WaitGroup{}
	start.Add(1)
	got := map[string]int{}
	var mu sync.Mutex
	var done sync.WaitGroup
	for _, op := range ops {
		done.Go(func() {
			start.Wait()
			answers, err := b.engine.Run(context.Background(), a, []engine.Op{op})
			text := ""
			if err != nil {
				text = refusal(err)
			} else {
				text = outcome(answers[0])
			}
			mu.Lock()
			got[text]++
			mu.Unlock()
		})
	}
	start.Done()
	done.Wait()
	return got
}

func TestOfAHundredOneWins(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		got := race(b, 100, func(i int) request { return request{insert: "things", body: `{"name":"one"}`} })
		if got["1/1"] != 1 || len(got) != 2 {
			t.Errorf("unique: %v", got)
		}
		got = race(b, 100, func(i int) request {
			return request{insert: "things", on: "name", body: fmt.Sprintf(`{"name":"two","n":%d}`, i)}
		})
		if got["1/1"] != 1 || got["1/0"] != 99 {
			t.Errorf("upsert: %v", got)
		}
		got = race(b, 100, func(i int) request {
			return request{update: "things", eq: "name=one", body: fmt.Sprintf(`{"n":%d}`, i)}
		})
		if got["1/0"] != 100 {
			t.Errorf("update: %v", got)
		}
		got = race(b, 100, func(i int) request {
			return request{insert: "things", body: `{"name":"three"}`, idempotency: &engine.Idempotency{Key: "k", Scope: "s", Body: "b"}}
		})
		if got["1/1"] != 1 || got["1/1 again"] != 99 {
			t.Errorf("idempotency: %v", got)
		}
		got = race(b, 100, func(i int) request { return request{remove: "things", eq: "name=one"} })
		if got["1/0"] != 1 || got["0/0"] != 99 {
			t.Errorf("delete: %v", got)
		}
	})
}

func TestEveryTypeReachesAPolicyAsItIsStored(t *testing.T) {
	t.Parallel()
	const typed = `
-- kinds.yaml --
fields: { id: int, t: text, i: int, f: float, d: { type: decimal, precision: 8, scale: 2 }, w: { type: decimal, precision: 30, scale: 4 }, b: bool, u: uuid, ts: timestamp, da: date, j: json, by: bytes, l: { type: text, list: true } }
policies: { read: true }
-- rows.yaml --
fields:
  id: int
  kind_id: { ref: kinds }
  t: text
  i: int
  f: float
  d: { type: decimal, precision: 8, scale: 2 }
  w: { type: decimal, precision: 30, scale: 4 }
  b: bool
  u: uuid
  ts: timestamp
  da: date
  l: { type: text, list: true }
  by: bytes
indexes: [[kind_id]]
policies:
  read: true
  create: "row.kind.t == row.t && row.kind.i == row.i && row.kind.f == row.f && row.kind.d == row.d && row.kind.w == row.w && row.kind.b == row.b && row.kind.u == row.u && row.kind.ts == row.ts && row.kind.da == row.da && row.kind.by == row.by && row.l.exists(x, x == row.kind.t)"
  update: { using: true, check: "row.kind.t == row.t && row.kind.f == old.f && row.kind.w == old.w" }
`
	everywhere(t, typed, func(t *testing.T, b *bench) {
		same := `"t":"é\"[1]","i":9007199254740993,"f":0.1,"d":12.5,"w":"12345678901234567890.1234","b":true,"u":"` + annID +
			`","ts":"2024-01-02T03:04:05.123456Z","da":"2024-01-02","by":"AP8="`
		b.want(policy.Service(), request{insert: "kinds", body: `{"id":1,` + same + `}`}, "1/1")
		b.want(ann, request{insert: "rows", body: `{"id":1,"kind_id":1,` + same + `,"l":["a","é\"[1]"]}`}, "1/1")
		denied := `42501 new row violates row-level security policy for table "rows"`
		for _, other := range []string{`"i":9007199254740992`, `"f":0.2`, `"d":12.51`, `"w":"12345678901234567890.1235"`, `"b":false`, `"t":"é"`, `"ts":"2024-01-02T03:04:05.123457Z"`, `"by":"AP4="`, `"f":null`} {
			b.want(ann, request{insert: "rows", body: `{"id":2,"kind_id":1,` + same + `,"l":["é\"[1]"],` + other + `}`}, denied)
		}
		b.want(ann, request{update: "rows", eq: "id=1", body: `{"f":3}`}, "1/0")
		b.want(ann, request{update: "rows", eq: "id=1", body: `{"t":"x"}`}, denied)
		b.want(ann, request{update: "rows", eq: "id=1", body: `{"i":1}`}, denied)
	})
}

func TestTheZeroWriteIsNothing(t *testing.T) {
	t.Parallel()
	b := onSQLite(t, counted)
	w := &ir.Write{Row: &ir.Row{Collection: b.collection("things")}, Columns: b.collection("things").Fields[:1], AtMost: -1,
		Rows: []ir.Input{{Values: []value.Value{value.OfInt(1)}, Given: []bool{true}}}}
	answers, err := b.engine.Run(context.Background(), ann, []engine.Op{{Write: w}})
	if err == nil || fault.From(err).Code != fault.NotNull {
		t.Errorf("got %v %v", answers, err)
	}
}

func TestAnAnswerThatIsNotAcceptedIsUndone(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		op := b.op(request{insert: "things", body: `[{"name":"a"},{"name":"b"}]`, returning: "name"})
		op.Accept = func(a *engine.Answer) error {
			if len(a.Result.Tuples) != 1 {
				return fault.New(fault.NotSingular, "Cannot coerce the result to a single JSON object")
			}
			return nil
		}
		_, err := b.engine.Run(context.Background(), ann, []engine.Op{op})
		if err == nil || fault.From(err).Code != fault.NotSingular || b.dump() != "" {
			t.Errorf("got %v, left %s", err, b.dump())
		}
	})
}

// Rows that come while what they refer to goes are either refused or gone: none is left behind, and nobody meets an error
// that says less.
func TestNothingIsLeftOfADeleteThatOthersRaceWith(t *testing.T) {
	t.Parallel()
	everywhere(t, tree, func(t *testing.T, b *bench) {
		service := policy.Service()
		for round := range 5 {
			b.do(service, request{insert: "roots", body: `{"id":1}`})
			b.do(service, request{insert: "branches", body: fmt.Sprintf(`{"id":%d,"root_id":1}`, 1000+round)})
			got := raceAs(b, service, 40, func(i int) request {
				id := fmt.Sprint(round*100 + i)
				switch i % 4 {
				case 0:
					return request{remove: "roots", eq: "id=1"}
				case 1:
					return request{insert: "branches", body: `{"id":` + id + `,"root_id":1}`}
				case 2:
					return request{insert: "leaves", body: `{"id":` + id + `,"branch_id":` + fmt.Sprint(1000+round) + `}`}
				}
				return request{update: "branches", eq: fmt.Sprintf("id=%d", 1000+round), body: `{"parent_id":null}`}
			})
			for text := range got {
				if code, _, _ := strings.Cut(text, " "); !strings.Contains(code, "/") && code != string(fault.ForeignKeyViolation) {
					t.Errorf("%s: %s", b.name, text)
				}
			}
			if got["1/0"] == 0 {
				t.Errorf("%s: nobody deleted the row: %v", b.name, got)
			}
		}
		if left := rows(b.dump()); strings.Contains(left, "branches") || strings.Contains(left, "roots") {
			t.Errorf("%s: left %s", b.name, left)
		}
	})
}
