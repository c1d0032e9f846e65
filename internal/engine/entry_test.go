package engine_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/policy"
)

const labels = `
-- labels.yaml --
fields:
  id: int
  a: text
  b: { type: text, read: never, write: "auth.is_anonymous" }
  c: text
  code: { type: text, unique: true }
  tree: json
  free: text
unique: [{ columns: [a, b] }]
indexes: [[c], [tree]]
policies: { read: true, create: true, update: { using: true, check: true } }
-- words.yaml --
fields: { id: text }
policies: { read: true, create: true }
`

// noise is text that no engine makes shorter.
func noise(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	r := rand.New(rand.NewPCG(uint64(n), 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

func TestValuesTooLongForAnIndexAreRefusedAlikeEverywhere(t *testing.T) {
	t.Parallel()
	everywhere(t, labels, func(t *testing.T, b *bench) {
		service := policy.Service()
		tree := `[` + strings.TrimSuffix(strings.Repeat(`1,`, 150), ",") + `]`
		one := func(name string) string {
			return `54000 the value of column "` + name + `" of relation "labels" is longer than the 2600 bytes that an index holds (0 ` + name + ` index)`
		}
		const both = `54000 the values of columns "a", "b" of relation "labels" are together longer than the 2600 bytes that an index holds (0 a index)`
		for _, c := range []struct {
			as   policy.Actor
			do   request
			want string
		}{
			{service, request{insert: "labels", body: `{"id":1,"a":"` + noise(2592) + `"}`}, "1/1"},
			{service, request{insert: "labels", body: `{"id":2,"a":"` + noise(2593) + `"}`}, both},
			{service, request{insert: "labels", body: `{"id":2,"a":"` + noise(1500) + `","b":"` + noise(1501) + `"}`}, strings.Replace(both, "0 a", "0 b", 1)},
			{ann, request{insert: "labels", body: `{"id":2,"a":"` + noise(3000) + `"}`}, `54000 a value for relation "labels" is longer than the 2600 bytes that an index holds (0 a index)`},
			{service, request{insert: "labels", body: `{"id":3,"c":"` + noise(2600) + `","code":"` + noise(2600) + `","free":"` + noise(9000) + `","tree":` + tree + `}`}, "1/1"},
			{service, request{insert: "labels", body: `{"id":4,"c":"` + noise(2601) + `"}`}, one("c")},
			{service, request{insert: "labels", body: `{"id":4,"c":"` + strings.Repeat("é", 1301) + `"}`}, one("c")},
			{service, request{insert: "labels", body: `[{"id":4},{"id":5,"code":"` + strings.Repeat("x", 3000) + `"}]`}, strings.Replace(one("code"), "(0", "(1", 1)},
			{service, request{insert: "labels", body: `{"id":4,"tree":[` + tree + `,` + tree + `]}`}, one("tree")},
			{service, request{update: "labels", eq: "id=1", body: `{"c":"` + noise(2601) + `"}`}, one("c")},
			{service, request{update: "labels", eq: "id=1", body: `{"b":"` + noise(60) + `"}`}, both},
			{service, request{insert: "labels", on: "id", body: `{"id":1,"code":"` + noise(2601) + `"}`}, one("code")},
			{service, request{insert: "words", body: `{"id":"` + noise(2700) + `"}`},
				`54000 the value of column "id" of relation "words" is longer than the 2600 bytes that an index holds (0 id index)`},
		} {
			b.want(c.as, c.do, c.want)
		}
	})
}

func TestWhatIsTooLongForAnIndexIs400WithItsPlace(t *testing.T) {
	t.Parallel()
	everywhere(t, labels, func(t *testing.T, b *bench) {
		op := b.op(request{insert: "labels", body: `[{"id":4},{"id":5,"c":"` + noise(2800) + `"}]`})
		_, err := b.engine.Run(context.Background(), policy.Service(), []engine.Op{op})
		f := fault.From(err)
		if f.Status() != 400 || len(f.Violations) != 1 || f.Violations[0].Row != 1 || f.Violations[0].Column != "c" || f.Violations[0].Rule != "index" {
			t.Errorf("%d %v %+v", f.Status(), f, f.Violations)
		}
	})
}
