package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

func snapshotOf(t *testing.T, s *Store) store.Snapshot {
	t.Helper()
	q, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

// bindable draws a value, its type and the form in which it is bound.
func bindable(t *rapid.T) (value.Value, value.Type, any) {
	size := rapid.SampledFrom([]int{0, 1, 7, leastBound - 1, leastBound, mostBound + 1}).Draw(t, "size")
	text := strings.Repeat(rapid.StringN(1, 4, -1).Draw(t, "text"), size)
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		n := rapid.Int64().Draw(t, "n")
		return value.OfInt(n), value.Type{Kind: value.Int}, n
	case 1:
		f := rapid.Float64Range(-1e300, 1e300).Draw(t, "f")
		return value.OfFloat(f), value.Type{Kind: value.Float}, f
	case 2:
		return value.OfText(text), value.Type{Kind: value.Text}, text
	case 3:
		return value.OfBytes(text), value.Type{Kind: value.Bytes}, []byte(text)
	}
	return value.Value{}, value.Type{Kind: value.Text}, nil
}

func TestWhatIsBoundComesBackAsItWas(t *testing.T) {
	t.Parallel()
	q := snapshotOf(t, fast(t, t.TempDir()))
	rapid.Check(t, func(t *rapid.T) {
		var want []value.Value
		var args []any
		stmt := &sqlgen.Stmt{Text: "SELECT ?"}
		for i := range rapid.IntRange(1, 6).Draw(t, "columns") {
			v, of, arg := bindable(t)
			want, args, stmt.Types = append(want, v), append(args, arg), append(stmt.Types, of)
			if i > 0 {
				stmt.Text += ", ?"
			}
		}
		got, err := q.Query(context.Background(), stmt, args)
		if err != nil || len(got) != 1 {
			t.Fatalf("%d rows, %v", len(got), err)
		}
		for i, v := range want {
			if got[0][i] != v {
				t.Fatalf("column %d: %v came back as %v", i, v, got[0][i])
			}
		}
	})
}

const counted1000 = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "

func TestRowsStayAsTheyAreWhenOthersAreRead(t *testing.T) {
	t.Parallel()
	q := snapshotOf(t, fast(t, t.TempDir()))
	stmt := &sqlgen.Stmt{Text: counted1000 + "SELECT i, printf('%0*d', i, i), ?1 || i FROM n",
		Types: []value.Type{{Kind: value.Int}, {Kind: value.Text}, {Kind: value.Text}}}
	first, err := q.Query(context.Background(), stmt, []any{"row "})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Query(context.Background(), stmt, []any{"another "}); err != nil {
		t.Fatal(err)
	}
	for i, row := range first {
		n := i + 1
		if row[0].Int() != int64(n) || row[1].Str() != fmt.Sprintf("%0*d", n, n) || row[2].Str() != fmt.Sprintf("row %d", n) {
			t.Fatalf("row %d has become %v", n, row)
		}
	}
	if len(first) != 1000 {
		t.Fatalf("%d rows", len(first))
	}
}

func TestAReadEndsWhenNobodyWaitsForItAnyMore(t *testing.T) {
	t.Parallel()
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
	for name, text := range map[string]string{
		"before its first row": endless + "SELECT i FROM n WHERE i < 0",
		"after its first row":  endless + "SELECT i FROM n WHERE i = 1",
		"while rows come":      endless + "SELECT i FROM n WHERE i % 100000 = 0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := snapshotOf(t, fast(t, t.TempDir()))
			stmt := &sqlgen.Stmt{Text: text, Types: []value.Type{{Kind: value.Int}}}
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			if _, err := q.Query(ctx, stmt, nil); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			ctx, cancel = context.WithTimeout(context.Background(), 1)
			defer cancel()
			if _, err := q.Query(ctx, stmt, nil); fault.From(err).Code != fault.Timeout {
				t.Errorf("got %v", err)
			}
			one := &sqlgen.Stmt{Text: "SELECT 1", Types: stmt.Types}
			if got, err := q.Query(context.Background(), one, nil); err != nil || got[0][0].Int() != 1 {
				t.Errorf("the next query got %v, %v", got, err)
			}
		})
	}
}

func TestTheEndOfASnapshotIsNotInterrupted(t *testing.T) {
	t.Parallel()
	q := snapshotOf(t, fast(t, t.TempDir())).(*snapshot)
	for i := range 2 * askEvery { // the engine counts the steps of all runs of a statement
		if err := q.enter(); err != nil {
			t.Fatalf("after %d that were ended: %v", i, err)
		}
		q.end()
		if !q.leave() {
			t.Fatal("it was not ended")
		}
		q.ended = false
	}
}

func TestArgumentsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	c, err := s.readers.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.readers.give(c, false)
	for _, args := range [][]any{nil, {}, {struct{}{}}} {
		if err := c.read(context.Background(), "SELECT ?", args, nil); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	if err := c.read(context.Background(), "SELECT ?", []any{int64(1), int64(2)}, func(row) error { return nil }); err != nil {
		t.Errorf("an argument that is not mentioned: %v", err)
	}
}

func TestADriverThatKeepsItsHandlesElsewhereIsFoundOut(t *testing.T) {
	t.Parallel()
	for _, of := range []any{nil, 1, struct{ db uintptr }{1}, &struct{ db uintptr }{}, &struct{ db string }{"1"}} {
		if h, err := handle(of, "db"); err == nil {
			t.Errorf("%#v has the handle %d", of, h)
		}
	}
	if h, err := handle(&struct{ db uintptr }{7}, "db"); h != 7 || err != nil {
		t.Errorf("got %d, %v", h, err)
	}
}
