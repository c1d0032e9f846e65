package engine_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

const secrets = `
-- teams.yaml --
fields: { id: int }
policies: { read: true, create: true, delete: true }
-- notes.yaml --
fields:
  id: int
  title: text
  code: { type: text, unique: true, read: "row.title == 'open'" }
  pin: { type: text, unique: true, read: never }
  kind: text
  hidden: { type: text, read: never, write: never, default: same }
  boss_id: { ref: teams, read: never, write: never, default: 99 }
  first_id: { ref: teams }
  last_id: { ref: teams, on_delete: set_null }
unique: [[kind, hidden]]
indexes: [[boss_id], [first_id], [last_id]]
check: { placed: "row.last_id != null || row.kind == null || row.kind != 'placed'" }
policies: { read: true, create: true, update: true, delete: true }
`

func someSecrets(b *bench) {
	b.Helper()
	service := policy.Service()
	b.want(service, request{insert: "teams", body: `[{"id":1},{"id":2},{"id":99}]`}, "3/3")
	b.want(service, request{insert: "notes", body: `[{"id":1,"title":"open","code":"c1","pin":"p1","kind":"a"},{"id":2,"title":"shut","code":"c2","pin":"p2","kind":"b"}]`}, "2/2")
}

// A row that is found by a value the actor may not read would say that it has that value.
func TestAnUpsertFindsNoRowByWhatMayNotBeReadOfIt(t *testing.T) {
	t.Parallel()
	everywhere(t, secrets, func(t *testing.T, b *bench) {
		someSecrets(b)
		b.want(ann, request{insert: "notes", on: "code", body: `{"id":5,"code":"c2","title":"x"}`, returning: "id"}, `23505 duplicate key value violates unique constraint "notes_code_key"`)
		b.want(ann, request{insert: "notes", on: "pin", body: `{"id":5,"pin":"p1","title":"x"}`, returning: "id"}, `23505 duplicate key value violates unique constraint "notes_pin_key"`)
		b.want(ann, request{insert: "notes", on: "code", body: `{"id":1,"code":"c1","title":"open"}`, returning: "id"}, `1/0 [{"id":1}]`)
		b.want(policy.Service(), request{insert: "notes", on: "pin", body: `{"id":2,"pin":"p2","title":"y"}`, returning: "id"}, `1/0 [{"id":2}]`)
	})
}

func TestARefusalDoesNotNameKeysOfHiddenFields(t *testing.T) {
	t.Parallel()
	everywhere(t, secrets, func(t *testing.T, b *bench) {
		someSecrets(b)
		b.want(ann, request{insert: "notes", body: `{"id":3,"kind":"a"}`}, `23505 duplicate key value violates a unique constraint`)
		b.want(ann, request{remove: "teams", eq: "id=99"}, `23503 update or delete on table "teams" violates a foreign key constraint`)
		b.want(ann, request{insert: "notes", body: `{"id":3,"kind":"c","first_id":7}`},
			`23503 insert or update on table "notes" violates foreign key constraint "notes_first_id_fkey" | Key (first_id)=(7) is not present in table "teams".`)
		b.want(policy.Service(), request{remove: "notes", eq: "kind=a"}, "1/0")
		b.want(policy.Service(), request{remove: "notes", eq: "kind=b"}, "1/0")
		b.want(policy.Service(), request{remove: "teams", eq: "id=99"}, "1/0")
		b.want(ann, request{insert: "notes", body: `{"id":3,"kind":"c"}`}, `23503 insert or update on table "notes" violates a foreign key constraint`)
	})
}

func TestADeleteThatWouldBreakACheckElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	everywhere(t, secrets, func(t *testing.T, b *bench) {
		someSecrets(b)
		b.want(ann, request{insert: "notes", body: `[{"id":3,"kind":"placed","last_id":1},{"id":4,"kind":"x","last_id":2}]`}, "2/2")
		before := b.dump()
		b.want(ann, request{remove: "teams", eq: "id=1"}, `23514 new row for relation "notes" violates check constraint "placed"`)
		if after := b.dump(); after != before {
			t.Fatalf("changed: %s\n%s", before, after)
		}
		b.want(ann, request{remove: "teams", eq: "id=2"}, "1/0")
	})
}

const numbered = `
-- things.yaml --
fields: { id: { type: int, identity: true }, name: { type: text, unique: true }, n: { type: int, min: 0 } }
policies: { read: true, create: "row.name != 'no'", update: true }
`

// Another engine over the same store is what a restart leaves.
func TestNumbersOfAFailedWriteStaySpentForTheNextProcess(t *testing.T) {
	t.Parallel()
	everywhere(t, numbered, func(t *testing.T, b *bench) {
		b.want(ann, request{insert: "things", body: `{"name":"no"}`}, `42501 new row violates row-level security policy for table "things"`)
		b.limit(5000)
		b.want(ann, request{insert: "things", body: `{"name":"a"}`, returning: "id"}, `1/1 [{"id":2}]`)
		b.want(ann, request{insert: "things", body: `[{"name":"b"},{"name":"a"}]`}, `23505 duplicate key value violates unique constraint "things_name_key" | Key (name)=(a) already exists.`)
		b.want(ann, request{insert: "things", body: `{"name":"c"}`, dry: true, returning: "id"}, `1/1 [{"id":5}]`)
		b.limit(5000)
		b.want(ann, request{insert: "things", body: `{"name":"d"}`, returning: "id"}, `1/1 [{"id":6}]`)
		b.want(ann, request{insert: "things", body: `{"id":20,"name":"e"}`, columns: "id name"}, `1/1`)
		b.limit(5000)
		b.want(ann, request{insert: "things", body: `{"name":"f","n":-1}`}, `23514 new row for relation "things" violates check constraint "things_n_min" (0 n min)`)
		b.limit(5000)
		b.want(ann, request{insert: "things", body: `{"name":"g"}`, returning: "id"}, `1/1 [{"id":22}]`)
	})
}

func TestAGeneratorWithoutNumbersSaysSo(t *testing.T) {
	t.Parallel()
	const last = "9223372036854775807"
	everywhere(t, numbered, func(t *testing.T, b *bench) {
		b.want(ann, request{insert: "things", body: `{"id":` + strconv.Itoa(1<<62) + `,"name":"a"}`}, "1/1")
		b.want(ann, request{insert: "things", body: `{"name":"b"}`, returning: "id"}, `1/1 [{"id":`+strconv.Itoa(1<<62+1)+`}]`)
		b.want(ann, request{insert: "things", body: `{"id":` + strings.TrimSuffix(last, "7") + `6,"name":"c"}`}, "1/1")
		b.want(ann, request{insert: "things", body: `[{"name":"d"},{"name":"e"}]`}, `2200H nextval: reached maximum value of sequence "things_id_seq" (`+last+`)`)
		b.want(ann, request{insert: "things", body: `{"name":"d"}`, returning: "id"}, `1/1 [{"id":`+last+`}]`)
		b.want(ann, request{insert: "things", body: `{"name":"e"}`}, `2200H nextval: reached maximum value of sequence "things_id_seq" (`+last+`)`)
		b.want(ann, request{update: "things", eq: "name=d", body: `{"n":1}`}, "1/0")
	})
}
