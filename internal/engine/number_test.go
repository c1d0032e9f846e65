package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

// onPostgres is a bench on a database of its own.
func onPostgres(t testing.TB, archive, dsn string) (*bench, *postgres.Store) {
	t.Helper()
	s, err := postgres.Open(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return newBench(t, "postgres", archive, s), s
}

func TestAWriteThatHasNotEndedKeepsNobodyFromTheGenerator(t *testing.T) {
	t.Parallel()
	b, _ := onPostgres(t, counted, testkit.Postgres(t))
	errLate := errors.New("late")
	slow := b.op(request{insert: "things", body: `{"name":"slow"}`})
	slow.Beside = func(ctx context.Context, _ store.Tx) error {
		ctx, stop := context.WithTimeout(ctx, 20*time.Second)
		defer stop()
		for _, name := range []string{"a", "b"} {
			if _, err := b.engine.Run(ctx, ann, []engine.Op{b.op(request{insert: "things", body: `{"name":"` + name + `"}`})}); err != nil {
				t.Errorf("beside a write that has not ended: %v", causes(err))
			}
		}
		return errLate
	}
	if _, err := b.engine.Run(context.Background(), ann, []engine.Op{slow}); !errors.Is(err, errLate) {
		t.Error(err)
	}
	b.want(ann, request{insert: "things", body: `{"name":"c"}`, returning: "id"}, `1/1 [{"id":4}]`)
	b.want(ann, request{update: "things", eq: "name=a", body: `{"n":1}`, returning: "id"}, `1/0 [{"id":2}]`)
}

func TestWhatARefusedBodyGivesMovesNoGenerator(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		b.want(ann, request{insert: "things", body: `{"name":"a"}`, returning: "id"}, `1/1 [{"id":1}]`)
		refused := request{insert: "things", body: `[{"name":"b","id":9223372036854775806},{"name":null}]`, missingDefault: true}
		b.want(ann, refused, `23502 null value in column "name" of relation "things" violates not-null constraint (1 name required)`)
		b.want(ann, request{insert: "things", body: `{"name":"b"}`, returning: "id"}, `1/1 [{"id":2}]`)
		refused.body = `[{"name":"c","id":2},{"name":null}]`
		b.want(ann, refused, `23502 null value in column "name" of relation "things" violates not-null constraint (1 name required)`)
		b.want(ann, request{insert: "things", body: `{"name":"c"}`, returning: "id"}, `1/1 [{"id":4}]`)
	})
}

func TestStepsOfOneTransactionCountOn(t *testing.T) {
	t.Parallel()
	everywhere(t, counted, func(t *testing.T, b *bench) {
		var ops []engine.Op
		for _, body := range []string{`{"name":"a"}`, `{"name":"b","id":2}`, `{"name":"c"}`, `[{"name":"d"},{"name":"e","id":9},{"name":"f"}]`, `{"name":"g"}`} {
			ops = append(ops, b.op(request{insert: "things", body: body, missingDefault: true, returning: "id"}))
		}
		answers, err := b.engine.Run(context.Background(), ann, ops)
		if err != nil {
			t.Fatal(causes(err))
		}
		got := ""
		for _, a := range answers {
			got += outcome(a)
		}
		if want := `1/1 [{"id":1}]1/1 [{"id":2}]1/1 [{"id":3}]3/3 [{"id":10},{"id":9},{"id":11}]1/1 [{"id":12}]`; got != want {
			t.Errorf("%s\n got %s\nwant %s", b.name, got, want)
		}
		b.want(ann, request{insert: "things", body: `{"name":"h"}`, returning: "id"}, `1/1 [{"id":13}]`)
	})
}

// anticipating is a database in which others give a number between its being taken and its being written.
type anticipating struct {
	*postgres.Store
	meanwhile func()
}

func (a anticipating) Brief(ctx context.Context, f func(store.Tx) error) error {
	err := a.Store.Brief(ctx, f)
	a.meanwhile()
	return err
}

func TestANumberThatOthersGiveMeanwhileIsNotMet(t *testing.T) {
	t.Parallel()
	for _, on := range []string{"", "id"} {
		b, s := onPostgres(t, counted, testkit.Postgres(t))
		given := 0
		b.store = anticipating{s, func() {
			if given++; given > 2 {
				return
			}
			c := *b
			c.store = s
			c.limit(5000)
			c.want(ann, request{insert: "things", body: fmt.Sprintf(`{"id":%d,"name":"given %d"}`, given, given)}, `1/1`)
		}}
		b.limit(5000)
		if got := b.do(ann, request{insert: "things", on: on, body: `{"name":"mine"}`, returning: "id name"}); got != `1/1 [{"id":3,"name":"mine"}]` {
			t.Errorf("on %q: %s", on, got)
		}
	}
}

func TestTwoConnectionsAreEnoughForManyWhoCount(t *testing.T) {
	t.Parallel()
	dsn, err := testkit.Pooled(t)
	if errors.Is(err, testkit.ErrNoPooler) {
		testkit.NeedPooler(t)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, _ := onPostgres(t, counted, dsn)
	got := race(b, 60, func(i int) request {
		return request{insert: "things", body: fmt.Sprintf(`[{"name":"a%d"},{"name":"b%d"}]`, i, i)}
	})
	if got["2/2"] != 60 {
		t.Errorf("%v", got)
	}
	b.want(ann, request{insert: "things", body: `{"name":"last"}`, returning: "id"}, `1/1 [{"id":121}]`)
}

const beside = `
-- counted.yaml --
fields: { id: { type: int, identity: true }, text: text }
policies: { read: true, create: true }
-- named.yaml --
fields: { id: uuid, text: text }
policies: { read: true, create: true }
`

// BenchmarkEightInserters compares generated numbers with keys that nobody waits for.
func BenchmarkEightInserters(b *testing.B) {
	for _, name := range []string{"counted", "named"} {
		b.Run(name, func(b *testing.B) {
			n, _ := onPostgres(b, beside, testkit.Postgres(b))
			op := n.op(request{insert: name, body: `{"text":"x"}`})
			b.SetParallelism(4) // with two processors, eight
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := n.engine.Run(context.Background(), policy.Service(), []engine.Op{op}); err != nil {
						b.Error(causes(err))
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
}
