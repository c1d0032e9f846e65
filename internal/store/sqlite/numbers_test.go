package sqlite

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// above selects the rows whose id is greater than a parameter, or their number.
func above(t *testing.T, c *schema.Collection, number bool) *sqlgen.Stmt {
	t.Helper()
	row := &ir.Row{Collection: c}
	id := &ir.Column{Row: row, Field: c.Fields[0]}
	sel := &plan.Select{From: plan.Source{Row: row}, Where: &ir.Compare{Op: ir.Gt, L: id, R: &ir.Param{T: value.Type{Kind: value.Int}}}}
	if sel.Columns = []ir.Expr{id}; number {
		sel.Columns, sel.Grouped = []ir.Expr{&ir.Agg{T: value.Type{Kind: value.Int}}}, true
	}
	stmt, err := sqlgen.Render((&Store{}).Dialect(), sel)
	if err != nil {
		t.Fatal(err)
	}
	return stmt
}

func number(t *testing.T, snap store.Snapshot, stmt *sqlgen.Stmt, args ...any) int64 {
	t.Helper()
	n, err := snap.(store.Counter).Number(context.Background(), stmt, args)
	if err != nil {
		t.Error(err)
	}
	return n
}

// numbered opens a store with one reading connection and some rows; ask asks for a number in a snapshot of its own.
func numbered(t *testing.T) (s *Store, c *schema.Collection, ask func(stmt *sqlgen.Stmt, args ...any) int64) {
	t.Helper()
	s, err := Open(t.TempDir(), Options{Fast: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c = schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c, note(1, "one", 1), note(2, "two", 2))
	return s, c, func(stmt *sqlgen.Stmt, args ...any) int64 {
		t.Helper()
		snap, err := s.Snapshot(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		return number(t, snap, stmt, args...)
	}
}

func TestANumberIsCountedOnceUntilSomethingIsWritten(t *testing.T) {
	t.Parallel()
	s, c, ask := numbered(t)
	stmt := above(t, c, true)
	if n := ask(stmt, int64(0)); n != 2 {
		t.Fatalf("%d rows, want 2", n)
	}
	numbers := s.readers.idle[0].numbers.kept
	for key := range numbers {
		numbers[key] = 42 // shows whether it is counted again
	}
	if same, other, all := ask(stmt, int64(0)), ask(stmt, int64(1)), ask(counting(t, c)); same != 42 || other != 1 || all != 2 {
		t.Fatalf("the same was answered %d, of another argument %d, of another statement %d", same, other, all)
	}
	if err := insert(s, c, note(3, "three", 3)); err != nil {
		t.Fatal(err)
	}
	if same, other := ask(stmt, int64(0)), ask(stmt, int64(1)); same != 3 || other != 2 {
		t.Fatalf("after a write %d and %d", same, other)
	}
}

func TestWhatIsOutsideOfATransactionIsAlwaysCounted(t *testing.T) {
	t.Parallel()
	s, c, _ := numbered(t)
	for range 2 {
		snap, err := s.Once(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n := number(t, snap, counting(t, c)); n != 2 {
			t.Errorf("%d rows", n)
		}
		snap.Close()
	}
	if n := len(s.readers.idle[0].numbers.kept); n != 0 {
		t.Errorf("%d numbers are kept", n)
	}
}

func TestKeptNumbersAreBounded(t *testing.T) {
	t.Parallel()
	s, c, ask := numbered(t)
	stmt := above(t, c, true)
	for i := range int64(3*keptNumbers + 7) {
		if n := ask(stmt, -i); n != 2 {
			t.Fatalf("%d rows", n)
		}
		if n := len(s.readers.idle[0].numbers.kept); n == 0 || n > keptNumbers {
			t.Fatalf("%d numbers are kept", n)
		}
	}
	if keyOf("SELECT", []any{strings.Repeat("x", keptKey)}) != nil || keyOf("SELECT", []any{struct{}{}}) != nil {
		t.Error("a key is too long, or of something unknown")
	}
}

func TestKeysTellArgumentsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, args := range [][]any{{}, {nil}, {nil, nil}, {int64(1)}, {1.0}, {"1"}, {[]byte("1")}, {""}, {[]byte{}}, {"a", "b"}, {"ab"}, {"ab", ""}, {"", "ab"},
		{"a\x01sb"}, {int64(0)}, {int64(256)}} {
		for _, text := range []string{"", "n", "s"} {
			key, of := string(keyOf(text, args)), fmt.Sprintf("%s %#v", text, args)
			if before, ok := seen[key]; ok || key == "" {
				t.Errorf("%s has the key of %s", of, before)
			}
			seen[key] = of
		}
	}
}

// Writers insert and delete, some of them in vain, while readers count and read the same rows from one snapshot.
func TestANumberIsThatOfItsSnapshotWhateverIsWritten(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	s.policy = logPolicy{calm: 1, step: 1, busy: 1, large: 1 << 18, old: 1 << 40, most: 1 << 40} // the log is begun anew now and then
	c := schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c)
	total, list := above(t, c, true), above(t, c, false)
	var writers, readers sync.WaitGroup
	var over atomic.Bool
	for w := range int64(3) {
		writers.Go(func() {
			for i := range int64(200) {
				writeSome(t, s, c, w*1000+i)
			}
		})
	}
	for r := range 4 {
		readers.Go(func() {
			for i := 0; !over.Load() || i < 50; i++ {
				compareBoth(t, s, total, list, int64(i%3)*1000, (i+r)%2 == 0)
			}
		})
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
}

// writeSome inserts a row; every third time it deletes one of the same writer's, every fifth it keeps nothing.
func writeSome(t *testing.T, s *Store, c *schema.Collection, id int64) {
	inserts, err := s.Dialect().Insert(c, []plan.Tuple{note(id, "note", 1)})
	if err != nil {
		t.Error(err)
		return
	}
	err = s.Write(context.Background(), func(tx store.Tx) error {
		if _, err := tx.Exec(context.Background(), inserts[0].Text, inserts[0].Args...); err != nil {
			return err
		}
		if id%3 == 0 {
			if _, err := tx.Exec(context.Background(), `DELETE FROM notes WHERE id = ?`, id-1); err != nil {
				return err
			}
		}
		if id%5 == 0 {
			return errForeign
		}
		return nil
	})
	if err != nil && id%5 != 0 {
		t.Error(err)
	}
}

// compareBoth asks one snapshot for a number and for the rows that it counts, in either order, and for the number again.
func compareBoth(t *testing.T, s *Store, total, list *sqlgen.Stmt, after int64, first bool) {
	snap, err := s.Snapshot(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	defer snap.Close()
	before := int64(-1)
	if first {
		before = number(t, snap, total, after)
	}
	rows, err := snap.Query(context.Background(), list, []any{after})
	if err != nil {
		t.Error(err)
	}
	if n := number(t, snap, total, after); n != int64(len(rows)) || first && before != n {
		t.Errorf("%d rows, counted as %d and %d", len(rows), before, n)
	}
}
