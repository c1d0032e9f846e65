package storetest

import (
	"math/rand/v2"
	"testing"
)

// Nearly every drawn project loads; the ways in which one does not are few.
func TestDrawnProjectsLoad(t *testing.T) {
	t.Parallel()
	seed, bad := seedOf(t), 0
	for i := range uint64(60) {
		if _, err := drawProject(rand.New(rand.NewPCG(seed, i))); err != nil {
			bad++
			t.Log(err)
		}
	}
	if bad > 2 {
		t.Errorf("%d of 60 drawn projects do not load", bad)
	}
}
