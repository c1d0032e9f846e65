package password

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// hold occupies places of q until the returned function is called.
func hold(q *queue, weight int64) (release func()) {
	gate := make(chan struct{})
	go func() { _ = q.run(context.Background(), weight, func() { <-gate }) }()
	synctest.Wait()
	return func() { close(gate); synctest.Wait() }
}

func TestAFullQueueAnswersBusyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 2)
		release := hold(q, 1)
		var done atomic.Int32
		for range 2 {
			go func() { _ = q.run(t.Context(), 1, func() { done.Add(1) }) }()
		}
		synctest.Wait()
		if err := q.run(t.Context(), 1, func() { t.Error("the third was let in") }); !errors.Is(err, ErrBusy) {
			t.Errorf("the third: %v", err)
		}
		release()
		if done.Load() != 2 {
			t.Errorf("%d of the 2 that waited were done", done.Load())
		}
		if err := q.run(t.Context(), 1, func() {}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestWhoGivesUpLeavesTheQueueAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 1)
		release := hold(q, 1)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { left <- q.run(ctx, 1, func() { t.Error("the cancelled one was done") }) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("left with %v", err)
		}
		next := make(chan error, 1)
		go func() { next <- q.run(t.Context(), 1, func() {}) }()
		synctest.Wait()
		release()
		if err := <-next; err != nil {
			t.Errorf("its place in the queue was not free: %v", err)
		}
	})
}

func TestACancelledCallerIsNotLetInToAFreeQueue(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newQueue(1, 1).run(ctx, 1, func() { t.Error("it was done") }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 100)
		release := hold(q, 1)
		var order, want []int
		for i := range 100 {
			want = append(want, i)
			go func() { _ = q.run(t.Context(), 1, func() { order = append(order, i) }) }()
			synctest.Wait()
		}
		release()
		if !slices.Equal(order, want) {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestAtMostParallelRunAtOnceAndAllOfThemDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(3, 100)
		running, gate := atomic.Int32{}, make(chan struct{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				_ = q.run(t.Context(), 1, func() { running.Add(1); <-gate; running.Add(-1) })
			})
		}
		for left := range 50 {
			synctest.Wait()
			if got, want := running.Load(), int32(min(3, 50-left)); got != want {
				t.Fatalf("%d run with %d done, want %d", got, left, want)
			}
			gate <- struct{}{}
		}
		all.Wait()
	})
}

// A hash that needs the memory of many waits for all places, and those behind it wait for it.
func TestAHeavyOneRunsAloneAndIsNotOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(2, 10)
		release := hold(q, 1)
		var order []string
		for _, c := range []struct {
			name   string
			weight int64
		}{{"heavy", 99}, {"light", 1}} {
			go func() { _ = q.run(t.Context(), c.weight, func() { order = append(order, c.name) }) }()
			synctest.Wait()
		}
		if len(order) > 0 {
			t.Errorf("%v ran beside the first", order)
		}
		release()
		if !slices.Equal(order, []string{"heavy", "light"}) {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestAPlaceComesBackWhenWorkPanics(t *testing.T) {
	t.Parallel()
	q := newQueue(1, 1)
	func() {
		defer func() { _ = recover() }()
		_ = q.run(t.Context(), 1, func() { panic("work") })
	}()
	if !q.places.TryAcquire(1) {
		t.Error("the place is lost")
	}
}
