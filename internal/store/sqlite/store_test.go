package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
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

const notes = `
-- notes.yaml --
fields:
  id: int
  title: { type: text, required: true }
  price: { type: decimal, precision: 8, scale: 2 }
policies: { read: true }
`

func fast(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func create(t testing.TB, s *Store, c *schema.Collection, rows ...plan.Tuple) {
	t.Helper()
	d := s.Dialect()
	err := s.Write(context.Background(), func(tx store.Tx) error {
		for _, sql := range append(append(d.CreateTable(c), d.CreateIndexes(c)...), d.CreateSearch(c)...) {
			if _, err := tx.Exec(context.Background(), sql); err != nil {
				return err
			}
		}
		inserts, err := d.Insert(c, rows)
		if err != nil {
			return err
		}
		for _, x := range inserts {
			if _, err := tx.Exec(context.Background(), x.Text, x.Args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
}

func note(id int64, title string, price int64) plan.Tuple {
	return plan.Tuple{value.OfInt(id), value.OfText(title), value.OfDecimal(value.NewDec(price, 2))}
}

func byID(t testing.TB, c *schema.Collection) *sqlgen.Stmt {
	t.Helper()
	row := &ir.Row{Collection: c}
	sel := &plan.Select{From: plan.Source{Row: row}, Where: &ir.Compare{Op: ir.Eq, L: &ir.Column{Row: row, Field: c.Fields[0]},
		R: &ir.Param{T: value.Type{Kind: value.Int}}}}
	for _, f := range c.Fields {
		sel.Columns = append(sel.Columns, &ir.Column{Row: row, Field: f})
	}
	stmt, err := sqlgen.Render((&Store{}).Dialect(), sel)
	if err != nil {
		t.Fatal(err)
	}
	return stmt
}

func TestARowComesBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := fast(t, t.TempDir())
	c := schematest.Collection(t, schematest.MustRead(t, notes), "notes")
	create(t, s, c, note(1, "one", 150), note(2, "two", -5))
	snap, err := s.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	stmt := byID(t, c)
	args, err := stmt.Bind(&ir.Env{Args: []value.Value{value.OfInt(2)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := snap.Query(context.Background(), stmt, args)
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	if len(got) != 1 || got[0][1].Str() != "two" || got[0][2].Dec().String() != "-0.05" {
		t.Fatalf("got %v", got)
	}
}

func TestASecondProcessIsToldWhichDirectoryIsInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fast(t, dir)
	_, err := Open(dir, Options{})
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.Unavailable || !strings.Contains(f.Message, dir) {
		t.Fatalf("got %v", err)
	}
}

func TestAForeignFileIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"no database": strings.Repeat("hello world, ", 500), "another's database": ""} {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		if content == "" {
			c, err := open(path, Options{Clock: fixedClock()})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.exec(context.Background(), "CREATE TABLE theirs (a)"); err != nil {
				t.Fatal(err)
			}
			c.close()
		} else if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		_, err := Open(dir, Options{})
		after, _ := os.ReadFile(path)
		if err == nil || !strings.Contains(err.Error(), "not a database of this program") {
			t.Errorf("%s: got %v (%v)", name, err, errors.Unwrap(err))
		}
		if string(before) != string(after) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestADatabaseIsFoundAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fast(t, dir)
}
