package sqlite

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/store"
)

// Whatever writes do to each other, what is kept is what was acknowledged, whole.
func TestAnyMixtureOfWritesKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	var mu sync.Mutex
	acknowledged := map[int64]bool{}
	var all sync.WaitGroup
	for g := range int64(16) {
		all.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(g)))
			for i := range int64(100) {
				id := (g*100 + i) * 10
				if s.mixed(id, r.IntN(12)) == nil {
					mu.Lock()
					acknowledged[id], acknowledged[id+1] = true, true
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	got := kept(t, s)
	for id := range acknowledged {
		if !got[id] {
			t.Errorf("%d was acknowledged and is not there", id)
		}
	}
	for id := range got {
		if !acknowledged[id] {
			t.Errorf("%d is there and was not acknowledged", id)
		}
	}
	if n := len(acknowledged); n < 1200 || n > 2800 {
		t.Errorf("%d rows: too one-sided to tell", n)
	}
}

// mixed writes two rows and, by kind, does something that must undo them.
func (s *Store) mixed(id int64, kind int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	return s.Write(ctx, func(tx store.Tx) error {
		if err := adding(id, id+1)(tx); err != nil {
			return err
		}
		switch kind {
		case 0:
			return adding(id)(tx)
		case 1:
			panic("a mistake")
		case 2:
			adding(-1)(tx) // the error is overlooked
		case 3:
			return adding(id+2, -1)(tx)
		case 4:
			cancel()
			return adding(id + 2)(tx)
		}
		return nil
	})
}
