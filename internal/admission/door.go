package admission

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
)

// Door lets so many requests in at once. The others wait in lines, one for each of those who ask, and the lines have their turn
// one after the other: whoever asks for much waits behind himself. A line may be as long as there are places left to wait, so
// that one never takes them all. Whoever cannot wait, or would for too long, is refused at once, before everybody's answers become
// late.
//
// It is safe for concurrent use. Where nobody waits, it costs two atomic operations.
type Door struct {
	clock       clock.Clock
	least, most int64 // places
	waiting     int
	patience    time.Duration

	state  atomic.Uint64 // how many are inside and, in the upper half, how many wait: who adds to the latter holds mu
	places atomic.Int64  // how many may be inside; they wait only where there are as many
	cut    atomic.Int64  // when somebody last was inside for too long, as far as it counted, in nanoseconds

	mu     sync.Mutex
	lines  lines
	second bool // of two who leave while more are inside than places: the door became narrower, and one comes in for them
}

// DoorOptions say how wide a door is.
type DoorOptions struct {
	Places  int           // requests inside
	Most    int           // up to so many, as long as each is soon out again
	Waiting int           // requests that wait; 0: the default of Limits
	Wait    time.Duration // for how long; 0: the default of Limits
	Clock   clock.Clock
}

// late is how long a request may be inside before a door of changing width becomes narrower; calm is how long nobody may have been for
// it to become wider: quick requests let in many slow ones beside them otherwise.
const (
	late = 200 * time.Millisecond
	calm = 5 * late
)

// NewDoor makes a door.
func NewDoor(o DoorOptions) *Door {
	l := Default()
	d := &Door{clock: o.Clock, least: int64(max(1, o.Places)), most: int64(max(1, o.Places, o.Most)),
		waiting: cmp.Or(o.Waiting, l.Waiting), patience: cmp.Or(o.Wait, l.Wait), lines: newLines()}
	d.places.Store(d.least)
	return d
}

// Place is where a request is while it is inside. The zero Place is nowhere.
type Place struct {
	door  *Door
	since time.Time
}

// Enter waits to be let in. who says in whose line; it is asked only where there is a line. The error is a fault, or the context's.
func (d *Door) Enter(ctx context.Context, who func() string) (Place, error) {
	if !d.open() {
		if err := d.queue(ctx, who()); err != nil {
			return Place{}, err
		}
	}
	p := Place{door: d}
	if d.least != d.most {
		p.since = d.clock.Now()
	}
	return p, nil
}

// Full is the error with which Enter would refuse at once, nil where it might not.
func (d *Door) Full(who func() string) error {
	if d.state.Load() < waiting {
		return nil
	}
	name := who()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refusal(name, d.clock.Now())
}

// Inside reports whether it is a place, and not left.
func (p *Place) Inside() bool { return p.door != nil }

// Leave makes room for the next. A place is left once, however often it is told to be.
func (p *Place) Leave() {
	d := p.door
	if d == nil {
		return
	}
	p.door = nil
	d.adapt(p.since)
	d.leave()
}

// The two halves of a door's state.
const (
	inside  = uint64(1)
	waiting = uint64(1) << 32
)

// open takes a place where there is one and nobody waits for it.
func (d *Door) open() bool {
	for {
		s := d.state.Load()
		if s >= waiting || int64(s) >= d.places.Load() {
			return false
		}
		if d.state.CompareAndSwap(s, s+inside) {
			return true
		}
	}
}

// queue waits until somebody who leaves gives the place on.
func (d *Door) queue(ctx context.Context, who string) error {
	w, err := d.join(who)
	if w == nil {
		return err
	}
	t := time.NewTimer(d.patience)
	defer t.Stop()
	select {
	case <-w.called:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-t.C:
		err = busy()
	}
	if d.withdraw(w) {
		return err
	}
	return nil // called meanwhile
}

// join stands in line; without a waiter or an error there was a place after all.
func (d *Door) join(who string) (*waiter, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.open() {
		s, now := d.state.Load(), d.clock.Now()
		if s < waiting && int64(s) < d.places.Load() {
			continue
		}
		if err := d.refusal(who, now); err != nil {
			return nil, err
		}
		if d.state.CompareAndSwap(s, s+waiting) {
			return d.lines.add(who, now), nil
		}
	}
	return nil, nil
}

// refusal is the error of a line that takes nobody more. The caller holds mu.
func (d *Door) refusal(who string, now time.Time) error {
	left := d.waiting - int(d.state.Load()/waiting)
	if n, oldest := d.lines.of(who); n >= left || n > 0 && now.Sub(oldest) > d.patience/4*3 {
		return busy()
	}
	return nil
}

// withdraw takes out a waiter; false where it was called before.
func (d *Door) withdraw(w *waiter) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.lines.remove(w) {
		return false
	}
	d.state.Add(^(waiting - 1))
	return true
}

func (d *Door) leave() {
	for {
		s := d.state.Load()
		if s >= waiting {
			break
		}
		if d.state.CompareAndSwap(s, s-inside) {
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state.Add(^(inside - 1))
	if int64(s%waiting) < d.places.Load() {
		d.call(d.places.Load())
	} else if d.second = !d.second; !d.second {
		d.call(int64(s%waiting) + 1)
	}
}

// call lets in those whose turn it is until so many are inside. The caller holds mu.
func (d *Door) call(upTo int64) {
	for s := d.state.Load(); s >= waiting && int64(s%waiting) < upTo; s = d.state.Load() {
		if d.state.CompareAndSwap(s, s-waiting+inside) {
			close(d.lines.next().called)
		}
	}
}

// adapt makes a door of changing width narrower where a request was inside for too long, and wider where others wait for those
// that are not. One that is wider than it has to be becomes narrower: nobody knows how quick those will be who come next.
func (d *Door) adapt(since time.Time) {
	if d.least == d.most {
		return
	}
	now, n, last := d.clock.Now(), d.places.Load(), d.cut.Load()
	took, ago, s := now.Sub(since), time.Duration(now.UnixNano()-last), d.state.Load()
	switch {
	case took > late:
		if ago > late && d.cut.CompareAndSwap(last, now.UnixNano()) {
			d.places.Store(max(d.least, n*3/4))
		}
	case s >= waiting:
		if took < late/2 && ago > calm && n < d.most {
			d.places.CompareAndSwap(n, n+1)
		}
	case n > d.least && int64(s) < n/2:
		d.places.CompareAndSwap(n, n-1)
	}
}

func busy() error {
	return fault.New(fault.Unavailable, "The server is busy: too many requests are waiting").WithHint("try again after Retry-After")
}
