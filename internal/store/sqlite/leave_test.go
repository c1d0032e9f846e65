package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
)

const (
	both  = "UPDATE counters SET note = 'y' WHERE id IN (?1, ?1 + 1)"
	there = "SELECT id FROM counters WHERE id = ?1"
)

func sets(text string, id, rows int64) store.Step {
	return store.Step{Exec: sqlgen.Exec{Text: text, Args: []any{id}}, Rows: rows}
}

// leaving leaves steps where it may, unless a number is there, and refuses what it is asked again.
func leaving(unless int64, steps ...store.Step) func(store.Tx) error {
	return func(tx store.Tx) error {
		l := tx.(store.Leaver)
		if !l.Leaves() {
			return fault.New(fault.Denied, "it was refused")
		}
		return l.Leave(sqlgen.Exec{Text: there, Args: []any{unless}}, steps)
	}
}

// savepoint reports whether the writer has set one since it was asked last.
func savepoint(s *Store) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, set := s.writer.known["SAVEPOINT member"]
	delete(s.writer.known, "SAVEPOINT member")
	return set
}

func TestOnlyWhatMayBeUndoneApartSetsASavepoint(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	savepoint(s)
	for name, c := range map[string]struct {
		f    func(store.Tx) error
		sets bool
	}{
		"a change that is left": {leaving(7, sets(add, 1, 1)), false},
		"changes that are left": {leaving(7, sets(add, 2, 1), sets(add, 3, 1)), true},
		"a change":              {adding(4), true},
		"a question": {func(tx store.Tx) error {
			_, err := tx.Query(context.Background(), there, int64(7))
			return err
		}, false},
		"a change that gives rows": {func(tx store.Tx) error {
			_, err := tx.Query(context.Background(), add+" RETURNING id", int64(5))
			return err
		}, true},
	} {
		if err := s.Write(context.Background(), c.f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if savepoint(s) != c.sets {
			t.Errorf("%s: a savepoint was set: %t", name, !c.sets)
		}
	}
	if got := fmt.Sprint(kept(t, s)); got != "map[1:true 2:true 3:true 4:true 5:true]" {
		t.Error(got)
	}
}

func TestWhatIsLeftAndRefusedHarmsNoOther(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	ok, refused, internal := fault.Code(""), fault.Denied, fault.Internal
	writes := []struct {
		f    func(store.Tx) error
		want fault.Code
	}{
		{leaving(0, sets(add, 1, 1)), ok},
		{leaving(0, sets(add, 1, 1)), refused},                   // it is there
		{leaving(1, sets(add, 2, 1)), refused},                   // unless 1 is there
		{leaving(0, sets(add, 3, 1), sets(add, 4, 1)), ok},       //
		{leaving(0, sets(add, 5, 1), sets(add, 4, 1)), refused},  // the second is there
		{leaving(0, sets(both, 5, 1)), refused},                  // none is there
		{leaving(0, sets(both, 3, 2), sets(add, 6, 1)), ok},      //
		{leaving(0, sets(both, 3, 1), sets(add, 7, 1)), refused}, // two are there
		{leaving(0, sets(both, 3, 0)), ok},                       // however many
		{leaving(0, sets(both, 3, 1)), internal},                 // the transaction ends with it
		{leaving(0, sets(add, -1, 1)), internal},                 // so it does
		{leaving(0, sets("INSERT INTO nowhere VALUES (?1)", 1, 1)), refused},
		{leaving(0, sets(add, 8, 1)), ok},
	}
	var fs []func(store.Tx) error
	for _, w := range writes {
		fs = append(fs, w.f)
	}
	for i, err := range together(s, fs...) {
		if (err == nil) != (writes[i].want == ok) || err != nil && fault.From(err).Code != writes[i].want {
			t.Errorf("write %d: %v, want %q", i, err, writes[i].want)
		}
	}
	if got := fmt.Sprint(kept(t, s)); got != "map[1:true 3:true 4:true 6:true 8:true]" {
		t.Error(got)
	}
}

func TestWhoHasChangedSomethingLeavesNothing(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	err := s.Write(context.Background(), func(tx store.Tx) error {
		if l := tx.(store.Leaver); !l.Leaves() {
			return fault.New(fault.Internal, "nothing was changed yet")
		}
		if err := adding(1)(tx); err != nil {
			return err
		}
		if l := tx.(store.Leaver); l.Leaves() {
			return fault.New(fault.Internal, "something was changed")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Of writes that are left in any mixture, what is kept is what was acknowledged.
func TestAnyMixtureOfWhatIsLeftKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	s := counters(t, Options{Fast: true})
	dice := rand.New(rand.NewPCG(1, 2))
	want, refusals := map[int64]bool{}, 0
	for range 60 {
		var fs []func(store.Tx) error
		var ids [][]int64
		for range 1 + dice.IntN(12) {
			steps, of := []store.Step{}, []int64{}
			for range 1 + dice.IntN(2) {
				id := dice.Int64N(400) - 8
				steps, of = append(steps, sets(add, id, 1)), append(of, id)
			}
			fs, ids = append(fs, leaving(dice.Int64N(400), steps...)), append(ids, of)
		}
		for i, err := range together(s, fs...) {
			if err != nil {
				refusals++
				continue
			}
			for _, id := range ids[i] {
				want[id] = true
			}
		}
	}
	if got := kept(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept %v\nacknowledged %v", got, want)
	}
	if len(want) < 50 || refusals < 50 {
		t.Errorf("%d kept, %d refused: too one-sided to tell", len(want), refusals)
	}
}
