package backup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/backup"
	"github.com/socle-hq/socle/internal/migrate"
	"github.com/socle-hq/socle/internal/schema"
	"github.com/socle-hq/socle/internal/schema/schematest"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

const project = `
-- lists.yaml --
fields: { id: uuid, title: text }
search: [title]
-- pairs.yaml --
fields: { id: int, twin: int }
`

var made = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// begin is a data directory with an open database.
func begin(t *testing.T) (string, *schema.Catalog, *sqlite.Store) {
	t.Helper()
	dir := t.TempDir()
	c := schematest.MustRead(t, project)
	st := open(t, dir)
	if _, err := migrate.Apply(context.Background(), st, c, "k1"); err != nil {
		t.Fatal(err)
	}
	return dir, c, st
}

func open(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	st, err := sqlite.Open(dir, sqlite.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func write(t *testing.T, st store.Store, statements ...string) {
	t.Helper()
	err := st.Write(context.Background(), func(tx store.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(context.Background(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
}

// number runs a query for one number.
func number(t *testing.T, st store.Store, sql string) int64 {
	t.Helper()
	snap, err := st.Snapshot(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	rows, err := snap.Query(context.Background(), &sqlgen.Stmt{Text: sql, Types: []value.Type{{Kind: value.Int}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows[0][0].Int()
}

// save makes a backup of a database in a file.
func save(t *testing.T, st *sqlite.Store) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b.db")
	m, err := backup.Place(context.Background(), path, false, func(tmp string) error {
		return backup.Make(context.Background(), st, tmp, made)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !m.Sealed || !m.Made.Equal(made) || m.Keys != "k1" {
		t.Errorf("%+v", m)
	}
	return path
}

func TestABackupIsOfOneMomentWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	dir, c, st := begin(t)
	table := st.Dialect().Table(schematest.Collection(t, c, "pairs"))
	stop := make(chan struct{})
	var writes sync.WaitGroup
	writes.Add(1)
	go func() { // rows come in twos, in one transaction
		defer writes.Done()
		for n := 0; ; n += 2 {
			select {
			case <-stop:
				return
			default:
				write(t, st, fmt.Sprintf("INSERT INTO %s (id, twin) VALUES (%d, %d)", table, n, n+1), fmt.Sprintf("INSERT INTO %s (id, twin) VALUES (%d, %d)", table, n+1, n))
			}
		}
	}()
	var paths []string
	for range 5 {
		paths = append(paths, save(t, st))
	}
	close(stop)
	writes.Wait()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		m, aside, err := backup.Restore(context.Background(), path, dir, []string{"k1"}, made)
		if err != nil || aside == "" {
			t.Fatal(aside, err)
		}
		if err := os.Remove(aside); err != nil {
			t.Error(err)
		}
		back := open(t, dir)
		n := number(t, back, "SELECT count(*) FROM "+table)
		if lone := number(t, back, "SELECT count(*) FROM "+table+" a WHERE NOT EXISTS (SELECT 1 FROM "+table+" b WHERE b.id = a.twin)"); lone > 0 || n%2 != 0 || n != m.Rows["pairs"] {
			t.Errorf("%d rows, %d of them without their twin; the manifest says %d", n, lone, m.Rows["pairs"])
		}
		if err := back.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// The full-text index finds its rows by their place in the table, which a copy must keep where rows are gone.
func TestSearchFindsTheSameRowsInABackup(t *testing.T) {
	t.Parallel()
	_, c, st := begin(t)
	lists := schematest.Collection(t, c, "lists")
	table := st.Dialect().Table(lists)
	for i := range 50 {
		write(t, st, fmt.Sprintf("INSERT INTO %s (id, title) VALUES ('00000000-0000-7000-8000-%012d', 'word%d')", table, i, i))
	}
	write(t, st, "DELETE FROM "+table+" WHERE _rowid_ % 3 = 0")
	path := save(t, st)
	back, err := sqlite.OpenCopy(path)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	for _, probe := range []string{"SELECT sum(_rowid_ * (1 + length(title))) FROM " + table, "SELECT count(*) FROM " + table} {
		if a, b := number(t, st, probe), number(t, back, probe); a != b {
			t.Errorf("%s: %d, and %d in the backup", probe, a, b)
		}
	}
}

func TestNoDamageGoesUnnoticed(t *testing.T) {
	t.Parallel()
	_, c, st := begin(t)
	write(t, st, "INSERT INTO "+st.Dialect().Table(schematest.Collection(t, c, "pairs"))+" (id, twin) VALUES (1, 2)")
	whole, err := os.ReadFile(save(t, st))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	check := func(name string, content []byte) {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "_"))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var unfit *backup.Unfit
		if m, err := backup.Verify(context.Background(), path); !errors.As(err, &unfit) {
			t.Errorf("%s: sealed %v, %v", name, m.Sealed, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for at := 0; at < len(whole); at += len(whole) / 97 {
		turned := append([]byte(nil), whole...)
		turned[at] ^= 1
		check(fmt.Sprintf("a bit of byte %d", at), turned)
	}
	for back := 1; back <= 16; back++ {
		turned := append([]byte(nil), whole...)
		turned[len(turned)-back] ^= 1
		check(fmt.Sprintf("a bit of the footer %d", back), turned)
	}
	for _, n := range []int{0, 1, 15, 100, len(whole) / 2, len(whole) - 17, len(whole) - 1} {
		check(fmt.Sprintf("cut at %d", n), whole[:n])
	}
	check("longer", append(append([]byte(nil), whole...), 'x'))
}

// What `apply` keeps before it loses data is a bare database.
func TestABareDatabaseIsTakenBackToo(t *testing.T) {
	t.Parallel()
	dir, _, st := begin(t)
	path := filepath.Join(t.TempDir(), "bare.db")
	if err := st.Backup(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	m, _, err := backup.Restore(context.Background(), path, dir, []string{"k1"}, made)
	if err != nil || m.Sealed || len(m.Rows) == 0 {
		t.Errorf("%+v %v", m, err)
	}
}

func TestARestoreThatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	dir, c, st := begin(t)
	path := save(t, st)
	write(t, st, "INSERT INTO "+st.Dialect().Table(schematest.Collection(t, c, "pairs"))+" (id, twin) VALUES (1, 2)")
	if _, _, err := backup.Restore(context.Background(), path, dir, []string{"k1"}, made); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a directory in use: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Restore(context.Background(), path, dir, []string{"k2"}, made); !errors.Is(err, migrate.ErrKeys) {
		t.Errorf("other keys: %v", err)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	var unfit *backup.Unfit
	if _, _, err := backup.Restore(context.Background(), path, dir, []string{"k1"}, made); !errors.As(err, &unfit) {
		t.Errorf("half a file: %v", err)
	}
	if n := number(t, open(t, dir), "SELECT count(*) FROM "+st.Dialect().Table(schematest.Collection(t, c, "pairs"))); n != 1 {
		t.Errorf("%d rows", n)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "restore-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A database whose process was killed has a log beside it, which must neither be lost nor meet the restored one.
func TestALogThatWasLeftStaysWithItsDatabase(t *testing.T) {
	t.Parallel()
	dir, c, st := begin(t)
	pairs := st.Dialect().Table(schematest.Collection(t, c, "pairs"))
	path := save(t, st)
	write(t, st, "INSERT INTO "+pairs+" (id, twin) VALUES (1, 2)")
	killed := t.TempDir()
	for _, name := range []string{"data.db", "data.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(killed, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, aside, err := backup.Restore(context.Background(), path, killed, []string{"k1"}, made)
	if err != nil {
		t.Fatal(err)
	}
	if n := number(t, open(t, killed), "SELECT count(*) FROM "+pairs); n != 0 {
		t.Errorf("the restored database has %d rows", n)
	}
	old, err := sqlite.OpenCopy(aside)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if n := number(t, old, "SELECT count(*) FROM "+pairs); n != 1 {
		t.Errorf("the database before has %d rows", n)
	}
}

func TestAFileThatIsThereStaysUnlessForced(t *testing.T) {
	t.Parallel()
	_, _, st := begin(t)
	path := save(t, st)
	writes := func(tmp string) error { return backup.Make(context.Background(), st, tmp, made) }
	if _, err := backup.Place(context.Background(), path, false, writes); !errors.Is(err, backup.ErrExists) {
		t.Error(err)
	}
	broken := func(tmp string) error {
		return backup.Receive(tmp, httptest.NewRequest("GET", "/", strings.NewReader("half")).Body)
	}
	if _, err := backup.Place(context.Background(), path, true, broken); err == nil {
		t.Error("a stream that is no backup was taken")
	}
	if _, err := backup.Verify(context.Background(), path); err != nil {
		t.Errorf("the file before: %v", err)
	}
	if _, err := backup.Place(context.Background(), path, true, writes); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
