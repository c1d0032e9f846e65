package adopt_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/socle-hq/socle/internal/adopt"
	"github.com/socle-hq/socle/internal/app"
	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/testkit"
)

// database makes a database of somebody else's.
func database(t *testing.T, ddl string) string {
	t.Helper()
	dsn := testkit.PostgresURL(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, ddl); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// pulled makes a project of a database, and a folder of it.
func pulled(t *testing.T, dsn string, schemas ...string) (*adopt.Project, *adopt.Source, string) {
	t.Helper()
	ctx := context.Background()
	s, err := adopt.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	t.Cleanup(func() {
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	db, err := s.Read(ctx, schemas)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	p := adopt.Adopt(db, "shop")
	dir := t.TempDir()
	for name, text := range p.Files() {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p, s, dir
}

// checked reads the folder as every command does.
func checked(t *testing.T, dir string) *app.Project {
	t.Helper()
	p, _, problems, err := app.Read(dir, nil, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	if problems.Failed() {
		t.Fatal(problems)
	}
	return p
}
