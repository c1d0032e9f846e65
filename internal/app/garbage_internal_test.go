package app

import "testing"

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
