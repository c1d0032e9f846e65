package main

import (
	"fmt"
	"math"
	"time"
)

// goal is what is to be reached in one run on two cores.
type goal struct {
	text     string
	measured string // empty: not measured
	reached  bool
}

// lowest is the worst of a ratio's values.
type lowest struct {
	value float64
	where string
}

// worst is the lowest ratio of rates, of the product to another server, over the kinds of a group; any where it is empty.
func (r *report) worst(engine, server, group string, kinds ...string) lowest {
	low := lowest{value: math.Inf(1)}
	for _, x := range r.results {
		if x.engine != engine || x.server != ours || group != "" && x.group != group || len(kinds) > 0 && x.kind != kinds[0] {
			continue
		}
		other := r.find(x.kind, x.clients, engine, server)
		if other == none || other.rate() == 0 {
			continue
		}
		if n := times(x, other); n < low.value {
			low = lowest{n, fmt.Sprintf("%s, %d clients", x.kind, x.clients)}
		}
	}
	return low
}

func (l lowest) atLeast(least float64, text string) goal {
	if math.IsInf(l.value, 1) {
		return goal{text: text}
	}
	return goal{text, fmt.Sprintf("%.2f (%s)", l.value, l.where), l.value >= least}
}

// goals are all of them; where a goal is about several kinds of requests or crowds, the worst decides.
func (r *report) goals() []goal {
	return append([]goal{
		r.worst(onSQLite, pocketBase, byKey).atLeast(4, "by id: ≥ 4 × PocketBase"),
		r.worst(onSQLite, theLimit, byKey).atLeast(.75, "by id: ≥ 0.75 of the limit"),
		r.worst(onSQLite, pocketBase, lists).atLeast(4, "lists: ≥ 4 × PocketBase"),
		r.worst(onSQLite, theLimit, lists).atLeast(.75, "lists: ≥ 0.75 of the limit"),
		r.worst(onSQLite, pocketBase, inserts).atLeast(5, "insert on disk: ≥ 5 × PocketBase, which does not wait for the disk"),
		r.worst(onSQLite, theLimit, inserts).atLeast(.75, "insert on disk: ≥ 0.75 of the limit"),
		r.patientGoal(),
		r.worst(onSQLite, pocketBase, embeds, "to-many embed, 30 × 5").atLeast(4, "embeds of 30 × 5 rows: ≥ 4 × PocketBase's expand"),
		r.worst(onPostgres, theLimit, "").atLeast(.8, "PostgreSQL: ≥ 0.8 of its limit"),
	}, r.weightGoals()...)
}

// patientGoal is about the largest crowd, whatever it asks; beside the longest wait stands what the limit makes of the same.
func (r *report) patientGoal() goal {
	const most = 500 * time.Millisecond
	g := goal{text: "500 clients: p99 ≤ 500 ms and no error"}
	var longest *result
	kinds, within, failed := 0, 0, int64(0)
	for _, x := range r.results {
		if x.server != ours || x.clients != 500 {
			continue
		}
		kinds, failed = kinds+1, failed+x.failed
		if x.percentile(.99) <= most {
			within++
		}
		if longest == nil || x.percentile(.99) > longest.percentile(.99) {
			longest = x
		}
	}
	if longest != nil {
		limit := r.find(longest.kind, longest.clients, longest.engine, theLimit)
		g.measured = fmt.Sprintf("%d of %d; longest %s (%s over %s; the limit %s), %d errors", within, kinds,
			ms(longest.percentile(.99)), longest.kind, longest.engine, ms(limit.percentile(.99)), failed)
		g.reached = within == kinds && failed == 0
	}
	return g
}

func (r *report) weightGoals() []goal {
	list := []goal{{text: "idle memory ≤ 50 MiB"}, {text: "memory under load ≤ 200 MiB"}, {text: "start-up ≤ 100 ms"}, {text: "binary ≤ 60 MB"}}
	for _, w := range r.weights {
		if w.server != ours {
			continue
		}
		for i, m := range []struct {
			n, most float64
			text    string
		}{{w.idle, 50, mib(w.idle)}, {w.highest, 200, mib(w.highest)}, {float64(w.up), 1e8, ms(w.up)}, {float64(w.binary), 60e6, fmt.Sprintf("%.1f MB", float64(w.binary)/1e6)}} {
			g := &list[i]
			if m.n == 0 {
				continue
			}
			if g.reached = m.n <= m.most && (g.measured == "" || g.reached); g.measured != "" {
				g.measured += "; "
			}
			g.measured += m.text + " (" + w.engine + ")"
		}
	}
	return list
}

func (r *report) goalTable() string {
	t := newTable("goal", "this run", "reached")
	for _, g := range r.goals() {
		switch {
		case g.measured == "":
			t.add(g.text, "not measured", "—")
		case g.reached:
			t.add(g.text, g.measured, "yes")
		default:
			t.add(g.text, g.measured, "**no**")
		}
	}
	return t.String()
}
