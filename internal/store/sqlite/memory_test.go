package sqlite

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"modernc.org/libc"

	"github.com/socle-hq/socle/internal/store"
)

func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.fresh) - len(s.free)
}

func TestEveryPageOfACacheHasASlotThatFits(t *testing.T) {
	t.Parallel()
	s, err := OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rows = 400
	err = s.Write(context.Background(), func(tx store.Tx) error {
		for _, sql := range []string{"CREATE TABLE t (b BLOB)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO t SELECT randomblob(3000) FROM n"} {
			if _, err := tx.Exec(context.Background(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := pages.inUse(); n < rows {
		t.Errorf("a cache with %d pages has %d slots", rows, n)
	}
	if pages.size <= pageBytes || pages.size > pageBytes*9/8 {
		t.Errorf("a page of %d bytes takes %d", pageBytes, pages.size)
	}
}

func TestSlotsAreEverybodysOwnUntilTheyAreGivenBack(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(7, 11))
	s := newSlots(4400, 50)
	var taken []uintptr
	for range 10_000 {
		if dice.IntN(2) == 0 && len(taken) > 0 {
			i := dice.IntN(len(taken))
			s.give(taken[i])
			taken = slices.Delete(taken, i, i+1)
			continue
		}
		p := s.take()
		if full := len(taken) == 50; full != (p == 0) {
			t.Fatalf("%d of 50 are taken, and the next is %#x", len(taken), p)
		}
		if p == 0 {
			continue
		}
		if !s.holds(p) || !s.holds(p+s.size-1) || slices.ContainsFunc(taken, func(q uintptr) bool { return p < q+s.size && q < p+s.size }) {
			t.Fatalf("%#x was taken beside %#x", p, taken)
		}
		taken = append(taken, p)
	}
	if s.holds(0) || s.holds(s.start()-1) || s.holds(s.start()+50*s.size) {
		t.Error("addresses outside of the slots are held")
	}
}

func TestWithoutAddressesThereAreNoSlots(t *testing.T) {
	t.Parallel()
	if s := newSlots(4400, -1); s.take() != 0 || s.holds(0) || s.holds(1<<20) {
		t.Error("slots were made of nothing")
	}
}

// Whatever becomes of a piece of memory, it has room for what was asked for and keeps what it holds.
func TestMemoryKeepsWhatItHoldsWhateverItsSize(t *testing.T) {
	t.Parallel()
	tls := libc.NewTLS()
	defer tls.Close()
	line := int32(pages.size)
	for _, sizes := range [][]int32{{1, 8, 9, 4096, line, 10_000}, {line, line - 1, pageBytes + 1, 10, line + 1, 100_000}, {64, line, 64}, {line + 1, line}} {
		p := allocate(tls, sizes[0])
		text, kept := libc.GoBytes, min(sizes[0], slices.Min(sizes))
		libc.Xmemset(tls, p, 'x', uint64(sizes[0]))
		for _, n := range sizes[1:] {
			if p = resize(tls, p, n); p == 0 || p%8 != 0 {
				t.Fatalf("%v: %d bytes are at %#x", sizes, n, p)
			}
			if room := sizeOf(tls, p); room < n {
				t.Errorf("%v: there is room for %d of %d", sizes, room, n)
			}
			if got := text(p, int(kept)); slices.ContainsFunc(got, func(b byte) bool { return b != 'x' }) {
				t.Errorf("%v: of %d bytes some changed", sizes, kept)
			}
		}
		release(tls, p)
	}
}
