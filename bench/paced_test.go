package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnOpenLoopKeepsItsRateWhateverTheAnswersTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		started := time.Now()
		sent := map[int]time.Duration{}
		paced(t.Context(), 100, 50, 64, func(_, i int, _ time.Time) {
			mu.Lock()
			sent[i] = time.Since(started)
			mu.Unlock()
			time.Sleep(300 * time.Millisecond)
		})
		if len(sent) != 50 {
			t.Fatalf("%d requests were sent, want 50", len(sent))
		}
		for i, at := range sent {
			if want := time.Duration(i) * 10 * time.Millisecond; at != want {
				t.Errorf("request %d was sent after %v, want %v", i, at, want)
			}
		}
	})
}

func TestAnOpenLoopChargesAPauseToAllWhoWouldHaveCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var took []time.Duration
		paced(t.Context(), 100, 20, 1, func(_, i int, due time.Time) { // one worker: a pause holds up those behind it
			time.Sleep(time.Millisecond)
			if i == 5 {
				time.Sleep(99 * time.Millisecond)
			}
			took = append(took, time.Since(due))
		})
		// The sixth takes 100 ms; each behind it is due 10 ms later and is answered 1 ms after the one before it.
		for i, want := range map[int]time.Duration{4: time.Millisecond, 5: 100 * time.Millisecond, 6: 91 * time.Millisecond, 7: 82 * time.Millisecond,
			15: 10 * time.Millisecond, 19: time.Millisecond} {
			if took[i] != want {
				t.Errorf("request %d took %v, want %v", i, took[i], want)
			}
		}
	})
}
