// Package sqlite owns a project's embedded database: one file in a data directory that belongs to this process, one
// connection that writes, several that read. It knows SQL only as text; package sqlgen/sqlite makes it.
package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/socle-hq/socle/internal/clock"
	"github.com/socle-hq/socle/internal/fault"
	"github.com/socle-hq/socle/internal/sqlgen"
	dialect "github.com/socle-hq/socle/internal/sqlgen/sqlite"
	"github.com/socle-hq/socle/internal/store"
)

// fileName is the database's name in the data directory.
const fileName = "data.db"

// Options tune a store. The zero Options are right for production.
type Options struct {
	Readers int         // reading connections at most; 0: four, or two per processor where that is more
	Clock   clock.Clock // nil: the system's
	Fast    bool        // do not wait for the disk: for tests, whose data nobody misses
	Queue   int         // writes that may wait at most; 0: 1024
	Lax     bool        // references are not tested as rows are written: Rebuild tests them all
}

func usualReaders() int { return max(4, 2*runtime.NumCPU()) }

// Store is the database of one data directory.
type Store struct {
	dir     string
	lock    *os.File
	clock   clock.Clock
	readers *pool
	queue   *queue
	worked  chan struct{} // closed when the writer's goroutine has ended
	writing sync.Mutex    // held while writer is used
	writer  *conn
	commits atomic.Int64
	reads   reads
	policy  logPolicy
	page    int64 // bytes of a page
	tended  int64 // the log's size when it was last seen to, 0 where that was another log
	clean   func()
	lax     bool
	hold    atomic.Int64 // the number of the hold that keeps writes off, 0: none; changed while writing is held

	failing sync.Once
	failure error // set before failed is closed
	failed  chan struct{}
}

var _ store.Store = (*Store)(nil)

// Open opens, or creates, the database of a data directory and locks the directory against other processes. The error is a
// *fault.Fault that names the directory.
func Open(dir string, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Readers <= 0 {
		o.Readers = usualReaders()
	}
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock, clock: o.Clock, queue: newQueue(o.Queue), worked: make(chan struct{}), failed: make(chan struct{}),
		reads: reads{all: map[*snapshot]struct{}{}}, policy: defaultLog, clean: func() {}, lax: o.Lax}
	path := filepath.Join(dir, fileName)
	s.readers = newPool(o, func() (*conn, error) { return openReader(path, o) })
	if err := s.take(path, o); err != nil {
		if s.writer != nil {
			s.writer.close()
		}
		lock.Close()
		return nil, unusable(path, err)
	}
	s.start()
	return s, nil
}

// take opens the file, and makes sure of what a process that did not end in good order left.
func (s *Store) take(path string, o Options) (err error) {
	behind := left(path)
	if behind {
		if err := examineLog(path); err != nil {
			return err
		}
	}
	if !o.Fast && !Exists(s.dir) { // a directory above that may not be read has its name already
		if err := syncDir(filepath.Dir(s.dir)); err != nil && !errors.Is(err, os.ErrPermission) {
			return err
		}
	}
	if s.writer, err = openWriter(path, o); err != nil {
		return err
	}
	if s.page, err = pageSize(s.writer); err == nil && behind {
		err = s.check()
	}
	if err == nil {
		err = s.findHold()
	}
	return err
}

// OpenTemp opens an empty store in a directory of its own that goes away with it.
func OpenTemp() (*Store, error) {
	dir, err := os.MkdirTemp("", "socle-")
	if err != nil {
		return nil, err
	}
	s, err := Open(dir, Options{Fast: true})
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s.clean = func() { os.RemoveAll(dir) }
	return s, nil
}

// Dialect is SQLite's.
func (s *Store) Dialect() sqlgen.Dialect { return dialect.Dialect{} }

// Close waits for the write under way and for the readers, then gives the directory free. Writes that wait are refused.
func (s *Store) Close() error {
	s.readers.close()
	s.queue.close()
	<-s.worked
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.writer == nil {
		return nil
	}
	err := s.writer.close()
	s.writer = nil
	s.lock.Close()
	s.clean()
	return err
}

func closed() error { return fault.New(fault.Unavailable, "The database is closed") }
