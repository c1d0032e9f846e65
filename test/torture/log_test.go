package torture

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	"github.com/socle-hq/socle/internal/store"
	"github.com/socle-hq/socle/internal/store/sqlite"
	"github.com/socle-hq/socle/internal/value"
)

var poured = flag.Int64("poured", 320, "MiB that are written while reads hold on to the log")

const (
	mib      = 1 << 20
	logBound = 256 * mib // what the product promises
	holders  = 4
	pourers  = 4
)

var counting = &sqlgen.Stmt{Text: "SELECT count(*) FROM poured", Types: []value.Type{{Kind: value.Int}}}

// holder reads in one snapshot for as long as it may, and then in another.
type holder struct {
	store *sqlite.Store
	now   store.Snapshot
	first string // what the snapshot saw first
	ended int    // how often it was sent away
}

// look asks once more; the error is one that no reader should meet.
func (h *holder) look() (err error) {
	if h.now == nil {
		if h.now, err = h.store.Snapshot(context.Background()); err != nil {
			return err
		}
		h.first = ""
	}
	rows, err := h.now.Query(context.Background(), counting, nil)
	switch said := fmt.Sprint(rows); {
	case err != nil && fault.From(err).Status() == 503:
		h.ended++
		return h.leave()
	case err != nil:
		return err
	case h.first == "":
		h.first = said
	case h.first != said:
		return fmt.Errorf("one snapshot saw %s and then %s rows", h.first, said)
	}
	return nil
}

func (h *holder) leave() (err error) {
	if h.now != nil {
		err, h.now = h.now.Close(), nil
	}
	return err
}

// The bounds are those of the product, and so is the disk.
func TestReadsThatNeverEndCannotMakeTheLogGrowOverItsBound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sqlite.Open(dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := pour(s, "CREATE TABLE poured (id INTEGER PRIMARY KEY, filling TEXT NOT NULL) STRICT"); err != nil {
		t.Fatal(err)
	}
	holding := make([]*holder, holders)
	for i := range holding {
		holding[i] = &holder{store: s}
		defer holding[i].leave()
	}
	largest, ended := fill(t, s, filepath.Join(dir, "data.db-wal"), holding)
	t.Logf("%d MiB written beside %d reads that never end: the log was %d MiB at most; %d reads were ended", *poured, holders, largest/mib, ended)
	if largest > logBound {
		t.Errorf("the log grew to %d bytes", largest)
	}
	if largest < logBound/4 || ended == 0 {
		t.Errorf("the log grew to %d bytes and %d reads were ended: the reads did not hold it", largest, ended)
	}
	err = s.Write(context.Background(), func(tx store.Tx) error {
		rows, err := tx.Query(context.Background(), "SELECT count(*), sum(length(filling)), (SELECT group_concat(integrity_check) FROM pragma_integrity_check) FROM poured")
		if err == nil && (rows[0][0] != *poured || rows[0][1] != *poured*mib || rows[0][2] != "ok") {
			t.Errorf("of %d rows: %v", *poured, rows)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func pour(s *sqlite.Store, sql string, args ...any) error {
	return s.Write(context.Background(), func(tx store.Tx) error {
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	})
}

// fill writes a MiB at a time with several writers, looks at the log after each, and has somebody read again.
func fill(t *testing.T, s *sqlite.Store, log string, holding []*holder) (largest int64, ended int) {
	filling := strings.Repeat("filling.", mib/8)
	var next atomic.Int64
	var writing sync.WaitGroup
	var mu sync.Mutex
	for range pourers {
		writing.Go(func() {
			for id := next.Add(1); id <= *poured && !t.Failed(); id = next.Add(1) {
				if err := pour(s, "INSERT INTO poured VALUES (?1, ?2)", id, filling); err != nil {
					t.Errorf("write %d: %v", id, err)
					return
				}
				mu.Lock()
				if info, err := os.Stat(log); err != nil {
					t.Error(err)
				} else {
					largest = max(largest, info.Size())
				}
				if err := holding[id%holders].look(); err != nil {
					t.Errorf("a read: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	writing.Wait()
	for _, h := range holding {
		ended += h.ended
	}
	return largest, ended
}
