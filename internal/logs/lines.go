// Package logs owns the way of log lines to where they are kept: gathered while many come, whole, in order, and never at the
// price of requests that wait for ever. It knows nothing of what the lines say.
package logs

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	gather   = 100 * time.Millisecond // for so long lines wait for others
	piece    = 32 << 10               // bytes that are written at once, without waiting for others
	most     = 1 << 20                // bytes that may wait
	usual    = 8 * piece              // room that is kept for them
	patience = time.Second            // with what takes no lines
)

// Lines gathers lines and writes them together. A line that comes alone is written at once. It is safe for concurrent use.
//
// What does not take lines has them kept, and others wait for it a while; then, until it takes some again, nobody does, and lines
// that find no room are counted instead.
type Lines struct {
	out io.Writer

	mu      sync.Mutex
	waiting []byte
	added   int64         // bytes that ever waited
	written int64         // of them
	taken   chan struct{} // closed when some are written
	stuck   bool
	lost    int // lines

	wake, hurry chan struct{} // lines wait; and are to wait no longer
	closing     chan struct{}
	ended       chan struct{} // closed when Run is over
	spare       []byte        // Run's own
}

// Gather makes Lines of what a log is written to. Run writes them.
func Gather(out io.Writer) *Lines {
	return &Lines{out: out, taken: make(chan struct{}), wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		closing: make(chan struct{}), ended: make(chan struct{})}
}

// Write takes whole lines. It never fails.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fits := func() bool { return len(l.waiting) == 0 || len(l.waiting)+len(p) <= most }
	l.await(fits)
	if !fits() {
		l.lost += bytes.Count(p, []byte("\n"))
		return len(p), nil
	}
	l.waiting = append(l.waiting, p...)
	l.added += int64(len(p))
	if len(l.waiting) == len(p) {
		signal(l.wake)
	}
	if len(l.waiting) >= piece {
		signal(l.hurry)
	}
	return len(p), nil
}

// Flush waits until every line that has come is written, or for as long as there is patience.
func (l *Lines) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := l.added
	l.await(func() bool { return l.written >= end })
}

// await waits for what comes with lines that are written. The caller holds mu, which is free meanwhile.
func (l *Lines) await(what func() bool) {
	if l.stuck || what() {
		return
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	for !l.stuck && !what() {
		taken := l.taken
		l.mu.Unlock()
		signal(l.hurry)
		select {
		case <-taken:
			l.mu.Lock()
		case <-t.C:
			l.mu.Lock()
			l.stuck = !what()
		}
	}
}

// missed is how many lines found no room since it was asked last; 0 while there is still none.
func (l *Lines) missed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stuck {
		return 0
	}
	n := l.lost
	l.lost = 0
	return n
}

// Run writes what comes until Close.
func (l *Lines) Run() {
	defer close(l.ended)
	for {
		select {
		case <-l.wake:
		case <-l.closing:
			l.write()
			return
		}
		if l.write() {
			l.pause(l.hurry)
		} else {
			l.pause(nil)
		}
	}
}

// Close writes what waits and ends Run. Nothing is to come after it.
func (l *Lines) Close() {
	l.Flush()
	close(l.closing)
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-l.ended:
	case <-t.C:
	}
}

// pause lets lines gather, not for as long where they cannot wait.
func (l *Lines) pause(hurry <-chan struct{}) {
	t := time.NewTimer(gather)
	defer t.Stop()
	select {
	case <-t.C:
	case <-hurry:
	case <-l.closing:
	}
}

// write gives all lines that wait to out. What it refuses, then false, stays the next to be written.
func (l *Lines) write() bool {
	l.mu.Lock()
	batch := l.waiting
	l.waiting = l.spare[:0]
	l.mu.Unlock()
	n, err := l.out.Write(batch)
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 {
		l.written += int64(n)
		l.stuck = false
		close(l.taken)
		l.taken = make(chan struct{})
	}
	if n < len(batch) {
		l.waiting = append(bytes.Clone(batch[n:]), l.waiting...)
		signal(l.wake)
	}
	if l.spare = batch; cap(batch) > usual {
		l.spare = nil
	}
	return err == nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
