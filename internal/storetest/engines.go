package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/plan"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/sqlgen"
	sqlitegen "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/postgres"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/testkit"
)

// engineNames are all that a world can be put on, the first being what the others are compared with.
var engineNames = []string{"sqlite", "postgres", "serializable", "pooled"}

// open gives the world's database on every SQL engine there is.
func open(t testing.TB, w *World) map[string]store.Store {
	t.Helper()
	lite, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lite.Close() })
	create(t, lite, w)
	return map[string]store.Store{"sqlite": lite, "postgres": openPostgres(t, w, testkit.Postgres(t))}
}

// openAll is open with PostgreSQL twice more: with transactions that are serializable where nothing else is said, and, where
// there is a pooler, through one that hands two connections from transaction to transaction.
func openAll(t testing.TB, w *World) map[string]store.Store {
	t.Helper()
	stores := open(t, w)
	stores["serializable"] = openPostgres(t, w, testkit.Serializable(t))
	if dsn, err := testkit.Pooled(t); err == nil {
		stores["pooled"] = openPostgres(t, w, dsn)
	}
	return stores
}

func openPostgres(t testing.TB, w *World, dsn string) store.Store {
	t.Helper()
	s, err := postgres.OpenWith(context.Background(), dsn, postgres.Options{Connections: 8})
	if err != nil {
		t.Fatal(causes(err))
	}
	t.Cleanup(func() { s.Close() })
	create(t, s, w)
	return s
}

// openApplied is open with the tables that migrations make, the product's own among them.
func openApplied(t testing.TB, w *World) map[string]store.Store {
	t.Helper()
	lite, err := sqlite.OpenTemp()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lite.Close() })
	big, err := postgres.OpenWith(context.Background(), testkit.Postgres(t), postgres.Options{Connections: 8})
	if err != nil {
		t.Fatal(causes(err))
	}
	t.Cleanup(func() { big.Close() })
	stores := map[string]store.Store{"sqlite": lite, "postgres": big}
	for name, s := range stores {
		if _, err := migrate.Apply(context.Background(), s, w.Catalog, "keys"); err != nil {
			t.Fatalf("%s: apply the project: %s", name, causes(err))
		}
		load(t, s, w)
	}
	return stores
}

// load fills a world's empty tables with its rows.
func load(t testing.TB, s store.Store, w *World) {
	t.Helper()
	ctx := context.Background()
	err := s.Write(ctx, func(tx store.Tx) error {
		if _, err := tx.Exec(ctx, unchecked(s)); err != nil {
			return err
		}
		for _, c := range w.Catalog.Collections {
			if err := insert(ctx, tx, s.Dialect(), w, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("load the project's rows: %v", causes(err))
	}
}

func isSQLite(s store.Store) bool {
	_, ok := s.Dialect().(sqlitegen.Dialect)
	return ok
}

// unchecked turns the test of references off until the transaction ends.
func unchecked(s store.Store) string {
	if isSQLite(s) {
		return "PRAGMA defer_foreign_keys = ON"
	}
	return "SET LOCAL session_replication_role = replica"
}

// create makes the world's tables in an empty store and loads its rows. References are not checked meanwhile, so that rows may
// come in any order.
func create(t testing.TB, s store.Store, w *World) {
	t.Helper()
	ctx := context.Background()
	err := s.Write(ctx, func(tx store.Tx) error {
		for _, text := range definitions(s.Dialect(), w.Catalog) {
			if _, err := tx.Exec(ctx, text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		for _, text := range sqlgen.SystemTables(s.Dialect()) {
			if _, err := tx.Exec(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("create the project's tables: %v", causes(err))
	}
	load(t, s, w)
}

// definitions creates spaces, then tables, a referred-to one before those that refer to it, then what belongs to them.
func definitions(d sqlgen.Dialect, c *schema.Catalog) []string {
	var out []string
	made := map[string]bool{schema.DefaultNamespace: true}
	for _, col := range c.Collections {
		if !made[col.Namespace] {
			made[col.Namespace] = true
			out = append(out, d.CreateSpace(col.Space)...)
		}
	}
	tables := c.Tables()
	for _, each := range []func(*schema.Collection) []string{d.CreateTable, d.CreateIndexes, d.CreateSearch} {
		for _, col := range tables {
			out = append(out, each(col)...)
		}
	}
	return out
}

func insert(ctx context.Context, tx store.Tx, d sqlgen.Dialect, w *World, c *schema.Collection) error {
	if len(w.Data[c]) == 0 {
		return nil
	}
	var rows []plan.Tuple
	for _, t := range w.Data[c] {
		var row plan.Tuple
		for _, f := range sqlgen.StoredFields(c) {
			row = append(row, t[f.Ordinal])
		}
		rows = append(rows, row)
	}
	statements, err := d.Insert(c, rows)
	if err != nil {
		return err
	}
	for _, x := range statements {
		if _, err := tx.Exec(ctx, x.Text, x.Args...); err != nil {
			return fmt.Errorf("%s: %w", x.Text, err)
		}
	}
	return nil
}

// causes is an error with what it hides from users.
func causes(err error) string {
	text := ""
	for e := err; e != nil; {
		text += e.Error() + "; "
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return text
}
