package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// measure starts everything, compares answers, measures, looks for what was acknowledged, and writes the document.
func measure(ctx context.Context, o options) error {
	return inside(func(dir string) error {
		began := time.Now()
		w, err := newWorld(o, dir, usual)
		if err != nil {
			return err
		}
		contests, err := w.contests(ctx)
		defer func() {
			for _, c := range contests {
				c.end()
			}
		}()
		if err != nil {
			return err
		}
		r := &report{options: o, rows: usual}
		if err := r.run(ctx, contests); err != nil {
			return err
		}
		if err := r.machine.look(ctx, dir, o, contests); err != nil {
			return err
		}
		for _, c := range contests {
			r.weigh(c)
			if err := c.kept(usual.comments); err != nil {
				return err
			}
		}
		r.took = time.Since(began)
		return r.publish(os.Stdout)
	})
}

// contests makes the databases and starts the servers, of SQLite and of PostgreSQL as the command line has it.
func (w *world) contests(ctx context.Context) (list []*contest, err error) {
	made := func(c *contest, err error) error {
		if err != nil {
			return err
		}
		list = append(list, c)
		return c.begin(ctx, w.starts)
	}
	if w.sqlite {
		fmt.Println("loading rows over SQLite")
		if err := made(w.embedded()); err != nil {
			return list, err
		}
	}
	if w.postgres {
		fmt.Println("loading rows over PostgreSQL")
		if err := made(w.overPostgres(ctx)); err != nil {
			return list, err
		}
	}
	return list, nil
}

// result is how one server did at one kind of request.
type result struct {
	kind, group    string
	clients        int
	engine, server string
	rates          []float64       // of the rounds
	costs          []time.Duration // processor time for each answer, of the rounds
	sample
}

func (r *result) rate() float64 { return median(r.rates) }

// median is the middle one, or the mean of both.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	list := slices.Sorted(slices.Values(of))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// times says how often faster a is than b: the middle of the rounds, each of which felt the same machine for both.
func times(a, b *result) float64 {
	var list []float64
	for i := range min(len(a.rates), len(b.rates)) {
		if b.rates[i] > 0 {
			list = append(list, a.rates[i]/b.rates[i])
		}
	}
	return median(list)
}

// cheaper says how much less processor time a takes for an answer than b, which feels less of what else the machine does.
func cheaper(a, b *result) float64 {
	var list []float64
	for i := range min(len(a.costs), len(b.costs)) {
		if a.costs[i] > 0 {
			list = append(list, float64(b.costs[i])/float64(a.costs[i]))
		}
	}
	return median(list)
}

// crowds are how many ask at the same time: what the command line says, else the usual numbers.
func (o options) crowds() []int {
	if o.clients > 0 {
		return []int{o.clients}
	}
	return []int{32, 500}
}

// run measures every kind in closed loops, then some in open ones.
func (r *report) run(ctx context.Context, contests []*contest) error {
	for _, c := range contests {
		for _, k := range r.chosen(reads) {
			if err := c.compareAnswers(k); err != nil {
				return err
			}
		}
	}
	heading()
	for _, k := range r.chosen(slices.Concat(reads, writes)) {
		for _, clients := range r.crowds() {
			results, err := r.round(ctx, contests, k, clients)
			if err != nil {
				return err
			}
			for _, s := range results {
				s.print()
			}
			r.results = append(r.results, results...)
		}
	}
	return r.openLoops(ctx, contests)
}

// chosen are the kinds that the command line names.
func (o options) chosen(kinds []kind) (out []kind) {
	for _, k := range kinds {
		if strings.Contains(k.name, o.only) {
			out = append(out, k)
		}
	}
	return out
}

// round measures all servers in turn, so that all feel the same machine: once to warm up, then as often as the command line says.
func (r *report) round(ctx context.Context, contests []*contest, k kind, clients int) (out []*result, err error) {
	type entry struct {
		*result
		server   *server
		requests [][]byte
	}
	var list []entry
	for _, c := range contests {
		for _, s := range c.servers {
			if requests := s.ask(k, s.addr); requests != nil {
				e := entry{&result{kind: k.name, group: k.group, clients: clients, engine: c.engine, server: s.name}, s, requests}
				list, out = append(list, e), append(out, e.result)
			}
		}
	}
	for n := -1; n < r.rounds; n++ {
		length := r.length
		if n < 0 {
			length /= 3
		}
		for _, e := range list {
			s, err := e.server.metered(func(addr string) (sample, error) { return drive(ctx, addr, e.requests, clients, length) })
			if err != nil {
				return nil, err
			}
			e.server.tally(s, k)
			if s.failed > 0 {
				e.server.settle()
			}
			if n < 0 {
				continue
			}
			e.rates, e.costs = append(e.rates, s.rate()), append(e.costs, s.perAnswer())
			e.sample = e.merge(s)
		}
	}
	for _, e := range list {
		if len(e.answers) == 0 && e.server.name != pocketBase {
			return nil, fmt.Errorf("%s over %s answered no request: %s", e.result.server, e.engine, e.failure)
		}
	}
	return out, nil
}

// tally counts what was acknowledged, also while warming up.
func (s *server) tally(m sample, k kind) {
	s.created += m.created * int64(k.size)
	s.failed += m.failed
}

// heading names the columns of what is printed meanwhile.
func heading() {
	fmt.Printf("%-28s%8s  %-11s%-11s%11s%11s%11s%11s%9s%9s%8s\n", "request", "clients", "engine", "server", "requests/s", "p50", "p99", "p99.9", "CPU µs", "aid µs", "failed")
}

func (s *result) print() {
	n := time.Duration(max(1, len(s.answers)))
	fmt.Printf("%-28s%8d  %-11s%-11s%11.0f%11s%11s%11s%9d%9d%8d\n", s.kind, s.clients, s.engine, s.server, s.rate(),
		ms(s.percentile(.5)), ms(s.percentile(.99)), ms(s.percentile(.999)), s.perAnswer().Microseconds(), (s.aid / n).Microseconds(), s.failed)
	if s.failure != "" {
		fmt.Println("  failed: " + s.failure)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// cost is the processor time of an answer, the middle of the rounds.
func (r *result) cost() time.Duration {
	list := make([]float64, len(r.costs))
	for i, c := range r.costs {
		list[i] = float64(c)
	}
	return time.Duration(median(list))
}
