package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// paced calls do for n requests that are due at a fixed rate, whether earlier ones are answered or not, from as many workers as
// may have one under way. Request i is due i/rate after the start: what waits for a worker is late, and its time counts from when
// it was due, so that a server that stops for a moment is charged for everybody who would have come meanwhile.
func paced(ctx context.Context, rate float64, n, workers int, do func(worker, i int, due time.Time)) {
	var (
		wg      sync.WaitGroup
		next    atomic.Int64
		started = time.Now()
	)
	for worker := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				due := started.Add(time.Duration(float64(i) / rate * float64(time.Second)))
				time.Sleep(time.Until(due))
				do(worker, i, due)
			}
		})
	}
	wg.Wait()
}

// pacedWorkers are the connections of an open loop.
const pacedWorkers = 256

// drivePaced sends requests at a rate for about d.
func drivePaced(ctx context.Context, addr string, requests [][]byte, rate float64, d time.Duration) (sample, error) {
	callers, started := make([]caller, pacedWorkers), time.Now()
	for i := range callers {
		callers[i].addr = addr
		defer callers[i].close()
	}
	paced(ctx, rate, max(1, int(rate*d.Seconds())), pacedWorkers, func(worker, i int, due time.Time) {
		callers[worker].ask(requests[i%len(requests)], due)
	})
	took, parts := time.Since(started), make([]sample, pacedWorkers)
	for i := range callers {
		parts[i] = callers[i].sample
	}
	return gather(parts, took), ctx.Err()
}
