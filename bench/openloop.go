package main

import (
	"context"
	"fmt"
	"slices"
)

// pacedKinds are measured in open loops too.
var pacedKinds = []string{"by id", "list of 30", "to-many embed, 30 × 5", "insert"}

// shares of the rate that the slower one of a pair reached with the smaller crowd in a closed loop.
var shares = []float64{.5, .8}

// openResult is how both of a pair did at one rate.
type openResult struct {
	kind, engine string
	share, rate  float64
	servers      [2]string
	samples      [2]sample
}

// openLoops measures pairs, the product and another, at rates that both can hold.
func (r *report) openLoops(ctx context.Context, contests []*contest) error {
	for _, k := range r.chosen(slices.Concat(reads, writes)) {
		if !slices.Contains(pacedKinds, k.name) {
			continue
		}
		for _, c := range contests {
			for _, other := range c.servers[1:] {
				if err := r.openPair(ctx, c, other, k); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *report) openPair(ctx context.Context, c *contest, other *server, k kind) error {
	crowd := r.crowds()[0]
	slower := min(r.find(k.name, crowd, c.engine, ours).rate(), r.find(k.name, crowd, c.engine, other.name).rate())
	for _, share := range shares {
		out := openResult{kind: k.name, engine: c.engine, share: share, rate: share * slower, servers: [2]string{ours, other.name}}
		if out.rate < 1 {
			continue
		}
		for range r.rounds {
			for i, s := range []*server{c.servers[0], other} {
				m, err := s.metered(func(addr string) (sample, error) { return drivePaced(ctx, addr, s.ask(k, s.addr), out.rate, r.length) })
				if err != nil {
					return err
				}
				s.tally(m, k)
				out.samples[i] = out.samples[i].merge(m)
			}
		}
		out.print()
		r.open = append(r.open, out)
	}
	return nil
}

func (o openResult) print() {
	for i, s := range o.samples {
		fmt.Printf("%-28s at %6.0f/s, %.0f %%  %-11s%-11s p50 %s, p99 %s, p99.9 %s, %d failed\n", o.kind, o.rate, 100*o.share, o.engine, o.servers[i],
			ms(s.percentile(.5)), ms(s.percentile(.99)), ms(s.percentile(.999)), s.failed)
	}
}
