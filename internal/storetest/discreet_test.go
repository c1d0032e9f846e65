package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/socle-hq/socle/internal/eval"
	"github.com/socle-hq/socle/internal/policy"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/value"
)

const (
	discreetRows   = 14
	discreetRounds = 300 // writes per actor and kind of twin, each asked of both worlds on both engines
)

// Two worlds that differ only in what an actor may not see answer every generated write of that actor alike: status, headers and
// body. Every write is rolled back, so that the worlds stay as they are.
//
// Where only values differ, one exception is stated: rows that restrict a delete. Where rows differ too, it is wider: keys and
// unique values that are taken, and rows that restrict. Both reveal that something is there; the test holds them to revealing no
// value.
func TestWhatAnActorMayNotSeeChangesNoAnswerToAWrite(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	for n, a := range []policy.Actor{{Role: policy.Authenticated, UID: uuids[2]}, {Role: policy.Authenticated, UID: uuids[3]}, {Role: policy.Anon}} {
		for _, rows := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d rows differ %v", n, rows), func(t *testing.T) {
				t.Parallel()
				here, there := worlds(t, seed+uint64(n), a, rows)
				compareWrites(t, seed, here, there, a, rows)
			})
		}
	}
}

// worlds makes a world and its twin as an actor sees it, each on every engine. Where rows is false they have the same keys.
func worlds(t *testing.T, seed uint64, a policy.Actor, rows bool) (here, there []*Site) {
	t.Helper()
	w := NewWorld(t, folder(t, "studio"))
	w.Data = populate(rand.New(rand.NewPCG(seed, 1)), w.Catalog, a, discreetRows)
	s := newSight(t, w, a)
	seen, now, changes := s.Of(w.Data), clone(w.Data), 0
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range 500 {
		next := clone(now)
		if !disturb(r, w.Catalog, next, i) || !distinct(w.Catalog, next) || !rows && keysOf(w.Catalog, next) != keysOf(w.Catalog, now) || s.Of(next) != seen {
			continue
		}
		now, changes = next, changes+1
	}
	if changes < 40 {
		t.Fatalf("only %d changes were invisible", changes)
	}
	return NewSites(t, w), NewSites(t, &World{Catalog: w.Catalog, Set: w.Set, Data: now})
}

// populate makes n rows for every collection that keep its unique keys; half of what names people names the actor.
func populate(r *rand.Rand, c *schema.Catalog, a policy.Actor, n int) Rows {
	data := Rows{}
	for _, col := range c.Tables() {
		refer := func(fk *schema.ForeignKey) value.Value {
			if len(data[fk.To]) == 0 {
				return value.Value{}
			}
			return pick(r, data[fk.To])[fk.Targets[0].Ordinal]
		}
		for i := range n {
			rows, t := data[col], fillRow(r, col, i, refer)
			for _, f := range col.Fields {
				if f.Type == aUUID && a.UID != "" && r.IntN(2) == 0 {
					t[f.Ordinal] = parsed(aUUID, a.UID)
				}
			}
			data[col] = append(rows[:len(rows):len(rows)], t)
			if !distinct(c, Rows{col: data[col]}) {
				data[col] = rows
			}
		}
	}
	return data
}

// distinct reports whether no two rows have the same key or unique values, and each has a key.
func distinct(c *schema.Catalog, data Rows) bool {
	for _, col := range c.Collections {
		for _, key := range keysIn(col) {
			seen := map[string]bool{}
			for _, t := range data[col] {
				k, null := keyed(key, t)
				if null {
					continue
				}
				if seen[k] {
					return false
				}
				seen[k] = true
			}
		}
	}
	return true
}

// keysIn are a collection's primary key and unique keys.
func keysIn(c *schema.Collection) [][]*schema.Field {
	var out [][]*schema.Field
	if len(c.PrimaryKey) > 0 {
		out = append(out, c.PrimaryKey)
	}
	for _, k := range c.Unique {
		out = append(out, k.Fields)
	}
	return out
}

func keyed(key []*schema.Field, t eval.Tuple) (text string, null bool) {
	for _, f := range key {
		null = null || t[f.Ordinal].IsNull()
		text += show(f.Type, t[f.Ordinal]) + "|"
	}
	return text, null
}

// keysOf is every key and unique value there is.
func keysOf(c *schema.Catalog, data Rows) string {
	var out strings.Builder
	for _, col := range c.Collections {
		fmt.Fprintf(&out, "%s %d:", col.Key, len(data[col]))
		for _, key := range keysIn(col) {
			for _, t := range data[col] {
				k, _ := keyed(key, t)
				out.WriteString(k)
			}
		}
	}
	return out.String()
}

func compareWrites(t *testing.T, seed uint64, here, there []*Site, a policy.Actor, rows bool) {
	t.Helper()
	done, excused := 0, 0
	for round := range uint64(discreetRounds) {
		r := rand.New(rand.NewPCG(seed, round))
		s := newScribe(r, here[0].world.Catalog, a)
		s.fresh = rows
		text := undone(s.Request())
		first, kept := together(t, here, a, text)
		second, keptThere := together(t, there, a, text)
		switch {
		case kept+keptThere != "":
			t.Errorf("%s\nkept %s%s", text, kept, keptThere)
		case first.Whole() == second.Whole():
			if touched(first) {
				done++
			}
		case excusable(first, rows) || excusable(second, rows):
			excused++
		default:
			t.Errorf("%s\nhere: %s\nthere: %s", text, first.Whole(), second.Whole())
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d, actor %s", seed, round, a.UID)
		}
	}
	t.Logf("%d of %d told of rows, %d excused", done, discreetRounds, excused)
	if least := map[bool]int{true: 4, false: discreetRounds / 15}[a.UID == ""]; done < least || excused > discreetRounds/8 {
		t.Errorf("%d of %d told of rows, %d excused", done, discreetRounds, excused)
	}
}

// undone makes a request one that keeps nothing.
func undone(text string) string {
	line, rest, _ := strings.Cut(text, "\n")
	return line + "\nPrefer: tx=rollback\n" + rest
}

// touched reports whether a reply tells of rows.
func touched(r Reply) bool {
	return !r.Refused() && (r.Status == 201 || strings.HasPrefix(r.Header.Get("Content-Range"), "0-") || len(r.Body) > len("[]"))
}

// excusable reports whether an answer is a refusal that may reveal that something hidden is there; it quotes nothing.
func excusable(r Reply, rows bool) bool {
	if r.Status != 409 || strings.Contains(r.Body, "Key (") {
		return false
	}
	return rows && strings.Contains(r.Body, `"23505"`) || strings.Contains(r.Body, `"23503"`) && strings.Contains(r.Body, "update or delete on table")
}
