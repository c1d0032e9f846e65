package app

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

// quietHeap is the size to which the heap may grow before garbage is collected, in bytes. Most of what a request needs is garbage
// when it is answered: a heap of a few MiB would be searched many times a second for nothing. Where so much is asked that this one
// is too, it may grow to busyHeap.
const (
	quietHeap = 32 << 20
	busyHeap  = 64 << 20
)

// Collections that are less than often apart make a process busy, until two are more than seldom apart. Room that makes them fewer
// does not end what it was given for.
const (
	often  = 250 * time.Millisecond
	seldom = 10 * often
)

// The collector is told how much garbage there may be in percent of what is in use: usualPercent where that is more than half of
// what the heap may grow to; from there on no more garbage than that, but leastPercent; and never more than makes even an empty heap
// grow to that: by smallHeap for each 100 %.
const (
	usualPercent = 100
	leastPercent = 25
	smallHeap    = 4 << 20
)

// sudden is how much more than the last collection found may be in use at the next, before the heap is searched more often than
// that. Percents of what was little then may be many times what there is to be.
const sudden = quietHeap / 2

// Roomy lets the heap of this process grow to quietHeap before garbage is collected, from the next collection on, or to busyHeap. A
// heap with more in use may have as much garbage beside it, or a quarter of its size: what many large answers hold is not doubled. A
// limit of memory that the process was started with stays.
func Roomy(c clock.Clock) {
	(&room{clock: c, heap: quietHeap, percent: usualPercent, limit: math.MaxInt64, most: debug.SetMemoryLimit(-1)}).follow()
}

// room is what the heap may grow to, and what the collector was told last: of garbage in percent, and of all memory in bytes, most of
// which is the operator's to say.
type room struct {
	clock                clock.Clock
	last                 time.Time // when garbage was collected; zero, which is long ago: not yet
	heap                 uint64
	percent, limit, most int64
}

// follow adapts to what every collection finds in use: the collector itself sees that nobody refers to an object made for this.
func (r *room) follow() {
	type unused struct{ next *unused }
	runtime.AddCleanup(&unused{}, func(r *room) {
		r.collected(r.clock.Now())
		r.adapt(found())
		r.follow()
	}, r)
}

// usage is what memory is used for, in bytes.
type usage struct {
	heap   uint64 // found in use by the last collection
	others uint64 // stacks and globals
	beside uint64 // what is not of the heap, or is lost to it
}

func found() usage {
	list := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}, {Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(list)
	n := func(i int) uint64 { return list[i].Value.Uint64() }
	return usage{heap: n(0), others: n(1) + n(2), beside: n(3) - n(4) - n(5) - n(6)}
}

// collected sees how often garbage is collected.
func (r *room) collected(now time.Time) {
	switch ago := now.Sub(r.last); {
	case ago > seldom:
		r.heap = quietHeap
	case ago < often:
		r.heap = busyHeap
	}
	r.last = now
}

// adapt tells the collector how much garbage there may be, where that has changed by a quarter: telling it stops the process for
// a moment.
func (r *room) adapt(u usage) {
	if percent := percentFor(r.heap, u.heap, u.others); apart(percent, r.percent) {
		r.percent = percent
		debug.SetGCPercent(int(percent))
	}
	if limit := limitFor(u, r.percent, r.most); apart(limit, r.limit) {
		r.limit = limit
		debug.SetMemoryLimit(limit)
	}
}

// apart reports whether one number is less than three quarters of the other.
func apart(a, b int64) bool { return a/3 < b/4 || b/3 < a/4 }

// limitFor is how large everything may become until the next collection, whatever is in use by then.
func limitFor(u usage, percent, most int64) int64 {
	garbage := (u.heap + u.others) * uint64(percent) / 100
	return min(most, int64(u.beside+u.heap+garbage+sudden))
}

// percentFor is how much garbage there may be beside so many bytes of the heap, and so many of stacks and globals, in use, where the
// heap may grow to size. The collector takes it of both together.
func percentFor(size, heap, others uint64) int64 {
	switch {
	case heap > size:
		return max(leastPercent, int64(size*100/heap))
	case heap > size/2:
		return usualPercent
	}
	return min(int64(size/smallHeap*100), max(usualPercent, int64((size-heap)*100/max(1, heap+others))))
}
