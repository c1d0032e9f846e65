package power

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	_ "modernc.org/sqlite"
)

func TestWhatWasSyncedIsInEveryState(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	m := NewMedium(nil, rng)
	old, young := bytes.Repeat([]byte{1}, 10_000), bytes.Repeat([]byte{2}, 5_000)
	for _, op := range []Op{{Kind: Create, Name: "a"}, {Kind: Write, Name: "a", Data: old}, {Kind: Sync, Name: "a"}, {Kind: SyncFolder},
		{Kind: Write, Name: "a", Offset: 9_000, Data: young}, {Kind: Create, Name: "b"}} {
		m.Take(op)
	}
	seen := map[string]int{}
	for range 1000 {
		left := m.Left()
		a := left["a"]
		if !bytes.Equal(a[:9_000], old[:9_000]) {
			t.Fatal("what was synced is not there")
		}
		for at, b := range a[9_000:] {
			if b == 2 || b == 1 && at < 1_000 || b == 0 && at >= 1_000 {
				continue
			}
			t.Fatalf("byte %d was never %d", 9_000+at, b)
		}
		_, b := left["b"]
		seen[fmt.Sprint("b ", b)]++
		seen[fmt.Sprint("torn ", bytes.Contains(a, []byte{2, 0}) || bytes.Contains(a, []byte{0, 2}) || bytes.Contains(a, []byte{2, 1}))]++
		seen[fmt.Sprint("length ", len(a))]++
	}
	for _, want := range []string{"b true", "b false", "torn true", "torn false", "length 10000", "length 14000"} {
		if seen[want] == 0 {
			t.Errorf("of 1000 cuts none left %q: %v", want, seen)
		}
	}
}

func TestADeletedFileMayComeBackUntilItsFolderIsSynced(t *testing.T) {
	t.Parallel()
	m := NewMedium(map[string][]byte{"a": {7}}, rand.New(rand.NewPCG(2, 2)))
	m.Take(Op{Kind: Delete, Name: "a"})
	back := 0
	for range 100 {
		if left := m.Left(); len(left) == 1 && bytes.Equal(left["a"], []byte{7}) {
			back++
		}
	}
	if back == 0 || back == 100 {
		t.Errorf("it came back %d times of 100", back)
	}
	m.Take(Op{Kind: SyncFolder})
	if left := m.Left(); len(left) != 0 {
		t.Errorf("after the folder was synced there is %v", left)
	}
}

// database is one in a folder whose recording is under way.
func database(t *testing.T) (dir string, d *Disk, db *sql.DB) {
	t.Helper()
	dir = t.TempDir()
	d, err := Watch(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Forget)
	if db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "x.db")); err != nil {
		t.Fatal(err)
	}
	return dir, d, db
}

// The recording, done again from its beginning, is what the real files hold: nothing escaped it.
func TestEverythingThatSQLiteWritesIsWrittenDown(t *testing.T) {
	t.Parallel()
	dir, d, db := database(t)
	db.SetMaxOpenConns(1)
	for _, text := range []string{"CREATE TABLE t (a)", "INSERT INTO t SELECT value FROM json_each('[1,2,3]')", "PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL", "INSERT INTO t VALUES (randomblob(20000))", "PRAGMA wal_checkpoint(TRUNCATE)", "DELETE FROM t", "VACUUM"} {
		if _, err := db.ExecContext(context.Background(), text); err != nil {
			t.Fatal(text, err)
		}
	}
	same(t, dir, d)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	same(t, dir, d)
	var kinds []Kind
	for _, op := range d.Ops() {
		kinds = append(kinds, op.Kind)
	}
	for _, k := range []Kind{Create, Write, Truncate, Sync, Delete, SyncFolder} {
		if !slices.Contains(kinds, k) {
			t.Errorf("no %s was seen", k)
		}
	}
}

func same(t *testing.T, dir string, d *Disk) {
	t.Helper()
	m := NewMedium(nil, rand.New(rand.NewPCG(3, 3)))
	for _, op := range d.Ops() {
		m.Take(op)
	}
	for name := range m.current {
		m.Take(Op{Kind: Sync, Name: name})
	}
	m.Take(Op{Kind: SyncFolder})
	left := m.Left()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".db-shm" {
			continue
		}
		n++
		if raw, err := os.ReadFile(filepath.Join(dir, e.Name())); err != nil || !bytes.Equal(raw, left[e.Name()]) {
			t.Errorf("%s has %d bytes, the recording says %d (%v)", e.Name(), len(raw), len(left[e.Name()]), err)
		}
	}
	if n != len(left) {
		t.Errorf("%d files, the recording says %d", n, len(left))
	}
}

func TestADiskThatRefusesIsHeard(t *testing.T) {
	t.Parallel()
	_, d, db := database(t)
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), "CREATE TABLE t (a)"); err != nil {
		t.Fatal(err)
	}
	for _, rc := range []int32{Full, Broken, BrokenSync} {
		d.Refuse(func(op Op) int32 {
			if op.Kind != Read && (rc == BrokenSync) == (op.Kind == Sync) {
				return rc
			}
			return Pass
		})
		if _, err := db.ExecContext(context.Background(), "INSERT INTO t VALUES (1)"); err == nil {
			t.Errorf("answer %d was not heard", rc)
		}
	}
	d.Refuse(nil)
	if _, err := db.ExecContext(context.Background(), "INSERT INTO t VALUES (1)"); err != nil {
		t.Error(err)
	}
}
