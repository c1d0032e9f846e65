package app

import (
	"math"
	"testing"
)

func TestTheRoomForGarbageShrinksAsMoreIsInUse(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct{ heap, others, want uint64 }{
		{0, 0, mostPercent}, {1 * mib, 0, mostPercent}, {8 * mib, 0, 300}, {8 * mib, 4 * mib, 200}, {16 * mib, 0, usualPercent},
		{16*mib + 1, 0, usualPercent}, {8 * mib, 40 * mib, usualPercent}, {32 * mib, 0, usualPercent}, {64 * mib, 0, 50},
		{4096 * mib, 0, leastPercent},
	} {
		got := percentFor(c.heap, c.others)
		if got != int64(c.want) {
			t.Errorf("%d MiB and %d others: %d %%, want %d %%", c.heap/mib, c.others/mib, got, c.want)
		}
		if goal := c.heap + (c.heap+c.others)*uint64(got)/100; got > usualPercent && goal > roomyHeap {
			t.Errorf("%d MiB and %d others may become %d MiB", c.heap/mib, c.others/mib, goal/mib)
		}
	}
}

func TestAHeapThatGrowsAtOnceIsCollectedBeforeItIsManyTimesAsLarge(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct{ heap, others, beside, most uint64 }{
		{1 * mib, 0, 10 * mib, 49 * mib}, {4 * mib, 2 * mib, 10 * mib, 48 * mib}, {30 * mib, 0, 0, 76 * mib}, {400 * mib, 0, 0, 516 * mib},
	} {
		u := usage{heap: c.heap, others: c.others, beside: c.beside}
		if got := limitFor(u, percentFor(u.heap, u.others), math.MaxInt64) - int64(c.beside); got < int64(c.heap+roomyHeap/2) || got > int64(c.most) {
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
