package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/socle-hq/socle/internal/engine"
	"github.com/socle-hq/socle/internal/policy"
)

func BenchmarkWrites(b *testing.B) {
	run := func(name string, size int, make func(i int) request) {
		b.Run(name, func(b *testing.B) {
			t := onSQLite(b, notes)
			team(t)
			t.want(policy.Service(), request{insert: "notes", body: `{"id":0,"team_id":1,"title":"zero","owner":"` + annID + `"}`}, "1/1")
			ops := []engine.Op{}
			for i := range b.N {
				ops = append(ops, t.op(make(i+1)))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for _, op := range ops {
				if _, err := t.engine.Run(context.Background(), ann, []engine.Op{op}); err != nil {
					b.Fatal(refusal(err))
				}
			}
		})
	}
	one := func(i int) string { return fmt.Sprintf(`{"id":%d,"team_id":1,"title":"t%d","points":3}`, i, i) }
	run("insert", 1, func(i int) request { return request{insert: "notes", body: one(i)} })
	run("insert returning", 1, func(i int) request { return request{insert: "notes", body: one(i), returning: "id title"} })
	run("insert 100", 100, func(i int) request {
		body := "["
		for n := range 100 {
			if n > 0 {
				body += ","
			}
			body += one(i*100 + n)
		}
		return request{insert: "notes", body: body + "]"}
	})
	run("update", 1, func(i int) request {
		return request{update: "notes", eq: "id=0", body: fmt.Sprintf(`{"points":%d}`, i)}
	})
}
