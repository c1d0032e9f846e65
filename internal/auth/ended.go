package auth

import (
	"container/heap"
	"strings"
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

// Ended is the set of sessions and accounts that ended before their access tokens did. It holds each until no token of it can
// be accepted any more, and is bounded by nothing else. It is safe for concurrent use; readers never wait.
type Ended struct {
	clock    clock.Clock
	sessions sync.Map // id → time.Time: accepted no more after it
	accounts sync.Map // uid → cutoff

	mu    sync.Mutex // for writers
	queue leaving
}

// cutoff ends the tokens of an account that were issued up to an instant.
type cutoff struct{ before, until time.Time }

// NewEnded makes an empty set.
func NewEnded(clk clock.Clock) *Ended { return &Ended{clock: clk} }

// Session ends a session's tokens. until is when the last of them expires; the leeway is added here.
func (e *Ended) Session(id string, until time.Time) {
	id, until = strings.ToLower(id), until.Add(leeway*time.Second)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	if old, ok := e.sessions.Load(id); ok && !until.After(old.(time.Time)) {
		return
	}
	e.sessions.Store(id, until)
	heap.Push(&e.queue, leave{until, &e.sessions, id})
}

// Account ends the tokens of an account that were issued at before or earlier, a token without iat among them. until is when
// the last of them expires; the leeway is added here.
//
// before was written by one clock, and the instant of a token by another, which may be Apart from it. What is so near to before
// that the clocks cannot tell is ended where it is of no session, or of a third party. A session of the product ends by its id:
// whoever ends an account ends its sessions, and one that is not among them began later.
func (e *Ended) Account(uid string, before, until time.Time) {
	uid = strings.ToLower(uid)
	c := cutoff{before, until.Add(leeway * time.Second)}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	if v, ok := e.accounts.Load(uid); ok {
		old := v.(cutoff)
		if !c.before.After(old.before) && !c.until.After(old.until) {
			return
		}
		c = cutoff{later(c.before, old.before), later(c.until, old.until)}
	}
	e.accounts.Store(uid, c)
	heap.Push(&e.queue, leave{c.until, &e.accounts, uid})
}

// Holds reports whether the holder's session or account has ended. Sessions are the product's own: of a foreign holder the
// account alone counts.
func (e *Ended) Holds(h Holder) bool {
	if e == nil {
		return false
	}
	if h.Session != "" && !h.Foreign {
		if until, ok := e.sessions.Load(h.Session); ok && !e.clock.Now().After(until.(time.Time)) {
			return true
		}
	}
	if h.Actor.UID == "" {
		return false
	}
	v, ok := e.accounts.Load(h.Actor.UID)
	if !ok {
		return false
	}
	c := v.(cutoff)
	return !e.clock.Now().After(c.until) && !issuedAfter(h, c.before)
}

// Len is how many sessions and accounts are in the set.
func (e *Ended) Len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	n := 0
	for _, m := range []*sync.Map{&e.sessions, &e.accounts} {
		m.Range(func(any, any) bool { n++; return true })
	}
	return n
}

func issuedAfter(h Holder, before time.Time) bool {
	switch since := h.IssuedAt.Unix() - before.Unix(); {
	case h.IssuedAt.IsZero() || since < -apart:
		return false
	case since > apart:
		return true
	}
	return h.Session != "" && !h.Foreign
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sweep lets go of what no token can be of any more. The queue has an item for every instant at which an entry was to leave;
// those of entries that were prolonged since do nothing.
func (e *Ended) sweep() {
	now := e.clock.Now()
	for len(e.queue) > 0 && now.After(e.queue[0].at) {
		l := heap.Pop(&e.queue).(leave)
		if v, ok := l.from.Load(l.key); ok && now.After(end(v)) {
			l.from.Delete(l.key)
		}
	}
}

func end(v any) time.Time {
	if c, ok := v.(cutoff); ok {
		return c.until
	}
	return v.(time.Time)
}

// leave is when an entry leaves the set.
type leave struct {
	at   time.Time
	from *sync.Map
	key  string
}

// leaving is a heap, the earliest first.
type leaving []leave

func (q leaving) Len() int           { return len(q) }
func (q leaving) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q leaving) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *leaving) Push(x any)        { *q = append(*q, x.(leave)) }
func (q *leaving) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = leave{}
	*q = (*q)[:last]
	return x
}
