package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

func insert(s *Store, c *schema.Collection, rows ...plan.Tuple) error {
	return s.Write(context.Background(), func(tx store.Tx) error {
		inserts, err := s.Dialect().Insert(c, rows)
		for _, x := range inserts {
			if _, err := tx.Exec(context.Background(), x.Text, x.Args...); err != nil {
				return err
			}
		}
		return err
	})
}

// counting selects the number of rows.
func counting(t *testing.T, c *schema.Collection) *sqlgen.Stmt {
	t.Helper()
	stmt, err := sqlgen.Render((&Store{}).Dialect(), &plan.Select{From: plan.Source{Row: &ir.Row{Collection: c}}, Grouped: true,
		Columns: []ir.Expr{&ir.Agg{T: value.Type{Kind: value.Int}}}})
	if err != nil {
		t.Fatal(err)
	}
	return stmt
}

func counted(t *testing.T, snap store.Snapshot, stmt *sqlgen.Stmt) int64 {
	t.Helper()
	rows, err := snap.Query(context.Background(), stmt, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0][0].Int()
}

func TestASnapshotDoesNotSeeWhatIsWrittenAfterIt(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	c := schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c, note(1, "one", 1))
	stmt := counting(t, c)
	before, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	first := counted(t, before, stmt)
	if err := insert(s, c, note(2, "two", 2)); err != nil {
		t.Fatal(err)
	}
	after, err := s.Once(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	if again, now := counted(t, before, stmt), counted(t, after, stmt); first != 1 || again != 1 || now != 2 {
		t.Fatalf("the snapshot saw %d, then %d rows; a later one %d", first, again, now)
	}
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	c := schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c)
	err := insert(s, c, note(1, "one", 1), note(1, "again", 1))
	if err == nil || fault.From(err).Error() == "" {
		t.Fatalf("got %v", err)
	}
	snap, _ := s.Once(context.Background())
	defer snap.Close()
	if n := counted(t, snap, counting(t, c)); n != 0 {
		t.Fatalf("%d rows stayed", n)
	}
}

func TestAFullDiskIsSaidToBeFull(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	c := schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c)
	set(t, s, "max_page_count = 10")
	var err error
	for i := 0; i < 10_000 && err == nil; i++ {
		err = insert(s, c, note(int64(i), fmt.Sprintf("%0500d", i), 0))
	}
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.DiskFull || f.Status() != 507 {
		t.Fatalf("got %v: %v", err, errors.Unwrap(err))
	}
}

func TestManyReadersAndAWriterWorkAtOnce(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	c := schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c)
	stmt := counting(t, c)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			last := int64(0)
			for range 50 {
				snap, err := s.Snapshot(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				n := counted(t, snap, stmt)
				if again := counted(t, snap, stmt); n < last || again != n {
					t.Errorf("%d rows, then %d, after %d", n, again, last)
				}
				last = n
				snap.Close()
			}
		})
	}
	for i := range 100 {
		if err := insert(s, c, note(int64(i), "x", 0)); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
}

func TestAClosedStoreRefuses(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	s.Close()
	if _, err := s.Snapshot(context.Background()); err == nil {
		t.Error("a snapshot of a closed store")
	}
	if err := s.Write(context.Background(), func(store.Tx) error { return nil }); err == nil {
		t.Error("a write to a closed store")
	}
}
