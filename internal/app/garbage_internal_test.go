package app

import (
	"math"
	"testing"
	"time"
)

func TestTheRoomForGarbageShrinksAsMoreIsInUse(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct{ size, heap, others, want uint64 }{
		{quietHeap, 0, 0, 800}, {quietHeap, 1 * mib, 0, 800}, {quietHeap, 8 * mib, 0, 300}, {quietHeap, 8 * mib, 4 * mib, 200},
		{quietHeap, 16 * mib, 0, usualPercent}, {quietHeap, 16*mib + 1, 0, usualPercent}, {quietHeap, 8 * mib, 40 * mib, usualPercent},
		{quietHeap, 32 * mib, 0, usualPercent}, {quietHeap, 64 * mib, 0, 50}, {quietHeap, 4096 * mib, 0, leastPercent},
		{busyHeap, 0, 0, 1600}, {busyHeap, 8 * mib, 0, 700}, {busyHeap, 32 * mib, 0, usualPercent}, {busyHeap, 64 * mib, 0, usualPercent},
		{busyHeap, 128 * mib, 0, 50}, {busyHeap, 4096 * mib, 0, leastPercent},
	} {
		got := percentFor(c.size, c.heap, c.others)
		if got != int64(c.want) {
			t.Errorf("%d MiB of %d and %d others: %d %%, want %d %%", c.heap/mib, c.size/mib, c.others/mib, got, c.want)
		}
		if goal := c.heap + (c.heap+c.others)*uint64(got)/100; got > usualPercent && goal > c.size {
			t.Errorf("%d MiB of %d and %d others may become %d MiB", c.heap/mib, c.size/mib, c.others/mib, goal/mib)
		}
	}
}

func TestAHeapThatIsSearchedOftenHasMoreRoomUntilItIsSearchedSeldom(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	r := &room{heap: quietHeap}
	for i, c := range []struct {
		after time.Duration
		want  uint64
	}{
		{0, quietHeap}, {often + 1, quietHeap}, {often - 1, busyHeap}, {often + 1, busyHeap}, {seldom, busyHeap}, {seldom + 1, quietHeap}, {0, busyHeap},
	} {
		now = now.Add(c.after)
		if r.collected(now); r.heap != c.want {
			t.Errorf("%d: after %v the heap may be %d MiB", i, c.after, r.heap>>20)
		}
	}
}

func TestAHeapThatGrowsAtOnceIsCollectedBeforeItIsManyTimesAsLarge(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct{ size, heap, others, beside, most uint64 }{
		{quietHeap, 1 * mib, 0, 10 * mib, 49 * mib}, {quietHeap, 4 * mib, 2 * mib, 10 * mib, 48 * mib}, {quietHeap, 30 * mib, 0, 0, 76 * mib},
		{quietHeap, 400 * mib, 0, 0, 516 * mib}, {busyHeap, 1 * mib, 0, 10 * mib, 81 * mib}, {busyHeap, 60 * mib, 0, 0, 136 * mib},
	} {
		u := usage{heap: c.heap, others: c.others, beside: c.beside}
		got := limitFor(u, percentFor(c.size, u.heap, u.others), math.MaxInt64) - int64(c.beside)
		if got < int64(c.heap+sudden) || got > int64(c.most) {
			t.Errorf("%d MiB in use may become %d MiB", c.heap/mib, got/mib)
		}
	}
}

func TestTheLimitOfMemoryThatAnOperatorSetsStays(t *testing.T) {
	t.Parallel()
	if got := limitFor(usage{heap: 100 << 20}, 100, 90<<20); got != 90<<20 {
		t.Errorf("%d", got)
	}
}

func TestTheCollectorIsToldOfWhatChangedByAQuarter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b int64
		want bool
	}{{100, 100, false}, {100, 76, false}, {100, 70, true}, {70, 100, true}, {1 << 20, math.MaxInt64, true}, {math.MaxInt64, math.MaxInt64, false}} {
		if got := apart(c.a, c.b); got != c.want {
			t.Errorf("%d and %d are apart: %v", c.a, c.b, got)
		}
	}
}
