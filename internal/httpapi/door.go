package httpapi

import (
	"context"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/socle-hq/socle/internal/admission"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/policy"
)

// Doors are where requests of the data API wait for their turn. A request is inside while the database works for it and its answer
// is made: not while its body comes in, and not while its answer is read, so that slow clients keep nobody waiting. Bulk is for writes
// with large bodies, which take several times their size once they are understood, and long: they are inside from then on, and
// nobody with a small one waits behind them.
type Doors struct{ Reads, Writes, Bulk *admission.Door }

// largeBody is the size in bytes above which a body is large.
const largeBody = 8 << 10

// writes is the door for a write with a body of so many bytes.
func (d Doors) writes(bytes int64) *admission.Door {
	if bytes > largeBody {
		return d.Bulk
	}
	return d.Writes
}

// orUsual fills what is missing, for a database that does some things at once on each processor.
func (d Doors) orUsual(c *Config) Doors {
	l := c.Limits.Filled()
	o := admission.DoorOptions{Places: 8 * runtime.GOMAXPROCS(0), Waiting: l.Waiting, Wait: l.Wait, Clock: c.Clock}
	if d.Reads == nil {
		d.Reads = admission.NewDoor(o)
	}
	if d.Writes == nil {
		d.Writes = admission.NewDoor(o)
	}
	if d.Bulk == nil {
		d.Bulk = d.Writes
	}
	return d
}

// line is in whose line a call waits: the account's, or, of those who have none, that of the network they come from.
func (c *call) line() string {
	if c.actor.UID != "" && c.actor.Role != policy.ServiceRole {
		return c.actor.Role + " " + c.actor.UID
	}
	return c.actor.Role + " from " + admission.Network(c.Request, c.proxies)
}

// come lets a call in, unless it is inside; its place is left when the answer begins, or with the call.
func (s *server) come(c *call, d *admission.Door) error {
	if c.place.Inside() {
		return nil
	}
	place, err := d.Enter(c.Context(), c.line)
	if err != nil {
		c.note.away = c.Context().Err() == nil
		return err
	}
	c.place = place
	s.lasting(c)
	return nil
}

// Turn lets a call in whose body is large, before it is understood.
func (c *call) Turn(bytes int) error {
	if bytes <= largeBody {
		return nil
	}
	return c.server.come(c, c.server.Doors.Bulk)
}

// hopeless refuses a call that would be refused later, before anything is done for it. What a function does is not known yet.
func (s *server) hopeless(c *call) error {
	switch {
	case c.Method == http.MethodGet, c.Method == http.MethodHead:
		return s.Doors.Reads.Full(c.line)
	case c.Method == http.MethodPost && len(c.segments) > 0 && c.segments[0] == "rpc", c.Method == http.MethodOptions:
		return nil
	}
	return s.Doors.writes(c.Request.ContentLength).Full(c.line)
}

// turnedAway ends a request that was refused because there are too many. The client has its answer at once, and its connection is
// heard again when Retry-After is over: who asks again at once, and thousands of times, keeps no processor busy. A proxy's
// connections are many clients'. The log tells of those of a second together.
func (s *server) turnedAway(w http.ResponseWriter, r *http.Request) {
	s.crowd.told(s, r)
	if s.Proxies > 0 {
		return
	}
	if http.NewResponseController(w).Flush() != nil {
		return // there is no connection: the process asks itself
	}
	t := time.NewTimer(retryAfter)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// retryAfter is what clients are told to wait for.
const retryAfter = time.Second

// crowd counts who was turned away since the log was told of it.
type crowd struct {
	refused atomic.Int64
	logged  atomic.Int64 // when, in nanoseconds
}

func (cr *crowd) told(s *server, r *http.Request) {
	cr.refused.Add(1)
	now, last := s.Clock.Now().UnixNano(), cr.logged.Load()
	if now-last < int64(time.Second) || !cr.logged.CompareAndSwap(last, now) {
		return
	}
	s.Log.WarnContext(r.Context(), "too many requests are waiting: some are refused", "refused", cr.refused.Swap(0))
}

// shortTerm is how long waiting and working may take without anything being done for it: the listener's own times are longer.
const shortTerm = 20 * time.Second

// lasting gives a call the time that the project's settings allow. Its body has come.
func (s *server) lasting(c *call) {
	if s.Limits.Statement <= shortTerm {
		return
	}
	conn := http.NewResponseController(c.ResponseWriter)
	_ = conn.SetReadDeadline(time.Time{}) // its end would look like a client that went away
	_ = conn.SetWriteDeadline(clock.System().Now().Add(s.Limits.Statement + shortTerm))
}

// inTurn runs f for a call that has a place, for as long as statements may take.
func (s *server) inTurn(c *call, d *admission.Door, f func(context.Context)) {
	if err := s.come(c, d); err != nil {
		s.failed(c.Context(), c, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.Context(), s.Limits.Statement)
	defer cancel()
	f(ctx)
}
