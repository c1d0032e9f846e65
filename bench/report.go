package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// report is all that a run found out.
type report struct {
	options
	machine machine
	rows    sizes
	took    time.Duration
	results []*result
	open    []openResult
	weights []weight
}

// weight is what a server takes before anybody asks, and at most.
type weight struct {
	engine, server string
	up             time.Duration // the middle of its starts
	starts         int
	idle, highest  float64 // MiB
	binary         int64   // bytes; 0: not of interest
}

// weigh reads a contest's servers' memory, after the load.
func (r *report) weigh(c *contest) {
	for _, s := range c.servers {
		w := weight{engine: c.engine, server: s.name, up: s.ups[len(s.ups)/2], starts: len(s.ups), idle: s.idle, highest: s.highest()}
		binary := map[string]string{ours: r.binary, pocketBase: r.pocketbase}[s.name]
		if info, err := os.Stat(binary); err == nil {
			w.binary = info.Size()
		}
		r.weights = append(r.weights, w)
	}
}

// none stands for what was not measured.
var none = &result{}

func (r *report) find(kind string, clients int, engine, server string) *result {
	for _, x := range r.results {
		if x.kind == kind && x.clients == clients && x.engine == engine && x.server == server {
			return x
		}
	}
	return none
}

// publish prints the goals and writes the document, if this run is to.
func (r *report) publish(out io.Writer) error {
	part := r.markdown()
	fmt.Fprintf(out, "\n%s\n%s", r.weightTable(), r.goalTable())
	if !r.write {
		fmt.Fprintln(out, "\n"+r.document+" is written by whole runs alone, or with -write")
		return nil
	}
	return rewrite(r.document, partRequests, part)
}

// markdown is the document's part about requests.
func (r *report) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("## Requests\n")
	p("`make bench` measured what follows in %s, with %d rounds of %s for each kind of request and server.\n", r.took.Round(time.Second), r.rounds, r.length)
	p("**Machine:** %s\n", r.machine.String())
	p("%s", methods)
	p("**Rows:** %s articles, %s notes, %s tickets, %s comments; %d members in %d projects.\n", grouped(r.rows.articles), grouped(r.rows.notes),
		grouped(r.rows.tickets), grouped(r.rows.comments), people, projects)
	p("### Goals\n\n%s", r.goalTable())
	p("### Ratios\n\nHow many times as many requests Socle answers as the other; in brackets, how many times less processor time it takes for one.\n\n%s", r.ratioTable())
	for _, engine := range []string{onSQLite, onPostgres} {
		if t := r.detailTable(engine); t != "" {
			p("### Over %s\n\n%s", engine, t)
		}
	}
	if len(r.open) > 0 {
		p("### At a fixed rate\n\n%s\n\n%s", openMethod, r.openTable())
	}
	p("### Start-up, memory, size\n\n%s", r.weightTable())
	p("### Repeat it\n\n```text figure\nmake bench             # all of this\nmake bench-postgres    # over PostgreSQL alone\nmake bench-pocketbase  # over SQLite alone, beside PocketBase\ngo run ./bench -only insert -clients 32 -rounds 1 -postgres=false   # a part, which is printed only\n```")
	return b.String()
}

const methods = `**Servers:** each serves the same rows with the same indexes under the same rules. *Socle* is the released binary with its usual
settings, compiled after a profile of these requests (` + "`make profile`" + `); every acknowledged write is on disk (` + "`synchronous=FULL`, `fsync=on`" + `).
*limit* is a server written by hand for exactly these requests: net/http, the same driver, a prepared statement or two for each, no checks of
tokens, no grammar, no profile; its writes wait for the disk and share commits.
*PocketBase* is as it is by default: its commits do not wait for the disk. It is asked for whole rows, because leaving out fields costs it
more than sending them. It has no full-text search. Nothing is written while lists are counted: over SQLite Socle remembers a count as long as
that is so, and the others count each time. Over PostgreSQL Socle asks reads that are equal and wait at the same moment once; the limit asks
each. The lists here are of a few statuses and users, so that this is part of what they show; reads by id and writes are all different.

**Load:** connections of HTTP/1.1 on loopback from a driver on the same machine, each with one request at a time. Before anything is
measured, answers of all servers are compared. Rounds go from server to server, so that all feel the same machine; a shorter one warms
up. Rates are medians of rounds, ratios medians of the ratios within rounds; percentiles are over all answers of all rounds. After
the last round every database is searched for every comment that was acknowledged. Only the ratios are claims. Where 500 clients insert
100 rows each, 50,000 rows are under way: the limit itself needs more than the 500 ms of the goal for as many.
`

const openMethod = `Requests are due at a fixed rate, whether earlier ones are answered or not, and their time counts from when they were due: a
server that pauses is charged for everybody who would have come meanwhile. Rates are shares of what the slower of both reached
in a closed loop with the smaller crowd.`

func (r *report) ratioTable() string {
	t := newTable("request", "clients", "÷ limit", "÷ PocketBase", "PostgreSQL: ÷ limit")
	for _, x := range r.results {
		if x.server != ours || x.engine == onPostgres && r.find(x.kind, x.clients, onSQLite, ours) != none {
			continue
		}
		cells := []string{x.kind, fmt.Sprint(x.clients)}
		for _, o := range []struct{ engine, server string }{{onSQLite, theLimit}, {onSQLite, pocketBase}, {onPostgres, theLimit}} {
			cells = append(cells, r.ratioCell(x, o.engine, o.server))
		}
		t.add(cells...)
	}
	return t.String()
}

// ratioCell compares the product with another server over the same engine.
func (r *report) ratioCell(x *result, engine, server string) string {
	a, b := r.find(x.kind, x.clients, engine, ours), r.find(x.kind, x.clients, engine, server)
	switch {
	case a == none || b == none:
		return "—"
	case b.rate() == 0:
		return "no answers"
	}
	cell := fmt.Sprintf("%.2f (%.2f)", times(a, b), cheaper(a, b))
	if b.failed > 0 {
		cell += fmt.Sprintf(", %d failed", b.failed)
	}
	return cell
}

func (r *report) detailTable(engine string) string {
	head := []string{"request", "clients", "server", "requests/s", "p50", "p99", "p99.9", "CPU s per 1,000", "failed"}
	if engine == onPostgres {
		head = append(head, "PostgreSQL's CPU s per 1,000")
	}
	t := newTable(head...)
	for _, x := range r.results {
		if x.engine != engine {
			continue
		}
		n := float64(max(1, len(x.answers)))
		cells := []string{x.kind, fmt.Sprint(x.clients), x.server, fmt.Sprintf("%.0f", x.rate()), ms(x.percentile(.5)), ms(x.percentile(.99)), ms(x.percentile(.999)),
			fmt.Sprintf("%.3f", x.cpu.Seconds()*1000/n), fmt.Sprint(x.failed)}
		if engine == onPostgres {
			cells = append(cells, fmt.Sprintf("%.3f", x.aid.Seconds()*1000/n))
		}
		t.add(cells...)
	}
	if len(t.rows) == 1 {
		return ""
	}
	return t.String()
}

func (r *report) openTable() string {
	t := newTable("request", "engine", "rate", "share", "server", "p50", "p99", "p99.9", "failed")
	for _, o := range r.open {
		for i, s := range o.samples {
			t.add(o.kind, o.engine, fmt.Sprintf("%.0f/s", o.rate), fmt.Sprintf("%.0f %%", 100*o.share), o.servers[i],
				ms(s.percentile(.5)), ms(s.percentile(.99)), ms(s.percentile(.999)), fmt.Sprint(s.failed))
		}
	}
	return t.String()
}

func (r *report) weightTable() string {
	t := newTable("engine", "server", "start-up", "memory, idle", "memory, highest", "binary")
	for _, w := range r.weights {
		size := "—"
		if w.binary > 0 {
			size = fmt.Sprintf("%.1f MB", float64(w.binary)/1e6)
		}
		t.add(w.engine, w.server, ms(w.up), mib(w.idle), mib(w.highest), size)
	}
	return t.String() + "\nStart-up is from the process's start to the first healthy answer on a database that is there, the middle of several. Memory is what is\n" +
		"resident, pages of mapped files among it.\n"
}

func mib(n float64) string { return fmt.Sprintf("%.1f MiB", n) }
