package engine_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

const tree = `
-- roots.yaml --
fields: { id: int, owner: uuid, code: { type: text, unique: true } }
policies: { read: true, delete: "row.owner == auth.uid" }
-- branches.yaml --
fields:
  id: int
  root_id: { ref: roots, on_delete: cascade }
  parent_id: { ref: branches, on_delete: cascade }
realtime: true
indexes: [[root_id], [parent_id]]
policies: { read: true }
-- leaves.yaml --
fields:
  id: int
  branch_id: { ref: branches, on_delete: set_null }
  root_id: { ref: roots, on_delete: cascade }
realtime: true
indexes: [[branch_id], [root_id]]
policies: { read: true }
-- nests.yaml --
fields:
  id: int
  branch_id: { ref: branches }
  root_id: { ref: roots, on_delete: cascade }
indexes: [[branch_id], [root_id]]
-- tags.yaml --
fields: { id: int, code: text }
foreign_keys: { tags_code_fkey: { columns: [code], ref: roots, to: [code] } }
indexes: [[code]]
policies: { read: true }
`

func TestADeleteTakesWhatHangsOnItChildFirst(t *testing.T) {
	t.Parallel()
	everywhere(t, tree, func(t *testing.T, b *bench) {
		service := policy.Service()
		for _, r := range []request{
			{insert: "roots", body: `[{"id":1,"owner":"` + annID + `","code":"a"},{"id":2,"owner":"` + annID + `","code":"b"}]`},
			{insert: "branches", body: `[{"id":1,"root_id":1,"parent_id":null},{"id":2,"root_id":null,"parent_id":1},{"id":3,"root_id":1,"parent_id":2},{"id":4,"root_id":2,"parent_id":4}]`},
			{insert: "leaves", body: `[{"id":1,"branch_id":2,"root_id":null},{"id":2,"branch_id":3,"root_id":1},{"id":3,"branch_id":4,"root_id":1}]`},
			{insert: "nests", body: `[{"id":1,"branch_id":3,"root_id":1}]`},
		} {
			if got := b.do(service, r); got[0] > '9' || got[1] != '/' {
				t.Fatal(got)
			}
		}
		if _, err := b.engine.Run(t.Context(), service, nil); err != nil {
			t.Fatal(err)
		}
		b.want(ben, request{remove: "roots", eq: "id=1"}, "0/0")
		b.want(ann, request{remove: "roots", eq: "id=1", returning: "id"}, `1/0 [{"id":1}]`)
		want := `roots 2 "` + annID + `" "b" 1 2
branches 4 2 4 1 4
leaves 1 null null 2 1
`
		got := b.dump()
		if len(got) < len(want) || rows(got) != sorted(want) {
			t.Errorf("%s: left\n%s\nwant\n%s", b.name, got, want)
		}
		b.want(service, request{insert: "nests", body: `{"id":2,"branch_id":4}`}, "1/1")
		b.want(ann, request{remove: "roots", eq: "id=2"}, `23503 update or delete on table "roots" violates a foreign key constraint`)
		b.want(service, request{remove: "roots", eq: "id=2"}, `23503 update or delete on table "branches" violates foreign key constraint "nests_branch_id_fkey" on table "nests"`)
		b.want(service, request{remove: "nests", eq: "id=2"}, `1/0`)
		b.want(service, request{insert: "tags", body: `{"id":1,"code":"b"}`}, "1/1")
		b.want(ann, request{remove: "roots", eq: "id=2"}, `23503 update or delete on table "roots" violates foreign key constraint "tags_code_fkey" on table "tags"`)
		b.want(service, request{update: "roots", eq: "id=2", body: `{"code":"c"}`}, `23503 update or delete on table "roots" violates foreign key constraint "tags_code_fkey" on table "tags"`)
		b.want(service, request{remove: "tags", eq: "id=1"}, "1/0")
		b.want(ann, request{remove: "roots", eq: "id=2"}, `1/0`)
	})
}

func TestRowsInACircleGoTogether(t *testing.T) {
	t.Parallel()
	const circle = `
-- nodes.yaml --
fields: { id: int, next_id: { ref: nodes, on_delete: cascade } }
indexes: [[next_id]]
policies: { read: true }
`
	everywhere(t, circle, func(t *testing.T, b *bench) {
		service := policy.Service()
		b.want(service, request{insert: "nodes", body: `[{"id":1,"next_id":2},{"id":2,"next_id":3},{"id":3,"next_id":1},{"id":4,"next_id":1},{"id":5,"next_id":null}]`}, "5/5")
		b.want(service, request{remove: "nodes", eq: "id=2"}, "1/0")
		if got := rows(b.dump()); got != "nodes 5 null 1 5\n" {
			t.Errorf("left %s", got)
		}
	})
}

func TestChangesAreLoggedInTheOrderTheyHappen(t *testing.T) {
	t.Parallel()
	everywhere(t, tree, func(t *testing.T, b *bench) {
		service := policy.Service()
		b.want(service, request{insert: "branches", body: `{"id":1}`}, "1/1")
		b.want(service, request{insert: "leaves", body: `{"id":7,"branch_id":1}`}, "1/1")
		b.want(service, request{remove: "branches", eq: "id=1"}, "1/0")
		want := `branches [1] 1 <nil> {"id":1,"root_id":null,"parent_id":null}
leaves [7] 1 <nil> {"id":7,"branch_id":1,"root_id":null}
leaves [7] 2 {"id":7,"branch_id":1,"root_id":null} {"id":7,"branch_id":null,"root_id":null}
branches [1] 2 {"id":1,"root_id":null,"parent_id":null} <nil>
`
		if got := logged(b.dump()); got != want {
			t.Errorf("%s: logged\n%s\nwant\n%s", b.name, got, want)
		}
	})
}

func TestADeleteThatReachesTooFarIsRefused(t *testing.T) {
	t.Parallel()
	everywhere(t, tree, func(t *testing.T, b *bench) {
		service := policy.Service()
		b.limit(3)
		b.want(service, request{insert: "roots", body: `[{"id":1,"owner":"` + annID + `"},{"id":2}]`}, "2/2")
		b.want(service, request{insert: "branches", body: `[{"id":1,"root_id":1},{"id":2,"root_id":1},{"id":3,"root_id":1}]`}, "3/3")
		b.want(service, request{insert: "branches", body: `[{"id":4},{"id":5},{"id":6},{"id":7}]`}, `54001 the request writes more than 3 rows`)
		b.want(service, request{insert: "branches", body: `[{"id":4}]`}, `1/1`)
		b.want(ann, request{remove: "roots", eq: "id=1"}, `54001 the request writes more than 3 rows`)
		b.want(service, request{insert: "nests", body: `[{"id":1,"branch_id":1},{"id":2,"branch_id":1}]`}, "2/2")
		b.want(service, request{remove: "branches", eq: "id=1"}, `23503 update or delete on table "branches" violates foreign key constraint "nests_branch_id_fkey" on table "nests"`)
		b.want(service, request{remove: "nests", eq: "branch_id=1"}, `2/0`)
		b.want(service, request{remove: "branches", eq: "id=1"}, `1/0`)
		b.want(ann, request{remove: "roots", eq: "id=1"}, `1/0`)
	})
}
