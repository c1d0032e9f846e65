package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver under database/sql, to compare with

	"github.com/socle-hq/socle/internal/ir"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/value"
)

// BenchmarkByID compares one row by its key with a bare prepared statement.
func BenchmarkByID(b *testing.B) {
	s := fast(b, b.TempDir())
	c := schematest.Collection(b, schematest.MustRead(b, notes), "notes")
	var rows []plan.Tuple
	for i := range 10_000 {
		rows = append(rows, note(int64(i), fmt.Sprint("note ", i), int64(i)))
	}
	create(b, s, c, rows...)
	stmt := byID(b, c)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	read := func(b *testing.B, begin func(context.Context) (store.Snapshot, error)) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			snap, err := begin(ctx)
			if err != nil {
				b.Fatal(err)
			}
			args, _ := stmt.Bind(&ir.Env{Args: []value.Value{value.OfInt(int64(i % 10_000))}}, nil)
			if got, err := snap.Query(ctx, stmt, args); err != nil || len(got) != 1 {
				b.Fatal(err)
			}
			snap.Close()
		}
	}
	b.Run("once", func(b *testing.B) { read(b, s.Once) })
	b.Run("snapshot", func(b *testing.B) { read(b, s.Snapshot) })
	b.Run("bare", func(b *testing.B) { bare(b, ctx, filepath.Join(s.dir, fileName)) })
}

func bare(b *testing.B, ctx context.Context, path string) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	stmt, err := db.Prepare("SELECT id, title, price FROM notes WHERE id = ?")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var id, price int64
		var title string
		if err := stmt.QueryRowContext(ctx, i%10_000).Scan(&id, &title, &price); err != nil {
			b.Fatal(err)
		}
	}
}
