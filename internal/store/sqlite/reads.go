package sqlite

import (
	"sync"
	"time"

	"github.com/socle-hq/socle/internal/fault"
)

// reads are the snapshots in use.
type reads struct {
	mu  sync.Mutex
	all map[*snapshot]struct{}
}

func (r *reads) add(q *snapshot) {
	r.mu.Lock()
	r.all[q] = struct{}{}
	r.mu.Unlock()
}

func (r *reads) remove(q *snapshot) {
	r.mu.Lock()
	delete(r.all, q)
	r.mu.Unlock()
}

// end ends the snapshots that began before a moment, or at it.
func (r *reads) end(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for q := range r.all {
		if !q.began.After(before) {
			q.end()
		}
	}
}

func errEnded() error {
	return fault.New(fault.Unavailable, "the read took too long while much was written").WithHint("try again")
}
