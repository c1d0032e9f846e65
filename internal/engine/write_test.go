package engine_test

import (
	"testing"

	"github.com/socle-hq/socle/internal/policy"
)

const notes = `
-- teams.yaml --
fields:
  id: int
  name: { type: text, required: true }
  open: { type: bool, default: true }
policies: { read: "row.open" }
-- members.yaml --
fields:
  team_id: { ref: teams, on_delete: cascade }
  user_id: uuid
primary_key: [team_id, user_id]
indexes: [[user_id]]
policies: { read: true }
-- notes.yaml --
fields:
  id: int
  team_id: { ref: teams, on_delete: cascade }
  parent_id: { ref: notes, on_delete: set_null }
  owner: { type: uuid, default: auth.uid }
  title: { type: text, required: true, max: 10, unique: true }
  status: { enum: [open, done], default: open }
  points: { type: int, min: 0, default: 1 }
  price: { type: decimal, precision: 6, scale: 2 }
  stamp: { type: timestamp, on_update: now, write: never }
  secret: { type: text, read: never }
  mark: { type: text, write: "row.owner == auth.uid" }
  made: { type: timestamp, default: now, write: never }
search: [title]
realtime: true
indexes: [[team_id], [parent_id]]
check: { done_has_points: "row.status != 'done' || row.points > 0" }
policies:
  read: "row.owner == auth.uid || row.status == 'open'"
  create: "row.owner == auth.uid && row.team.members.exists(m, m.user_id == auth.uid)"
  update: { using: "row.owner == auth.uid", check: "row.owner == old.owner && row.team.open" }
  delete: "row.owner == auth.uid"
`

// team gives a bench two teams, ann in both and ben in the first.
func team(b *bench) {
	b.Helper()
	service := policy.Service()
	b.want(service, request{insert: "teams", body: `[{"id":1,"name":"one"},{"id":2,"name":"two","open":false}]`, missingDefault: true}, "2/2")
	b.want(service, request{insert: "members", body: `[{"team_id":1,"user_id":"` + annID + `"},{"team_id":2,"user_id":"` + annID +
		`"},{"team_id":1,"user_id":"` + benID + `"}]`}, "3/3")
}

func TestInsertsTakeDefaultsAndAreJudged(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, b *bench) {
		team(b)
		for _, c := range []struct {
			as   policy.Actor
			do   request
			want string
		}{
			{ann, request{insert: "notes", body: `{"id":1,"team_id":1,"title":"a","price":1.005}`, returning: "id owner status points price stamp made team(name)"},
				`1/1 [{"id":1,"owner":"` + annID + `","status":"open","points":1,"price":1.01,"stamp":null,"made":"2024-01-02T03:04:05+00:00","team":{"name":"one"}}]`},
			{ann, request{insert: "notes", body: `[{"id":3,"team_id":1,"title":"c"},{"id":2,"team_id":1,"title":"b","points":5}]`, returning: "id points"},
				`2/2 [{"id":3,"points":null},{"id":2,"points":5}]`},
			{ann, request{insert: "notes", body: `[{"id":5,"team_id":1,"title":"e"},{"id":4,"team_id":1,"title":"d","points":5}]`, missingDefault: true, returning: "id points"},
				`2/2 [{"id":5,"points":1},{"id":4,"points":5}]`},
			{ben, request{insert: "notes", body: `{"id":6,"team_id":2,"title":"f"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{insert: "notes", body: `{"id":6,"title":"f"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{insert: "notes", body: `{"id":6,"team_id":99,"title":"f"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{insert: "notes", body: `{"id":6,"team_id":1,"title":"f","owner":"` + annID + `"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{anon, request{insert: "notes", body: `{"id":6,"team_id":1,"title":"f"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{insert: "notes", body: `{"id":6,"team_id":1,"title":"f","made":"2020-01-01"}`}, `42501 permission denied for column "made" of relation "notes"`},
			{policy.Service(), request{insert: "notes", body: `{"id":6,"team_id":1,"title":"f","made":"2020-01-01"}`}, `42501 permission denied for column "made" of relation "notes"`},
			{ben, request{insert: "notes", body: `{"id":6,"team_id":1,"title":"f","mark":"x","owner":"` + annID + `"}`}, `42501 permission denied for column "mark" of relation "notes"`},
			{ben, request{insert: "notes", body: `{"id":6,"team_id":1,"title":"f","secret":"x"}`}, `1/1`},
			{ben, request{insert: "notes", body: `{"id":7,"team_id":1,"title":"g","price":123456}`}, `22003 numeric field overflow | A field of type decimal(6,2) cannot hold the value.`},
			{policy.Service(), request{insert: "notes", body: `{"id":7,"team_id":1,"title":"g","made":"2020-01-01"}`, importing: true, returning: "id made"},
				`1/1 [{"id":7,"made":"2020-01-01T00:00:00+00:00"}]`},
			{ann, request{insert: "notes", body: `{"id":8,"team_id":1,"title":"h"}`, dry: true, returning: "id"}, `1/1 [{"id":8}]`},
		} {
			b.want(c.as, c.do, c.want)
		}
	})
}

func TestBrokenConstraintsAreReportedTogether(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, b *bench) {
		team(b)
		for _, c := range []struct {
			do   request
			want string
		}{
			{request{insert: "notes", body: `{"id":1,"team_id":1}`}, `23502 null value in column "title" of relation "notes" violates not-null constraint (0 title required)`},
			{request{insert: "notes", body: `{"team_id":1,"title":"a"}`}, `23502 null value in column "id" of relation "notes" violates not-null constraint (0 id required)`},
			{request{insert: "notes", body: `[{"id":1,"team_id":1,"title":"a","points":1,"status":"open"},{"id":2,"team_id":1,"title":"more than ten","points":-1,"status":"odd"}]`},
				`22001 value too long for type character varying(10) (1 title max) (1 status enum) (1 points min)`},
			{request{insert: "notes", body: `{"id":1,"team_id":1,"title":"a","status":"odd"}`}, `22P02 invalid input value for enum notes_status: "odd" (0 status enum)`},
			{request{insert: "notes", body: `{"id":1,"team_id":1,"title":"a","points":-1}`}, `23514 new row for relation "notes" violates check constraint "notes_points_min" (0 points min)`},
			{request{insert: "notes", body: `{"id":1,"team_id":1,"title":"a","status":"done","points":0}`}, `23514 new row for relation "notes" violates check constraint "done_has_points" (0  check)`},
			{request{insert: "notes", body: `{"id":1,"team_id":99}`}, `23502 null value in column "title" of relation "notes" violates not-null constraint (0 title required)`},
		} {
			b.want(ann, c.do, c.want)
		}
		b.want(ann, request{insert: "notes", body: `{"id":1,"team_id":1,"title":"a","points":0}`}, "1/1")
		b.want(ann, request{update: "notes", eq: "id=1", body: `{"status":"done"}`}, `23514 new row for relation "notes" violates check constraint "done_has_points" (0  check)`)
		b.want(ann, request{update: "notes", eq: "id=1", body: `{"title":null,"points":-2}`},
			`23502 null value in column "title" of relation "notes" violates not-null constraint (0 title required) (0 points min)`)
		b.want(ann, request{update: "notes", eq: "id=99", body: `{"title":null}`}, `0/0`)
	})
}

func TestTheFirstViolatedConstraintIsNamedAndHiddenValuesAreNot(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, b *bench) {
		team(b)
		b.want(ann, request{insert: "notes", body: `[{"id":1,"team_id":1,"title":"open","status":"open","points":1},{"id":2,"team_id":1,"title":"hidden","status":"done","points":1}]`}, "2/2")
		for _, c := range []struct {
			do   request
			want string
		}{
			{request{insert: "notes", body: `{"id":1,"team_id":1,"title":"open"}`}, `23505 duplicate key value violates unique constraint "notes_pkey" | Key (id)=(1) already exists.`},
			{request{insert: "notes", body: `{"id":9,"team_id":1,"title":"open"}`}, `23505 duplicate key value violates unique constraint "notes_title_key" | Key (title)=(open) already exists.`},
			{request{insert: "notes", body: `{"id":2,"team_id":1,"title":"new"}`}, `23505 duplicate key value violates unique constraint "notes_pkey"`},
			{request{insert: "notes", body: `{"id":9,"team_id":1,"title":"hidden"}`}, `23505 duplicate key value violates unique constraint "notes_title_key"`},
			{request{insert: "notes", body: `[{"id":8,"team_id":1,"title":"hidden"},{"id":1,"team_id":1,"title":"x"}]`}, `23505 duplicate key value violates unique constraint "notes_title_key"`},
			{request{insert: "notes", body: `[{"id":8,"team_id":1,"title":"y"},{"id":8,"team_id":1,"title":"x"}]`}, `23505 duplicate key value violates unique constraint "notes_pkey" | Key (id)=(8) already exists.`},
			{request{insert: "notes", body: `[{"id":8,"team_id":1,"title":"y","parent_id":77},{"id":9,"team_id":1,"title":"open","parent_id":8}]`}, `23505 duplicate key value violates unique constraint "notes_title_key" | Key (title)=(open) already exists.`},
			{request{insert: "notes", body: `[{"id":8,"team_id":1,"title":"y","parent_id":9},{"id":9,"team_id":1,"title":"z","parent_id":77}]`}, `23503 insert or update on table "notes" violates foreign key constraint "notes_parent_id_fkey" | Key (parent_id)=(77) is not present in table "notes".`},
			{request{insert: "notes", body: `[{"id":8,"team_id":1,"title":"y","parent_id":9},{"id":9,"team_id":1,"title":"z","parent_id":9}]`}, `2/2`},
			{request{update: "notes", eq: "id=8", body: `{"title":"hidden"}`}, `23505 duplicate key value violates unique constraint "notes_title_key"`},
			{request{update: "notes", eq: "team_id=1,owner=" + benID, body: `{"title":"same"}`}, `23505 duplicate key value violates unique constraint "notes_title_key" | Key (title)=(same) already exists.`},
			{request{update: "notes", eq: "id=8", body: `{"parent_id":78}`}, `23503 insert or update on table "notes" violates foreign key constraint "notes_parent_id_fkey" | Key (parent_id)=(78) is not present in table "notes".`},
		} {
			b.want(ben, c.do, c.want)
		}
	})
}

func TestUpdatesAreAboutWhatMayBeReadAndChanged(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, b *bench) {
		team(b)
		b.want(ann, request{insert: "notes", body: `[{"id":1,"team_id":1,"title":"a","status":"open","points":1},{"id":2,"team_id":1,"title":"b","status":"done","points":1}]`}, "2/2")
		b.want(ben, request{insert: "notes", body: `[{"id":3,"team_id":1,"title":"c"},{"id":4,"team_id":1,"title":"d"}]`}, "2/2")
		for _, c := range []struct {
			as   policy.Actor
			do   request
			want string
		}{
			{ben, request{update: "notes", eq: "team_id=1", body: `{"points":7}`, returning: "id points stamp"},
				`2/0 [{"id":3,"points":7,"stamp":"2024-01-02T03:04:05+00:00"},{"id":4,"points":7,"stamp":"2024-01-02T03:04:05+00:00"}]`},
			{ben, request{update: "notes", eq: "id=1", body: `{"points":7}`, returning: "id"}, `0/0 []`},
			{ben, request{update: "notes", eq: "id=3", body: `{"owner":"` + annID + `"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ann, request{update: "notes", eq: "id=1", body: `{"team_id":2}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{update: "notes", eq: "team_id=1", body: `{"points":7}`, most: 1}, `PGRST124 Query result exceeds max-affected preference constraint | The query affects 2 rows`},
			{ben, request{update: "notes", eq: "team_id=1", body: `{"points":7}`, most: 2}, `2/0`},
			{ben, request{update: "notes", body: `{"points":7}`}, `21000 UPDATE requires a WHERE clause`},
			{ben, request{update: "notes", returning: "id"}, `0/0 []`},
			{ben, request{update: "notes", eq: "id=3", body: `{"id":33}`}, `PGRST127 Feature not implemented | the primary key of a row cannot be changed`},
			{ben, request{update: "notes", eq: "id=3", body: `{"id":3,"points":8}`}, `1/0`},
			{ben, request{update: "notes", eq: "id=3", body: `{"stamp":null}`}, `42501 permission denied for column "stamp" of relation "notes"`},
			{anon, request{update: "notes", eq: "id=3", body: `{"points":1}`}, `0/0`},
			{ben, request{update: "notes", eq: "id=3", body: `{"mark":"m"}`, returning: "mark"}, `1/0 [{"mark":"m"}]`},
			{ben, request{remove: "notes"}, `21000 DELETE requires a WHERE clause`},
			{ben, request{remove: "notes", eq: "team_id=1", most: 1}, `PGRST124 Query result exceeds max-affected preference constraint | The query affects 2 rows`},
			{ben, request{remove: "notes", eq: "team_id=1", returning: "id team(name)"}, `2/0 [{"id":3,"team":{"name":"one"}},{"id":4,"team":{"name":"one"}}]`},
			{ben, request{remove: "notes", eq: "id=1"}, `0/0`},
			{ann, request{remove: "notes", eq: "id=2", returning: "id"}, `1/0 [{"id":2}]`},
		} {
			b.want(c.as, c.do, c.want)
		}
	})
}

func TestUpsertsInsertUpdateOrRefuse(t *testing.T) {
	t.Parallel()
	everywhere(t, notes, func(t *testing.T, b *bench) {
		team(b)
		b.want(ann, request{insert: "notes", body: `[{"id":1,"team_id":1,"title":"a","status":"open","points":1},{"id":2,"team_id":1,"title":"b","status":"done","points":1}]`}, "2/2")
		for _, c := range []struct {
			as   policy.Actor
			do   request
			want string
		}{
			{ann, request{insert: "notes", on: "id", body: `[{"id":3,"team_id":1,"title":"c","points":3},{"id":1,"team_id":1,"title":"a","points":9}]`, returning: "id points status"},
				`2/1 [{"id":3,"points":3,"status":"open"},{"id":1,"points":9,"status":"open"}]`},
			{ann, request{insert: "notes", on: "title", body: `[{"id":1,"team_id":1,"title":"a","points":4}]`, returning: "id points"}, `1/0 [{"id":1,"points":4}]`},
			{ann, request{insert: "notes", on: "title", body: `[{"id":11,"team_id":1,"title":"a","points":4}]`}, `PGRST127 Feature not implemented | the primary key of a row cannot be changed`},
			{ben, request{insert: "notes", on: "id", body: `{"id":1,"team_id":1,"title":"x"}`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{insert: "notes", on: "id", body: `{"id":2,"team_id":1,"title":"x"}`}, `23505 duplicate key value violates unique constraint "notes_pkey"`},
			{ben, request{insert: "notes", on: "id", body: `[{"id":5,"team_id":1,"title":"e"},{"id":2,"team_id":1,"title":"x"}]`}, `23505 duplicate key value violates unique constraint "notes_pkey"`},
			{ben, request{insert: "notes", on: "id", body: `[{"id":5,"team_id":1,"title":"b"}]`}, `23505 duplicate key value violates unique constraint "notes_title_key"`},
			{ben, request{insert: "notes", on: "id", body: `[{"id":5,"team_id":1,"title":"e"},{"id":6,"team_id":2,"title":"x"}]`}, `42501 new row violates row-level security policy for table "notes"`},
			{ben, request{insert: "notes", on: "id", body: `[{"id":5,"team_id":1,"title":"e"},{"id":5,"team_id":1,"title":"x"}]`}, `21000 ON CONFLICT DO UPDATE command cannot affect row a second time`},
			{ben, request{insert: "notes", on: "points", body: `[{"id":5,"team_id":1,"title":"e"}]`}, `42P10 there is no unique or exclusion constraint matching the ON CONFLICT specification`},
			{ben, request{insert: "notes", on: "id", ignore: true, body: `[{"id":1,"team_id":1,"title":"x"},{"id":2,"team_id":1,"title":"y"},{"id":5,"team_id":1,"title":"e"},{"id":5,"team_id":1,"title":"ee"}]`, returning: "id title"},
				`1/1 [{"id":5,"title":"e"}]`},
			{ann, request{insert: "notes", on: "id", body: `[{"id":1,"team_id":2,"title":"a"}]`}, `42501 new row violates row-level security policy for table "notes"`},
			{ann, request{insert: "notes", on: "id", body: `[{"id":1,"team_id":1,"title":"a","points":-1}]`}, `23514 new row for relation "notes" violates check constraint "notes_points_min" (0 points min)`},
		} {
			b.want(c.as, c.do, c.want)
		}
	})
}

func TestARowThatCannotBeReadIsNotReturned(t *testing.T) {
	t.Parallel()
	const drops = `
-- drops.yaml --
fields: { id: int, owner: uuid, text: text }
policies: { read: "row.owner == auth.uid", create: true, update: true }
`
	everywhere(t, drops, func(t *testing.T, b *bench) {
		b.want(ben, request{insert: "drops", body: `{"id":1,"owner":"` + annID + `"}`}, "1/1")
		b.want(ben, request{insert: "drops", body: `{"id":2,"owner":"` + annID + `"}`, returning: "id"}, `42501 new row violates row-level security policy for table "drops"`)
		b.want(ben, request{update: "drops", eq: "id=1", body: `{"text":"x"}`}, "0/0")
		b.want(ann, request{update: "drops", eq: "id=1", body: `{"text":"x"}`, returning: "id text"}, `1/0 [{"id":1,"text":"x"}]`)
		b.want(ann, request{update: "drops", eq: "id=1", body: `{"owner":"` + benID + `"}`, returning: "id"}, `42501 new row violates row-level security policy for table "drops"`)
		b.want(ann, request{update: "drops", eq: "id=1", body: `{"owner":"` + benID + `"}`}, `1/0`)
		b.want(ben, request{remove: "drops", eq: "id=1"}, "0/0")
	})
}
