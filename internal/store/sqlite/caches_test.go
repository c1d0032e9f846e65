package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/socle-hq/socle/internal/store"
)

// missed is how many pages a connection had to read from the file since it was last asked.
func missed(t *testing.T, c *conn) int32 {
	t.Helper()
	counts := libc.Xcalloc(c.below.tls, 2, 4)
	defer libc.Xfree(c.below.tls, counts)
	if rc := sqlite3.Xsqlite3_db_status(c.below.tls, c.below.db, sqlite3.SQLITE_DBSTATUS_CACHE_MISS, counts, counts+4, 1); rc != sqlite3.SQLITE_OK {
		t.Fatal(rc)
	}
	return *at[int32](counts)
}

func TestWhatAConnectionReadsTakesNoPagesFromAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := fast(t, dir)
	err := s.Write(context.Background(), func(tx store.Tx) error {
		for _, sql := range []string{"CREATE TABLE few (b BLOB)", "CREATE TABLE many (b BLOB)",
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO few SELECT randomblob(3000) FROM n",
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) INSERT INTO many SELECT randomblob(3000) FROM n"} {
			if _, err := tx.Exec(context.Background(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	reader := func() *conn {
		c, err := openReader(filepath.Join(dir, "data.db"), Options{Clock: s.clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.close() })
		return c
	}
	one, other := reader(), reader()
	read := func(c *conn, table string) {
		if err := c.each(context.Background(), "SELECT sum(length(b)) FROM "+table, nil, func([]any) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		read(one, "few")
	}
	missed(t, one)
	read(other, "many")
	if n := missed(t, other); n < 9000 {
		t.Fatalf("the other has read %d pages of 9,000", n)
	}
	read(one, "few")
	if n := missed(t, one); n > 10 {
		t.Errorf("%d of 1,000 pages had gone", n)
	}
}

func TestACacheIsAGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	tls := libc.NewTLS()
	defer tls.Close()
	for _, purgeable := range []int32{0, 1} {
		a, b := createCache(tls, 4096, 100, purgeable), createCache(tls, 4096, 100, purgeable)
		g, h := at[sqlite3.TPCache1](a).FpGroup, at[sqlite3.TPCache1](b).FpGroup
		if g == h || at[sqlite3.TPGroup](g).Fmutex != 0 || at[sqlite3.TPGroup](h).Fmutex != 0 {
			t.Errorf("purgeable %d: groups at %#x and %#x", purgeable, g, h)
		}
		if counts := at[sqlite3.TPCache1](a).FpnPurgeable; (counts-g < unsafe.Sizeof(sqlite3.TPGroup{})) != (purgeable == 1) {
			t.Errorf("purgeable %d: counts at %#x, group at %#x", purgeable, counts, g)
		}
		destroyCache(tls, a)
		destroyCache(tls, b)
	}
}
