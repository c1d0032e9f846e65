package postgres

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// sticky is how long a session that has written reads from the primary: a replica that is further behind than this shows
// the session a past without its own write.
const sticky = 10 * time.Second

// resting is how long a replica that could not answer is not asked.
const resting = 2 * time.Second

// replicas are the read-only copies, and which sessions have written lately. nil: none.
type replicas struct {
	all  []*replica
	next atomic.Uint64

	mu    sync.Mutex
	last  map[string]time.Time // when a session wrote
	swept time.Time
}

type replica struct {
	*source
	until atomic.Int64 // µs since 1970: not asked before
}

func openReplicas(ctx context.Context, o Options) (*replicas, error) {
	if len(o.Replicas) == 0 {
		return nil, nil
	}
	out := &replicas{last: map[string]time.Time{}}
	for _, dsn := range o.Replicas {
		config, err := configure(dsn, o)
		if err != nil {
			return out, err
		}
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return out, unreachable(err)
		}
		out.all = append(out.all, &replica{source: newSource(pool, o.Clock)})
	}
	return out, nil
}

func (r *replicas) pools() []*pgxpool.Pool {
	if r == nil {
		return nil
	}
	var out []*pgxpool.Pool
	for _, x := range r.all {
		out = append(out, x.pool)
	}
	return out
}

// choose gives the replica whose turn it is, nil where the primary has to answer.
func (r *replicas) choose(session string, now time.Time) *replica {
	if r == nil || session == "" || r.stuck(session, now) {
		return nil
	}
	turn := r.next.Add(1)
	for i := range uint64(len(r.all)) {
		x := r.all[(turn+i)%uint64(len(r.all))]
		if now.UnixMicro() >= x.until.Load() {
			return x
		}
	}
	return nil
}

// rest leaves a replica alone for a while.
func (x *replica) rest(now time.Time) {
	x.until.Store(now.Add(resting).UnixMicro())
	x.pool.Reset()
}

func (r *replicas) stuck(session string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.last[session]
	return ok && now.Sub(at) < sticky
}

// wrote makes a session read from the primary for a while.
func (r *replicas) wrote(session string, now time.Time) {
	if r == nil || session == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[session] = now
	if now.Sub(r.swept) < sticky {
		return
	}
	r.swept = now
	for s, at := range r.last {
		if now.Sub(at) >= sticky {
			delete(r.last, s)
		}
	}
}
