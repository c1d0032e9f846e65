package postgres

import (
	"testing"

	"github.com/socle-hq/socle/internal/clock"
)

func TestArgumentsGoOnTheWireAsTheyAreAndShareTheirRoom(t *testing.T) { // allocations are counted: not in parallel
	args := []any{"é", nil, "", int64(-9223372036854775808), int64(7), "last"}
	values, err := texts(args)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"é", "", "", "-9223372036854775808", "7", "last"} {
		if string(values[i]) != want || (values[i] == nil) != (args[i] == nil) {
			t.Errorf("%v: %q", args[i], values[i])
		}
	}
	_ = append(values[0], "overwrites"...)
	if string(values[3]) != "-9223372036854775808" {
		t.Error("what is appended to one reaches another")
	}
	if n := testing.AllocsPerRun(20, func() { _, _ = texts(args) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
	if _, err := texts([]any{1.5}); err == nil {
		t.Error("a number that has no form on the wire")
	}
}

func TestATransactionBeginsWithItsOwnBoundsWhateverTheLastBeganWith(t *testing.T) {
	t.Parallel()
	s := &Store{clock: clock.System()}
	bounded := func(ms string) []setting { return []setting{{"statement_timeout", ms}} }
	for range 2 {
		for _, ms := range []string{"1000", "1000", "2000"} {
			if got, want := s.begin(bounded(ms)), opening("BEGIN", bounded(ms), lacking); got[1] != want[1] {
				t.Errorf("%q, want %q", got[1], want[1])
			}
		}
		s.gated.Store(!s.gated.Load())
		if got, want := s.begin(bounded("2000")), opening("BEGIN", bounded("2000"), s.gate()); got[1] != want[1] {
			t.Errorf("%q, want %q", got[1], want[1])
		}
		s.gated.Store(!s.gated.Load())
	}
}
