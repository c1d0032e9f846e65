package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/testkit"
)

const world = `
-- areas.yaml --
fields: { id: int, owner: uuid, code: { type: text, unique: true }, open: bool }
realtime: true
policies:
  read: "row.open || row.owner == auth.uid"
  create: "auth.uid != null"
  update: { using: "row.owner == auth.uid || row.open", check: "row.code != 'locked'" }
  delete: "row.owner == auth.uid"
-- items.yaml --
fields:
  id: { type: int, identity: true }
  area_id: { ref: areas, on_delete: cascade }
  parent_id: { ref: items, on_delete: set_null }
  rival_id: { ref: items }
  owner: { type: uuid, default: auth.uid }
  title: { type: text, max: 3, required: true, default: x }
  n: { type: int, min: 0, max: 9, default: 1, read: "row.owner == auth.uid" }
  tag: { type: text, write: "row.owner == auth.uid" }
  price: { type: decimal, precision: 4, scale: 1 }
unique: [[area_id, n], [tag]]
indexes: [[parent_id], [rival_id]]
search: [title]
check: { cheap: "row.price == null || row.price < 100" }
policies:
  read: "row.area.open || row.owner == auth.uid"
  create: "row.owner == auth.uid && row.area.items.all(i, i.tag != 'last')"
  update: { using: "row.owner == auth.uid || row.area.owner == auth.uid", check: "row.owner == old.owner && (row.area.open || row.area.owner == auth.uid)" }
  delete: "row.owner == auth.uid && size(row.items) < 3"
relations: { items: { from: items.parent_id } }
-- notes.yaml --
primary_key: none
fields: { area_id: { ref: areas, on_delete: cascade }, item_id: { ref: items, on_delete: set_null }, text: text }
indexes: [[area_id], [item_id]]
policies: { read: "row.text != 'h'", create: true, update: "row.text != 'k'", delete: true }
`

// chooser draws writes, mostly right, often wrong.
type chooser struct{ *rand.Rand }

func (c chooser) one(of ...string) string { return of[c.IntN(len(of))] }

func (c chooser) actor() policy.Actor {
	return []policy.Actor{ann, ann, ben, ben, anon, policy.Service()}[c.IntN(6)]
}

// mostly draws from good, rarely from bad.
func (c chooser) mostly(good, bad []string) string {
	if c.IntN(12) == 0 {
		return bad[c.IntN(len(bad))]
	}
	return good[c.IntN(len(good))]
}

var pools = map[string][2]string{
	"id":        {"1 2 3 4 5 6 7 8 9", "null"},
	"area_id":   {"1 2 3 4 null", "99"},
	"parent_id": {"1 2 3 4 null null null null", "77"},
	"rival_id":  {"1 2 null null null null null", "78"},
	"item_id":   {"1 2 null null null", "88"},
	"owner":     {`"` + annID + `" "` + benID + `"`, "null"},
	"code":      {`"a" "b" "c" "d" "e" null`, `"locked"`},
	"open":      {"true true true false", "null"},
	"title":     {`"t" "tt"`, `"too_long" null`},
	"n":         {"1 2 3 4 5 6 7 null", "-1"},
	"tag":       {`"u" "v" "w" null null null`, `"last"`},
	"price":     {"1.25 99.95 null", "100 12345"},
	"text":      {`"h" "l" "m"`, `"k" null`},
}

func (c chooser) value(column string) string {
	p := pools[column]
	return c.mostly(strings.Fields(p[0]), strings.Fields(p[1]))
}

var columns = map[string][]string{
	"areas": {"id", "owner", "code", "open"},
	"items": {"id", "area_id", "parent_id", "rival_id", "owner", "title", "n", "tag", "price"},
	"notes": {"area_id", "item_id", "text"},
}

var returned = map[string]string{"areas": "id code open", "items": "id n title area(id;code)", "notes": "text area(id)"}

func (c chooser) body(name string, rows int, chance int) string {
	var of []string
	var chosen []string
	for _, column := range columns[name] {
		if c.IntN(chance) > 0 {
			chosen = append(chosen, column)
		}
	}
	for range rows {
		var members []string
		for _, column := range chosen {
			members = append(members, fmt.Sprintf("%q:%s", column, c.value(column)))
		}
		of = append(of, "{"+strings.Join(members, ",")+"}")
	}
	return "[" + strings.Join(of, ",") + "]"
}

func (c chooser) filter(name string) string {
	column := columns[name][c.IntN(3)]
	v := strings.Trim(c.value(column), `"`)
	if v == "null" {
		v = map[bool]string{true: annID, false: "1"}[column == "owner"]
	}
	return column + "=" + v
}

// own makes an actor's row mostly the actor's.
func own(a policy.Actor, body string, c chooser) string {
	if a.UID == "" || c.IntN(6) == 0 {
		return body
	}
	return strings.NewReplacer(annID, a.UID, benID, a.UID).Replace(body)
}

func (c chooser) request(a policy.Actor) request {
	name := c.one("areas", "areas", "items", "items", "items", "notes")
	r := request{missingDefault: c.IntN(2) == 0, dry: c.IntN(20) == 0}
	if c.IntN(2) == 0 {
		r.returning = returned[name]
	}
	switch c.IntN(9) {
	case 0, 1, 2:
		r.insert, r.body = name, c.body(name, 1+c.IntN(2), 7)
	case 3, 4:
		r.insert, r.body, r.ignore = name, c.body(name, 1+c.IntN(3), 7), c.IntN(3) == 0
		r.on = map[string]string{"areas": c.one("id", "code"), "items": c.one("id", "tag", "area_id,n"), "notes": "text"}[name]
	case 5, 6, 7:
		r.update, r.eq, r.body = name, c.filter(name), strings.Trim(c.body(name, 1, 2), "[]")
		if r.body == "{}" {
			r.body = ""
		}
		if c.IntN(8) > 0 { // a key that changes is refused
			r.body = withoutID(r.body)
		}
	case 8:
		r.remove, r.eq = name, c.filter(name)
	}
	r.body = own(a, r.body, c)
	if c.IntN(8) == 0 {
		r.most = 1
	}
	return r
}

func withoutID(body string) string {
	var kept []string
	for _, member := range strings.Split(strings.Trim(body, "{}"), ",") {
		if member != "" && !strings.HasPrefix(member, `"id"`) {
			kept = append(kept, member)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return "{" + strings.Join(kept, ",") + "}"
}

// Whatever is asked, both engines answer alike, hold the same rows and the same log afterwards, and keep nothing of what they
// refused.
func TestEnginesAgreeOnGeneratedWrites(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s, err := postgres.Open(context.Background(), testkit.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			lite, pg := onSQLite(t, world), newBench(t, "postgres", world, s)
			agree(t, lite, pg, chooser{rand.New(rand.NewPCG(seed, 1))})
		})
	}
}

func agree(t *testing.T, lite, pg *bench, c chooser) {
	before := lite.dump()
	kept, refused := 0, map[string]int{}
	for i := range 500 {
		a := c.actor()
		r := c.request(a)
		pg.within = time.Minute * time.Duration(min(1, i%4))
		got, want := lite.do(a, r), pg.do(a, r)
		if got != want {
			t.Fatalf("step %d: %s asks %+v\nsqlite   %s\npostgres %s", i, a.UID, r, got, want)
		}
		after := lite.dump()
		if there := pg.dump(); after != there {
			t.Fatalf("step %d: %s asks %+v\n%s\nsqlite holds\n%s\npostgres holds\n%s", i, a.UID, r, got, after, there)
		}
		code, _, _ := strings.Cut(got, " ")
		if strings.HasPrefix(code, "PGRSTX") || code == "PGRST000" {
			t.Fatalf("step %d: %s asks %+v\n%s", i, a.UID, r, got)
		}
		if !strings.Contains(code, "/") {
			refused[code]++
			if after != before {
				t.Fatalf("step %d: %s asks %+v\n%s\nbut it left a trace", i, a.UID, r, got)
			}
		} else if code != "0/0" && !r.dry {
			kept++
		}
		before = after
	}
	t.Log(kept, refused)
	if kept < 20 || len(refused) < 6 {
		t.Errorf("the writes drawn are too alike: %d kept, refused %v", kept, refused)
	}
}

// What the database refuses comes before what the request refuses of itself, also where a write is left to the commit.
func TestWhatIsLeftToTheCommitIsRefusedInTheSameOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, world, func(t *testing.T, b *bench) {
		b.within = time.Minute
		if got := b.do(ann, request{insert: "areas", body: `[{"id":1}]`}); got != "1/1" {
			t.Fatal(got)
		}
		for body, code := range map[string]string{`[{"id":1},{"id":2}]`: "23505", `[{"id":2},{"id":3}]`: "PGRST124"} {
			if got := b.do(ann, request{insert: "areas", body: body, most: 1}); !strings.HasPrefix(got, code) {
				t.Errorf("%s: %s, want %s", body, got, code)
			}
		}
	})
}
