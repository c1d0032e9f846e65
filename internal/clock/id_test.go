package clock_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/socle-hq/socle/internal/clock"
)

func TestIDsAreVersion7OfTheClockAndRise(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 2, 3, 4, 5, 120_500_000, time.UTC)
	var ids clock.IDs
	last := ""
	for range 10_000 {
		text, err := ids.Next(clock.Fixed(at, strings.NewReader("\xff\xff\xff\xff\xff\xff\xff\xff")))
		if err != nil {
			t.Fatal(err)
		}
		id, err := uuid.Parse(text)
		if err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 || text != id.String() {
			t.Fatalf("%s: %v, version %v, variant %v", text, err, id.Version(), id.Variant())
		}
		if sec, nsec := id.Time().UnixTime(); last == "" && (sec != at.Unix() || nsec/1_000_000 != 120) {
			t.Errorf("%s is of %d s and %d ns", text, sec, nsec)
		}
		if text <= last {
			t.Fatalf("%s comes after %s", text, last)
		}
		last = text
	}
}

func TestAnIDNeedsRandomness(t *testing.T) {
	t.Parallel()
	var ids clock.IDs
	if id, err := ids.Next(clock.Fixed(time.Unix(0, 0), strings.NewReader("short"))); err == nil {
		t.Errorf("got %s", id)
	}
}

func TestAnIDIsMadeInTwoPieces(t *testing.T) {
	var ids clock.IDs
	clk := clock.System()
	if n := testing.AllocsPerRun(100, func() { ids.Next(clk) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}
