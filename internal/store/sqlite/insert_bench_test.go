package sqlite

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/store"
)

// BenchmarkInsert compares concurrent writes of one row with the limit: the same driver and settings in a loop that only groups
// them. Both take turns, so that both feel the same machine; of-limit is the ratio of their speeds.
func BenchmarkInsert(b *testing.B) {
	for name, clients := range map[string]int{"1": 1, "32": 32, "500": 500} {
		b.Run(name, func(b *testing.B) {
			s := counters(b, Options{Queue: 2 * clients})
			limit := newBare(b)
			var id atomic.Int64
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var ours, theirs time.Duration
			before := s.commits.Load()
			b.ResetTimer()
			for left := b.N; left > 0; left -= turn {
				n := min(turn, left)
				ours += spread(b, clients, n, func() error {
					key := id.Add(1)
					return s.Write(ctx, func(tx store.Tx) error {
						_, err := tx.Exec(ctx, add, key)
						return err
					})
				})
				b.StopTimer()
				theirs += spread(b, clients, n, func() error { return limit.insert(id.Add(1)) })
				b.StartTimer()
			}
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-limit")
			b.ReportMetric(float64(b.N)/ours.Seconds(), "rows/s")
			b.ReportMetric(float64(b.N)/float64(s.commits.Load()-before), "rows/commit")
		})
	}
}

// turn is how many rows one side inserts before it is the other's turn.
const turn = 2000

// spread has n calls made by clients at once and gives how long they took.
func spread(b *testing.B, clients, n int, f func() error) time.Duration {
	var next atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for range clients {
		all.Go(func() {
			for next.Add(1) <= int64(n) {
				if err := f(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// bareWriter is a group-committing loop and nothing else.
type bareWriter struct {
	conn  *conn
	queue chan bareInsert
}

type bareInsert struct {
	id   int64
	done chan error
}

func newBare(b *testing.B) *bareWriter {
	c, err := openWriter(b.TempDir()+"/"+fileName, Options{Clock: fixedClock()})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.pragma("wal_autocheckpoint = 1000"); err != nil { // as the engine has it
		b.Fatal(err)
	}
	if _, err := c.exec(context.Background(), "CREATE TABLE counters (id INTEGER PRIMARY KEY, note TEXT) STRICT"); err != nil {
		b.Fatal(err)
	}
	w := &bareWriter{c, make(chan bareInsert, 1024)}
	ended := make(chan struct{})
	go func() { defer close(ended); w.loop() }()
	b.Cleanup(func() { close(w.queue); <-ended; c.close() })
	return w
}

func (w *bareWriter) insert(id int64) error {
	r := bareInsert{id, make(chan error, 1)}
	w.queue <- r
	return <-r.done
}

func (w *bareWriter) loop() {
	for r := range w.queue {
		group := []bareInsert{r}
		for more := true; more && len(group) < groupSize; {
			select {
			case r, more = <-w.queue:
				if more {
					group = append(group, r)
				}
			default:
				more = false
			}
		}
		err := w.commit(group)
		for _, r := range group {
			r.done <- err
		}
	}
}

func (w *bareWriter) commit(group []bareInsert) error {
	_, err := w.conn.exec(context.Background(), "BEGIN IMMEDIATE")
	for _, r := range group {
		if err == nil {
			_, err = w.conn.exec(context.Background(), add, r.id)
		}
	}
	if err == nil {
		_, err = w.conn.exec(context.Background(), "COMMIT")
	}
	return err
}
