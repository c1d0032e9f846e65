package admission_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
)

func door(o admission.DoorOptions) *admission.Door {
	o.Clock = clock.System()
	return admission.NewDoor(o)
}

func named(who string) func() string { return func() string { return who } }

// order writes down who was let in, one after the other.
type order struct {
	t    *testing.T
	door *admission.Door
	mu   sync.Mutex
	in   []string
	held []admission.Place
	no   atomic.Int64
}

// come asks for a place and keeps it.
func (o *order) come(who string) {
	go func() {
		p, err := o.door.Enter(context.Background(), named(who))
		if err != nil {
			if fault.From(err).Code != fault.Unavailable {
				o.t.Error(err)
			}
			o.no.Add(1)
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.in, o.held = append(o.in, who), append(o.held, p)
	}()
	synctest.Wait()
}

// next lets the one out who came in first.
func (o *order) next() {
	o.mu.Lock()
	p := o.held[0]
	o.held = o.held[1:]
	o.mu.Unlock()
	p.Leave()
	synctest.Wait()
}

func TestWhoeverAsksForMuchWaitsBehindHimself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &order{t: t, door: door(admission.DoorOptions{Places: 1, Waiting: 100})}
		for range 20 {
			o.come("flood")
		}
		o.come("ann")
		o.come("bob")
		o.come("ann")
		for len(o.held) > 0 {
			o.next()
		}
		if got := fmt.Sprint(o.in[:7]); got != "[flood flood ann bob flood ann flood]" || len(o.in) != 23 || o.no.Load() != 0 {
			t.Errorf("%s, %d in all, %d refused", got, len(o.in), o.no.Load())
		}
	})
}

func TestOneLineNeverTakesAllPlacesToWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &order{t: t, door: door(admission.DoorOptions{Places: 1, Waiting: 64})}
		for range 200 {
			o.come("flood")
		}
		if o.no.Load() != 200-1-32 {
			t.Errorf("%d were refused", o.no.Load())
		}
		for i := range 20 {
			o.come(fmt.Sprint("client ", i))
		}
		if o.no.Load() != 200-1-32 {
			t.Errorf("others were refused: %d", o.no.Load())
		}
		for len(o.held) > 0 {
			o.next()
		}
		if len(o.in) != 1+32+20 {
			t.Errorf("%d were let in", len(o.in))
		}
	})
}

func TestNobodyWaitsForTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &order{t: t, door: door(admission.DoorOptions{Places: 1, Wait: time.Second})}
		o.come("ann")
		o.come("ann")
		time.Sleep(800 * time.Millisecond)
		o.come("ann") // behind somebody who has waited for most of the time
		o.come("bob")
		if o.no.Load() != 1 {
			t.Errorf("%d were refused", o.no.Load())
		}
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if o.no.Load() != 2 {
			t.Errorf("%d were refused after the time", o.no.Load())
		}
		o.next()
		if got := fmt.Sprint(o.in); got != "[ann bob]" {
			t.Error(got)
		}
		o.next()
	})
}

func TestWhoeverLeavesTheLineTakesNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &order{t: t, door: door(admission.DoorOptions{Places: 1})}
		o.come("ann")
		ctx, cancel := context.WithCancel(context.Background())
		left := make(chan error)
		go func() {
			_, err := o.door.Enter(ctx, named("bob"))
			left <- err
		}()
		synctest.Wait()
		o.come("cleo")
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		o.next()
		if got := fmt.Sprint(o.in); got != "[ann cleo]" {
			t.Error(got)
		}
		o.next()
	})
}

// A door of changing width is narrow while those inside are slow, and wide again when they are not.
func TestADoorIsAsWideAsThoseInsideAreQuick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := door(admission.DoorOptions{Places: 2, Most: 32, Waiting: 10_000, Wait: time.Hour})
		var inside, most atomic.Int64
		crowd := func(n int, each ...time.Duration) int64 {
			most.Store(0)
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() {
					p, err := d.Enter(context.Background(), named("ann"))
					if err != nil {
						t.Error(err)
						return
					}
					now := inside.Add(1)
					for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
					}
					time.Sleep(each[i%len(each)])
					inside.Add(-1)
					p.Leave()
				})
			}
			wg.Wait()
			return most.Load()
		}
		crowd(600, time.Second)
		if n := crowd(4, time.Second); n != 2 {
			t.Errorf("%d slow ones were inside together", n)
		}
		mixed := append(slices.Repeat([]time.Duration{time.Millisecond}, 200), time.Second)
		if n := crowd(2000, mixed...); n != 2 {
			t.Errorf("%d were inside together, some of them slow", n)
		}
		time.Sleep(time.Second)
		crowd(600, time.Millisecond)
		if n := crowd(100, time.Millisecond); n != 32 {
			t.Errorf("%d quick ones were inside together", n)
		}
		for range 32 {
			crowd(1, time.Millisecond)
		}
		if n := crowd(8, time.Second); n > 3 {
			t.Errorf("%d slow ones were inside together when few had come for a while", n)
		}
	})
}

// However they come, wait, give up and leave: there are never more inside than places, and in the end the door is as at first.
func TestPlacesAreNeitherLostNorMultiplied(t *testing.T) {
	t.Parallel()
	const places, callers, rounds = 4, 64, 400
	d := door(admission.DoorOptions{Places: places, Waiting: 40})
	var inside, entered atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for n := range rounds {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(n%7)*20*time.Microsecond+time.Microsecond)
				p, err := d.Enter(ctx, named(fmt.Sprint(i%9)))
				if err == nil {
					if now := inside.Add(1); now > places {
						t.Errorf("%d are inside", now)
					}
					entered.Add(1)
					inside.Add(-1)
				}
				p.Leave()
				p.Leave()
				cancel()
			}
		})
	}
	wg.Wait()
	held := make([]admission.Place, places)
	for i := range held {
		var err error
		if held[i], err = d.Enter(context.Background(), named("last")); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Enter(ctx, named("one more")); !errors.Is(err, context.Canceled) {
		t.Errorf("one more than there are places: %v", err)
	}
	if entered.Load() == 0 {
		t.Error("nobody was let in")
	}
}

func TestABudgetIsSharedAndComesBack(t *testing.T) {
	t.Parallel()
	b := admission.NewBudget(100)
	flood := []*admission.Share{b.Of("flood"), b.Of("flood"), b.Of("flood")}
	for i, want := range []bool{true, true, false} {
		if err := flood[i].Take(25); (err == nil) != want {
			t.Errorf("share %d: %v", i, err)
		}
	}
	other := b.Of("other")
	if err := other.Take(25); err != nil {
		t.Errorf("another: %v", err)
	}
	if err := b.Of("other").Take(1); err == nil || fault.From(err).Status() != 503 {
		t.Errorf("beyond: %v", err)
	}
	for _, s := range append(flood, other, other) {
		s.Give()
	}
	if err := other.Take(100); err != nil {
		t.Errorf("all of it: %v", err)
	}
}

func TestAShareGrowsStepByStepAsAtOnce(t *testing.T) {
	t.Parallel()
	b := admission.NewBudget(100)
	s := b.Of("ann")
	for step := range 10 {
		if err := s.Take(10); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	if s.Take(1) == nil || b.Of("bob").Take(1) == nil {
		t.Error("there is more than all of it")
	}
	s.Return(70)
	if err := b.Of("bob").Take(35); err != nil {
		t.Errorf("of what was given back: %v", err)
	}
	s.Return(1000) // has 30
	if err := b.Of("bob").Take(31); err == nil {
		t.Error("more was given back than was taken")
	}
}

func BenchmarkDoorThatIsOpen(b *testing.B) {
	d := door(admission.DoorOptions{Places: 1000})
	who := named("ann")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p, _ := d.Enter(context.Background(), who)
			p.Leave()
		}
	})
}
