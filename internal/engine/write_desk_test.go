package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/socle-hq/socle/internal/fault"
)

// generator hands out numbers from 1 on, slowly, up to most.
type generator struct {
	mu    sync.Mutex
	last  int64
	most  int64
	asked int
}

func (g *generator) from(ctx context.Context, n int64) (int64, error) {
	time.Sleep(time.Second)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if g.last+n > g.most {
		return 0, fault.New(fault.Exhausted, "no more")
	}
	g.last += n
	return g.last - n + 1, nil
}

// Those who come while numbers are taken get theirs together, each in a row, and none twice.
func TestNumbersAreTakenForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, d := &generator{most: 1000}, newDesk()
		var mu sync.Mutex
		seen := map[int64]bool{}
		var wg sync.WaitGroup
		for i := range 50 {
			n := int64(1 + i%3)
			wg.Go(func() {
				b := d.take(t.Context(), n, g.from)
				mu.Lock()
				defer mu.Unlock()
				if b.err != nil || b.n != n {
					t.Error(b)
				}
				for k := range n {
					if seen[b.first+k] {
						t.Errorf("%d was given twice", b.first+k)
					}
					seen[b.first+k] = true
				}
			})
			if i == 0 {
				synctest.Wait() // it has its turn before the others come
			}
		}
		wg.Wait()
		if g.asked != 2 || int64(len(seen)) != g.last {
			t.Errorf("asked %d times for %d numbers, %d were given", g.asked, g.last, len(seen))
		}
	})
}

// Who goes while others wait takes nothing from them.
func TestWhoDoesNotWaitForNumbersLeavesTheOthersTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, d := &generator{most: 1000}, newDesk()
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		for i := range 10 {
			ctx := t.Context()
			if i%2 == 1 {
				ctx = short
			}
			wg.Go(func() {
				b := d.take(ctx, 1, g.from)
				if gone := errors.Is(b.err, context.DeadlineExceeded); b.err != nil && !(gone && ctx == short) {
					t.Error(b.err)
				}
			})
		}
		wg.Wait()
		if g.last < 5 {
			t.Errorf("%d numbers for five", g.last)
		}
	})
}

// Where there are not enough numbers for all, there may be for some.
func TestNumbersThatAreLeftGoToWhomTheySuffice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, d := &generator{most: 5}, newDesk()
		var wg sync.WaitGroup
		var mu sync.Mutex
		given, refused := 0, 0
		for range 9 {
			wg.Go(func() {
				b := d.take(t.Context(), 1, g.from)
				var f *fault.Fault
				mu.Lock()
				defer mu.Unlock()
				switch {
				case b.err == nil:
					given++
				case errors.As(b.err, &f) && f.Code == fault.Exhausted:
					refused++
				default:
					t.Error(b.err)
				}
			})
		}
		wg.Wait()
		if given != 5 || refused != 4 {
			t.Errorf("%d given, %d refused", given, refused)
		}
	})
}
