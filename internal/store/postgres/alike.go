package postgres

import (
	"encoding/binary"
	"math"
	"sync"
	"time"
)

// alike has a queue for each question that takes the server long: while it is under way, whoever asks the same waits, and is
// answered with the others who do by one more.
type alike struct {
	wait time.Duration // nobody waits longer for what is under way

	mu sync.Mutex
	of map[string]*line
}

// line is a queue of those who ask the same.
type line struct {
	queue[*question]
	in int
}

// join gives a question's queue, until it is left.
func (a *alike) join(key string) *queue[*question] {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.of[key]
	if l == nil {
		l = &line{queue: queue[*question]{bounds: queueBounds{1, math.MaxInt, math.MaxInt, a.wait, true}}}
		if a.of == nil {
			a.of = map[string]*line{}
		}
		a.of[key] = l
	}
	l.in++
	return &l.queue
}

func (a *alike) leave(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of[key].in--; a.of[key].in == 0 {
		delete(a.of, key)
	}
}

// key is the same text for questions that are equal, and for no others that are asked of one state of the schema.
func (q *question) key() string {
	out := q.one.appendKey(nil)
	if q.more != nil {
		out = q.more.appendKey(out)
	}
	return string(out)
}

func (p *part) appendKey(out []byte) []byte {
	out = append(binary.AppendUvarint(out, uint64(len(p.sql))), p.sql...)
	for _, v := range p.values {
		if v == nil {
			out = append(out, 0)
			continue
		}
		out = append(binary.AppendUvarint(out, uint64(len(v))+1), v...)
	}
	return out
}
