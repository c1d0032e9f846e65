package postgres

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// paces are how long a server takes for questions, by their wordings, and how long the way to it is.
type paces struct {
	mu    sync.Mutex
	of    map[wording]time.Duration // 0: it has been asked, and is not known yet
	usual time.Duration
	way   time.Duration
	trips int
}

const (
	mostPaces = 1000        // wordings; what is not known goes alone once more
	slowly    = time.Second // is expected of what is not known

	paceShare  = 4  // what is expected of a wording moves by this part of what is seen
	usualShare = 64 // what is usual moves by this part of what comes
	timedTrips = 32 // one of so many that are shared is timed
	wayShare   = 64 // what is expected of the way moves by this part of what is seen, and at once to what is less: a node is busy at times
)

// expected is how long a question takes, slowly where that is not known, and whether it is asked for the first time.
func (p *paces) expected(text wording) (d time.Duration, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, known := p.of[text]
	if !known {
		p.set(text, 0)
	}
	return cmp.Or(d, slowly), !known
}

// set notes what is expected of a wording. The caller holds mu.
func (p *paces) set(text wording, d time.Duration) {
	if _, known := p.of[text]; !known && (p.of == nil || len(p.of) >= mostPaces) {
		p.of = map[wording]time.Duration{}
	}
	p.of[text] = d
}

// came notes that a question has come which is expected to take so long, and gives what a trip takes that is usual among those that do.
func (p *paces) came(d time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.usual += (d - p.usual) / usualShare
	return p.usual + p.way
}

// travelled notes how long a trip has taken beside the statements.
func (p *paces) travelled(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way == 0 || d < p.way {
		p.way = max(d, time.Microsecond)
		return
	}
	p.way += (d - p.way) / wayShare
}

// onTheWay is how long a trip takes beside its statements.
func (p *paces) onTheWay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.way
}

// due reports whether it is time to see how long questions take that share a trip.
func (p *paces) due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trips++
	return p.trips%timedTrips == 0
}

// took notes how long a question has taken.
func (p *paces) took(text wording, d time.Duration) {
	d = max(d, time.Microsecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	if before := p.of[text]; before > 0 {
		d = before + (d-before)/paceShare
	}
	p.set(text, d)
}

// shared notes how long questions have taken together.
func (p *paces) shared(all []*table, d time.Duration) {
	weight := 0.0
	for _, t := range all {
		weight += float64(t.one.weight)
	}
	for _, t := range all {
		p.took(t.one.is.wording(), time.Duration(float64(d)*float64(t.one.weight)/weight))
	}
}

// doubt makes a question one that is not known to be quick.
func (p *paces) doubt(text wording) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.of[text]; d > 0 {
		p.of[text] = max(d, quickTime+1)
	}
}

// clockNow is a server's clock in microseconds. How long an answer is on its way, and waits for a node that is busy, says nothing of
// the statement.
const clockNow = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

// timed sends statements and gives how long the server took for them.
func (l *link) timed(ctx context.Context, batch []statement) (time.Duration, error) {
	var began, over int64
	whole := append([]statement{clocked(&began)}, batch...)
	whole[1].fresh = true // what begins a transaction does not come after a statement
	_, err := l.send(ctx, append(whole, clocked(&over)))
	return max(1, time.Duration(over-began)*time.Microsecond), err
}

func clocked(at *int64) statement {
	return statement{sql: clockNow, each: func(row [][]byte) (err error) {
		if *at, err = strconv.ParseInt(string(row[0]), 10, 64); err != nil {
			err = fmt.Errorf("postgres: a clock says %q", row[0])
		}
		return err
	}}
}
