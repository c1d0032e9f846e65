package app

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// roomyHeap is the size to which the heap may grow before garbage is collected, in bytes. Most of what a request needs is garbage
// when it is answered: a heap of a few MiB would be searched many times a second for nothing.
const roomyHeap = 32 << 20

// The collector is told how much garbage there may be in percent of what is in use: usualPercent where that is more than half of
// roomyHeap; from roomyHeap on no more garbage than that, but leastPercent; and never more than mostPercent, with which even an
// empty heap grows to roomyHeap: 4 MiB of it for each 100 %.
const (
	usualPercent = 100
	leastPercent = 25
	mostPercent  = roomyHeap / (4 << 20) * 100
)

// Roomy lets the heap of this process grow to roomyHeap before garbage is collected, from the next collection on. A heap with
// more in use may have as much garbage beside it, or a quarter of its size: what many large answers hold is not doubled.
func Roomy() { (&room{percent: usualPercent}).follow() }

// room is what the collector was told last, in percent.
type room struct{ percent int64 }

// follow adapts to what every collection finds in use: the collector itself sees that nobody refers to an object made for this.
func (r *room) follow() {
	type unused struct{ next *unused }
	runtime.AddCleanup(&unused{}, func(r *room) {
		r.adapt()
		r.follow()
	}, r)
}

// adapt tells the collector how much garbage there may be, where that has changed by a quarter: telling it stops the process for
// a moment.
func (r *room) adapt() {
	found := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(found)
	percent := percentFor(found[0].Value.Uint64(), found[1].Value.Uint64()+found[2].Value.Uint64())
	if percent*4 < r.percent*3 || percent*3 > r.percent*4 {
		r.percent = percent
		debug.SetGCPercent(int(percent))
	}
}

// percentFor is how much garbage there may be beside so many bytes of the heap, and so many of stacks and globals, in use. The
// collector takes it of both together.
func percentFor(heap, others uint64) int64 {
	switch {
	case heap > roomyHeap:
		return max(leastPercent, int64(roomyHeap*100/heap))
	case heap > roomyHeap/2:
		return usualPercent
	}
	return min(mostPercent, max(usualPercent, int64((roomyHeap-heap)*100/max(1, heap+others))))
}
