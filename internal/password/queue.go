package password

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// queue lets work of a total weight run at a time, and a number of callers wait for it in the order they came. A heavy
// one at the front is not overtaken by light ones behind it.
type queue struct {
	places  *semaphore.Weighted
	size    int64
	most    int64 // waiting
	waiting atomic.Int64
}

func newQueue(parallel, waiting int) *queue {
	return &queue{places: semaphore.NewWeighted(int64(parallel)), size: int64(parallel), most: int64(waiting)}
}

// run does work when its turn comes. It returns ErrBusy at once where too many wait, and the context's error as soon as
// the context ends while waiting; in both cases work is not done. Work that has begun is finished.
func (q *queue) run(ctx context.Context, weight int64, work func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	weight = min(weight, q.size)
	if !q.places.TryAcquire(weight) {
		if err := q.wait(ctx, weight); err != nil {
			return err
		}
	}
	defer q.places.Release(weight)
	count(ctx)
	work()
	return nil
}

func (q *queue) wait(ctx context.Context, weight int64) error {
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.most {
		return ErrBusy
	}
	return q.places.Acquire(ctx, weight)
}
